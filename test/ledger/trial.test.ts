import { describe, expect, it } from 'vitest';
import type { DrillEvent } from '../../src/journal/events.ts';
import { documentOf } from '../../src/ledger/from-journal.ts';
import type { LedgerDocument } from '../../src/ledger/document.ts';
import { aJob, anAgent } from '../support/builders.ts';
import {
  AGENT_GONE,
  fact,
  jobEvent,
  journalOf,
  LOST,
  PASSED,
  story,
  T,
  type Told,
} from '../support/journal-builders.ts';
import { MATRIX } from '../verdict/matrix.ts';

function read(journal: readonly DrillEvent[]): LedgerDocument {
  const document = documentOf(journal, '1.0.0');
  if (document === null) throw new Error('the drill has no document');
  return document;
}

const say = ({ lostGivenStop, drains }: LedgerDocument): string => `${lostGivenStop} ${drains}`;

/**
 * What each verdict says about the two claims: a loss is a failure also where it is hidden or handed over, `outlasted` is no
 * drain, and what is inconclusive decides nothing (certainty, sections 1 and 2).
 */
const BY_VERDICT: Readonly<Record<string, string>> = {
  'passed drained': 'held held',
  'passed handed-over': 'failed failed',
  'outlasted outlasted': 'held outlasted',
  'failed lost': 'failed failed',
  'failed masked-loss': 'failed failed',
  'failed canceled-by-agent': 'failed failed',
  'failed broken-by-stop': 'failed failed',
  'failed drain-too-slow': 'held held',
  'inconclusive stopped-by-other': 'no-trial no-trial',
  'inconclusive finished-before-stop': 'no-trial no-trial',
  'inconclusive stop-not-confirmed': 'no-trial no-trial',
  'inconclusive build-canceled': 'undecided undecided',
  'inconclusive unrelated-loss': 'undecided undecided',
  'inconclusive out-of-memory': 'undecided undecided',
  'inconclusive host-gone': 'undecided undecided',
  'inconclusive no-pid1-semantics': 'undecided undecided',
  'inconclusive drain-not-proven': 'undecided undecided',
  'inconclusive disconnect-not-received': 'undecided undecided',
  'inconclusive verdict-timeout': 'undecided undecided',
  'inconclusive observation-gap': 'undecided undecided',
};

/** Where the verdict alone does not tell. */
const BY_TITLE: Readonly<Record<string, string>> = {
  // The job passed, and the worker was killed after it.
  'shell form, short step': 'held failed',
  'idle time-out 10': 'held failed',
  'a late job, cut': 'held failed',
  'OOM note, 137 at the time-out': 'held failed',
  'any other exit code with the job passed': 'held failed',
  // The loss was handed over, and the worker did not drain.
  '143 at once, handed over': 'failed failed',
  '137 earlier than the time-out, handed over': 'failed failed',
  // The job was stopped, not lost, and ran again elsewhere.
  'agent_stop, retried green, handover allowed': 'failed failed',
  // It failed by itself, so that nothing is known about what the stop would have done to it.
  'build red for its own reason': 'undecided undecided',
  'target attempt soft-failed, green build': 'undecided undecided',
  'build red elsewhere': 'held held',
  "agent's exit code absent": 'undecided undecided',
  'still watching': 'undecided undecided',
  'nothing was ever sent': 'no-trial no-trial',
};

describe('what a drill says about the two claims', () => {
  it.each(MATRIX.map((row) => row.slice(0, 3) as [string, Told, string]))('%s', (title, told, verdict) => {
    const document = read(story(told));
    expect(`${document.outcome} ${document.reason}`).toBe(verdict);
    expect(say(document)).toBe(BY_TITLE[title] ?? BY_VERDICT[verdict]);
    expect(document.proven).toBe(say(document) !== 'no-trial no-trial');
  });

  const lost: Told = { job: LOST, agent: AGENT_GONE, build: { state: 'failed', rawState: 'FAILED' } };

  it('counts jobs and losses, and measures what the job had left and how long the drain took', () => {
    expect(read(story())).toMatchObject({
      ...{ jobs: 1, jobsLost: 0 },
      leftMs: T.finished - T.landed,
      drainMs: T.left - T.landed,
    });
    expect(read(story(lost))).toMatchObject({ jobs: 1, jobsLost: 1, leftMs: null, drainMs: null });
  });

  it('asks an idle worker only whether it left', () => {
    const former = aJob({
      ...PASSED,
      startedAt: T.running - 60_000,
      finishedAt: T.running - 30_000,
      events: [jobEvent('FINISHED', T.running - 30_000)],
    });
    const idle: Told = {
      target: { jobId: null },
      before: [fact('job', former), fact('agent', anAgent({ isRunningJob: false }))],
      proof: null,
      job: null,
      agent: { disconnectedAt: T.landed + 200 },
      task: { executionStoppedAt: T.landed + 300 },
    };
    const document = read(story(idle));
    expect(say(document)).toBe('no-trial held');
    expect(document).toMatchObject({ proven: true, jobs: 0, leftMs: null, drainMs: 200 });
  });

  it('keeps a proven loss of an interrupted drill, and takes nothing else from it', () => {
    const interrupt = (told: Told): DrillEvent[] =>
      journalOf([
        ...story(told).map(({ at, code, payload }) => [at, { code, payload } as never] as const),
        [T.looked + 500, { code: 'GD_INTERRUPTED', payload: { signal: 'SIGINT' } }],
      ]);
    expect(read(interrupt(lost))).toMatchObject({ outcome: 'interrupted', lostGivenStop: 'failed' });
    expect(read(interrupt({}))).toMatchObject({ outcome: 'interrupted', lostGivenStop: 'undecided' });
  });

  it('has no document of a dry run', () => {
    expect(documentOf(story({ plan: { dryRun: true } }), '1.0.0')).toBeNull();
  });
});
