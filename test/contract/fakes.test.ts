import { aBuild, AGENT_ID, aJob, anAgent, aService, aTask, NOON, TASK_ARN } from '../support/builders.ts';
import { fakeBuildkite } from '../support/fake-buildkite.ts';
import { fakeEcs } from '../support/fake-ecs.ts';
import { fakeSurroundings } from '../support/fake-surroundings.ts';
import { buildkiteContract } from './buildkite.contract.ts';
import { ecsContract } from './ecs.contract.ts';
import { surroundingsContract } from './surroundings.contract.ts';

buildkiteContract('the fake', () => {
  const old = aBuild({ state: 'passed', rawState: 'PASSED' });
  const jobs = [10_000, 0, 12_500].map((took, nth) =>
    aJob({
      id: `past-${String(nth)}`,
      buildId: old.id,
      state: 'finished',
      passed: true,
      startedAt: NOON,
      finishedAt: NOON + took,
    }),
  );
  const buildkite = fakeBuildkite({ builds: [old], jobs, agents: [anAgent()] });
  return Promise.resolve({
    buildkite,
    start: ({ jobs }) => {
      for (const { id } of jobs) {
        buildkite.setJob(id, { state: 'running', rawState: 'RUNNING', agentId: AGENT_ID });
      }
    },
    close: () => Promise.resolve(),
  });
});

ecsContract('the fake', () => {
  const tasks = [aTask(), aTask({ arn: `${TASK_ARN.slice(0, -1)}a`, hostnames: ['ip-10-0-0-2'] })];
  const ecs = fakeEcs({ services: [aService()], tasks });
  return Promise.resolve({ ecs, taskArn: TASK_ARN, close: () => Promise.resolve() });
});

surroundingsContract('the fake', () => fakeSurroundings());
