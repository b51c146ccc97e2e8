import { createHash } from 'node:crypto';
import type { FingerprintedWorker } from '../worker/fingerprinted.ts';
import { canonicalJson, NO_FINGERPRINT } from './document.ts';
import type { DrillRecord, LedgerDocument } from './document.ts';

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The fingerprint of a worker: drills of the same one are trials of the same claim. */
export function fingerprintOf(worker: FingerprintedWorker | null): string {
  return worker === null ? NO_FINGERPRINT : sha256(canonicalJson(worker));
}

/** The UTC day of an instant. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

export function sumOf(record: DrillRecord): string {
  return sha256(canonicalJson(record));
}

/** Makes the fields of a document that follow from the others. */
export function sealRecord(record: Omit<DrillRecord, 'fingerprint' | 'day'>): LedgerDocument {
  const whole = { ...record, fingerprint: fingerprintOf(record.worker), day: dayOf(record.at) };
  return { ...whole, sum: sumOf(whole) };
}

/** The text of a document as it is stored. */
export function textOf(document: LedgerDocument): string {
  return `${canonicalJson(document)}\n`;
}
