import type { Tally } from '../statistics/once.ts';
import type { BuildRuns, Hidden, LostRun, Run } from './runs.ts';
import { createSpikeFinder } from './spikes.ts';
import type { Period, Spike } from './spikes.ts';

/** By what runs are grouped. */
export const GROUPINGS = ['day', 'step', 'queue', 'agent-version', 'branch', 'pipeline'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** Runs that were counted, and what happened to them. */
export interface Count {
  readonly runs: number;
  readonly lost: number;
  /** Neither the list of builds nor a history tells whether they were lost. */
  readonly undecided: number;
  /** Of the lost runs, those that their build does not show. */
  readonly hidden: number;
}

/** A group of runs with its count. */
export interface NamedCount extends Count {
  readonly name: string;
}

/** A day of UTC, such as 2026-11-01, with its midnight. */
export interface DayCount extends NamedCount {
  readonly at: number;
}

/** What a history came to. */
export interface History extends Count {
  readonly builds: number;
  readonly hiddenBy: Readonly<Record<Hidden, number>>;
  /** Failed builds with a lost run that nothing hid, and those of them in which no other job failed. */
  readonly reddened: number;
  readonly reddenedByLossAlone: number;
  /** Time of the lost runs from their start to their end, milliseconds. */
  readonly wasted: number;
  /** Lost runs that a person retried. */
  readonly retriedByPeople: number;
  /** Every day with a run, the first first. */
  readonly days: readonly DayCount[];
  /** The groups that were asked for, days in their order, others the one with the most losses first. */
  readonly groups: readonly NamedCount[];
  readonly spikes: readonly Spike[];
  /** Before and since the instant that was named. */
  readonly before: Count;
  readonly since: Count;
  readonly leftOut: Readonly<Record<string, number>>;
  readonly clockErrors: number;
}

/** Counts builds one after another and keeps none of them. */
export interface HistoryCounter {
  /** `isLost` answers for runs whose build does not tell; null: nobody knows. */
  add(build: BuildRuns, isLost: (run: LostRun) => boolean | null): void;
  read(): History;
}

const DAY = 86_400_000;
/** More groups than these are counted as one: branches have no end. */
const MOST_GROUPS = 20_000;
const OTHERS = '(others)';

interface Counting {
  runs: number;
  lost: number;
  undecided: number;
  hidden: number;
}

/** What a counter is to tell apart. */
export interface Counted {
  readonly period: Period;
  readonly grouping: Grouping | null;
  /** Splits the runs in two; null does not. */
  readonly change: number | null;
  /** The name of a day by its midnight of UTC. */
  readonly nameDay: (at: number) => string;
}

/** Creates a counter for the builds of a period. */
export function createHistoryCounter({ period, grouping, change, nameDay }: Counted): HistoryCounter {
  const all = makeCount();
  const [before, since] = [makeCount(), makeCount()];
  const days = new Map<number, Counting>();
  const groups = new Map<string, Counting>();
  const spikes = createSpikeFinder(period);
  const hiddenBy: Record<Hidden, number> = { retry: 0, person: 0, 'soft-fail': 0, no: 0, open: 0 };
  const leftOut: Record<string, number> = {};
  let [builds, reddened, reddenedByLossAlone, wasted, retriedByPeople, clockErrors] = [0, 0, 0, 0, 0, 0];

  function addRun(build: BuildRuns, run: Run, isLost: boolean | null): void {
    const day = Math.floor(run.at / DAY) * DAY;
    const name = grouping === null || grouping === 'day' ? null : nameOf(build, run, grouping);
    const isHidden = isLost === true && run.lost !== null && isHiding(run.lost.hidden);
    const counts = [all, countOf(days, day), ...(name === null ? [] : [groupOf(groups, name)])];
    if (change !== null) counts.push(run.at < change ? before : since);
    for (const count of counts) {
      count.runs += 1;
      if (isLost === null) count.undecided += 1;
      if (isLost === true) count.lost += 1;
      if (isHidden) count.hidden += 1;
    }
  }

  return {
    add(build, isLost) {
      builds += 1;
      clockErrors += build.clockErrors;
      let [hasOpenLoss, hasOther] = [false, build.hasOtherFailure];
      for (const [why, many] of Object.entries(build.leftOut)) leftOut[why] = (leftOut[why] ?? 0) + many;
      for (const run of build.runs) {
        const { lost } = run;
        const answer = lost === null ? false : lost.isSure || isLost(lost);
        addRun(build, run, answer);
        if (lost === null) continue;
        if (answer !== true) {
          hasOther ||= lost.hidden === 'no';
          continue;
        }
        hiddenBy[lost.hidden] += 1;
        wasted += lost.ms;
        if (lost.isRetriedByPerson) retriedByPeople += 1;
        if (lost.hidden === 'no') hasOpenLoss = true;
        spikes.add(lost);
      }
      if (!build.isFailed || !hasOpenLoss) return;
      reddened += 1;
      if (!hasOther) reddenedByLossAlone += 1;
    },
    read() {
      const ofDays = [...days]
        .toSorted(([a], [b]) => a - b)
        .map(([at, count]) => ({ at, name: nameDay(at), ...count }));
      const ofGroups = [...groups].map(([name, count]) => ({ name, ...count }));
      return {
        ...all,
        ...{ builds, hiddenBy, reddened, reddenedByLossAlone, wasted, retriedByPeople },
        days: ofDays,
        groups: grouping === 'day' ? ofDays : ofGroups.toSorted((a, b) => b.lost - a.lost || b.runs - a.runs),
        spikes: spikes.read(),
        ...{ before, since, leftOut, clockErrors },
      };
    },
  };
}

/** The tally of a count for a bound: what is undecided was not lost, or at worst all of it was. */
export function tallyOf({ runs, lost, undecided }: Count, worst = false): Tally {
  return { trials: runs, failed: lost + (worst ? undecided : 0) };
}

function makeCount(): Counting {
  return { runs: 0, lost: 0, undecided: 0, hidden: 0 };
}

function countOf<K>(counts: Map<K, Counting>, key: K): Counting {
  const count = counts.get(key) ?? makeCount();
  counts.set(key, count);
  return count;
}

function groupOf(groups: Map<string, Counting>, name: string): Counting {
  return countOf(groups, groups.size < MOST_GROUPS || groups.has(name) ? name : OTHERS);
}

function nameOf(build: BuildRuns, run: Run, grouping: Exclude<Grouping, 'day'>): string {
  switch (grouping) {
    case 'step':
      return run.step;
    case 'queue':
      return run.queue;
    case 'agent-version':
      return run.version;
    case 'branch':
      return build.branch;
    case 'pipeline':
      return build.pipeline;
  }
}

function isHiding(hidden: Hidden): boolean {
  return hidden === 'retry' || hidden === 'person' || hidden === 'soft-fail';
}
