import { reduce } from '../../src/state/state.ts';
import type { DrillState } from '../../src/state/state.ts';
import type { Fact, Subject } from '../../src/model/world.ts';
import type { Trouble } from '../../src/model/answer.ts';
import type { DrillEvent, NewEvent, Target } from '../../src/journal/events.ts';
import { FIRST_SUM, sealEvent } from '../../src/journal/line.ts';
import { planOf } from '../support/plans.ts';
import {
  AGENT_ID,
  aBuild,
  aContainer,
  aJob,
  anAgent,
  aTask,
  BUILD_ID,
  JOB_ID,
  NOON,
  TASK_ARN,
} from '../support/builders.ts';

/** A drill as reporters see it: each event with the state after it. */
export interface Told {
  readonly event: DrillEvent;
  readonly state: DrillState;
}

const target: Target = {
  ...{ jobId: JOB_ID, agentId: AGENT_ID, taskArn: TASK_ARN },
  ...{ container: 'agent', containerBy: 'only-essential', why: 'step integration is in flight' },
};

/** What the answering read of each fact, or the trouble of a subject, makes an observation. */
export function observed(
  facts: readonly Fact[],
  trouble: { subject: Subject; error: Trouble } | null = null,
): NewEvent {
  const times = { sentAt: NOON, answeredAt: NOON + 10 };
  const good = facts.map(({ kind, id }) => ({ subject: { kind, id }, ...times, ok: true, error: null }));
  const bad = trouble === null ? [] : [{ ...trouble, ...times, ok: false }];
  return { code: 'GD_OBSERVED', payload: { reads: [...good, ...bad], facts: [...facts] } };
}

const build = (over: Parameters<typeof aBuild>[0] = {}): Fact => ({
  kind: 'build',
  id: BUILD_ID,
  value: aBuild(over),
});
const job = (over: Parameters<typeof aJob>[0] = {}): Fact => ({ kind: 'job', id: JOB_ID, value: aJob(over) });
const agent = (over: Parameters<typeof anAgent>[0] = {}): Fact => ({
  kind: 'agent',
  id: AGENT_ID,
  value: anAgent(over),
});
const task = (over: Parameters<typeof aTask>[0] = {}): Fact => ({
  kind: 'task',
  id: TASK_ARN,
  value: aTask(over),
});
const timeout: Trouble = {
  kind: 'timeout',
  message: 'DescribeTasks was not answered within 10 s',
  retryAfter: null,
};
const sent = { sentAt: NOON, answeredAt: NOON + 43, result: 'ok', trouble: null } as const;
const stop = { kind: 'stop-task', cluster: 'build-prod', taskArn: TASK_ARN, reason: 'gameday x' } as const;

/** A drill whose agent never hears the stop: the job is lost and, repeated, passes. */
export function lostDrill(): readonly NewEvent[] {
  const dead = { containers: [aContainer({ status: 'STOPPED', exitCode: 137 })], desired: 'STOPPED' };
  return [
    { code: 'GD_DRILL_PLANNED', payload: { plan: planOf() } },
    {
      code: 'GD_GUARDS_ANSWERED',
      payload: { at: 'gate', answers: [{ guard: 'lock', holds: true, reason: null, said: 'ours' }] },
    },
    observed([build({ state: 'scheduled' })]),
    { code: 'GD_BUILD_KNOWN', payload: { buildId: BUILD_ID, by: 'created' } },
    observed([build(), agent(), task(), job()]),
    { code: 'GD_TARGET_CHOSEN', payload: { target, attempt: 1 } },
    { code: 'GD_CONFIRMED', payload: { answer: 'beforehand', shown: '' } },
    { code: 'GD_TARGET_REVERIFIED', payload: { target } },
    { code: 'GD_FAULT_INTENDED', payload: { call: stop, attempt: 1 } },
    { code: 'GD_FAULT_SENT', payload: { ...sent, attempt: 1, task: aTask({ desired: 'STOPPED' }) } },
    { code: 'GD_FAULT_LANDED', payload: { taskArn: TASK_ARN, by: 'answer', said: 'desired STOPPED' } },
    observed([task({ desired: 'STOPPED' })], { subject: { kind: 'task', id: TASK_ARN }, error: timeout }),
    observed([], { subject: { kind: 'task', id: TASK_ARN }, error: timeout }),
    observed([task({ ...dead, status: 'STOPPED' })]),
    observed([
      agent({ connection: 'lost', lostAt: NOON + 9000 }),
      job({
        ...{ state: 'finished', rawState: 'FINISHED', exitStatus: '-1' },
        events: [
          {
            type: 'AGENT_LOST',
            at: NOON,
            actor: 'system',
            exitStatus: null,
            signal: null,
            signalReason: null,
          },
        ],
      }),
    ]),
    observed([
      {
        kind: 'job',
        id: 'retry',
        value: aJob({
          id: 'retry',
          state: 'scheduled',
          agentId: null,
          retryOf: JOB_ID,
          retryType: 'automatic',
        }),
      },
    ]),
    observed([
      {
        kind: 'job',
        id: 'retry',
        value: aJob({ id: 'retry', state: 'finished', passed: true, exitStatus: '0', retryOf: JOB_ID }),
      },
    ]),
    observed([build({ state: 'passed' })]),
    { code: 'GD_WATCH_ENDED', payload: { why: 'settled', said: 'nothing more can change the outcome' } },
    { code: 'GD_SETTLED', payload: { left: ['build 1 is over'] } },
    {
      code: 'GD_JUDGED',
      payload: {
        verdict: {
          ...{
            outcome: 'failed',
            reason: 'masked-loss',
            stage: 'C',
            said: 'attempt 1 was lost; a retry made the build green',
          },
          ...{ cause: null, next: 'Fix the drain.', findings: [], notes: [] },
        },
      },
    },
  ];
}

/** Numbers and stamps events a second apart and folds them. */
export function tell(
  events: readonly NewEvent[],
  drill = '20261124-120000-beef',
  start = NOON,
): readonly Told[] {
  const told: Told[] = [];
  for (const event of events) {
    const before = told.at(-1);
    const seq = told.length + 1;
    const place = {
      seq,
      at: start + seq * 1000,
      drill,
      previousSum: before?.event.sum ?? FIRST_SUM,
    };
    const { event: sealed } = sealEvent(event, place);
    told.push({ event: sealed, state: reduce(before?.state ?? null, sealed) });
  }
  return told;
}
