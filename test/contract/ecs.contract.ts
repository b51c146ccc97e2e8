import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ecs } from '../../src/ecs/port.ts';
import { until } from '../support/until.ts';
import { valueOf } from './buildkite.contract.ts';

/** One ECS with cluster `build-prod` and service `build-agents` of two running tasks. */
export interface EcsBench {
  readonly ecs: Ecs;
  /** ARN of one running task of the service. */
  readonly taskArn: string;
  close(): Promise<void>;
}

const never = new AbortController().signal;

/** What every ECS port must do: the fake and the client alike. */
export function ecsContract(name: string, setUp: () => Promise<EcsBench>): void {
  describe(`ECS port: ${name}`, () => {
    let bench: EcsBench;
    let ecs: Ecs;
    beforeAll(async () => {
      bench = await setUp();
      ecs = bench.ecs;
    }, 120_000);
    afterAll(() => bench.close());

    test('a service is told with its counts and its deployment', async () => {
      const service = valueOf(await ecs.service('build-prod', 'build-agents', never));
      expect(service).toMatchObject({ name: 'build-agents', status: 'ACTIVE', desired: 2, running: 2 });
      expect(service.deployments).toMatchObject([
        {
          status: 'PRIMARY',
          createdAt: expect.any(Number) as number,
          definition: expect.stringMatching(/:task-definition\/[\w-]+:\d+$/) as string,
        },
      ]);
    });

    test('clusters and services are listed by name, and those of an unknown cluster are not found', async () => {
      expect(valueOf(await ecs.clusterNames(never))).toContain('build-prod');
      expect(valueOf(await ecs.serviceNames('build-prod', never))).toContain('build-agents');
      expect(await ecs.serviceNames('nothing', never)).toMatchObject({ trouble: { kind: 'not-found' } });
    });

    test('a task is described, an unknown one is absent, an unknown cluster is not found', async () => {
      const { taskArn } = bench;
      const unknown = `${taskArn.slice(0, -4)}0000`;
      const tasks = valueOf(await ecs.tasks('build-prod', [taskArn, unknown], never));
      expect(tasks).toMatchObject([
        {
          arn: taskArn,
          status: 'RUNNING',
          desired: 'RUNNING',
          group: 'service:build-agents',
          stopCode: null,
        },
      ]);
      expect(tasks[0]?.containers).toMatchObject([{ name: 'agent', status: 'RUNNING', exitCode: null }]);
      // Container.imageDigest: the digest of the image's manifest, shown once it is pulled.
      expect(tasks[0]?.containers[0]?.imageDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(valueOf(await ecs.tasks('build-prod', [], never))).toEqual([]);
      expect(await ecs.tasks('nothing', [taskArn], never)).toMatchObject({ trouble: { kind: 'not-found' } });
    });

    test('the tasks that a service or family is to run are listed, under host names of their own', async () => {
      const { taskArn } = bench;
      const byService = valueOf(await ecs.tasksOf('build-prod', { service: 'build-agents' }, never));
      expect(byService.complete).toBe(true);
      expect(byService.tasks.map(({ arn }) => arn)).toContain(taskArn);
      expect(byService.tasks).toHaveLength(2);
      const [first = [], second = []] = byService.tasks.map(({ hostnames }) => hostnames);
      expect(first.length).toBeGreaterThan(0);
      expect(second.filter((name) => first.includes(name))).toEqual([]);
      const byFamily = valueOf(await ecs.tasksOf('build-prod', { family: 'build-agent' }, never));
      expect(byFamily.tasks).toHaveLength(2);
      expect(valueOf(await ecs.tasksOf('build-prod', { family: 'another' }, never)).tasks).toEqual([]);
      expect(await ecs.tasksOf('nothing', {}, never)).toMatchObject({ trouble: { kind: 'not-found' } });
    });

    test("a task's definition is described", async () => {
      const [task] = valueOf(await ecs.tasks('build-prod', [bench.taskArn], never));
      const definition = valueOf(await ecs.taskDefinition(task?.definition ?? '', never));
      expect(definition).toMatchObject({ arn: task?.definition, family: 'build-agent' });
      expect(definition.containers).toMatchObject([{ name: 'agent', essential: true }]);
      expect(definition.containers[0]?.stopTimeout).toBeGreaterThanOrEqual(2_000);
    });

    test('definition, service and capacity providers are given whole, in the words of ECS', async () => {
      const service = valueOf(await ecs.serviceDocument('build-prod', 'build-agents', never));
      expect(service).toMatchObject({ serviceName: 'build-agents', launchType: 'FARGATE', desiredCount: 2 });
      const definition = valueOf(await ecs.taskDefinitionDocument(String(service['taskDefinition']), never));
      expect(definition).toMatchObject({ family: 'build-agent', requiresCompatibilities: ['FARGATE'] });
      expect(definition['containerDefinitions']).toMatchObject([{ name: 'agent' }]);
      expect(JSON.parse(JSON.stringify([service, definition]))).toEqual([service, definition]);
      expect(await ecs.serviceDocument('build-prod', 'nothing', never)).toMatchObject({
        trouble: { kind: 'not-found' },
      });
      const providers = valueOf(
        await ecs.capacityProviders('build-prod', ['FARGATE_SPOT', 'nothing'], never),
      );
      expect(providers.map(({ name }) => name)).toEqual(['FARGATE_SPOT']);
      expect(valueOf(await ecs.capacityProviders('build-prod', [], never))).toEqual([]);
    });

    test('an aborted stop is not sent; an unknown task cannot be stopped', async () => {
      const { taskArn } = bench;
      const call = { kind: 'stop-task', cluster: 'build-prod', taskArn, reason: 'gameday contract' } as const;
      expect(await ecs.send(call, AbortSignal.abort())).toMatchObject({
        ok: false,
        certainty: 'refused',
      });
      expect(await ecs.send({ ...call, taskArn: `${taskArn.slice(0, -4)}0000` }, never)).toMatchObject({
        ok: false,
        certainty: 'refused',
      });
      expect(valueOf(await ecs.recentStops('build-prod', { service: 'build-agents' }, never))).toEqual({
        tasks: [],
        complete: true,
      });
    });

    test("a stop answers at once with our reason, and is among the service's recent stops", async () => {
      const { taskArn } = bench;
      const call = { kind: 'stop-task', cluster: 'build-prod', taskArn, reason: 'gameday contract' } as const;
      const stopped = { desired: 'STOPPED', stopCode: 'UserInitiated', stoppedReason: 'gameday contract' };
      const [before] = valueOf(await ecs.tasks('build-prod', [taskArn], never));
      const stoppingAt = expect.any(Number) as number;
      expect(valueOf(await ecs.send(call, never))).toMatchObject([
        { kind: 'task', id: taskArn, value: { arn: taskArn, ...stopped, stoppingAt } },
      ]);
      expect(valueOf(await ecs.tasks('build-prod', [taskArn], never))).toMatchObject([stopped]);
      const recent = valueOf(await ecs.recentStops('build-prod', { service: 'build-agents' }, never));
      expect(recent.tasks).toMatchObject([{ arn: taskArn, stoppedReason: 'gameday contract' }]);
      expect(valueOf(await ecs.recentStops('build-prod', { family: 'another' }, never)).tasks).toEqual([]);
      const left = valueOf(await ecs.tasksOf('build-prod', { service: 'build-agents' }, never));
      expect(left.tasks.map(({ arn }) => arn)).not.toContain(taskArn);
      const gone = { service: 'build-agents', stopped: true };
      expect(valueOf(await ecs.tasksOf('build-prod', gone, never)).tasks).toMatchObject([
        { arn: taskArn, desired: 'STOPPED', hostnames: before?.hostnames },
      ]);
    });
  });
}

/** One ECS with cluster `build-prod` and service `fleet` of more tasks than five pages hold. */
export interface LargeBench {
  readonly ecs: Ecs;
  /** How many tasks the service has. */
  readonly size: number;
  /** Lets the service lose all of its tasks. */
  empty(): Promise<unknown>;
  close(): Promise<void>;
}

/** What every ECS port must do with a service of hundreds of tasks. */
export function largeServiceContract(name: string, setUp: () => Promise<LargeBench>): void {
  describe(`ECS port, a large service: ${name}`, () => {
    let bench: LargeBench;
    beforeAll(async () => {
      bench = await setUp();
    }, 120_000);
    afterAll(() => bench.close());

    async function listArns(stopped: boolean): Promise<readonly string[]> {
      const of = { service: 'fleet', stopped };
      const { tasks, complete } = valueOf(await bench.ecs.tasksOf('build-prod', of, never));
      expect(complete).toBe(true);
      return [...new Set(tasks.map(({ arn }) => arn))];
    }

    test('its tasks are listed to the end, each once', async () => {
      expect(await listArns(false)).toHaveLength(bench.size);
      expect(await listArns(true)).toEqual([]);
    });

    test('a hundred protections are read at once, ten are set at once; an unknown task is absent', async () => {
      const arns = (await listArns(false)).slice(0, 100);
      const tasks = arns.slice(0, 10);
      const call = { kind: 'protect-tasks', cluster: 'build-prod', enabled: true, minutes: 5 } as const;
      expect(valueOf(await bench.ecs.send({ ...call, tasks }, never))).toHaveLength(10);
      const shown = valueOf(await bench.ecs.protections('build-prod', arns, never));
      expect(shown.map(({ taskArn }) => taskArn).sort()).toEqual([...arns].sort());
      const enabled = shown.filter((one) => one.enabled).map(({ taskArn }) => taskArn);
      expect(enabled.sort()).toEqual([...tasks].sort());
      valueOf(await bench.ecs.send({ ...call, tasks, enabled: false, minutes: null }, never));
      const unknown = `${arns[0]?.slice(0, -4) ?? ''}0000`;
      expect(valueOf(await bench.ecs.protections('build-prod', [unknown], never))).toEqual([]);
      expect(valueOf(await bench.ecs.protections('build-prod', [], never))).toEqual([]);
    });

    test('all that have stopped within the hour are listed to the end', async () => {
      await bench.empty();
      const recent = await until('every task to be STOPPED', async () => {
        const stops = valueOf(await bench.ecs.recentStops('build-prod', { service: 'fleet' }, never));
        return stops.tasks.length === bench.size && stops.tasks.every(({ ended }) => ended) && stops;
      });
      expect(recent.complete).toBe(true);
      expect(await listArns(true)).toHaveLength(bench.size);
      expect(await listArns(false)).toEqual([]);
    });
  });
}

/** One ECS with cluster `build-prod`, whose service `build-agents` had 130 deployments of ten minutes, one an hour, the latest an hour ago. */
export interface DeploymentsBench {
  readonly ecs: Ecs;
  close(): Promise<void>;
}

/** What every ECS port must say of the deployments of a service. */
export function deploymentsContract(name: string, setUp: () => Promise<DeploymentsBench>): void {
  describe(`ECS port, deployments of a service: ${name}`, () => {
    let bench: DeploymentsBench;
    beforeAll(async () => {
      bench = await setUp();
    }, 120_000);
    afterAll(() => bench.close());

    const HOUR = 3_600_000;
    const ago = (ms: number): number => Date.now() - ms;
    const read = (since: number, service = 'build-agents') =>
      bench.ecs.serviceDeployments('build-prod', service, since, never);

    test('they are listed to the end, over two pages, each once, with begin and end', async () => {
      const { deployments, complete } = valueOf(await read(ago(200 * HOUR)));
      expect(complete).toBe(true);
      const ended = deployments.filter(({ createdAt }) => (createdAt ?? 0) < ago(HOUR / 2));
      expect(new Set(ended.map(({ id }) => id)).size).toBe(130);
      for (const { id, startedAt, createdAt, finishedAt, status } of ended) {
        expect(id).not.toContain('/');
        expect(status).toBe('SUCCESSFUL');
        expect((finishedAt ?? 0) - (startedAt ?? createdAt ?? 0)).toBe(600_000);
      }
    });

    test('only those that were created since then', async () => {
      const { deployments } = valueOf(await read(ago(10.5 * HOUR)));
      expect(deployments.filter(({ createdAt }) => (createdAt ?? 0) < ago(HOUR / 2))).toHaveLength(10);
    });

    test('nobody may ask for what is older than three months; an unknown service is not found', async () => {
      expect(await read(ago(100 * 24 * HOUR))).toMatchObject({ trouble: { kind: 'refused' } });
      expect(await read(ago(HOUR), 'no-such-service')).toMatchObject({ trouble: { kind: 'not-found' } });
    });
  });
}
