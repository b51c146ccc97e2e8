import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDirectoryStore } from '../../src/store/directory.ts';
import type { Store } from '../../src/store/port.ts';
import { givenBy } from '../contract/store.contract.ts';

const never = new AbortController().signal;
let folder: string;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-store-'));
  store = createDirectoryStore(folder, Date.now);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function filesIn(place: string): Promise<readonly string[]> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(place.length + 1))
    .sort();
}

describe('a store in a folder', () => {
  test('a document is a file that a person can read, and nothing else is left', async () => {
    givenBy(await store.create('v1/real/a.json', '{}', never));
    expect(await filesIn(folder)).toEqual(['v1/real/a.json']);
    expect(await readFile(join(folder, 'v1/real/a.json'), 'utf8')).toBe('{}');
  });

  test('folders and files are as the umask of the machine says, so that others may share them', async () => {
    const before = process.umask(0o002);
    try {
      givenBy(await store.create('shared/a.json', '{}', never));
    } finally {
      process.umask(before);
    }
    expect((await stat(join(folder, 'shared'))).mode & 0o777).toBe(0o775);
    expect((await stat(join(folder, 'shared/a.json'))).mode & 0o777).toBe(0o664);
  });

  /** Replaces the document so many times. */
  async function replaceOften(times: number): Promise<void> {
    let tag: string | null = givenBy(await store.create('a.json', '0', never)).tag;
    for (let n = 1; n <= times; n += 1)
      tag = givenBy(await store.replace('a.json', String(n), tag ?? '', never)).tag;
  }

  test('of a document that is replaced often, few files are kept', async () => {
    await replaceOften(100);
    expect((await filesIn(folder)).length).toBeLessThanOrEqual(33);
    expect(givenBy(await store.read('a.json', never))?.text).toBe('100');
  });

  test('drafts of a writer that was killed are no documents', async () => {
    await writeFile(join(folder, '.0011223344556677.draft'), 'half a docum');
    givenBy(await store.create('a.json', '{}', never));
    expect(givenBy(await store.list('', never)).map(({ key }) => key)).toEqual(['a.json']);
  });

  /** A store whose first writer is held up right before its link, while others go on to number 40 and clear what lies far below. */
  function heldUp(): Store {
    let isHeld = true;
    return createDirectoryStore(folder, () => {
      if (isHeld) {
        rmSync(join(folder, 'a.json'), { force: true });
        mkdirSync(join(folder, 'a.json~'), { recursive: true });
        for (const number of [39, 40]) writeFileSync(join(folder, 'a.json~', String(number)), 'others');
      }
      isHeld = false;
      return Date.now();
    });
  }

  test('a writer that was held up until its number was free again has replaced nothing', async () => {
    const { tag } = givenBy(await store.create('a.json', 'zero', never));
    expect(givenBy(await heldUp().replace('a.json', 'late', tag, never))).toMatchObject({ replaced: false });
    expect(givenBy(await store.read('a.json', never))?.text).toBe('others');
  });

  test('a writer that was held up on its way to make a document has made none', async () => {
    const made = givenBy(await heldUp().create('a.json', 'late', never));
    expect(made).toMatchObject({ made: false, text: 'others' });
    expect(await filesIn(folder)).toEqual(['a.json~/39', 'a.json~/40']);
  });

  test('a document that somebody changed by hand is not replaced by who knew it before', async () => {
    const { tag } = givenBy(await store.create('a.json', 'before', never));
    await writeFile(join(folder, 'a.json'), 'by hand');
    expect(givenBy(await store.replace('a.json', 'after', tag, never))).toMatchObject({ replaced: false });
    expect(givenBy(await store.read('a.json', never))?.text).toBe('by hand');
  });

  test('a file where the folder should be is an error that says so', async () => {
    await writeFile(join(folder, 'file'), '');
    const wrong = createDirectoryStore(join(folder, 'file'), Date.now);
    const made = await wrong.create('a.json', '{}', never);
    expect(made).toMatchObject({ ok: false, error: { kind: 'broken' } });
    if (!made.ok) expect(made.error.message).toContain(`write a.json to the folder ${join(folder, 'file')}`);
  });

  test('a folder that cannot be made, as in /proc, is an error at once', async () => {
    const made = await createDirectoryStore('/proc/gameday', Date.now).create('a.json', '{}', never);
    expect(made).toMatchObject({ ok: false });
    if (!made.ok) expect(made.error.next).not.toBe('');
  });
});
