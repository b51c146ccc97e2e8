import { expect, test } from 'vitest';
import type { DrillEvent, NewEvent } from '../../src/journal/events.ts';
import { makeHistoryId } from '../../src/model/step-name.ts';
import type { Fact } from '../../src/model/world.ts';
import { listWaits } from '../../src/report/waiting.ts';
import type { Plan } from '../../src/scenario/plan.ts';
import { fold } from '../../src/state/state.ts';
import {
  aBuild,
  aContainer,
  aContainerDefinition,
  aJob,
  anAgent,
  aTask,
  aTaskDefinition,
  BUILD_ID,
  JOB_ID,
  NOON,
  TASK_ARN,
} from '../support/builders.ts';
import { fact, journalOf, read, TARGET } from '../support/journal-builders.ts';
import { planOf, rigOf } from '../support/plans.ts';

/** The instant so many seconds after noon. */
const at = (seconds: number): number => NOON + seconds * 1000;

function seen(second: number, ...facts: readonly Fact[]): readonly [number, NewEvent] {
  const reads = facts.map(({ kind, id }) => read(kind, id, at(second)));
  return [at(second), { code: 'GD_OBSERVED', payload: { reads, facts: [...facts] } }];
}

const stop = { kind: 'stop-task', cluster: 'build-prod', taskArn: TASK_ARN, reason: 'gameday x' } as const;
const STOPPING = { desired: 'STOPPED', stoppingAt: at(10) } as const;

/** A job in flight since second 0, whose task was told to stop at second 10; `more` comes after that. */
function stopped(
  definition: Parameters<typeof aContainerDefinition>[0] | null,
  more: readonly (readonly [number, NewEvent])[] = [],
  plan: Plan = planOf(),
  before: readonly Fact[] = [],
): DrillEvent[] {
  const containers = definition === null ? [] : [aContainerDefinition(definition)];
  const definitions = definition === null ? [] : [fact('task-definition', aTaskDefinition({ containers }))];
  return journalOf([
    [at(-2), { code: 'GD_DRILL_PLANNED', payload: { plan } }],
    [at(-1), { code: 'GD_BUILD_KNOWN', payload: { buildId: BUILD_ID, by: 'created' } }],
    seen(
      0,
      fact('build', aBuild()),
      fact('agent', anAgent()),
      fact('task', aTask()),
      fact('job', aJob()),
      ...definitions,
      ...before,
    ),
    [at(8), { code: 'GD_TARGET_CHOSEN', payload: { target: TARGET, attempt: 1 } }],
    [at(9), { code: 'GD_FAULT_INTENDED', payload: { call: stop, attempt: 1 } }],
    [
      at(10),
      {
        code: 'GD_FAULT_SENT',
        payload: {
          ...{ sentAt: at(10), answeredAt: at(10), result: 'ok', trouble: null, attempt: 1 },
          task: aTask(STOPPING),
        },
      },
    ],
    [
      at(10),
      { code: 'GD_FAULT_LANDED', payload: { taskArn: TASK_ARN, by: 'answer', said: 'desired STOPPED' } },
    ],
    seen(10, fact('task', aTask(STOPPING))),
    ...more,
  ]);
}

const gone = (second: number, exitCode: number | null, also: readonly Fact[] = []) =>
  seen(
    second,
    fact('task', aTask({ ...STOPPING, containers: [aContainer({ status: 'STOPPED', exitCode })] })),
    ...also,
  );

const waits = (journal: readonly DrillEvent[], second: number): readonly string[] =>
  listWaits(fold(journal), at(second));

test.each<[string, number | null, string]>([
  ['its own stopTimeout', 30_000, 'SIGKILL in about 12 s (stopTimeout 30 s)'],
  ['none: on Fargate that of ECS', null, "SIGKILL in about 12 s (stopTimeout 30 s, ECS's default)"],
  [
    'more than Fargate allows',
    600_000,
    "SIGKILL in about 1 min 42 s (stopTimeout 2 min 0 s, the platform's limit)",
  ],
])('SIGKILL is counted from the stop that ECS shows: %s', (_what, stopTimeout, said) => {
  expect(waits(stopped({ stopTimeout }), 28)).toEqual([said, 'the step has run for 28 s']);
});

test('a host of EC2 may have a default of its own', () => {
  const host = {
    launchType: 'EC2',
    instanceArn: 'arn:aws:ecs:us-east-1:123456789012:container-instance/p/1',
  };
  const journal = stopped({ stopTimeout: null }, [seen(11, fact('task', aTask({ ...STOPPING, ...host })))]);
  expect(waits(journal, 28)[0]).toBe(
    "SIGKILL in about 12 s (stopTimeout 30 s, ECS's default unless the host sets another)",
  );
});

test('containers that depend on the agent are stopped before it', () => {
  const proxy = aContainerDefinition({ name: 'proxy', stopTimeout: 20_000, dependsOn: ['agent'] });
  const containers = [aContainerDefinition({ stopTimeout: 30_000 }), proxy];
  const both = fact('task-definition', aTaskDefinition({ containers }));
  const journal = stopped(null, [], planOf(), [both]);
  expect(waits(journal, 28)[0]).toBe(
    "SIGTERM in about 2 s, after the containers that depend on the agent's; SIGKILL 30 s later (stopTimeout 30 s)",
  );
  expect(waits(journal, 40)[0]).toBe('SIGKILL in about 20 s (stopTimeout 30 s)');
});

test('the clock of ECS, where it is known to be ahead, is taken into account', () => {
  const ahead = fact('clock', { offset: 5_000, uncertainty: 200 }, 'ecs');
  const ours = fact('clock', { offset: 0, uncertainty: 200 }, 'buildkite');
  expect(waits(stopped({ stopTimeout: 30_000 }, [], planOf(), [ahead, ours]), 28)[0]).toBe(
    'SIGKILL in about 7 s (stopTimeout 30 s)',
  );
});

test('what was not read is not counted down', () => {
  expect(waits(stopped(null), 28)).toEqual([
    'the container is being stopped; its stopTimeout was not read',
    'the step has run for 28 s',
  ]);
});

test('SIGKILL that is due and not shown is no end of the container', () => {
  expect(waits(stopped({ stopTimeout: 30_000 }), 43)[0]).toBe(
    "SIGKILL was due about 3 s ago (stopTimeout 30 s); ECS does not show the container's end yet",
  );
});

test.each<[string, number | null, Plan, string]>([
  [
    'killed',
    137,
    planOf(),
    'container gone (137) for 1 min 40 s; Buildkite gives a silent agent up after 3 to 4 min',
  ],
  [
    'without an exit code',
    null,
    planOf(),
    'container gone for 1 min 40 s; Buildkite gives a silent agent up after 3 to 4 min',
  ],
  [
    'on a rig',
    137,
    planOf({}, { label: 'rig', lostAfter: 8_000, ...rigOf(true) }),
    'container gone (137) for 1 min 40 s; the rig gives a silent agent up after 8 s',
  ],
])('a silent agent is given up: %s', (_what, exitCode, plan, said) => {
  expect(waits(stopped({}, [gone(40, exitCode)], plan), 140)).toEqual([said]);
});

test('an agent that left is waited for no more, only its build', () => {
  const left = fact('agent', anAgent({ connection: 'disconnected', disconnectedAt: at(39) }));
  const done = fact(
    'job',
    aJob({ id: JOB_ID, state: 'finished', rawState: 'FINISHED', exitStatus: '0', passed: true }),
  );
  expect(waits(stopped({}, [gone(40, 0, [left, done])]), 50)).toEqual(['the build is to end']);
  const over = seen(51, fact('build', aBuild({ state: 'passed' })));
  expect(waits(stopped({}, [gone(40, 0, [left, done]), over]), 52)).toEqual([]);
});

const nearEnd = {
  trigger: 'near-end',
  step: 'integration',
  left: 30_000,
  startWithin: 600_000,
  attempts: 1,
} as const;

test('the time that a step has left is known from the scenario or its history alone, and called about', () => {
  const timed = (usually: number | null): Plan => planOf({ when: { ...nearEnd, usually } as never });
  const own = stopped({}, [], timed(300_000));
  expect(waits(own, 60)[1]).toBe(
    'the step has about 4 min 0 s left (usually 5 min 0 s, as the scenario says)',
  );
  expect(waits(own, 330)[0]).toMatch(/^SIGKILL was due/);
  expect(waits(own, 330)[1]).toBe(
    'the step runs about 30 s longer than usual (usually 5 min 0 s, as the scenario says)',
  );
  const past = fact(
    'step-history',
    { durations: [60_000, 300_000, 310_000] },
    makeHistoryId('canary', 'integration'),
  );
  expect(waits(stopped({}, [], planOf(), [past]), 60)[1]).toBe(
    'the step has about 4 min 0 s left (usually 5 min 0 s, the median of its 3 latest passed jobs)',
  );
  // Without either only what was seen is said.
  expect(waits(stopped({}, [], timed(null)), 60)[1]).toBe('the step has run for 1 min 0 s');
});

test('before the injection: the build, its job, and the time that the job is to have been in flight', () => {
  const events = (until: number): DrillEvent[] =>
    journalOf(
      [
        [
          at(-2),
          { code: 'GD_DRILL_PLANNED', payload: { plan: planOf({ when: { inFlightFor: 5_000 } }) } },
        ] as const,
        [at(-1), { code: 'GD_BUILD_KNOWN', payload: { buildId: BUILD_ID, by: 'created' } }] as const,
        seen(0, fact('build', aBuild()), fact('job', aJob({ state: 'scheduled', rawState: 'SCHEDULED' }))),
        seen(10, fact('job', aJob())),
        [
          at(11),
          {
            code: 'GD_INJECTION_HELD',
            payload: { guard: 'lock', reason: 'lock-held', said: 'another drill has the lock' },
          },
        ] as const,
      ].slice(0, until),
    );
  expect(waits(events(3), 4)).toEqual(['a job of step integration is to start']);
  expect(waits(events(4), 12)).toEqual(['the step has run for 2 s; the injection comes in 3 s']);
  expect(waits(events(5), 12)).toEqual(['held: another drill has the lock']);
});
