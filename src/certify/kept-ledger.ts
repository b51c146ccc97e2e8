import { readDocument } from '../ledger/read.ts';
import type { LedgerDocument } from '../ledger/document.ts';
import type { Store, StoreError } from '../store/port.ts';

/** A ledger that tells which documents got into it: what is not in the ledger does not count. */
export interface KeptLedger {
  readonly store: Store;
  /** The drills that were added, in the order of their ends; of an interrupted one the last document. */
  added(): readonly LedgerDocument[];
  /** Why a document could not be added; null while all could. */
  failure(): StoreError | null;
}

/** Watches what is added to a ledger. */
export function watchLedger(store: Store, onAdded: () => void): KeptLedger {
  const documents = new Map<string, LedgerDocument>();
  let failure: StoreError | null = null;
  return {
    added: () => [...documents.values()],
    failure: () => failure,
    store: {
      name: store.name,
      async create(key, text, signal) {
        const created = await store.create(key, text, signal);
        if (!created.ok) {
          failure ??= created.error;
          return created;
        }
        // Where a document stood already, that one counts.
        const read = readDocument(key, created.value.made ? text : created.value.text);
        if (read.ok) {
          documents.delete(read.document.drill);
          documents.set(read.document.drill, read.document);
          onAdded();
        }
        return created;
      },
      replace: (key, text, tag, signal) => store.replace(key, text, tag, signal),
      remove: (key, tag, signal) => store.remove(key, tag, signal),
      read: (key, signal) => store.read(key, signal),
      list: (prefix, signal) => store.list(prefix, signal),
      clock: () => store.clock(),
    },
  };
}
