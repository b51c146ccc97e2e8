import { expect, it } from 'vitest';
import { decideAiming } from '../../src/drill/aim.ts';
import type { NewEvent } from '../../src/journal/events.ts';
import type { Fact } from '../../src/model/world.ts';
import type { Plan } from '../../src/scenario/plan.ts';
import { fold } from '../../src/state/state.ts';
import {
  aContainerDefinition,
  aJob,
  anAgent,
  aTask,
  aTaskDefinition,
  AGENT_ID,
  BUILD_ID,
  JOB_ID,
  NOON,
  TASK_ARN,
} from '../support/builders.ts';
import { fact, journalOf, read, TARGET } from '../support/journal-builders.ts';
import { planOf } from '../support/plans.ts';

const OTHER_AGENT = AGENT_ID.replace(/1$/, '2');
const ASKED: Partial<Plan> = { consent: 'ask' };
/** How long the job has been seen to run when the person is asked. */
const RAN_MS = 12_000;

/** What a worker is known to be: an agent whose job is in flight on a Fargate task of a service. */
function worker(definition: Parameters<typeof aContainerDefinition>[0] = {}): readonly Fact[] {
  return [
    fact('job', aJob()),
    fact('agent', anAgent()),
    fact('task', aTask()),
    fact('task-definition', aTaskDefinition({ containers: [aContainerDefinition(definition)] })),
    fact('agents-of-task', { taskArn: TASK_ARN, agents: [AGENT_ID], complete: true }, TASK_ARN),
  ];
}

/** What a person is asked before the injection; later facts stand for earlier ones of the same thing. */
function questionOf(facts: readonly Fact[] = worker(), plan: Plan = planOf({}, ASKED)): readonly string[] {
  const reads = facts.map(({ kind, id }) => read(kind, id, NOON));
  const events: readonly NewEvent[] = [
    { code: 'GD_DRILL_PLANNED', payload: { plan } },
    { code: 'GD_BUILD_KNOWN', payload: { buildId: BUILD_ID, by: 'created' } },
    { code: 'GD_OBSERVED', payload: { reads, facts: [...facts] } },
    { code: 'GD_TARGET_CHOSEN', payload: { target: TARGET, attempt: 1 } },
  ];
  const state = fold(journalOf(events.map((event) => [NOON, event])));
  const step = decideAiming(state, NOON + RAN_MS);
  return step.do === 'confirm' ? step.shown : [step.do];
}

const nearEnd = (usually: number): Plan =>
  planOf(
    {
      when: { trigger: 'near-end', step: 'integration', usually, left: 5_000 },
    },
    ASKED,
  );

it('the question names call, signals, cluster, account and the job with how long it has run', () => {
  expect(questionOf()).toEqual([
    `StopTask will be sent for ${TASK_ARN}`,
    'container agent gets SIGTERM now (behind a load balancer: after its deregistration), and SIGKILL 2 min 0 s later if it still runs (stopTimeout 2 min 0 s)',
    'cluster build-prod in us-east-1, account 123456789012',
    'it runs integration (https://buildkite.com/acme/canary/builds/1#job), for 12 s so far',
  ]);
});

it('names where machines share the lock, and nothing where they share none', () => {
  const shared = questionOf(worker(), planOf({}, { ...ASKED, lockStore: 's3://games/ledger' }));
  expect(shared).toContain('its lock is shared with other machines in s3://games/ledger');
  expect(questionOf()).toEqual(shared.filter((line) => !line.includes('lock')));
});

it('says where the services are stand-ins', () => {
  expect(questionOf(worker(), planOf({}, { ...ASKED, label: 'rig' }))[2]).toBe(
    'cluster build-prod in us-east-1, account 123456789012 [rig]',
  );
});

it.each<[string, readonly Fact[], Plan | undefined, string]>([
  [
    'a task of no service, which no load balancer serves',
    [...worker(), fact('task', aTask({ group: 'family:build-agent' }))],
    undefined,
    'container agent gets SIGTERM now, and SIGKILL 2 min 0 s later if it still runs (stopTimeout 2 min 0 s)',
  ],
  [
    'a definition without stopTimeout',
    [...worker({ stopTimeout: null }), fact('task', aTask({ group: null }))],
    undefined,
    "container agent gets SIGTERM now, and SIGKILL 30 s later if it still runs (stopTimeout 30 s, ECS's default)",
  ],
  [
    'containers that depend on the agent, which are stopped before it',
    [
      ...worker(),
      fact('task', aTask({ group: null })),
      fact(
        'task-definition',
        aTaskDefinition({
          containers: [
            aContainerDefinition(),
            aContainerDefinition({ name: 'log', stopTimeout: 20_000, dependsOn: ['agent'] }),
          ],
        }),
      ),
    ],
    undefined,
    'container agent gets SIGTERM within 20 s, after the containers that depend on it, and SIGKILL 2 min 0 s later if it still runs (stopTimeout 2 min 0 s)',
  ],
  [
    'a definition that was not read',
    worker().filter(({ kind }) => kind !== 'task-definition'),
    undefined,
    'container agent gets SIGTERM now (behind a load balancer: after its deregistration), and when SIGKILL follows is not known, as its task definition was not read',
  ],
  [
    'a fault that leaves the time to ECS',
    worker(),
    planOf({ inject: { fault: 'deployment' } }, ASKED),
    'container agent gets SIGTERM when its task is stopped, and SIGKILL 2 min 0 s later if it still runs (stopTimeout 2 min 0 s)',
  ],
  [
    'a reclaim of Fargate Spot, whose signal is that of StopTask and whose capacity ends after two minutes',
    [...worker(), fact('task', aTask({ group: null }))],
    planOf({ inject: { fault: 'spot-reclaim', through: 'ecs' } }, ASKED),
    'container agent gets SIGTERM now, and SIGKILL 2 min 0 s later if it still runs (stopTimeout 2 min 0 s)',
  ],
  [
    'a reclaim of Spot on EC2, where the host is drained first',
    [
      ...worker(),
      fact(
        'task',
        aTask({
          launchType: 'EC2',
          instanceArn: 'arn:aws:ecs:us-east-1:123456789012:container-instance/build-prod/1',
        }),
      ),
    ],
    planOf({ inject: { fault: 'spot-reclaim', through: 'ecs' } }, ASKED),
    'container agent gets SIGTERM when its task is stopped, and SIGKILL 2 min 0 s later if it still runs (stopTimeout 2 min 0 s)',
  ],
])('of a stop it says what comes and when: %s', (_title, facts, plan, said) => {
  expect(questionOf(facts, plan)).toContain(said);
});

it.each([
  [60_000, 'about 48 s left (usually 1 min 0 s, as the scenario says)'],
  [10_000, 'longer than usual (usually 10 s, as the scenario says)'],
])('where the step usually runs for %i ms, it says what is left of that', (usually, said) => {
  expect(questionOf(worker(), nearEnd(usually)).at(-1)).toMatch(
    new RegExp(`^it runs integration .*, for 12 s so far, ${said.replace(/[()]/g, '\\$&')}$`),
  );
});

it('names every other job on the task, and an agent there whose job nobody has read', () => {
  const other = aJob({ id: JOB_ID.replace(/1$/, '9'), stepKey: 'lint', url: null });
  const over = aJob({ id: JOB_ID.replace(/1$/, '8'), stepKey: 'over', state: 'finished' });
  const facts = [
    fact('job', other),
    fact('job', over),
    ...worker(),
    fact('agent', anAgent({ id: OTHER_AGENT, name: 'worker-2' })),
    fact('agents-of-task', { taskArn: TASK_ARN, agents: [AGENT_ID, OTHER_AGENT], complete: true }, TASK_ARN),
  ];
  expect(questionOf(facts).slice(3)).toEqual([
    'it runs integration (https://buildkite.com/acme/canary/builds/1#job), for 12 s so far',
    'also running there: lint, for 12 s so far',
    'agent worker-2 there runs a job that was not read',
  ]);
});
