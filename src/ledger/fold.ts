import type { Store, StoreAnswer } from '../store/port.ts';
import { keyOfRecord, NO_FINGERPRINT, prefixOf, type LedgerDocument, type World } from './document.ts';
import { groupItems } from './group.ts';
import { readDocument, type ReadDocument, type RefusedDocument } from './read.ts';

/** What a ledger holds: each drill once. */
export interface FoldedLedger {
  /** By the time of the verdict. */
  readonly documents: readonly LedgerDocument[];
  readonly refused: readonly RefusedDocument[];
}

export interface FoldOptions {
  readonly world: World;
  /** Only drills of this worker, and those that ended before their worker was known. */
  readonly fingerprint?: string;
  readonly cache?: DocumentCache;
}

/** Texts that were read before, by key and tag; a changed document has another tag. */
export interface DocumentCache {
  find(key: string, tag: string): string | null;
  keep(key: string, tag: string, text: string): void;
}

/** How many documents are read at the same time. */
const AT_ONCE = 16;

/** Reads all documents of a world. One that cannot be trusted does not count, and is named. */
export async function foldLedger(
  store: Store,
  { world, fingerprint, cache }: FoldOptions,
  signal: AbortSignal,
): Promise<StoreAnswer<FoldedLedger>> {
  const prefixes =
    fingerprint === undefined
      ? [prefixOf(world, null)]
      : [prefixOf(world, fingerprint), prefixOf(world, NO_FINGERPRINT)];
  const entries: { readonly key: string; readonly tag: string | null }[] = [];
  for (const prefix of prefixes) {
    const listed = await store.list(prefix, signal);
    if (!listed.ok) return listed;
    entries.push(...listed.value);
  }
  const texts = await readAll(store, entries, cache, signal);
  if (!texts.ok) return texts;
  const read = texts.value.map(({ key, text }) =>
    text === null ? refuseAbsent(key) : readDocument(key, text),
  );
  const documents = read.flatMap((one) => (one.ok ? [one.document] : []));
  const refused = read.flatMap((one) => (one.ok ? [] : [one.refused]));
  const counted = countOnce(documents);
  return {
    ok: true,
    value: {
      documents: counted.documents.toSorted((a, b) => a.at - b.at || (a.drill < b.drill ? -1 : 1)),
      refused: [...refused, ...counted.refused],
    },
  };
}

async function readAll(
  store: Store,
  entries: readonly { readonly key: string; readonly tag: string | null }[],
  cache: DocumentCache | undefined,
  signal: AbortSignal,
): Promise<StoreAnswer<readonly { readonly key: string; readonly text: string | null }[]>> {
  const found: { readonly key: string; readonly text: string | null }[] = [];
  const waiting = entries.flatMap(({ key, tag }) => {
    const known = tag === null ? null : (cache?.find(key, tag) ?? null);
    if (known === null) return [key];
    found.push({ key, text: known });
    return [];
  });
  const failures: StoreAnswer<never>[] = [];
  const readOn = async (): Promise<void> => {
    for (let key = waiting.pop(); key !== undefined && failures.length === 0; key = waiting.pop()) {
      const first = await store.read(key, signal);
      // A listing and a read may disagree for a moment on a store that is not AWS's.
      const answer = first.ok && first.value === null ? await store.read(key, signal) : first;
      if (!answer.ok) failures.push(answer);
      else found.push({ key, text: answer.value?.text ?? null });
      if (answer.ok && answer.value !== null) cache?.keep(key, answer.value.tag, answer.value.text);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, readOn));
  return failures[0] ?? { ok: true, value: found };
}

function refuseAbsent(key: string): ReadDocument {
  const said = 'the store lists it, and gives nothing when it is read: look at it again in a minute';
  return { ok: false, refused: { key, why: 'unreadable', said } };
}

/** Each drill once: what an interrupted one had come to gives way to its verdict; of two verdicts the worse one counts. */
function countOnce(documents: readonly LedgerDocument[]): FoldedLedger {
  const byDrill = groupItems(documents, ({ drill }) => drill);
  const kept: LedgerDocument[] = [];
  const refused: RefusedDocument[] = [];
  for (const all of byDrill.values()) {
    const final = all.filter(({ outcome }) => outcome !== 'interrupted');
    const [worst, ...others] = (final.length > 0 ? final : all).toSorted(
      (a, b) => rankOf(a) - rankOf(b) || b.at - a.at,
    );
    if (worst !== undefined) kept.push(worst);
    if (final.length === 0) continue;
    refused.push(
      ...others.map((one) => ({
        key: keyOfRecord(one),
        why: 'doubled' as const,
        said: `drill ${one.drill} has another document, whose answer is not better and counts: ${worst === undefined ? '' : keyOfRecord(worst)}`,
      })),
    );
  }
  return { documents: kept, refused };
}

/** Worse answers first. */
function rankOf({ lostGivenStop, drains }: LedgerDocument): number {
  const answers: readonly string[] = [lostGivenStop, drains];
  return ['failed', 'undecided', 'outlasted', 'held', 'no-trial'].findIndex((one) => answers.includes(one));
}
