import fc from 'fast-check';
import { expect } from 'vitest';
import { judge } from '../../src/verdict/judge.ts';
import { seenJournal } from './seen-journal.ts';
import { play, world, type World } from './true-history.ts';

/** All clocks right, nothing lost, an agent that hears: what an example differs from. */
const QUIET: World = {
  ...{ seed: 0, fargate: true, version: '3.120.0', v4Reports: false, reportLost: false },
  ...{ start: 'exec', mode: 'hears', visibleOneShot: false, ran: 10_000, end: 20_000, upload: 0 },
  ...{ deregistration: 0, dependant: 0, lag: 500, stopTimeout: 30_000, timer: 3_000, scriptAfter: 14_000 },
  ...{ leaving: 50, exiting: 50, noticed: 500, isLostAfter: 180_000, next: null, neighbour: null },
  ...{ userTold: false, exitCodeShown: true, otherEssential: false, pastGap: 300 },
  ...{ runnerAhead: 0, hostAhead: 0, ecsAhead: 0, instanceAhead: 0 },
  ...{ staleness: 0, loses: 0, poll: 1_000, answerLost: false },
};

/** Histories that a verdict was once wrong about, or that stand for a rule. */
const EXAMPLES: readonly World[] = [
  // A script of the host told the agent while the time-out of a dependant ran that was long over.
  {
    ...QUIET,
    ...{ fargate: false, version: '4.0.0', v4Reports: true, dependant: 300, start: 'image', mode: 'script' },
  },
  // The job ended before the load balancer had let the task go; an agent that hears then leaves at once.
  { ...QUIET, deregistration: 15_000, end: 14_000 },
  // Every look at the task while it was deregistered was lost, and the job had ended by then.
  {
    ...QUIET,
    ...{ seed: 1_197_276_430, fargate: false, version: '3.78.0', ran: 6_500, end: 0, upload: 353 },
    ...{ deregistration: 4_000, lag: 20, timer: 300, leaving: 20, exiting: 20, noticed: 200 },
    ...{ next: { after: 200, runs: 500 }, loses: 50, poll: 1_567 },
  },
  // Looks at the task showed old copies until its deregistration was over, and the job had ended by then.
  {
    ...QUIET,
    ...{ fargate: false, version: '3.78.0', ran: 6_500, end: 216, upload: 6, deregistration: 4_000 },
    ...{ lag: 20, timer: 300, leaving: 20, exiting: 20, noticed: 200, staleness: 6_000, poll: 1_829 },
  },
  // Half of the looks were lost, the first one past the deregistration came late, and so did a script of the host.
  {
    ...QUIET,
    ...{ fargate: false, version: '3.138.0', ran: 6_500, deregistration: 4_663, lag: 20, timer: 1_000 },
    ...{ leaving: 20, exiting: 20, noticed: 200, loses: 50, answerLost: true, start: 'sh', mode: 'script' },
  },
  // Most looks at the task were lost, and a script of the host told the agent 14 s after the eaten signal.
  {
    ...QUIET,
    ...{ fargate: false, version: '4.0.0', v4Reports: true, ran: 6_500, end: 12_855, upload: 1_466 },
    ...{ lag: 20, timer: 1_000, leaving: 20, exiting: 20, noticed: 200, loses: 50, poll: 2_153 },
    ...{ start: 'image', mode: 'script' },
  },
];

/** Of clean drains; measured: 15 %. */
const MOST_INCONCLUSIVE = 0.3;

interface Share {
  histories: number;
  drains: number;
  /** Passes of older agents whose job ended between StopTask's answer and the signal (rule 3b). */
  early: number;
  readonly ends: Map<string, number>;
  readonly ofDrains: Map<string, number>;
}

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
}

function inconclusive(ends: ReadonlyMap<string, number>): number {
  return [...ends].reduce((sum, [end, times]) => sum + (end.startsWith('inconclusive') ? times : 0), 0);
}

function told({ histories, drains, early, ends, ofDrains }: Share): string {
  const most = [...ofDrains]
    .toSorted(([, a], [, b]) => b - a)
    .map(([end, times]) => `${end} ${String(times)}`);
  return (
    `worlds: ${String(histories)} true histories, ${percent(inconclusive(ends), histories)} inconclusive; ` +
    `${String(drains)} clean drains, ${percent(inconclusive(ofDrains), drains)} of them inconclusive (${most.join(', ')}); ` +
    `${String(early)} passes of jobs that ended between the answer and the signal (rule 3b)\n`
  );
}

/** Judged from what the runner saw, no history is a pass that is none, and no clean drain a failure. */
export function worldsHold(numRuns: number): void {
  const share: Share = { histories: 0, drains: 0, early: 0, ends: new Map(), ofDrains: new Map() };
  fc.assert(
    fc.property(world, (one) => {
      const history = play(one);
      const { outcome, reason, said } = judge(seenJournal(history));
      share.histories += 1;
      count(share.ends, `${outcome} ${reason}`);
      if (history.isDrain) {
        share.drains += 1;
        count(share.ofDrains, `${outcome} ${reason}`);
      }
      if (outcome === 'passed' && !history.isDrain) share.early += 1;
      if (outcome === 'passed' && !history.mayPass)
        throw new Error(`passed (${reason}), and it was no clean drain: ${JSON.stringify(history)}`);
      if (outcome === 'failed' && history.isDrain)
        throw new Error(`failed (${reason}: ${said}), and it was a clean drain: ${JSON.stringify(history)}`);
      const isLost = history.jobs.some((job) => Number.isFinite(job.lostAt));
      if (outcome === 'outlasted' && isLost)
        throw new Error(`outlasted, and a job was lost: ${JSON.stringify(history)}`);
    }),
    { numRuns, examples: EXAMPLES.map((one) => [one]) },
  );
  process.stdout.write(told(share));
  // A judge that never says anything is never wrong: with raw clocks 8 of 10 clean drains were inconclusive, and none was judged wrong.
  if (share.drains > 200) expect(inconclusive(share.ofDrains) / share.drains).toBeLessThan(MOST_INCONCLUSIVE);
}
