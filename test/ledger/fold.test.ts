import { describe, expect, it } from 'vitest';
import { appendDocument } from '../../src/ledger/append.ts';
import { keyOfRecord, type LedgerDocument } from '../../src/ledger/document.ts';
import { foldLedger, type DocumentCache, type FoldedLedger } from '../../src/ledger/fold.ts';
import { textOf } from '../../src/ledger/seal.ts';
import { NOON } from '../support/builders.ts';
import { fakeStore, type FakeStore } from '../support/fake-store.ts';
import { aDocument, fill, LOST_ONE, NOT_TRIED, WORKER } from '../support/ledger-documents.ts';

const { signal } = new AbortController();
const DAY = 86_400_000;

async function foldOf(
  store: FakeStore,
  more: { fingerprint?: string; cache?: DocumentCache } = {},
): Promise<FoldedLedger> {
  const folded = await foldLedger(store, { world: 'real', ...more }, signal);
  if (!folded.ok) throw new Error(folded.error.message);
  return folded.value;
}

async function storeWith(...documents: readonly LedgerDocument[]): Promise<FakeStore> {
  const store = fakeStore();
  await fill(store, documents);
  return store;
}

const drills = ({ documents }: FoldedLedger): readonly string[] => documents.map(({ drill }) => drill);

describe('the fold of a ledger', () => {
  it('has each drill once, by the time of its verdict', async () => {
    const [late, early] = [aDocument({ at: NOON + DAY }), aDocument()];
    const folded = await foldOf(await storeWith(late, early));
    expect(folded).toEqual({ documents: [early, late], refused: [] });
  });

  it("never adds up the rig's drills and real ones", async () => {
    const [real, rig] = [aDocument(), aDocument({ world: 'rig' })];
    const store = await storeWith(real, rig);
    expect(drills(await foldOf(store))).toEqual([real.drill]);
    const folded = await foldLedger(store, { world: 'rig' }, signal);
    expect(folded).toMatchObject({ ok: true, value: { documents: [{ drill: rig.drill }], refused: [] } });
    // Moved by hand, it is named and does not count.
    await store.create(keyOfRecord(rig).replace('/rig/', '/real/'), textOf(rig), signal);
    const moved = await foldOf(store);
    expect(drills(moved)).toEqual([real.drill]);
    expect(moved.refused).toMatchObject([{ why: 'misplaced' }]);
  });

  it('of one worker has its drills and those that ended before their worker was known', async () => {
    const other = aDocument({ worker: { ...WORKER, fault: 'scale-in' } });
    const [own, early] = [aDocument(), aDocument({ ...NOT_TRIED, at: NOON + 1 })];
    const store = await storeWith(other, own, early);
    expect(drills(await foldOf(store, { fingerprint: own.fingerprint }))).toEqual([own.drill, early.drill]);
  });

  it('names what does not count, and counts the rest', async () => {
    const [whole, cut] = [aDocument(), aDocument()];
    const store = await storeWith(whole);
    await store.create(keyOfRecord(cut), textOf(cut).slice(0, -9), signal);
    const newer = keyOfRecord(whole).replace('.json', '-n.json');
    await store.create(newer, JSON.stringify({ v: 9 }), signal);
    const folded = await foldOf(store);
    expect(drills(folded)).toEqual([whole.drill]);
    expect(folded.refused.map(({ key, why }) => [key, why])).toEqual(
      expect.arrayContaining([
        [keyOfRecord(cut), 'cut'],
        [newer, 'newer'],
      ]),
    );
  });

  it('counts the worse of two documents of one drill, and names the other', async () => {
    const drill = '20261124-120000-dddd';
    const [held, lost] = [aDocument({ drill }), aDocument({ drill, ...LOST_ONE, at: NOON + DAY })];
    const folded = await foldOf(await storeWith(held, lost));
    expect(folded.documents).toEqual([lost]);
    expect(folded.refused).toMatchObject([{ key: keyOfRecord(held), why: 'doubled' }]);
  });

  it('lets the verdict of a resumed drill take the place of what it had come to when it was interrupted', async () => {
    const drill = '20261124-120000-eeee';
    const undecided = { lostGivenStop: 'undecided', drains: 'undecided' } as const;
    const cut = aDocument({ drill, outcome: 'interrupted', reason: 'interrupted', ...undecided });
    const store = await storeWith(cut);
    expect((await foldOf(store)).documents).toEqual([cut]);
    const judged = aDocument({ drill, at: NOON + DAY });
    await fill(store, [judged]);
    expect(await foldOf(store)).toEqual({ documents: [judged], refused: [] });
  });

  it('reads what it has read before from the cache, unless the tag is another one', async () => {
    const kept = new Map<string, string>();
    const cache: DocumentCache = {
      find: (key, tag) => kept.get(`${key} ${tag}`) ?? null,
      keep: (key, tag, text) => void kept.set(`${key} ${tag}`, text),
    };
    const store = await storeWith(aDocument(), aDocument());
    const folded = await foldOf(store, { cache });
    const before = store.requests();
    expect(await foldOf(store, { cache })).toEqual(folded);
    expect(store.requests() - before).toBe(1);
    const [key = ''] = store.documents.keys();
    const { tag = '' } = store.documents.get(key) ?? {};
    await store.replace(key, 'overwritten by somebody', tag, signal);
    expect((await foldOf(store, { cache })).refused).toMatchObject([{ key, why: 'cut' }]);
  });

  it('names what is listed and cannot be read, after it was read a second time', async () => {
    const document = aDocument();
    const store = await storeWith(document);
    let reads = 0;
    const absentFor = (times: number): FakeStore => ({
      ...store,
      read: async (key, over) => ((reads += 1) <= times ? { ok: true, value: null } : store.read(key, over)),
    });
    expect(await foldOf(absentFor(1))).toEqual({ documents: [document], refused: [] });
    reads = 0;
    expect(await foldOf(absentFor(2))).toMatchObject({ documents: [], refused: [{ why: 'unreadable' }] });
  });

  it('says so where the store is away', async () => {
    const store = await storeWith(aDocument());
    const error = { kind: 'away', message: 'S3 gave no answer', next: 'Do it again.' } as const;
    store.fail(error);
    expect(await foldLedger(store, { world: 'real' }, signal)).toEqual({ ok: false, error });
  });
});

describe('adding to a ledger', () => {
  it('twice the same is no error, also by another version of gameday', async () => {
    const store = fakeStore();
    const document = aDocument();
    const key = keyOfRecord(document);
    expect(await appendDocument(store, document, signal)).toEqual({ is: 'added', key });
    expect(await appendDocument(store, document, signal)).toEqual({ is: 'known', key });
    const newer = aDocument({ drill: document.drill, version: '2.0.0' });
    expect(await appendDocument(store, newer, signal)).toEqual({ is: 'known', key });
    expect(store.documents.get(key)?.text).toBe(textOf(document));
  });

  it('overwrites nothing: another content under the same key is told', async () => {
    const store = fakeStore();
    const document = aDocument();
    await appendDocument(store, document, signal);
    const other = aDocument({ drill: document.drill, ...LOST_ONE });
    expect(await appendDocument(store, other, signal)).toMatchObject({
      is: 'different',
      said: 'it differs in outcome, reason, lostGivenStop, drains, jobsLost, leftMs, drainMs',
    });
    expect((await foldOf(store)).documents).toEqual([document]);
  });

  it('tells also of a cut document that stands there', async () => {
    const store = fakeStore();
    const document = aDocument();
    await store.create(keyOfRecord(document), '{"v":1', signal);
    expect(await appendDocument(store, document, signal)).toMatchObject({
      is: 'different',
      said: 'it is no JSON: it was cut or overwritten',
    });
  });

  it('keeps the first document of a drill that is interrupted twice', async () => {
    const store = fakeStore();
    const [first, second] = ['held', 'undecided'].map((drains) =>
      aDocument({ drill: '20261124-120000-ffff', outcome: 'interrupted', drains: drains as 'held' }),
    );
    if (first === undefined || second === undefined) throw new Error('no documents');
    await appendDocument(store, first, signal);
    expect(await appendDocument(store, second, signal)).toMatchObject({ is: 'known' });
  });

  it.each(['away', 'denied', 'missing', 'broken'] as const)('tells why it failed: %s', async (kind) => {
    const store = fakeStore();
    store.fail({ kind, message: 'no', next: 'Look.' });
    expect(await appendDocument(store, aDocument(), signal)).toMatchObject({ is: 'failed', error: { kind } });
  });

  it('lets twenty writers add the same drills, each once', async () => {
    const store = fakeStore();
    const documents = Array.from({ length: 10 }, () => aDocument());
    const writers = Array.from({ length: 20 }, async () => {
      const answers: string[] = [];
      for (const document of documents) answers.push((await appendDocument(store, document, signal)).is);
      return answers;
    });
    const answers = (await Promise.all(writers)).flat();
    expect(answers.filter((is) => is === 'added')).toHaveLength(10);
    expect(answers.filter((is) => is === 'known')).toHaveLength(190);
    expect(drills(await foldOf(store))).toHaveLength(10);
  });
});
