import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Task } from '@aws-sdk/client-ecs';
import { TASK_ARN_TAG } from '../../src/model/entities/agent.ts';
import { cli, documentIn } from '../support/cli.ts';
import { json, startServer } from '../support/http-server.ts';
import { until } from '../support/until.ts';
import { inFolder, meets, play, surroundings } from './support/case.ts';
import { taskDefinition, writeCase } from './support/files.ts';
import type { Entries } from './support/files.ts';
import { foreseenIn } from './support/foreseen.ts';
import { held } from './support/gates.ts';
import { tasksIn } from './support/places.ts';
import { standing } from './support/standing.ts';
import type { Standing } from './support/standing.ts';

const steps = [{ key: 'integration', command: held() }];

/** What `gameday preflight` says of the service of a rig that stands. */
async function saidOfService({ folder, env }: Standing): Promise<readonly string[]> {
  const args = ['preflight', '--cluster', 'build-prod', '--service', 'build-agents', '--json'];
  return rulesIn((await cli(args, folder, env)).stdout);
}

function rulesIn(stdout: string): readonly string[] {
  const { findings } = JSON.parse(stdout) as { findings: readonly { readonly rule: string }[] };
  return findings.map(({ rule }) => rule);
}

/** The usual definition with members of the agent's container laid over, and more containers. */
function definitionWith(over: Entries, ...more: readonly Entries[]): Entries {
  const definition = taskDefinition({});
  const [agent] = definition['containerDefinitions'] as readonly Entries[];
  return { ...definition, containerDefinitions: [{ ...agent, ...over }, ...more] };
}

const isUp = ({ lastStatus, desiredStatus }: Task): boolean =>
  lastStatus === 'RUNNING' && desiredStatus === 'RUNNING';

/** The task on which a step is in flight. */
async function busyTask(stage: Standing): Promise<string> {
  return until('a busy agent', async () => {
    const { jobs, agents } = await stage.state();
    const job = jobs.find(({ state }) => state === 'RUNNING');
    const agent = agents.find(({ agentId }) => agentId === job?.agentId);
    return agent?.tags.find((tag) => tag.startsWith(`${TASK_ARN_TAG}=`))?.slice(`${TASK_ARN_TAG}=`.length);
  });
}

const taskNamed = async ({ env }: Standing, arn: string): Promise<Task | undefined> =>
  (await tasksIn(env)).find(({ taskArn }) => taskArn === arn);

describe.concurrent('what is foreseen comes true on the rig, and not where it is fixed:', () => {
  test('stop-timeout-over-ceiling: ECS takes no such definition', async () => {
    await inFolder(async (folder) => {
      const scenario = await writeCase(folder, { steps, container: { stopTimeout: 900 } });
      const look = await cli(['preflight', '--task-definition', 'agent.json', '--json'], folder);
      expect(rulesIn(look.stdout)).toContain('stop-timeout-over-ceiling');
      const run = await cli(['run', '--rig', scenario, '--json'], folder, surroundings(folder));
      expect(run.code).toBe(2);
      expect(documentIn(run.stdout).errors[0]?.message).toContain(
        'must have a container stop timeout of less than 120 seconds',
      );
    });
    const mended = await play({
      steps,
      container: { stopTimeout: 120 },
      expected: { exit: 0, outcome: 'passed', reason: 'drained' },
    });
    expect(foreseenIn(mended.journal)).not.toContain('stop-timeout-over-ceiling');
  });

  test.each([
    [0, 'is taken for a sick one and replaced'],
    [60, 'is waited for'],
  ])('health-check-grace: with a startPeriod of %d s a task that starts slowly %s', async (startPeriod) => {
    // It fails once, and holds from then on.
    const slow = '[ -e "$HOME/up" ] || { touch "$HOME/up"; exit 1; }';
    const healthCheck = { command: ['CMD-SHELL', slow], interval: 5, retries: 1, startPeriod };
    const service = {
      ...{ serviceName: 'build-agents', desiredCount: 2, launchType: 'FARGATE' },
      deploymentConfiguration: { minimumHealthyPercent: 0, maximumPercent: 100 },
    };
    const files = { 'agent.json': definitionWith({ healthCheck }), 'service.json': service };
    const rig = { services: [{ taskDefinition: 'agent.json', service: 'service.json' }] };
    await standing({ steps, rig, files }, async (stage) => {
      expect((await saidOfService(stage)).includes('health-check-grace')).toBe(startPeriod === 0);
      if (startPeriod > 0) {
        const tasks = await until('two healthy tasks', async () => {
          const found = await tasksIn(stage.env);
          return found.filter(({ healthStatus }) => healthStatus === 'HEALTHY').length === 2 && found;
        });
        expect(tasks.every(isUp)).toBe(true);
        return;
      }
      const replaced = await until('a task that is replaced', async () =>
        (await tasksIn(stage.env)).find(({ stopCode }) => stopCode !== undefined),
      );
      expect(replaced).toMatchObject({
        stopCode: 'ServiceSchedulerInitiated',
        stoppedReason: 'Task failed container health checks',
      });
    });
  });

  test.each([
    [false, 'stays, without its agent, and nothing comes in its place'],
    [true, 'ends with its agent, and another comes in its place'],
  ])('agent-not-essential: with `essential: %s` a task %s', async (essential) => {
    const router = { name: 'router', image: 'b:1', entryPoint: ['sleep', '600'], stopTimeout: 2 };
    const files = { 'agent.json': definitionWith({ essential }, router) };
    await standing({ steps, files }, async (stage) => {
      expect((await saidOfService(stage)).includes('agent-not-essential')).toBe(!essential);
      const before = (await tasksIn(stage.env)).map(({ taskArn }) => taskArn);
      await stage.act({ do: 'stop-agent', taskArn: before[0] });
      const left = await until('a container that ended', async () =>
        (await tasksIn(stage.env)).find(({ containers = [] }) =>
          containers.some(({ name, lastStatus }) => name === 'agent' && lastStatus === 'STOPPED'),
        ),
      );
      if (!essential) {
        expect(isUp(left)).toBe(true);
        expect((await tasksIn(stage.env)).map(({ taskArn }) => taskArn)).toEqual(before);
        return;
      }
      await until('another task', async () =>
        (await tasksIn(stage.env)).some((task) => isUp(task) && !before.includes(task.taskArn)),
      );
    });
  });

  test.each([
    [false, 'the busy one goes'],
    [true, 'the busy one is spared, and its job passes'],
  ])('scale-in-protection: protected %s, %s', async (enabled) => {
    await standing({ steps, rig: { builds: [{ pipeline: 'canary' }] } }, async (stage) => {
      const busy = await busyTask(stage);
      if (enabled) await stage.act({ do: 'protect', taskArn: busy, enabled });
      expect((await saidOfService(stage)).includes('scale-in-protection')).toBe(!enabled);
      await stage.act({ do: 'set-desired-count', service: 'build-agents', count: 0 });
      await until('a task that goes', async () =>
        (await tasksIn(stage.env)).find(
          ({ taskArn, desiredStatus }) => desiredStatus === 'STOPPED' && (enabled || taskArn === busy),
        ),
      );
      const task = await taskNamed(stage, busy);
      expect(task?.desiredStatus).toBe(enabled ? 'RUNNING' : 'STOPPED');
      await writeFile(join(stage.folder, 'gates', 'struck'), '');
      await until('the end of the job', async () =>
        (await stage.state()).builds.find(({ state }) => state === 'PASSED'),
      );
    });
  });

  test('own-task-in-cluster: a deployment would take the runner with its target', async () => {
    await standing({ steps }, async (stage) => {
      const [own] = await tasksIn(stage.env);
      const elsewhere = own?.taskArn?.replace(':task/build-prod/', ':task/tools/');
      let TaskARN = own?.taskArn;
      const metadata = await startServer((_, response) => json(response, 200, { TaskARN }));
      const env = { ECS_CONTAINER_METADATA_URI_V4: metadata.url };
      try {
        const deployment = { inject: { fault: 'deployment' }, safety: { tasks: 2 } };
        const hit = await stage.run({ scenario: deployment, env });
        meets(hit, { exit: 3, outcome: 'refused', reason: 'self-target', sent: 0 });
        expect(foreseenIn(hit.journal)).toContain('own-task-in-cluster');
        TaskARN = elsewhere;
        const spared = await stage.run({ env });
        meets(spared, { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 });
        expect(foreseenIn(spared.journal)).not.toContain('own-task-in-cluster');
      } finally {
        await metadata.close();
      }
    });
  });
});
