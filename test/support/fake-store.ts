import { isKey } from '../../src/store/key.ts';
import type { Store, StoreAnswer, StoreError } from '../../src/store/port.ts';

/** A store in memory, on the clock of the test; it can be away, and lie behind in its listings. */
export interface FakeStore extends Store {
  /** What stands under each key. */
  readonly documents: ReadonlyMap<string, { readonly text: string; readonly tag: string }>;
  /** From here on every request has this answer; null: none any more. */
  fail(error: StoreError | null): void;
  /** Called before each request, which waits for it: others may come first. */
  onRequest(hook: ((operation: string, key: string) => Promise<void>) | null): void;
  /** How many requests were made. */
  requests(): number;
}

/** Makes the store. `ahead`: how far its clock is ahead of who asks, milliseconds. */
export function fakeStore({ name = 'memory', exists = true, ahead = 0 } = {}): FakeStore {
  const documents = new Map<string, { text: string; tag: string }>();
  let failing: StoreError | null = null;
  let hook: ((operation: string, key: string) => Promise<void>) | null = null;
  let [writes, asked] = [0, 0];
  async function answer<T>(operation: string, key: string, work: () => T): Promise<StoreAnswer<T>> {
    if (operation !== 'list' && !isKey(key))
      return { ok: false, error: { kind: 'broken', message: `${key} is no key`, next: 'Correct it.' } };
    asked += 1;
    await hook?.(operation, key);
    return failing === null ? { ok: true, value: work() } : { ok: false, error: failing };
  }
  function put(key: string, text: string): string {
    writes += 1;
    const tag = `tag-${String(writes)}`;
    documents.set(key, { text, tag });
    return tag;
  }
  if (!exists) failing = { kind: 'missing', message: `there is no store ${name}`, next: 'Make it.' };
  return {
    name,
    documents,
    fail: (error) => void (failing = error),
    onRequest: (set) => void (hook = set),
    requests: () => asked,
    create: (key, text) =>
      answer('create', key, () => {
        const standing = documents.get(key);
        return standing === undefined ? { made: true, tag: put(key, text) } : { made: false, ...standing };
      }),
    replace: (key, text, tag) =>
      answer('replace', key, () => {
        const standing = documents.get(key);
        if (standing?.tag !== tag) return { replaced: false, tag: standing?.tag ?? null };
        return { replaced: true, tag: put(key, text) };
      }),
    remove: (key, tag) =>
      answer('remove', key, () => ({ removed: documents.get(key)?.tag === tag && documents.delete(key) })),
    read: (key) => answer('read', key, () => documents.get(key) ?? null),
    list: (prefix) =>
      answer('list', prefix, () =>
        [...documents]
          .filter(([key]) => key.startsWith(prefix))
          .map(([key, { tag }]) => ({ key, tag }))
          .sort((a, b) => (a.key < b.key ? -1 : 1)),
      ),
    clock: () => ({ offset: ahead, uncertainty: 0 }),
  };
}
