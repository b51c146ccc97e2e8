import { describe, expect, test } from 'vitest';
import type { PastAttempt, PastBuild } from '../../src/buildkite/port.ts';
import type { JobEvent } from '../../src/model/entities/job.ts';
import { isLostByHistory, readRuns } from '../../src/losses/runs.ts';
import type { LostRun } from '../../src/losses/runs.ts';
import { aJob, NOON } from '../support/builders.ts';
import { aLostAttempt, aPastAttempt, aPastBuild } from '../support/fake-buildkite-rest.ts';

const HOUR = 3_600_000;
const runsOf = (attempts: readonly PastAttempt[], over: Partial<PastBuild> = {}) =>
  readRuns(aPastBuild({ attempts, ...over }));
const lossesOf = (...attempts: readonly PastAttempt[]): readonly (LostRun | null)[] =>
  runsOf(attempts).runs.map(({ lost }) => lost);

describe('what is lost (verdict rule 2)', () => {
  test.each([
    ['exit -1 without a signal or a reason, its agent lost then', {}, true],
    ['the same, and a retry hides it', { retried: true }, true],
    ['the same, soft-failed', { softFailed: true }, true],
  ])('%s: lost for sure', (_, over, isSure) => {
    expect(lossesOf(aLostAttempt(over))[0]).toMatchObject({ isSure });
  });

  const agent = (lostAt: number | null) => ({ id: 'a', version: null, queue: null, lostAt });
  test.each([
    ['its agent was never lost: it may have disconnected, or said -1 itself', { agent: agent(null) }],
    ['its agent was lost an hour later', { agent: agent(NOON + 300_000 + HOUR) }],
    ['the fields are not in the answer', { signal: undefined, signalReason: undefined }],
    ['it was canceled: before or after the loss', { state: 'canceled' }],
    ['it timed out', { state: 'timed_out' }],
    ['nobody knows its agent any more', { agent: null }],
  ])('%s: its history is asked for', (_, over) => {
    expect(lossesOf(aLostAttempt(over))[0]).toMatchObject({ isSure: false });
  });

  test.each([
    ['with a signal', { signal: 'SIGTERM' }],
    ['with a reason: the agent was told to stop', { signalReason: 'agent_stop' }],
    ['with another exit status', { exitStatus: 255 }],
    ['passed', { state: 'passed', exitStatus: 0 }],
  ])('%s: not lost', (_, over) => {
    expect(lossesOf(aLostAttempt(over))).toEqual([null]);
  });

  const event = (type: string, over: Partial<JobEvent> = {}): JobEvent => ({
    ...{ type, at: NOON, actor: 'system', exitStatus: null, signal: null, signalReason: null, ...over },
  });
  const finished = (at: number): JobEvent => event('FINISHED', { at, actor: 'agent' });
  test.each([
    ['AGENT_LOST', [event('AGENT_LOST')], true],
    ['AGENT_DISCONNECTED without a finish', [event('AGENT_DISCONNECTED')], true],
    ['AGENT_LOST, and the agent came back and finished', [event('AGENT_LOST'), finished(NOON + 1)], false],
    ['the agent itself finished it', [finished(NOON)], false],
    ['the agent finished it and left', [finished(NOON), event('AGENT_DISCONNECTED')], false],
    ['nothing but the exit', [event('STARTED')], true],
  ])('by its history: %s', (_, events, isLost) => {
    const job = aJob({ state: 'finished', exitStatus: '-1', signal: null, signalReason: null, events });
    expect(isLostByHistory(job)).toBe(isLost);
  });

  test('a canceled job whose history shows no loss is not lost', () => {
    expect(isLostByHistory(aJob({ state: 'canceled', exitStatus: '-1', events: [event('CANCELED')] }))).toBe(
      false,
    );
  });
});

describe('what hides a loss', () => {
  const lost = (id: string, over: Partial<PastAttempt> = {}) => aLostAttempt({ id, ...over });
  const retry = (id: string, of: string, over: Partial<PastAttempt> = {}) =>
    aPastAttempt({ id, retryOf: of, retryType: 'automatic', ...over });
  const hidden = (...attempts: readonly PastAttempt[]) =>
    lossesOf(...attempts).flatMap((one) => one?.hidden ?? []);

  test('a rule retried it, and the retry passed', () => {
    expect(hidden(lost('1', { retried: true }), retry('2', '1'))).toEqual(['retry']);
  });
  test('a person retried it, at last', () => {
    const attempts = [
      lost('1', { retried: true }),
      retry('2', '1', { state: 'failed', exitStatus: 1, retried: true }),
      retry('3', '2', { retryType: 'manual' }),
    ];
    expect(hidden(...attempts)).toEqual(['person']);
    expect(lossesOf(...attempts)[0]).toMatchObject({ isRetriedByPerson: false });
  });
  test('two losses in a row are two, and the retry hides both', () => {
    const again = lost('2', { retryOf: '1', retryType: 'automatic', retried: true });
    expect(hidden(lost('1', { retried: true }), again, retry('3', '2'))).toEqual(['retry', 'retry']);
  });
  test('soft_fail', () => {
    expect(hidden(lost('1', { softFailed: true }))).toEqual(['soft-fail']);
  });
  test('the retry failed too: it shows', () => {
    const again = retry('2', '1', { state: 'failed', exitStatus: 1 });
    expect(hidden(lost('1', { retried: true }), again)).toEqual(['no']);
  });
  test('the retry still runs', () => {
    const running = retry('2', '1', { state: 'running', exitStatus: null, finishedAt: null });
    expect(hidden(lost('1', { retried: true }), running)).toEqual(['open']);
  });
  test('retries that name one another in a circle are not followed for ever', () => {
    const circle = [lost('1', { retried: true, retryOf: '2' }), retry('2', '1', { state: 'failed' })];
    expect(hidden(...circle)).toHaveLength(1);
  });
});

describe('what is no run', () => {
  test('jobs that were canceled, have not ended or never started are counted apart', () => {
    const of = (state: string, startedAt: number | null = NOON) =>
      aPastAttempt({ state, startedAt, exitStatus: null, finishedAt: null });
    const { runs, leftOut } = runsOf([
      of('canceled'),
      of('running'),
      of('expired', null),
      of('broken', null),
    ]);
    expect(runs).toEqual([]);
    expect(leftOut).toEqual({ canceled: 1, 'not ended': 1, 'never started': 2 });
  });

  test('only a failed job that nobody retried fails its build beside a loss', () => {
    const failed = (over: Partial<PastAttempt>) =>
      runsOf([aPastAttempt({ state: 'failed', exitStatus: 1, ...over })]).hasOtherFailure;
    expect(failed({})).toBe(true);
    expect(failed({ retried: true })).toBe(false);
    expect(failed({ softFailed: true })).toBe(false);
    expect(runsOf([aLostAttempt()]).hasOtherFailure).toBe(false);
  });
});

describe("agents' clocks", () => {
  const begin = (startedAt: number) =>
    runsOf([aPastAttempt({ startedAt, runnableAt: NOON + 5000 })], {
      createdAt: NOON,
      finishedAt: NOON + HOUR,
    });

  test('a start that Buildkite can believe is taken', () => {
    expect(begin(NOON + 60_000)).toMatchObject({ clockErrors: 0, runs: [{ at: NOON + 60_000 }] });
  });
  test('one from before the job could be taken is the instant at which it could, and one from after its build that end', () => {
    expect(begin(0)).toMatchObject({ clockErrors: 1, runs: [{ at: NOON + 5000 }] });
    expect(begin(NOON + 30 * 24 * HOUR)).toMatchObject({ clockErrors: 1, runs: [{ at: NOON + HOUR }] });
  });
  test('the time of a lost run is never negative', () => {
    const [lost] = lossesOf(aLostAttempt({ startedAt: NOON + 200_000, finishedAt: NOON }));
    expect(lost?.ms).toBe(0);
  });
});

test('a run has its step, queue and version, or says that it has none', () => {
  const nameless = aPastAttempt({ step: null, agent: null });
  expect(runsOf([aPastAttempt(), nameless]).runs).toMatchObject([
    { step: 'test', queue: 'default', version: '3.78.0' },
    { step: '(no key)', queue: 'default', version: '(unknown)' },
  ]);
});
