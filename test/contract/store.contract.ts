import { setMaxListeners } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store, StoreAnswer } from '../../src/store/port.ts';

const never = new AbortController().signal;
// Many requests at once listen to it.
setMaxListeners(0, never);

/** A store for the contract; each test has keys of its own. */
export interface StoreBench {
  readonly store: Store;
  /** The same kind of store where none was made yet: a bucket or a folder that does not exist. */
  readonly absent: Store;
  close(): Promise<void>;
}

/** What a store gave; an error fails the test with its words. */
export function givenBy<T>(answer: StoreAnswer<T>): T {
  if (!answer.ok) throw new Error(`${answer.error.message}. ${answer.error.next}`);
  return answer.value;
}

/** What every Store port must do: the fake, the folder, and S3 on a real server of its protocol. */
export function storeContract(name: string, setUp: () => Promise<StoreBench>): void {
  describe(`Store port: ${name}`, () => {
    let bench: StoreBench;
    let store: Store;
    beforeAll(async () => {
      bench = await setUp();
      store = bench.store;
    });
    afterAll(() => bench.close());

    test('a document is made once; whoever comes later reads what stands there', async () => {
      const first = givenBy(await store.create('once/a.json', '{"by":1}', never));
      expect(first).toMatchObject({ made: true });
      expect(givenBy(await store.create('once/a.json', '{"by":2}', never))).toEqual({
        made: false,
        tag: first.tag,
        text: '{"by":1}',
      });
      expect(givenBy(await store.read('once/a.json', never))).toEqual({ text: '{"by":1}', tag: first.tag });
    });

    test('nothing is read where nothing was written', async () => {
      expect(givenBy(await store.read('nothing/at/all.json', never))).toBeNull();
    });

    test('a document is replaced only by who knows what stands there', async () => {
      const { tag } = givenBy(await store.create('replaced.json', 'one', never));
      const second = givenBy(await store.replace('replaced.json', 'two', tag, never));
      expect(second.replaced).toBe(true);
      expect(second.tag).not.toBe(tag);
      const late = givenBy(await store.replace('replaced.json', 'three', tag, never));
      expect(late).toEqual({ replaced: false, tag: second.tag });
      expect(givenBy(await store.read('replaced.json', never))).toEqual({ text: 'two', tag: second.tag });
      expect(givenBy(await store.create('replaced.json', 'four', never))).toMatchObject({
        made: false,
        text: 'two',
      });
    });

    test('what does not exist is not replaced', async () => {
      const { tag } = givenBy(await store.create('other.json', 'x', never));
      expect(givenBy(await store.replace('absent.json', 'y', tag, never))).toEqual({
        replaced: false,
        tag: null,
      });
      expect(givenBy(await store.read('absent.json', never))).toBeNull();
    });

    test('a document is removed only by who knows what stands there, and can be made again', async () => {
      const { tag } = givenBy(await store.create('removed/one.json', 'a', never));
      const { tag: second } = givenBy(await store.replace('removed/one.json', 'b', tag, never));
      expect(givenBy(await store.remove('removed/one.json', tag, never))).toEqual({ removed: false });
      expect(givenBy(await store.remove('removed/one.json', second ?? '', never))).toEqual({ removed: true });
      expect(givenBy(await store.read('removed/one.json', never))).toBeNull();
      expect(givenBy(await store.list('removed/', never))).toEqual([]);
      expect(givenBy(await store.remove('removed/one.json', second ?? '', never))).toEqual({
        removed: false,
      });
      expect(givenBy(await store.replace('removed/one.json', 'c', second ?? '', never))).toEqual({
        replaced: false,
        tag: null,
      });
      expect(givenBy(await store.create('removed/one.json', 'd', never))).toMatchObject({ made: true });
      expect(givenBy(await store.read('removed/one.json', never))).toMatchObject({ text: 'd' });
    });

    test('a listing has every key under a prefix once, sorted, and no other', async () => {
      const keys = ['listed/a/1.json', 'listed/a/2.json', 'listed/b.json', 'listed-other/c.json'];
      for (const key of [...keys].reverse()) givenBy(await store.create(key, key, never));
      const { tag } = givenBy(await store.create('listed/a/3.json', 'x', never));
      givenBy(await store.replace('listed/a/3.json', 'y', tag, never));
      const listed = async (prefix: string): Promise<readonly string[]> =>
        givenBy(await store.list(prefix, never)).map(({ key }) => key);
      expect(await listed('listed/')).toEqual([
        'listed/a/1.json',
        'listed/a/2.json',
        'listed/a/3.json',
        'listed/b.json',
      ]);
      expect(await listed('listed/a/')).toEqual(['listed/a/1.json', 'listed/a/2.json', 'listed/a/3.json']);
      expect(await listed('listed/a/2')).toEqual(['listed/a/2.json']);
      expect(await listed('not-listed/')).toEqual([]);
    });

    test('a tag in a listing is the tag of the document', async () => {
      const { tag } = givenBy(await store.create('tagged/x.json', 'text', never));
      for (const listed of givenBy(await store.list('tagged/', never)))
        expect(listed.tag ?? tag, listed.key).toBe(tag);
    });

    test('a text comes back as it was', async () => {
      const text = `${'{"ü":"\\u0000 \u{1F680}"}'.repeat(2_000)}\n`;
      givenBy(await store.create('text.json', text, never));
      expect(givenBy(await store.read('text.json', never))?.text).toBe(text);
    });

    test.each([
      '../out.json',
      '/etc/x',
      'a//b',
      'a/./b',
      'a/..',
      '',
      'a\\b',
      'a/.hidden',
      'a~',
      'a\u0000b',
      'a b',
    ])('the key %j is refused, and nothing is written', async (key) => {
      for (const answer of [
        await store.create(key, 'x', never),
        await store.read(key, never),
        await store.replace(key, 'x', 'tag', never),
        await store.remove(key, 'tag', never),
      ])
        expect(answer).toMatchObject({ ok: false, error: { kind: 'broken' } });
    });

    test('of twenty who make one document, one does', async () => {
      const made = await Promise.all(
        Array.from({ length: 20 }, (_, by) => store.create('raced/made.json', `by ${String(by)}`, never)),
      );
      const winners = made.map(givenBy).flatMap((created, by) => (created.made ? [by] : []));
      expect(winners).toHaveLength(1);
      const standing = givenBy(await store.read('raced/made.json', never))?.text;
      expect(standing).toBe(`by ${String(winners[0])}`);
      for (const created of made.map(givenBy)) if (!created.made) expect(created.text).toBe(standing);
    });

    test('of twenty who replace one document, one does; round after round', async () => {
      let { tag } = givenBy(await store.create('raced/replaced.json', 'start', never));
      for (let round = 0; round < 5; round += 1) {
        const tried = await Promise.all(
          Array.from({ length: 20 }, (_, by) =>
            store.replace('raced/replaced.json', `round ${String(round)} by ${String(by)}`, tag, never),
          ),
        );
        const winners = tried.map(givenBy).flatMap(({ replaced }, by) => (replaced ? [by] : []));
        expect(winners).toHaveLength(1);
        const standing = givenBy(await store.read('raced/replaced.json', never));
        expect(standing?.text).toBe(`round ${String(round)} by ${String(winners[0])}`);
        tag = standing?.tag ?? '';
      }
    });

    test('a store that was never made is named as missing when it is listed', async () => {
      const listed = await bench.absent.list('', never);
      expect(listed).toMatchObject({ ok: false, error: { kind: 'missing' } });
      if (!listed.ok) {
        expect(listed.error.message).toContain(bench.absent.name);
        expect(listed.error.next).not.toBe('');
      }
    });

    test('its clock is near ours', () => {
      // All of these run on this machine.
      const clock = store.clock();
      expect(clock).not.toBeNull();
      expect(Math.abs(clock?.offset ?? Infinity)).toBeLessThan(5_000);
    });
  });
}
