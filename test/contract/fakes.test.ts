import {
  aBuild,
  AGENT_ID,
  aJob,
  anAgent,
  aPipeline,
  aService,
  aTask,
  NOON,
  TASK_ARN,
} from '../support/builders.ts';
import { fakeAutoScaling } from '../support/fake-auto-scaling.ts';
import { fakeBuildkite } from '../support/fake-buildkite.ts';
import { aLostAttempt, aPastAttempt, aPastBuild, fakeBuildkiteRest } from '../support/fake-buildkite-rest.ts';
import { fakeEcs } from '../support/fake-ecs.ts';
import { aFisTemplate, fakeFis } from '../support/fake-fis.ts';
import { fakeSurroundings } from '../support/fake-surroundings.ts';
import { autoScalingContract } from './auto-scaling.contract.ts';
import { buildkiteReads } from './buildkite-reads.contract.ts';
import { buildkiteRestContract } from './buildkite-rest.contract.ts';
import { buildkiteContract } from './buildkite.contract.ts';
import { ecsReads } from './ecs-reads.contract.ts';
import { deploymentsContract, ecsContract, largeServiceContract } from './ecs.contract.ts';
import { fisContract } from './fis.contract.ts';
import { surroundingsContract } from './surroundings.contract.ts';

buildkiteContract('the fake', () => {
  const old = aBuild({ state: 'passed', rawState: 'PASSED' });
  const jobs = [10_000, 0, 12_500].map((took, nth) =>
    aJob({
      id: `past-${String(nth)}`,
      buildId: old.id,
      label: ':test_tube: Integration',
      state: 'finished',
      passed: true,
      startedAt: NOON,
      finishedAt: NOON + took,
    }),
  );
  const buildkite = fakeBuildkite({
    pipelines: [
      aPipeline(),
      aPipeline({ slug: 'nightly', branch: 'trunk' }),
      aPipeline({ slug: 'parent', stepKeys: [], triggers: [{ pipeline: 'nightly', branch: null }] }),
    ],
    builds: [old],
    jobs,
    agents: [anAgent()],
  });
  return Promise.resolve({
    buildkite,
    start: ({ build }) => {
      for (const { id, buildId } of buildkite.world.jobs.values()) {
        if (buildId !== build.id) continue;
        buildkite.setJob(id, { state: 'running', rawState: 'RUNNING', agentId: AGENT_ID });
      }
    },
    close: () => Promise.resolve(),
  });
});

buildkiteRestContract('the fake', () => {
  const builds = Array.from({ length: 130 }, (_, nth) => {
    const createdAt = NOON - nth * 600_000;
    const [first, retry] = [`lost-${String(nth)}`, `retry-${String(nth)}`];
    const attempts = [
      aLostAttempt({ id: first, startedAt: createdAt, retried: true }),
      aPastAttempt({ id: retry, startedAt: createdAt, retryOf: first, retryType: 'automatic' }),
    ];
    return aPastBuild({ number: 130 - nth, createdAt, attempts });
  });
  return Promise.resolve({ rest: fakeBuildkiteRest(builds), close: () => Promise.resolve() });
});

autoScalingContract('the fake', () => {
  let count = 2;
  const suspended = { in: true, out: false, scheduled: false };
  const autoScaling = fakeAutoScaling({
    targets: { 'build-agents': { min: 1, max: 4, suspended } },
    countOf: () => count,
    setCount: (_service, set) => void (count = set),
  });
  autoScaling.world.policies = [
    { name: 'jobs-per-worker', type: 'TargetTrackingScaling', scalesIn: false, scalesOut: true },
  ];
  autoScaling.world.scheduled = [{ name: 'evening', schedule: 'at(2026-01-01T18:00:00)', min: 0, max: null }];
  const setCount = (set: number): Promise<void> => Promise.resolve(void (count = set));
  return Promise.resolve({ autoScaling, setCount, close: () => Promise.resolve() });
});

ecsContract('the fake', () => {
  const tasks = [aTask(), aTask({ arn: `${TASK_ARN.slice(0, -1)}a`, hostnames: ['ip-10-0-0-2'] })];
  const ecs = fakeEcs({ services: [aService()], tasks });
  return Promise.resolve({ ecs, taskArn: TASK_ARN, close: () => Promise.resolve() });
});

deploymentsContract('the fake', () => {
  const ecs = fakeEcs({ services: [aService()] });
  const past = Array.from({ length: 130 }, (_, nth) => {
    const createdAt = Date.now() - (nth + 1) * 3_600_000;
    return { id: `past-${nth}`, createdAt, startedAt: createdAt, finishedAt: createdAt + 600_000 };
  });
  ecs.world.deployments.set(
    'build-agents',
    past.map((each) => ({ ...each, status: 'SUCCESSFUL' })),
  );
  return Promise.resolve({ ecs, close: () => Promise.resolve() });
});

largeServiceContract('the fake', () => {
  const size = 620;
  const arns = Array.from(
    { length: size },
    (_, index) => `${TASK_ARN.slice(0, -4)}${String(index + 1).padStart(4, '0')}`,
  );
  const ecs = fakeEcs({
    services: [aService({ name: 'fleet' })],
    tasks: arns.map((arn) => aTask({ arn, group: 'service:fleet' })),
  });
  const empty = (): Promise<void> => {
    for (const arn of arns) ecs.setTask(arn, { desired: 'STOPPED', status: 'STOPPED', stoppingAt: NOON });
    return Promise.resolve();
  };
  return Promise.resolve({ ecs, size, empty, close: () => Promise.resolve() });
});

buildkiteReads('the fake', async () => {
  const buildkite = fakeBuildkite({ builds: [aBuild()], jobs: [aJob()], agents: [anAgent()] });
  return { buildkite, organization: 'acme', pipeline: 'canary', close: async () => undefined };
});

ecsReads('the fake', async () => {
  const ecs = fakeEcs({ services: [aService()], tasks: [aTask()] });
  return { ecs, cluster: 'build-prod', service: 'build-agents', close: async () => undefined };
});

surroundingsContract('the fake', () => fakeSurroundings());

fisContract('the fake', () => {
  const ec2Arn = aFisTemplate().targets[0]?.arns[0] ?? '';
  const fis = fakeFis({ at: (_instant, act) => void setTimeout(act, 1) });
  return Promise.resolve({ fis, ec2Arn, close: () => Promise.resolve() });
});
