import type { Store, StoreError } from '../store/port.ts';
import { canonicalJson, keyOfRecord, type LedgerDocument } from './document.ts';
import { readDocument } from './read.ts';
import { textOf } from './seal.ts';

/** What happened to a document that was to be added. */
export type Appended =
  | { readonly is: 'added' | 'known'; readonly key: string }
  /** Another document stands under its key, and was left there; `said`: how the two differ. */
  | { readonly is: 'different'; readonly key: string; readonly said: string }
  | { readonly is: 'failed'; readonly key: string; readonly error: StoreError };

/** Adds a document unless it is there; nothing is ever overwritten. Twice the same is no error. */
export async function appendDocument(
  store: Store,
  document: LedgerDocument,
  signal: AbortSignal,
): Promise<Appended> {
  const key = keyOfRecord(document);
  const answer = await store.create(key, textOf(document), signal);
  if (!answer.ok) return { is: 'failed', key, error: answer.error };
  if (answer.value.made) return { is: 'added', key };
  const standing = readDocument(key, answer.value.text);
  if (!standing.ok) return { is: 'different', key, said: standing.refused.said };
  // A drill that was interrupted twice keeps its first document: only its verdict replaces it.
  if (document.outcome === 'interrupted') return { is: 'known', key };
  const names = listDifferences(standing.document, document);
  if (names.length === 0) return { is: 'known', key };
  return { is: 'different', key, said: `it differs in ${names.join(', ')}` };
}

/** The fields in which two documents differ. Which gameday wrote them does not count. */
export function listDifferences(a: LedgerDocument, b: LedgerDocument): readonly string[] {
  return (Object.keys(a) as (keyof LedgerDocument)[]).filter(
    (name) => name !== 'version' && name !== 'sum' && canonicalJson(a[name]) !== canonicalJson(b[name]),
  );
}
