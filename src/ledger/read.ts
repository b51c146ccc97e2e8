import { z } from 'zod';
import { keyOfRecord, LEDGER_VERSION, LedgerDocument } from './document.ts';
import { dayOf, fingerprintOf, sumOf } from './seal.ts';

/** A document that does not count, and why. */
export interface RefusedDocument {
  readonly key: string;
  /** `misplaced`: whole, but not where it belongs, so that a rig's does not count among real ones; `doubled`: its drill has two documents. */
  readonly why: 'cut' | 'changed' | 'forged' | 'newer' | 'misplaced' | 'doubled' | 'unreadable';
  readonly said: string;
}

export type ReadDocument =
  | { readonly ok: true; readonly document: LedgerDocument }
  | { readonly ok: false; readonly refused: RefusedDocument };

/** Reads the text that stands under a key; only a whole document in its own place counts. */
export function readDocument(key: string, text: string): ReadDocument {
  const refuse = (why: RefusedDocument['why'], said: string): ReadDocument => ({
    ok: false,
    refused: { key, why, said },
  });
  const value = parseJson(text);
  if (value === undefined) return refuse('cut', 'it is no JSON: it was cut or overwritten');
  const version = Versioned.safeParse(value).data?.v;
  if (version !== undefined && version > LEDGER_VERSION)
    return refuse(
      'newer',
      `it has version ${version}, and this gameday reads version ${LEDGER_VERSION}: update gameday`,
    );
  const parsed = LedgerDocument.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuse('changed', `it does not fit: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
  }
  const { sum, ...record } = parsed.data;
  if (sumOf(record) !== sum)
    return refuse('changed', 'its checksum is wrong: it was changed after it was written');
  const fingerprint = fingerprintOf(record.worker);
  if (record.fingerprint !== fingerprint)
    return refuse('forged', `its fingerprint is not that of its worker, ${fingerprint}`);
  if (record.day !== dayOf(record.at))
    return refuse('forged', `its day is not that of its verdict, ${dayOf(record.at)}`);
  const place = keyOfRecord(record);
  if (place !== key) return refuse('misplaced', `it belongs to ${place}`);
  return { ok: true, document: parsed.data };
}

const Versioned = z.object({ v: z.number() });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
