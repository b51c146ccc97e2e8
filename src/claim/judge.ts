import { countMissing, expectRemaining, lowerNightly, upperNightly } from '../statistics/nightly.ts';
import type { Claim } from './claim.ts';
import { answerOfTrial, countTrials } from './trial.ts';
import type { Counting, Counts, Trial } from './trial.ts';

/** What else is asked of the evidence. */
export interface Asked extends Counting {
  /** A drill must be as recent as this, ms; null: none needs to be. No drill is dropped for its age. */
  readonly within: number | null;
  /** So many trials at least, however good they are. */
  readonly atLeast: number;
  /** Epoch ms. */
  readonly now: number;
}

/** Above this share of drills that prove nothing, they may not be missing at random. */
const MANY_INCONCLUSIVE = 0.2;

/** A clock that is ahead by more than this does not make a drill recent. */
const AHEAD_MS = 3_600_000;

export interface Judgement {
  readonly claim: Claim;
  /** `not-enough-evidence`: the evidence shows neither. */
  readonly answer: 'held' | 'refuted' | 'not-enough-evidence';
  readonly counts: Counts;
  /** Bounds of the rate, each at the claim's confidence and for all looks together. */
  readonly upper: number;
  readonly lower: number;
  /** How many further clean drills the claim takes; 0 where it holds, null where nobody would make so many. */
  readonly missing: number | null;
  /** About how many further drills decide it, if it goes on as before; null where that is never. */
  readonly expected: number | null;
  /** Drills that proved nothing, of those that came to a stop or tried to. */
  readonly inconclusiveShare: number;
  /** What the jobs of the trials had left to run at the stop, ms; null where no job's is known. */
  readonly left: { readonly least: number; readonly middle: number; readonly most: number } | null;
  /** What was drilled, each once: `acme/main integration`, and faults. */
  readonly steps: readonly string[];
  readonly faults: readonly string[];
  /** When the last trial was, epoch ms. */
  readonly newest: number | null;
  /** What is missing, in words; empty where the claim is decided. */
  readonly lacks: readonly string[];
}

/** Judges a claim about drills of one worker. */
export function judgeClaim(claim: Claim, drills: readonly Trial[], asked: Asked): Judgement {
  const counts = countTrials(drills, claim.kind, asked);
  const upper = upperNightly(counts.against, claim.confidence);
  const lower = lowerNightly(counts.inFavour, claim.confidence);
  const shown = drills.filter((drill) => isTrial(drill, claim, asked));
  const newest = shown.length === 0 ? null : Math.max(...shown.map(({ at }) => at));
  const isRefuted = lower >= claim.limit;
  const more = countMissing(upperNightly, counts.against, claim.limit, claim.confidence);
  const tooOld = isTooOld(shown, asked);
  const tooFew = Math.max(0, asked.atLeast - counts.against.trials);
  const missing = more === null ? null : Math.max(more, tooFew, tooOld ? 1 : 0);
  const isHeld = !isRefuted && missing === 0;
  return {
    claim,
    answer: isRefuted ? 'refuted' : isHeld ? 'held' : 'not-enough-evidence',
    ...{ counts, upper, lower, missing },
    expected: expectRemaining(counts.against, claim.limit, claim.confidence),
    inconclusiveShare: shareOf(counts),
    left: summarizeLeft(shown),
    steps: distinct(shown.map(nameStep)),
    faults: distinct(shown.map(({ fault }) => fault)),
    newest,
    lacks: isRefuted || isHeld ? [] : listLacks({ more, tooFew, tooOld, newest, counts }, asked),
  };
}

function isTrial(drill: Trial, { kind }: Claim, { pessimistic }: Asked): boolean {
  const answer = answerOfTrial(drill, kind);
  return answer === 'failed' || answer === 'held' || (pessimistic && answer === 'undecided');
}

function nameStep({ organization, pipeline, step }: Trial): string {
  return `${organization}/${pipeline} ${step}`.trim();
}

function isTooOld(shown: readonly Trial[], { within, now }: Asked): boolean {
  return within !== null && !shown.some(({ at }) => at >= now - within && at <= now + AHEAD_MS);
}

/** Whether so many drills proved nothing that the claim carries a warning. */
export function isShareLarge({ inconclusiveShare }: Judgement): boolean {
  return inconclusiveShare > MANY_INCONCLUSIVE;
}

function shareOf({ failed, held, undecided, inconclusive }: Counts): number {
  const nothing = undecided + inconclusive;
  return nothing === 0 ? 0 : nothing / (failed + held + nothing);
}

function summarizeLeft(shown: readonly Trial[]): Judgement['left'] {
  const known = shown.flatMap(({ leftMs }) => (leftMs === null ? [] : [leftMs])).toSorted((a, b) => a - b);
  const [least] = known;
  const [middle, most] = [known[Math.floor(known.length / 2)], known.at(-1)];
  return least === undefined || middle === undefined || most === undefined ? null : { least, middle, most };
}

interface Lacking {
  readonly more: number | null;
  readonly tooFew: number;
  readonly tooOld: boolean;
  readonly newest: number | null;
  readonly counts: Counts;
}

function listLacks({ more, tooFew, tooOld, newest, counts }: Lacking, asked: Asked): readonly string[] {
  const old = newest === null ? 'no drill yet' : 'the last drill is older, or dated in the future';
  return [
    ...(more === null ? ['too many losses: nobody would make so many drills as it would take now'] : []),
    ...(more !== null && more > 0 ? [`${countDrills(more)} missing`] : []),
    ...(tooFew > (more ?? 0)
      ? [`at least ${String(asked.atLeast)} were asked for: ${countDrills(tooFew)} missing`]
      : []),
    ...(tooOld ? [`a recent drill was asked for: ${old}`] : []),
    ...(counts.tooShort > 0
      ? [
          `${String(counts.tooShort)} drills left their job less time than was asked about, and say nothing of longer ones`,
        ]
      : []),
  ];
}

function countDrills(count: number): string {
  return count === 1 ? '1 clean drill is' : `${String(count)} clean drills are`;
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted();
}
