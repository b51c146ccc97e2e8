import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { createAutoScalingClient } from '../../src/auto-scaling/client.ts';
import { createBuildkiteClient } from '../../src/buildkite/client.ts';
import { createBuildkiteRestClient } from '../../src/buildkite/rest-client.ts';
import { isHostOf } from '../../src/model/entities/host.ts';
import { createEcsClient } from '../../src/ecs/client.ts';
import { createFisClient } from '../../src/fis/client.ts';
import { probeMachine } from '../../src/rig/workers/machine.ts';
import { createSurroundings } from '../../src/surroundings/client.ts';
import { forkRig } from '../support/forked-rig.ts';
import { until } from '../support/until.ts';
import { autoScalingContract } from './auto-scaling.contract.ts';
import { buildkiteReads } from './buildkite-reads.contract.ts';
import { buildkiteRestContract } from './buildkite-rest.contract.ts';
import { buildkiteContract } from './buildkite.contract.ts';
import type { BuildkiteBench } from './buildkite.contract.ts';
import { ecsReads } from './ecs-reads.contract.ts';
import { deploymentsContract, ecsContract, largeServiceContract } from './ecs.contract.ts';
import type { EcsBench } from './ecs.contract.ts';
import { fisContract } from './fis.contract.ts';
import { surroundingsContract } from './surroundings.contract.ts';

const RIG_FILE = new URL('rig/rig.yaml', import.meta.url);
const never = new AbortController().signal;
const rules = { allowInsecure: false, loopbackOnly: true } as const;
type Environment = Readonly<Record<string, string>>;

function buildkiteOf(environment: Environment): ReturnType<typeof createBuildkiteClient> {
  const endpoint = environment['BUILDKITE_GRAPHQL_ENDPOINT'] ?? '';
  return createBuildkiteClient({ endpoint, token: environment['BUILDKITE_API_TOKEN'] ?? '', ...rules });
}

function ecsOf(environment: Environment): ReturnType<typeof createEcsClient> {
  return createEcsClient({
    region: environment['AWS_REGION'] ?? '',
    endpoint: environment['AWS_ENDPOINT_URL_ECS'] ?? '',
    credentials: {
      accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
    ...rules,
  });
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

buildkiteContract('the client against the rig', async (): Promise<BuildkiteBench> => {
  const rig = await forkRig(RIG_FILE);
  return {
    buildkite: buildkiteOf(rig.environment),
    start: () => undefined,
    close: () => rig.close(),
  };
});

buildkiteReads('the client against the rig', async () => {
  const rig = await forkRig(RIG_FILE);
  const place = { organization: 'acme', pipeline: 'canary' };
  return { buildkite: buildkiteOf(rig.environment), ...place, close: () => rig.close() };
});

buildkiteRestContract('the client against the rig', async () => {
  const { environment, close } = await forkRig(new URL('rig/past.yaml', import.meta.url));
  const endpoint = environment['BUILDKITE_REST_API_ENDPOINT'] ?? '';
  const token = environment['BUILDKITE_API_TOKEN'] ?? '';
  return { rest: createBuildkiteRestClient({ endpoint, token, ...rules }), close };
});

ecsReads('the client against the rig', async () => {
  const rig = await forkRig(RIG_FILE);
  const ecs = ecsOf(rig.environment);
  return { ecs, cluster: 'build-prod', service: 'build-agents', close: () => rig.close() };
});

/** The clients find a task as a drill does: by the agent that holds a job. */
async function runningTask(environment: Environment): Promise<string> {
  const buildkite = buildkiteOf(environment);
  const pipeline = await buildkite.pipeline('acme', 'canary', 'main', never);
  const created = await buildkite.createBuild(
    {
      kind: 'create-build',
      pipeline: 'canary',
      pipelineNodeId: pipeline.ok ? pipeline.value.nodeId : '',
      branch: 'main',
      commit: 'HEAD',
      message: 'contract',
      env: {},
      metaData: {},
    },
    never,
  );
  const buildId = created.ok ? created.value.build.id : '';
  return until('an agent to take the job', async () => {
    const listed = await buildkite.build(buildId, ['integration'], never);
    const agentId = listed.ok ? (listed.value.jobs[0]?.agentId ?? null) : null;
    const agent = agentId === null ? null : await buildkite.agent('acme', agentId, never);
    return agent?.ok === true ? agent.value.agent.tags['ecs:task-arn'] : null;
  });
}

ecsContract('the client against the rig', async (): Promise<EcsBench> => {
  const rig = await forkRig(RIG_FILE);
  const ecs = ecsOf(rig.environment);
  const taskArn = await runningTask(rig.environment);
  await until('the service to settle', async () => {
    const service = await ecs.service('build-prod', 'build-agents', never);
    return service.ok && service.value.running === 2;
  });
  return { ecs, taskArn, close: () => rig.close() };
});

deploymentsContract('the client against the rig', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-contract-'));
  folders.push(folder);
  const taskDefinition = new URL('rig/agent.json', import.meta.url).pathname;
  const pastDeployments = Array.from({ length: 130 }, (_, nth) => ({ ago: `${nth + 1}h`, took: '10m' }));
  const service = { name: 'build-agents', taskDefinition, desiredCount: 1, pastDeployments };
  const file = join(folder, 'rig.yaml');
  const pipelines = [{ slug: 'canary', steps: new URL('rig/canary.yaml', import.meta.url).pathname }];
  const place = { organization: 'acme', cluster: 'build-prod' };
  writeFileSync(file, JSON.stringify({ ...place, services: [service], pipelines }));
  const rig = await forkRig(pathToFileURL(file));
  return { ecs: ecsOf(rig.environment), close: () => rig.close() };
});

largeServiceContract('the client against the rig', async () => {
  const rig = await forkRig(new URL('rig/large.yaml', import.meta.url));
  const ecs = ecsOf(rig.environment);
  const call = { kind: 'set-desired-count', cluster: 'build-prod', service: 'fleet' } as const;
  const size = 620;
  return {
    ...{ ecs, size },
    empty: () => ecs.send({ ...call, desired: 0, former: size }, never),
    close: () => rig.close(),
  };
});

autoScalingContract('the client against the rig', async () => {
  const rig = await forkRig(new URL('rig/scaled.yaml', import.meta.url));
  const ecs = ecsOf(rig.environment);
  const call = { kind: 'set-desired-count', cluster: 'build-prod', service: 'build-agents' } as const;
  return {
    autoScaling: createAutoScalingClient(ecs.sdk),
    setCount: async (desired) => {
      await ecs.send({ ...call, desired, former: 2 }, never);
    },
    close: () => rig.close(),
  };
});

fisContract('the client against the rig', async () => {
  const rig = await forkRig(new URL('../../scenarios/rigs/ec2-spot.yaml', import.meta.url));
  const ecs = ecsOf(rig.environment);
  const listed = await ecs.tasksOf('build-prod', { service: 'build-agents' }, never);
  const host = listed.ok ? (listed.value.tasks[0]?.instanceArn ?? '') : '';
  const instance = await ecs.instance('build-prod', host, never);
  const ec2Id = instance.ok ? (instance.value.ec2Id ?? '') : '';
  return {
    fis: createFisClient(ecs.sdk),
    ec2Arn: `arn:aws:ec2:us-east-1:123456789012:instance/${ec2Id}`,
    close: () => rig.close(),
  };
});

const named = probeMachine().namespaces?.hostnames === true;
test.runIf(named)(
  "an agent of the rig lives on the host of the task that it names, and on no other's",
  async () => {
    const rig = await forkRig(RIG_FILE);
    try {
      const arn = await runningTask(rig.environment);
      const tasks = await ecsOf(rig.environment).tasks('build-prod', [arn], never);
      const hostnames = (tasks.ok ? tasks.value : []).flatMap((task) => task.hostnames);
      const buildkite = buildkiteOf(rig.environment);
      const all = await buildkite.agents('acme', never);
      const there = (all.ok ? all.value.agents : []).filter(({ hostname }) => isHostOf(hostname, hostnames));
      expect(there).toMatchObject([{ tags: { 'ecs:task-arn': arn } }]);
    } finally {
      await rig.close();
    }
  },
);

surroundingsContract('the client', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-contract-'));
  folders.push(folder);
  return createSurroundings({ environment: {}, stateDir: join(folder, 'state') });
});
