import { lowerOnce, upperOnce } from '../statistics/once.ts';
import type { Tally } from '../statistics/once.ts';
import { compareRates } from '../statistics/rates.ts';
import type { RateChange } from '../statistics/rates.ts';
import { intervalByWilson } from '../statistics/wilson.ts';
import { tallyOf } from './tally.ts';
import type { Count, DayCount, NamedCount } from './tally.ts';

/** The confidence of every interval and bound. */
export const CONFIDENCE = 0.95;
/** From so many days on, the days are clusters: losses of one day may share a cause. */
export const FEWEST_DAYS = 50;

/** A rate with its interval. */
export interface Rate {
  /** Null where nothing was counted. */
  readonly share: number | null;
  readonly low: number;
  readonly high: number;
}

/** The rate of a count by Wilson's interval, for display. What is undecided widens it. */
export function rateOf(count: Count, effect = 1): Rate {
  const { runs, lost } = count;
  return {
    share: runs === 0 ? null : lost / runs,
    low: intervalByWilson(thin(tallyOf(count), effect), CONFIDENCE)[0],
    high: intervalByWilson(thin(tallyOf(count, true), effect), CONFIDENCE)[1],
  };
}

/** The bounds for a decision: one-sided, of Clopper and Pearson, each with the whole chance to be wrong. */
export function boundsOf(count: Count, effect: number): { readonly lower: number; readonly upper: number } {
  const trials = count.runs / effect;
  return {
    lower: lowerOnce({ failed: Math.floor(count.lost / effect), trials: Math.ceil(trials) }, CONFIDENCE),
    upper: upperOnce(
      { failed: Math.ceil((count.lost + count.undecided) / effect), trials: Math.floor(trials) },
      CONFIDENCE,
    ),
  };
}

/**
 * How much more the losses of days vary than if each run were lost on its own (the design effect); the count is then worth so
 * much less (Korn and Graubard, Survey Methodology 24, 1998). 1 where there are too few days to tell.
 */
export function designEffectOf(days: readonly NamedCount[]): number {
  const [runs, lost] = [sum(days, 'runs'), sum(days, 'lost')];
  const share = lost / runs;
  if (days.length < FEWEST_DAYS || lost === 0 || share === 1) return 1;
  const squares = days.reduce((total, day) => total + (day.lost - share * day.runs) ** 2, 0);
  const variance = (days.length / (days.length - 1)) * squares;
  return Math.max(1, variance / (runs * share * (1 - share)));
}

/** What a change at a stated instant came to. */
export function compareCounts(before: Count, since: Count, effect: number): RateChange {
  const whole = (count: Count): Tally => {
    const { failed, trials } = thin(tallyOf(count), effect);
    return { failed: Math.round(failed), trials: Math.round(trials) };
  };
  return compareRates(whole(before), whole(since), CONFIDENCE);
}

/** The day from which on the rate is likeliest another one. */
export interface ChangeGuess {
  /** The first day of the new rate, and its midnight. */
  readonly day: string;
  readonly at: number;
  /** The days that are nearly as likely: the first and the last of them. */
  readonly from: string;
  readonly to: string;
  readonly before: Count;
  readonly since: Count;
}

/** Twice the logarithm of the likelihood ratio that a guess needs: chance reaches it about once in fifty histories of 30 days. */
const STANDS_OUT = 14;
/** Days whose likelihood is this close to the best are nearly as likely (an interval of about 95 %). */
const NEARLY = 3.84;

/** The likeliest day of one change, if it stands out from what chance makes; null otherwise. */
export function guessChange(days: readonly DayCount[]): ChangeGuess | null {
  const all = addCounts(days);
  const fits: { readonly index: number; readonly gain: number }[] = [];
  let before = addCounts([]);
  for (const [index, day] of days.entries()) {
    if (index > 0)
      fits.push({
        index,
        gain: 2 * (likelihood(before) + likelihood(subtract(all, before)) - likelihood(all)),
      });
    before = addCounts([before, day]);
  }
  const best = fits.reduce((found, fit) => (fit.gain > found.gain ? fit : found), { index: 0, gain: 0 });
  const [first, second] = [days.slice(0, best.index), days.slice(best.index)];
  const spread = Math.max(1, dispersionOf(first, second));
  if (best.gain / spread < STANDS_OUT) return null;
  const near = fits.filter(({ gain }) => (best.gain - gain) / spread < NEARLY).map(({ index }) => index);
  const nameOf = (index: number | undefined): string => days[index ?? best.index]?.name ?? '';
  return {
    day: nameOf(best.index),
    at: days[best.index]?.at ?? 0,
    from: nameOf(near[0]),
    to: nameOf(near.at(-1)),
    before: addCounts(first),
    since: addCounts(second),
  };
}

/** How much the days vary around the rates of the two times: Pearson's statistic for each degree of freedom. */
function dispersionOf(...times: readonly (readonly NamedCount[])[]): number {
  const days = times.flat().length;
  const statistic = times.reduce((total, time) => {
    const { runs, lost } = addCounts(time);
    const share = lost / runs;
    if (!(share > 0 && share < 1)) return total;
    return (
      total + sumOf(time, (day) => (day.lost - share * day.runs) ** 2 / (day.runs * share * (1 - share)))
    );
  }, 0);
  return days <= 2 ? 1 : statistic / (days - 2);
}

/** The logarithm of the likelihood of a count at its own rate. */
function likelihood({ runs, lost }: Count): number {
  return multiply(lost, lost / runs) + multiply(runs - lost, (runs - lost) / runs);
}

function multiply(times: number, share: number): number {
  return times === 0 ? 0 : times * Math.log(share);
}

function thin({ failed, trials }: Tally, effect: number): Tally {
  return { failed: failed / effect, trials: trials / effect };
}

function addCounts(counts: readonly Count[]): Count {
  return {
    runs: sum(counts, 'runs'),
    lost: sum(counts, 'lost'),
    undecided: sum(counts, 'undecided'),
    hidden: sum(counts, 'hidden'),
  };
}

function subtract(all: Count, part: Count): Count {
  return {
    runs: all.runs - part.runs,
    lost: all.lost - part.lost,
    undecided: all.undecided - part.undecided,
    hidden: all.hidden - part.hidden,
  };
}

function sum(counts: readonly Count[], name: keyof Count): number {
  return sumOf(counts, (count) => count[name]);
}

function sumOf<T>(items: readonly T[], amount: (item: T) => number): number {
  return items.reduce((total, item) => total + amount(item), 0);
}
