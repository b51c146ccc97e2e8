import { NO_FINGERPRINT, type LedgerDocument, type World } from './document.ts';
import { groupItems } from './group.ts';

const DAY_MS = 86_400_000;
/** A document that is dated further ahead than clocks are apart was written while a clock was wrong. */
const AHEAD_MS = 3_600_000;

/** What the drills of one service came to in one night: the UTC day of their verdicts. */
export interface Night {
  readonly day: string;
  readonly drills: number;
  readonly drained: number;
  readonly outlasted: number;
  readonly failed: number;
  readonly inconclusive: number;
  /** Refused, could not run, interrupted, or nothing was to be injected. */
  readonly other: number;
  /** Milliseconds; null where none was measured. */
  readonly medianDrain: number | null;
}

/** The nights of one service. */
export interface Trend {
  readonly world: World;
  readonly cluster: string;
  /** Null where drills named a family or a tag in its place. */
  readonly service: string | null;
  readonly nights: readonly Night[];
  /** UTC day on which a drill last decided something about a stop; null: never. */
  readonly lastProofDay: string | null;
  /** Nights since then, or since the first drill where there was none. */
  readonly nightsWithoutProof: number;
  /** Documents that are dated in the future, which count as no proof. */
  readonly ahead: number;
}

/** The nights of each service, by cluster and name. */
export function listTrends(documents: readonly LedgerDocument[], now: number): readonly Trend[] {
  const groups = groupItems(documents, ({ world, cluster, service }) =>
    JSON.stringify([world, cluster, service]),
  );
  return [...groups.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, all]) => trendOf(all, now));
}

function trendOf(documents: readonly LedgerDocument[], now: number): Trend {
  const [first] = documents;
  if (first === undefined) throw new Error('a service without drills has no trend');
  const past = documents.filter(({ at }) => at <= now + AHEAD_MS);
  const lastProof = past.filter(hasDecided).reduce<LedgerDocument | null>(laterOf, null);
  // Of a service that was never proven, the night of its first drill is one without a proof too.
  const since = lastProof?.at ?? past.reduce((at, one) => Math.min(at, one.at), now) - DAY_MS;
  return {
    ...{ world: first.world, cluster: first.cluster, service: first.service },
    nights: [...groupItems(documents, ({ day }) => day).entries()]
      .map(([day, all]) => nightOf(day, all))
      .toSorted((a, b) => (a.day < b.day ? -1 : 1)),
    lastProofDay: lastProof?.day ?? null,
    // Rounded: a nightly drill begins now and then a little earlier or later, and by an hour where clocks change.
    nightsWithoutProof: Math.max(0, Math.round((now - since) / DAY_MS)),
    ahead: documents.length - past.length,
  };
}

function laterOf(a: LedgerDocument | null, b: LedgerDocument): LedgerDocument {
  return a === null || b.at > a.at ? b : a;
}

/** `build-agents in build-prod`, and that it is the rig's. */
export function nameService({
  world,
  cluster,
  service,
}: Pick<Trend, 'world' | 'cluster' | 'service'>): string {
  return `${service ?? 'tasks without a service'} in ${cluster}${world === 'rig' ? ', on the rig' : ''}`;
}

/** Whether the drill decided anything about a stop: refused and inconclusive ones did not. */
function hasDecided({ lostGivenStop, drains }: LedgerDocument): boolean {
  return [lostGivenStop, drains].some((answer) => answer !== 'undecided' && answer !== 'no-trial');
}

function nightOf(day: string, documents: readonly LedgerDocument[]): Night {
  const count = (outcome: string): number => documents.filter((one) => one.outcome === outcome).length;
  const [drained, outlasted] = [count('passed'), count('outlasted')];
  // A drill that was aborted by hand was run and proves nothing.
  const [failed, inconclusive] = [count('failed'), count('inconclusive') + count('aborted')];
  const times = documents.map(({ drainMs }) => drainMs).filter((ms) => ms !== null);
  return {
    ...{ day, drills: documents.length, drained, outlasted, failed, inconclusive },
    other: documents.length - drained - outlasted - failed - inconclusive,
    medianDrain: medianOf(times),
  };
}

function medianOf(times: readonly number[]): number | null {
  const sorted = times.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) return null;
  return sorted.length % 2 === 1 ? upper : Math.round(((sorted[middle - 1] ?? upper) + upper) / 2);
}

/** All trials of one worker. */
export interface WorkerSummary {
  readonly fingerprint: string;
  readonly services: readonly string[];
  readonly drills: number;
  /** Drills that are trials. */
  readonly proven: number;
  readonly lost: number;
  readonly drained: number;
  readonly outlasted: number;
  readonly notDrained: number;
  /** Trials of which nothing can be told. */
  readonly undecided: number;
  readonly first: string;
  readonly last: string;
}

/** Each worker of the ledger, the last one drilled first. */
export function summarizeWorkers(documents: readonly LedgerDocument[]): readonly WorkerSummary[] {
  return [...groupItems(documents, ({ fingerprint }) => fingerprint).entries()]
    .map(([fingerprint, all]) => summarizeWorker(fingerprint, all))
    .toSorted((a, b) => rank(a) - rank(b) || (a.last > b.last ? -1 : 1));
}

/** Drills without a worker come last. */
function rank({ fingerprint }: WorkerSummary): number {
  return fingerprint === NO_FINGERPRINT ? 1 : 0;
}

function summarizeWorker(fingerprint: string, documents: readonly LedgerDocument[]): WorkerSummary {
  const count = (is: (one: LedgerDocument) => boolean): number => documents.filter(is).length;
  const days = documents.map(({ day }) => day).toSorted();
  return {
    fingerprint,
    services: [...new Set(documents.map(({ service, cluster }) => service ?? `(cluster ${cluster})`))],
    drills: documents.length,
    proven: count(({ proven }) => proven),
    lost: count(({ lostGivenStop }) => lostGivenStop === 'failed'),
    drained: count(({ drains }) => drains === 'held'),
    outlasted: count(({ drains }) => drains === 'outlasted'),
    notDrained: count(({ drains }) => drains === 'failed'),
    undecided: count(({ drains }) => drains === 'undecided'),
    ...{ first: days[0] ?? '', last: days.at(-1) ?? '' },
  };
}
