import { z } from 'zod';
import { FingerprintedWorker } from '../worker/fingerprinted.ts';

/** Version of the documents: a change of what one means makes a new one. */
export const LEDGER_VERSION = 1;

/** Drills on the rig and real ones are two ledgers that never add up. */
export const World = z.enum(['real', 'rig']);
export type World = z.infer<typeof World>;

/** Fingerprint of a drill that ended before its worker was known. */
export const NO_FINGERPRINT = 'unknown';

/** What one drill says about one claim. `undecided` is counted beside; `no-trial`: nothing was stopped, or no job was there to lose. */
const TRIAL_ANSWERS = ['failed', 'held', 'undecided', 'no-trial'] as const;

/** What is said about one drill, before it is sealed. */
export const DrillRecord = z.strictObject({
  v: z.literal(LEDGER_VERSION),
  world: World,
  drill: z.string().regex(/^[\w-]{1,80}$/),
  /** When the verdict was given, epoch ms by the runner's clock. */
  at: z.number().int().nonnegative(),
  /** UTC day of `at`. */
  day: z.string().regex(/^\d{4}-\d\d-\d\d$/),
  /** SHA-256 (64 hex digits) of the canonical JSON of `worker`; `unknown` where the drill ended before its worker was known. */
  fingerprint: z.string().regex(/^(?:[0-9a-f]{64}|unknown)$/),
  worker: FingerprintedWorker.nullable(),
  /** What could not be known about the worker, in words. */
  unknowns: z.array(z.string()),
  cluster: z.string(),
  service: z.string().nullable(),
  organization: z.string(),
  pipeline: z.string(),
  /** Empty where the drill is about no step. */
  step: z.string(),
  /** As a scenario names it; `found` where `gameday assert` judged a stop by somebody else. */
  fault: z.string(),
  /** Address of the build. */
  build: z.string().nullable(),
  outcome: z.string(),
  reason: z.string(),
  /** A worker was stopped and the evidence shows it: only such drills are trials. */
  proven: z.boolean(),
  /** Claim `lost given a stop`: did a job that was in flight at the stop not survive it? */
  lostGivenStop: z.enum(TRIAL_ANSWERS),
  /** Claim `drains`: did the worker leave without a loss because of the stop? `outlasted` is no success here. */
  drains: z.enum([...TRIAL_ANSWERS, 'outlasted']),
  /** Jobs in flight at the stop, and those of them that were lost, hidden losses included. */
  jobs: z.number().int().nonnegative(),
  jobsLost: z.number().int().nonnegative(),
  /** What the job still had to run at the stop, ms; null where it did not finish. */
  leftMs: z.number().int().nullable(),
  /** From the stop to the leave of the worker, ms; null where it did not drain. */
  drainMs: z.number().int().nullable(),
  /** Version of the gameday that wrote the document. */
  version: z.string(),
});
export type DrillRecord = Readonly<z.infer<typeof DrillRecord>>;

/** One drill in the ledger. */
export const LedgerDocument = DrillRecord.extend({
  /** SHA-256 of everything else, so that a cut or changed document is found. It is no signature. */
  sum: z.string().regex(/^[0-9a-f]{64}$/),
});
export type LedgerDocument = Readonly<z.infer<typeof LedgerDocument>>;

/** JSON with sorted keys and without spaces: the same for the same content. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** Where a document stands. That of an interrupted drill has a name of its own, as the drill may be resumed and get its verdict. */
export function keyOfRecord({ world, fingerprint, day, drill, outcome }: DrillRecord): string {
  const name = outcome === 'interrupted' ? `${drill}.interrupted` : drill;
  return `${prefixOf(world, fingerprint)}${day}/${name}.json`;
}

/** The beginning of the keys of a world, or of one fingerprint in it. */
export function prefixOf(world: World, fingerprint: string | null): string {
  return `v${LEDGER_VERSION}/${world}/${fingerprint === null ? '' : `${fingerprint}/`}`;
}
