import type { Claim } from '../claim/claim.ts';
import { judgeClaim } from '../claim/judge.ts';
import type { Asked, Judgement } from '../claim/judge.ts';
import { judgeRuns } from '../claim/runs.ts';
import type { RunsJudgement, StopsOfRuns } from '../claim/runs.ts';
import { countTrials } from '../claim/trial.ts';
import { prefixOf } from '../ledger/document.ts';
import type { LedgerDocument, World } from '../ledger/document.ts';
import type { RefusedDocument } from '../ledger/read.ts';
import type { Tally } from '../statistics/once.ts';
import type { FingerprintedWorker } from '../worker/fingerprinted.ts';
import { matchWorker } from './match.ts';
import type { Match } from './match.ts';

/** What a gate is asked. */
export interface Question {
  readonly claim: Claim;
  readonly world: World;
  readonly worker: FingerprintedWorker;
  readonly asked: Asked;
  /** For a claim on runs: how it is known how many meet a stop. Null for other claims. */
  readonly stops: StopsOfRuns | null;
}

/** What a ledger holds. */
export interface Evidence {
  readonly documents: readonly LedgerDocument[];
  readonly refused: readonly RefusedDocument[];
}

export interface Decision extends Omit<Match, 'drills'> {
  readonly answer: Judgement['answer'];
  /** What the drills show; null where a claim on runs needs none. */
  readonly drills: Judgement | null;
  /** The two factors of a claim on runs; null for other claims. */
  readonly runs: Omit<RunsJudgement, 'drills'> | null;
  /** Why it is not held, in words. */
  readonly lacks: readonly string[];
  /** Documents of this worker that cannot be read: each may have been a loss. */
  readonly unread: readonly RefusedDocument[];
}

/** Documents that are whole: what they say is known, and it is no loss of this worker that is not counted. */
const WHOLE: ReadonlySet<RefusedDocument['why']> = new Set(['misplaced', 'doubled']);

/** Whether a document that does not count may tell of a loss. */
export function mayBeLoss({ why }: RefusedDocument): boolean {
  return !WHOLE.has(why);
}

/** Whether the ledger shows the claim of this worker. */
export function decideGate(question: Question, evidence: Evidence): Decision {
  const { claim, world, worker, asked, stops } = question;
  const { drills: trials, ...match } = matchWorker(worker, evidence.documents);
  const place = prefixOf(world, match.fingerprint);
  const unread = evidence.refused.filter((one) => one.key.startsWith(place) && mayBeLoss(one));
  const { drills: ofRuns, ...runs } =
    stops === null ? { drills: null } : judgeRuns(claim, stops, trials, asked);
  const drills = stops === null ? judgeClaim(claim, trials, asked) : ofRuns;
  const judged = 'answer' in runs ? runs.answer : (drills?.answer ?? 'not-enough-evidence');
  // So few runs meet a stop that it does not matter what a stop does.
  const needsDrills = drills !== null;
  const isBarred = needsDrills && (match.open !== null || unread.length > 0);
  const answer = judged === 'held' && isBarred ? 'not-enough-evidence' : judged;
  return {
    ...{ answer, ...match, drills, unread },
    runs: 'answer' in runs ? runs : null,
    lacks: answer === 'not-enough-evidence' ? listLacks(match, drills, unread) : [],
  };
}

function listLacks(
  { open }: Pick<Match, 'open'>,
  drills: Judgement | null,
  unread: Decision['unread'],
): readonly string[] {
  const count = unread.length;
  return [
    ...(open === null ? [] : [open.said]),
    ...(count === 0 ? [] : [`${sayDocuments(count)} of this worker cannot be read, and may tell of losses`]),
    ...(drills?.answer === 'refuted'
      ? ['a stop of this worker loses too many jobs: only fewer stops, or a better worker, can hold it']
      : []),
    ...(drills?.lacks ?? []),
  ];
}

function sayDocuments(count: number): string {
  return count === 1 ? '1 document' : `${String(count)} documents`;
}

/** What the drills of a worker show of the jobs that a stop lost: the lower reading, for the share of runs that met a stop. */
export function countLosing(fingerprint: string, { documents }: Evidence): Tally {
  const own = documents.filter((one) => one.fingerprint === fingerprint);
  return countTrials(own, 'lost-given-stop', { pessimistic: false, jobTime: null }).inFavour;
}
