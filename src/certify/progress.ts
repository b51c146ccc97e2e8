import type { Claim } from '../claim/claim.ts';
import { judgeClaim } from '../claim/judge.ts';
import type { Asked, Judgement } from '../claim/judge.ts';
import { NO_FINGERPRINT, type LedgerDocument } from '../ledger/document.ts';
import { lowerNightly } from '../statistics/nightly.ts';

/** What a certification is about and may do. */
export interface Certification {
  readonly claim: Claim;
  readonly asked: Asked;
  /** How many drills it may begin. */
  readonly max: number;
  /** Fingerprints of workers of which the ledger has a document that cannot be read: it may tell of a loss. */
  readonly unreadable: ReadonlySet<string>;
}

/** A worker that is certified, with all of its drills in the ledger, whoever ran them. */
export interface WorkerProgress {
  readonly fingerprint: string;
  readonly judged: Judgement;
}

export interface Progress {
  readonly answer: Judgement['answer'];
  /** The workers that the scenarios met last. */
  readonly workers: readonly WorkerProgress[];
  /** Workers that they met before: somebody released another one meanwhile. */
  readonly replaced: readonly string[];
  /** Clean drills that are missing, of all workers together; null: unknown, or too many to say. */
  readonly missing: number | null;
  /** Drills that are expected until all is decided; null: unknown, or never. */
  readonly expected: number | null;
  /** Why no further drill begins; null while one may. */
  readonly stop: Stop | null;
}

/** `fruitless`: drills stop nothing; `out-of-reach`: whatever the drills that are left would come to, they would not decide. */
export type Stop = 'decided' | 'maximum' | 'out-of-reach' | 'fruitless' | 'unreadable';

/** After so many drills in a row that stopped nothing, the next one would not either. */
const FRUITLESS = 3;

/**
 * Where a certification stands.
 * @param own its own drills, in the order of their ends
 * @param ledger all drills of the ledger, its own among them
 * @param takenUp how many of its own, the first ones, were begun by a process that died: what was not seen meanwhile says nothing of
 *   the drills to come
 */
export function weighProgress(
  { claim, asked, max, unreadable }: Certification,
  own: readonly LedgerDocument[],
  ledger: readonly LedgerDocument[],
  takenUp = 0,
): Progress {
  const met = own.filter(({ fingerprint }) => fingerprint !== NO_FINGERPRINT);
  // The last drill of each scenario shows what its service runs now.
  const current = new Set(new Map(met.map((one) => [placeOf(one), one.fingerprint])).values());
  const workers = [...current].map((fingerprint) => ({
    fingerprint,
    judged: judgeClaim(claim, listDrills(fingerprint, ledger), asked),
  }));
  const isUnreadable = [...current].some((one) => unreadable.has(one));
  const answers = workers.map(({ judged }) => judged.answer);
  const answer: Judgement['answer'] = answers.includes('refuted')
    ? 'refuted'
    : answers.length > 0 && !isUnreadable && answers.every((one) => one === 'held')
      ? 'held'
      : 'not-enough-evidence';
  const open = workers
    .filter(({ judged }) => judged.answer === 'not-enough-evidence')
    .map(({ judged }) => judged);
  const progress = {
    ...{ answer, workers },
    replaced: [...new Set(met.map(({ fingerprint }) => fingerprint))].filter((one) => !current.has(one)),
    missing: workers.length === 0 ? null : sumOrNull(open.map(({ missing }) => missing)),
    expected: workers.length === 0 ? null : sumOrNull(open.map(({ expected }) => expected)),
  } as const;
  const stop = findStop(progress, open, own, takenUp, max);
  return { ...progress, stop: isUnreadable && answer !== 'refuted' ? 'unreadable' : stop };
}

function findStop(
  { answer }: Pick<Progress, 'answer'>,
  open: readonly Judgement[],
  own: readonly LedgerDocument[],
  takenUp: number,
  max: number,
): Stop | null {
  if (answer !== 'not-enough-evidence') return 'decided';
  if (own.length >= max) return 'maximum';
  const last = own.slice(takenUp).slice(-FRUITLESS);
  if (last.length === FRUITLESS && last.every(isFruitless)) return 'fruitless';
  return open.some((judged) => !mayBeDecided(judged, max - own.length)) ? 'out-of-reach' : null;
}

/** Points come back by themselves: a drill that waited for them in vain says nothing of the next one. */
function isFruitless({ proven, reason }: LedgerDocument): boolean {
  return !proven && reason !== 'buildkite-rate-limited';
}

/** Whether the drills that are left could decide it, if all of them were clean, or all of them failed. */
function mayBeDecided({ claim, missing, counts }: Judgement, left: number): boolean {
  if (missing !== null && missing <= left) return true;
  const { failed, trials } = counts.inFavour;
  const worst = { failed: failed + left, trials: trials + left };
  return lowerNightly(worst, claim.confidence) >= claim.limit;
}

/** Drills of a worker, and those of its services that ended before their worker was known. */
function listDrills(fingerprint: string, ledger: readonly LedgerDocument[]): readonly LedgerDocument[] {
  const own = ledger.filter((one) => one.fingerprint === fingerprint);
  const places = new Set(own.map(placeOf));
  return [...own, ...ledger.filter((one) => one.fingerprint === NO_FINGERPRINT && places.has(placeOf(one)))];
}

function placeOf(one: LedgerDocument): string {
  const { organization, pipeline, cluster, service, fault } = one;
  return JSON.stringify([organization, pipeline, cluster, service, fault]);
}

function sumOrNull(numbers: readonly (number | null)[]): number | null {
  return numbers.reduce<number | null>((sum, one) => (sum === null || one === null ? null : sum + one), 0);
}

/** Whether a further drill may begin beside those that run: never more of them than clean ones are missing. */
export function mayBegin(progress: Progress, ended: number, running: number, max: number): boolean {
  const { stop, missing } = progress;
  if (stop !== null || ended + running >= max) return false;
  return missing === null || running < missing;
}
