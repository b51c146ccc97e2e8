import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolders } from '../../src/disk/folders.ts';
import { explainFileError, explainUnwritable } from '../../src/disk/writable.ts';
import { digestOfDrill } from '../../src/surroundings/digest-key.ts';
import { readStoreAddress } from '../../src/store/address.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-writable-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a folder that is there or can be made can be written, and nothing is made for that', async () => {
  expect(explainUnwritable(folder)).toBeNull();
  expect(explainUnwritable(join(folder, 'a', 'b'))).toBeNull();
  await expect(rm(join(folder, 'a'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a path through a file names that file', async () => {
  await mkdir(join(folder, 'a'));
  await writeFile(join(folder, 'a', 'file'), '');
  const told = { said: `${join(folder, 'a', 'file')} is no folder`, next: 'Name a folder.' };
  expect(explainUnwritable(join(folder, 'a', 'file'))).toEqual(told);
  expect(explainUnwritable(join(folder, 'a', 'file', 'b', 'c'))).toEqual(told);
});

test.each([
  ['EACCES', 'this user may not write there (EACCES)', /right to write there/],
  ['EROFS', 'the file system is read-only (EROFS)', /Mount it/],
  ['ENOSPC', 'the disk is full (ENOSPC)', /Make room on the disk/],
  ['EIO', 'it failed (EIO)', /folder and its disk/],
])('%s is said in words, with whose move it is', (code, said, next) => {
  expect(explainFileError(Object.assign(new Error(code), { code }))).toEqual({
    said,
    next: expect.stringMatching(next) as string,
  });
});

/** Node's own recursive mkdir never comes back from there, and no signal ends it. */
test('where no folder can be made, under /proc, a digest has a key of its own', async () => {
  expect(() => makeFolders('/proc/gameday')).toThrow();
  const digest = await digestOfDrill('/proc/gameday', 'drill');
  expect(digest('value')).toMatch(/^\S+$/);
});

test.each([
  ['s3:/acme', 's3://'],
  ['S3:acme', 's3://'],
  ['file:/ledger', 'file://'],
])('%s is told as an address that lacks a slash, and never taken for a folder', (text, begin) => {
  expect(() => readStoreAddress(text)).toThrow(`lacks a slash: an address begins with ${begin}`);
  expect(readStoreAddress(`./${text}`)).toEqual({ kind: 'directory', path: `./${text}` });
});
