import { describe, expect, it } from 'vitest';
import { enterInLedger } from '../../src/cli/ledger.ts';
import { keyOfRecord } from '../../src/ledger/document.ts';
import { documentOf } from '../../src/ledger/from-journal.ts';
import type { Store } from '../../src/store/port.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { fakeStore } from '../support/fake-store.ts';
import { DRILL, journalOf, story, T } from '../support/journal-builders.ts';

/** A drill that has come to its verdict. */
const told = story();
const events = journalOf([
  ...told.map(({ at, code, payload }) => [at, { code, payload } as never] as const),
  [T.looked + 100, { code: 'GD_SETTLED', payload: { left: [] } }],
]);
const result = summarizeDrill(events, null);
const document = documentOf(events, '1.0.0');
if (document === null) throw new Error('the drill has no document');
const key = keyOfRecord(document);

async function enter(
  ledger: Store | null,
  more: { readonly events?: typeof events; readonly signal?: AbortSignal; readonly out?: string } = {},
): Promise<{ readonly notes: readonly string[]; readonly said: string; readonly same: boolean }> {
  const said: string[] = [];
  const screen = {
    write: (text: string) => void said.push(text),
    columns: () => 80,
    rows: () => 24,
    colors: false,
  };
  const output = { stdout: screen, stderr: screen, learn: () => undefined, redact: (text: string) => text };
  const ended = {
    events,
    out: '.gameday',
    interruption: { signal: more.signal ?? new AbortController().signal },
  };
  const entered = await enterInLedger(result, {
    ...ended,
    ...more,
    runner: { ledger, output, version: '1.0.0' },
  });
  const { notes, ...rest } = entered;
  const { notes: _notes, ...before } = result;
  expect(rest).toEqual(before);
  return { notes: notes.slice(result.notes.length), said: said.join(''), same: entered === result };
}

describe('a drill at its end', () => {
  it('is added to the ledger, and nothing is said', async () => {
    const store = fakeStore();
    expect(await enter(store)).toEqual({ notes: [], said: '', same: true });
    expect([...store.documents.keys()]).toEqual([key]);
    // A second time, as after a crash in between, it is there already.
    expect(await enter(store)).toMatchObject({ same: true });
    expect(await enter(null)).toMatchObject({ same: true });
  });

  it.each([
    ['away', 'S3 gave no answer', 'Do it again.'],
    ['denied', 'S3 denied s3:PutObject', 'Grant it.'],
  ] as const)(
    'keeps its verdict where the ledger is %s, and tells how to catch up',
    async (kind, message, next) => {
      const store = fakeStore({ name: 's3://b/l' });
      store.fail({ kind, message, next });
      const { notes, said } = await enter(store, { out: 'drills' });
      const note = `THE LEDGER s3://b/l DOES NOT HAVE THIS DRILL: ${message}. ${next} Then add it: gameday ledger add ${DRILL} --ledger s3://b/l --out drills`;
      expect(notes).toEqual([note]);
      expect(said).toBe(`${note}\n`);
    },
  );

  it('tells where another document stands, and leaves it', async () => {
    const store = fakeStore({ name: 'L' });
    await store.create(key, 'something else', new AbortController().signal);
    const { notes } = await enter(store);
    expect(notes[0]).toMatch(
      /^THE LEDGER L HAS ANOTHER DOCUMENT OF THIS DRILL, which was left as it is: v1\/real/,
    );
    expect(store.documents.get(key)?.text).toBe('something else');
  });

  it('waits no longer than a signal allows, whether it came before or meanwhile', async () => {
    for (const when of ['before', 'meanwhile']) {
      const store = fakeStore({ name: 'L' });
      const interruption = new AbortController();
      store.onRequest(() => {
        interruption.abort();
        return new Promise(() => undefined);
      });
      if (when === 'before') interruption.abort();
      const { notes } = await enter(store, { signal: interruption.signal });
      expect(notes).toEqual([
        `THE LEDGER L DOES NOT HAVE THIS DRILL: there was no time to write it. To add it: gameday ledger add ${DRILL} --ledger L`,
      ]);
    }
  });

  it('that is not over has a document of its own, which its verdict later takes the place of', async () => {
    const store = fakeStore();
    await enter(store, { events: told });
    expect([...store.documents.keys()]).toEqual([key.replace('.json', '.interrupted.json')]);
    await enter(store);
    expect(store.documents.size).toBe(2);
  });
});
