import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOfDrill, createPassingDigest } from '../../src/surroundings/digest-key.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-key-'));
});
afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true, force: true });
});

test('a drill that goes on has the same digests; another drill, and another machine, have others', async () => {
  const one = await digestOfDrill(join(folder, 'state'), 'drill-1');
  expect(one('value')).toMatch(/^hidden-[0-9a-f]{12}$/);
  expect(one('value')).toBe((await digestOfDrill(join(folder, 'state'), 'drill-1'))('value'));
  expect(one('value')).not.toBe(one('other'));
  expect(one('value')).not.toBe((await digestOfDrill(join(folder, 'state'), 'drill-2'))('value'));
  expect(one('value')).not.toBe((await digestOfDrill(join(folder, 'elsewhere'), 'drill-1'))('value'));
  expect(createPassingDigest()('value')).not.toBe(createPassingDigest()('value'));
});

test('the key is its owner’s alone, and nothing else is left in the folder', async () => {
  await digestOfDrill(folder, 'drill-1');
  expect(await readdir(folder)).toEqual(['digest-key']);
  const { mode, size } = await stat(join(folder, 'digest-key'));
  expect([mode & 0o777, size]).toEqual([0o600, 32]);
});

test('drills that begin at once have one key', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => digestOfDrill(folder, 'drill-1')));
  expect(new Set(all.map((digest) => digest('value'))).size).toBe(1);
  expect(await readdir(folder)).toEqual(['digest-key']);
});

test('half a key is not used, and a folder that cannot be used costs no drill', async () => {
  await writeFile(join(folder, 'digest-key'), 'half');
  const digest = await digestOfDrill(folder, 'drill-1');
  expect(digest('value')).not.toBe((await digestOfDrill(folder, 'drill-1'))('value'));
  expect(await readFile(join(folder, 'digest-key'), 'utf8')).toBe('half');
  const nowhere = await digestOfDrill('/dev/null/state', 'drill-1');
  expect(nowhere('value')).toMatch(/^hidden-/);
});
