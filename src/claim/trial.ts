import type { Tally } from '../statistics/once.ts';
import type { Claim } from './claim.ts';

/** What a claim needs of one drill of the ledger. */
export interface Trial {
  readonly drill: string;
  /** When it was judged, epoch ms. */
  readonly at: number;
  readonly organization: string;
  readonly pipeline: string;
  readonly step: string;
  readonly fault: string;
  readonly outcome: string;
  readonly lostGivenStop: 'failed' | 'held' | 'undecided' | 'no-trial';
  readonly drains: 'failed' | 'held' | 'undecided' | 'outlasted' | 'no-trial';
  readonly jobs: number;
  readonly jobsLost: number;
  /** What the job still had to run at the signal, ms; null where it did not finish. */
  readonly leftMs: number | null;
}

/** Which drills count for a claim, and how. */
export interface Counting {
  /** Drills that cannot be decided count as failed. */
  readonly pessimistic: boolean;
  /** The claim is about stops that leave jobs up to this time to run, ms; null: about what was drilled. */
  readonly jobTime: number | null;
}

/** The drills of a claim, counted. */
export interface Counts {
  /** The reading against the claim: for its upper bound. */
  readonly against: Tally;
  /** The reading for the claim: for its lower bound. */
  readonly inFavour: Tally;
  readonly failed: number;
  readonly held: number;
  /** Of those that held: those that left their job less than the asked time, so that they say nothing of it. */
  readonly tooShort: number;
  /** Proven stops that cannot be decided. */
  readonly undecided: number;
  readonly outlasted: number;
  /** Drills that ended as inconclusive without a proven stop. */
  readonly inconclusive: number;
  /** Drills that did not come to a stop: refused, could not run, interrupted, ... */
  readonly notRun: number;
  /** Jobs that were in flight in the trials, and those lost. */
  readonly jobs: number;
  readonly jobsLost: number;
}

type Answer = Trial['drains'];

/** What a trial says about a claim. */
export function answerOfTrial({ lostGivenStop, drains }: Trial, kind: Claim['kind']): Answer {
  return kind === 'not-drained' ? drains : lostGivenStop;
}

/**
 * Counts the drills. What a trial does not show is read against either conclusion: with a job time, a worker that held a shorter
 * job may have lost the longer one, and one that lost a longer job may have held the shorter one.
 */
export function countTrials(drills: readonly Trial[], kind: Claim['kind'], counting: Counting): Counts {
  const { pessimistic, jobTime } = counting;
  const read = drills.map((drill) => ({ drill, answer: answerOfTrial(drill, kind) }));
  const of = (answer: Answer): readonly Trial[] =>
    read.filter((one) => one.answer === answer).map(({ drill }) => drill);
  const [failed, held, undecided, noTrial] = [of('failed'), of('held'), of('undecided'), of('no-trial')];
  // Against the claim only: nobody is refuted by what was not seen.
  const counted = failed.length + (pessimistic ? undecided.length : 0);
  const long = held.filter(({ leftMs }) => jobTime === null || (leftMs !== null && leftMs >= jobTime));
  const within = failed.filter(({ leftMs }) => jobTime === null || (leftMs !== null && leftMs <= jobTime));
  const inconclusive = noTrial.filter(({ outcome }) => outcome === 'inconclusive').length;
  return {
    against: { failed: counted, trials: counted + long.length },
    inFavour: { failed: within.length, trials: failed.length + held.length },
    ...{ failed: failed.length, held: held.length, tooShort: held.length - long.length },
    ...{ undecided: undecided.length, outlasted: of('outlasted').length },
    ...{ inconclusive, notRun: noTrial.length - inconclusive },
    jobs: sum([...failed, ...held].map((drill) => drill.jobs)),
    jobsLost: sum([...failed, ...held].map((drill) => drill.jobsLost)),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
