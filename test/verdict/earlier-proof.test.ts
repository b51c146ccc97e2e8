import { describe, expect, it } from 'vitest';
import { judge } from '../../src/verdict/judge.ts';
import {
  AGENT_GONE,
  AGENT_LOST,
  FINISHED,
  jobEvent,
  LOST,
  OLDER,
  STARTED,
  story,
  T,
  type Told,
} from '../support/journal-builders.ts';

const OOM = 'OutOfMemoryError: Container killed due to memory usage';
const ended = (ms: number): object => ({ executionStoppedAt: T.landed + ms, stoppedAt: T.landed + ms + 900 });
const RED = { state: 'failed', rawState: 'FAILED' } as const;
/** Killed at its time-out with the job in hand. */
const DEAD: Told = { container: { exitCode: 137 }, task: ended(120_200), agent: AGENT_GONE };
const canceled = (at: number): Told => ({
  ...DEAD,
  agent: { ...AGENT_GONE, ...OLDER, connection: 'lost', lostAt: T.landed + 400_000 },
  job: {
    state: 'canceled',
    rawState: 'CANCELED',
    passed: false,
    exitStatus: null,
    finishedAt: at,
    canceledAt: at,
    events: [STARTED, jobEvent('CANCELED', at, { actor: 'user' })],
  },
  build: { state: 'canceled', rawState: 'CANCELED', canceledBy: 'Ada', canceledAt: at },
});
const clicked = (at: number): Told => ({
  ...DEAD,
  job: LOST,
  build: RED,
  agent: { ...AGENT_GONE, stoppedGracefullyAt: at, stoppedGracefullyBy: 'Ada' },
});
const returned = (more: Told = {}): Told => ({
  ...more,
  job: { events: [STARTED, { ...AGENT_LOST, at: T.finished - 9_000 }, FINISHED], ...more.job },
});

describe('proof that came earlier stands (rule 17)', () => {
  it.each<[string, Told, string]>([
    ['canceled after the container died with the job', canceled(T.landed + 140_000), 'failed lost'],
    ['canceled before that', canceled(T.landed + 60_000), 'inconclusive build-canceled'],
    [
      'canceled after the container exited 0: nothing was proven by its end',
      { ...canceled(T.landed + 140_000), container: { exitCode: 0 } },
      'inconclusive build-canceled',
    ],
    ['"Stop agent" clicked after the container died', clicked(T.landed + 130_000), 'failed lost'],
    ['"Stop agent" clicked before that', clicked(T.landed + 60_000), 'inconclusive stopped-by-other'],
    [
      '"Stop agent" clicked after a clean end',
      { agent: { stoppedGracefullyBy: 'Ada', stoppedGracefullyAt: T.exited + 200 } },
      'inconclusive stopped-by-other',
    ],
    ['the agent was lost, returned and finished', returned(), 'inconclusive evidence-missing'],
    [
      'the agent was lost, returned and finished: soft_fail has nothing to do with it',
      returned({ job: { softFailed: false } }),
      'inconclusive evidence-missing',
    ],
    [
      'an old mark of memory, 143 at once: the wrapper died, and the job with it',
      { ...DEAD, container: { exitCode: 143, reason: OOM }, task: ended(120), job: LOST, build: RED },
      'failed lost',
    ],
    [
      'a mark of memory, 137 clearly before the time-out',
      { ...DEAD, container: { exitCode: 137, reason: OOM }, task: ended(60_000), job: LOST, build: RED },
      'inconclusive out-of-memory',
    ],
    [
      'a mark of memory, 137 at the time-out',
      { ...DEAD, container: { exitCode: 137, reason: OOM }, job: LOST, build: RED },
      'failed lost',
    ],
    [
      'the job was killed with 137, and ECS names memory',
      { container: { reason: OOM }, job: { passed: false, exitStatus: '137' }, build: RED },
      'inconclusive out-of-memory',
    ],
    [
      'the job was killed with 137, and ECS names nothing',
      { job: { passed: false, exitStatus: '137' }, build: RED },
      'failed broken-by-stop',
    ],
  ])('%s', (_title, told, expected) => {
    const { outcome, reason, said } = judge(story(told));
    expect(`${outcome} ${reason}`, said).toBe(expected);
  });

  it('tells a return as what it is', () => {
    expect(judge(story(returned())).notes.join()).toContain('lost-and-returned');
    expect(judge(story(returned())).said).not.toContain('soft_fail');
  });
});
