import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { documentIn, ROOT } from '../support/cli.ts';
import type { Ended } from '../support/cli.ts';
import { bash } from './support/shell.ts';

/** A folder that holds nothing of this project but its tarball, and a home without any of npm's settings. */
let folder = '';
const at = (...parts: readonly string[]): string => join(folder, ...parts);

async function run(script: string, cwd: string): Promise<Ended> {
  const ended = await bash(script, cwd, { HOME: at('home'), npm_config_cache: at('cache') });
  if (ended.code !== 0) throw new Error(`${script}: ${String(ended.code)}\n${ended.stdout}${ended.stderr}`);
  return ended;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-tarball-'));
  for (const name of ['home', 'packed', 'installed', 'elsewhere']) await mkdir(at(name));
  // The build is there, and a second one would take it from under the tests beside this one.
  await run(`npm pack --silent --ignore-scripts --pack-destination '${at('packed')}'`, ROOT);
  await run(`npm install --offline --no-audit --no-fund '${at('packed')}'/*.tgz`, at('installed'));
});

afterAll(async () => rm(folder, { recursive: true, force: true }));

test('an install without any network brings gameday alone', async () => {
  const modules = at('installed', 'node_modules');
  expect((await readdir(modules)).toSorted()).toEqual(['.bin', '.package-lock.json', 'gameday']);
  const { dependencies } = JSON.parse(await readFile(join(modules, 'gameday', 'package.json'), 'utf8')) as {
    readonly dependencies?: object;
  };
  expect(dependencies).toBeUndefined();
});

test('the installed program says its version, and plays a shipped scenario by name from any folder', async () => {
  const gameday = `'${at('installed', 'node_modules', '.bin', 'gameday')}'`;
  expect((await run(`${gameday} --version`, at('elsewhere'))).stdout).toMatch(/^gameday\/\d+\.\d+\.\d+ /);
  const { stdout } = await run(`${gameday} run --rig @exec-form --json`, at('elsewhere'));
  expect(documentIn(stdout)).toMatchObject({ outcome: 'passed', drills: [{ reason: 'drained' }] });
  expect(await readdir(at('elsewhere'))).toEqual(['.gameday']);
});

test('the notices name every package that is inside, with a licence', async () => {
  const dist = at('installed', 'node_modules', 'gameday', 'dist');
  const notices = await readFile(join(dist, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
  const packages = JSON.parse(await readFile(join(dist, 'packages.json'), 'utf8')) as readonly {
    readonly name: string;
    readonly version: string;
    readonly license: string;
  }[];
  expect(packages.map(({ name }) => name)).toEqual(expect.arrayContaining(['@oclif/core', 'yaml', 'zod']));
  for (const { name, version, license } of packages)
    expect(notices).toContain(`${name} ${version} (${license})\n`);
});
