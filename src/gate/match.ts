import { listChanges } from '../ledger/diff.ts';
import { fingerprintOf } from '../ledger/seal.ts';
import { NO_FINGERPRINT, type LedgerDocument } from '../ledger/document.ts';
import type { FingerprintedWorker } from '../worker/fingerprinted.ts';

/** Another worker that has evidence, and how it differs. */
export interface Nearest {
  readonly fingerprint: string;
  readonly trials: number;
  /** From that worker to the asked one. */
  readonly changes: readonly string[];
}

export interface Match {
  /** The fingerprint whose drills count. */
  readonly fingerprint: string;
  /** Drills of this worker, and those of its service that ended before their worker was known. */
  readonly drills: readonly LedgerDocument[];
  /** What was taken to be so, in words. */
  readonly assumed: readonly string[];
  /** Why no drill counts though some come near, with what to do; null where drills count, or none comes near. */
  readonly open: { readonly said: string; readonly next: string } | null;
  /** The worker with evidence that differs least; null where drills count, or no worker has evidence. */
  readonly nearest: Nearest | null;
}

/** Finds the drills of a worker. Only the same worker counts: any difference may be the one that decides. */
export function matchWorker(worker: FingerprintedWorker, documents: readonly LedgerDocument[]): Match {
  const own = findOwn(worker, documents);
  const isOwn = (one: LedgerDocument): boolean => one.fingerprint === own.fingerprint;
  const services = new Set(documents.filter(isOwn).map(placeOf));
  return {
    ...own,
    drills: documents.filter(
      (one) => isOwn(one) || (one.fingerprint === NO_FINGERPRINT && services.has(placeOf(one))),
    ),
    nearest: countTrials(documents, own.fingerprint) > 0 ? null : findNearest(worker, documents),
  };
}

function placeOf({ cluster, service }: LedgerDocument): string {
  return JSON.stringify([cluster, service]);
}

function countTrials(documents: readonly LedgerDocument[], fingerprint: string): number {
  return documents.filter((one) => one.fingerprint === fingerprint && one.proven).length;
}

/**
 * The fingerprint whose drills count. A definition does not show its agent's version, but the digest of the image decides it: where
 * drills of this very image show one version only, that one is meant.
 */
function findOwn(
  worker: FingerprintedWorker,
  documents: readonly LedgerDocument[],
): Pick<Match, 'fingerprint' | 'assumed' | 'open'> {
  const own = { fingerprint: fingerprintOf(worker), assumed: [], open: null };
  const container = worker.containers.find(({ name }) => name === worker.agent.container);
  const isOpen = worker.agent.version === null && container?.image.digest != null;
  if (!isOpen || countTrials(documents, own.fingerprint) > 0) return own;
  const versions = new Set(documents.flatMap((one) => one.worker?.agent.version ?? []));
  const known = [...versions].flatMap((version) => {
    const fingerprint = fingerprintOf({ ...worker, agent: { ...worker.agent, version } });
    return countTrials(documents, fingerprint) > 0 ? [{ version, fingerprint }] : [];
  });
  const [only, ...others] = known;
  if (only === undefined) return own;
  if (others.length === 0) {
    const said = `the agent is version ${only.version}, the only one with drills of this image`;
    return { fingerprint: only.fingerprint, assumed: [said], open: null };
  }
  const all = known.map(({ version }) => version).join(', ');
  const said = `drills of this image show several versions of the agent: ${all}`;
  return { ...own, open: { said, next: 'Name the version with --agent-version.' } };
}

/** Of several that differ in as many places, the one with more trials. */
function findNearest(worker: FingerprintedWorker, documents: readonly LedgerDocument[]): Nearest | null {
  const others = new Map(
    documents.flatMap((one) =>
      one.proven && one.worker !== null ? [[one.fingerprint, one.worker] as const] : [],
    ),
  );
  const [nearest = null] = [...others]
    .map(([fingerprint, other]) => ({
      fingerprint,
      trials: countTrials(documents, fingerprint),
      // A version that is not known is no difference that is known.
      changes: listChanges(other, {
        ...worker,
        agent: { ...worker.agent, version: worker.agent.version ?? other.agent.version },
      }),
    }))
    .toSorted((a, b) => a.changes.length - b.changes.length || b.trials - a.trials);
  return nearest;
}
