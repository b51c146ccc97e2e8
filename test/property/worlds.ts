import fc from 'fast-check';
import { judge } from '../../src/verdict/judge.ts';
import { seenJournal } from './seen-journal.ts';
import { play, world, type World } from './true-history.ts';

/** Histories of which a verdict was once wrong, and each one that is to stand for a rule. */
export const EXAMPLES: readonly [World][] = [];

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
    { numRuns, examples: EXAMPLES.map(([one]) => [one]) },
  );
  process.stdout.write(told(share));
}
