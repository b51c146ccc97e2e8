import { lowerNightly, upperNightly } from '../statistics/nightly.ts';
import type { Tally } from '../statistics/once.ts';
import type { Claim } from './claim.ts';
import { judgeClaim } from './judge.ts';
import type { Asked, Judgement } from './judge.ts';
import type { Trial } from './trial.ts';

/**
 * How it is known how many job runs meet a stop. Losses alone bound it from below, never from above: runs that met a stop and
 * survived are not among them.
 */
export type StopsOfRuns =
  /** Somebody states the share that it is at most. */
  | { readonly by: 'statement'; readonly share: number }
  /** Stops of busy workers, over job runs. */
  | { readonly by: 'count'; readonly stopped: Tally }
  /** Runs lost in a time when the drills of another worker show what a stop lost: losses over that rate. */
  | { readonly by: 'losses'; readonly lost: LostRuns; readonly losing: Tally };

/** A claim on runs, judged as the product of two factors, each at half of the chance to be wrong. */
export interface RunsJudgement {
  readonly claim: Claim;
  readonly answer: Judgement['answer'];
  /** Bounds of the product. */
  readonly upper: number;
  readonly lower: number;
  /** Bounds of the share of runs that meet a stop, and the confidence of each factor. */
  readonly stops: {
    readonly by: StopsOfRuns['by'];
    readonly upper: number;
    readonly lower: number;
    readonly confidence: number;
  };
  /** What the drills must show of lost-given-stop, and show. Null where so few runs meet a stop that they need show nothing. */
  readonly drills: Judgement | null;
}

/** Judges a claim on runs: P(a run meets a stop) x P(it is lost, given that stop). */
export function judgeRuns(
  claim: Claim,
  known: StopsOfRuns,
  drills: readonly Trial[],
  asked: Asked,
): RunsJudgement {
  const confidence = (1 + claim.confidence) / 2;
  const stops = { by: known.by, confidence, ...boundStops(known, confidence) };
  // Even if each stop lost its job, the claim would hold.
  if (stops.upper <= claim.limit)
    return { claim, answer: 'held', upper: stops.upper, lower: 0, stops, drills: null };
  const limit = claim.limit / stops.upper;
  const judged = judgeClaim({ kind: 'lost-given-stop', limit, confidence }, drills, asked);
  const [upper, lower] = [stops.upper * judged.upper, stops.lower * judged.lower];
  const isHeld = judged.answer === 'held';
  return {
    claim,
    answer: lower >= claim.limit ? 'refuted' : isHeld ? 'held' : 'not-enough-evidence',
    ...{ upper, lower, stops, drills: judged },
  };
}

function boundStops(
  known: StopsOfRuns,
  confidence: number,
): { readonly upper: number; readonly lower: number } {
  switch (known.by) {
    case 'statement':
      return { upper: known.share, lower: 0 };
    case 'count':
      return {
        upper: upperNightly(known.stopped, confidence),
        lower: lowerNightly(known.stopped, confidence),
      };
    case 'losses': {
      const each = (1 + confidence) / 2;
      const losing = lowerNightly(known.losing, each);
      const upper = losing === 0 ? 1 : Math.min(1, upperNightly(known.lost.against, each) / losing);
      return { upper, lower: lowerNightly(known.lost.inFavour, confidence) };
    }
  }
}

/** A claim on runs, judged by the runs alone. */
export interface DirectJudgement {
  readonly claim: Claim;
  readonly answer: Judgement['answer'];
  readonly upper: number;
  readonly lower: number;
}

/** What was lost of the runs, in the reading against the claim and in the one for it. */
export interface LostRuns {
  readonly against: Tally;
  readonly inFavour: Tally;
}

/** Judges a claim on runs by what was lost of them: needs no drill, and thousands of runs. */
export function judgeRunsDirectly(claim: Claim, { against, inFavour }: LostRuns): DirectJudgement {
  const upper = upperNightly(against, claim.confidence);
  const lower = lowerNightly(inFavour, claim.confidence);
  const answer = lower >= claim.limit ? 'refuted' : upper <= claim.limit ? 'held' : 'not-enough-evidence';
  return { claim, answer, upper, lower };
}
