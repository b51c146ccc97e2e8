import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commandsOf } from '../docs/pages.ts';
import { documentIn, exportsIn, ROOT, startCli } from '../support/cli.ts';
import type { Ended } from '../support/cli.ts';
import { bash } from './support/shell.ts';

/** A folder that holds nothing of this project but its tarball, and a home without any of npm's settings. */
let folder = '';
const at = (...parts: readonly string[]): string => join(folder, ...parts);

/** What a newcomer's shell has after `npm install -g`. */
function newcomer(): Readonly<Record<string, string>> {
  return {
    HOME: at('home'),
    npm_config_cache: at('cache'),
    npm_config_prefix: at('global'),
    npm_config_offline: 'true',
    PATH: `${at('global', 'bin')}:${process.env['PATH'] ?? ''}`,
  };
}

async function run(script: string, cwd: string): Promise<Ended> {
  const ended = await bash(script, cwd, newcomer());
  if (ended.code !== 0) throw new Error(`${script}: ${String(ended.code)}\n${ended.stdout}${ended.stderr}`);
  return ended;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-tarball-'));
  for (const name of ['home', 'packed', 'global', 'elsewhere', 'read-me']) await mkdir(at(name));
  // The build is there, and a second one would take it from under the tests beside this one.
  await run(`npm pack --silent --ignore-scripts --pack-destination '${at('packed')}'`, ROOT);
  await run(`npm install -g --no-audit --no-fund '${at('packed')}'/*.tgz`, at('elsewhere'));
});

afterAll(async () => rm(folder, { recursive: true, force: true }));

test('a global install without any network brings gameday alone', async () => {
  const modules = at('global', 'lib', 'node_modules');
  expect(await readdir(modules)).toEqual(['gameday']);
  const { dependencies } = JSON.parse(await readFile(join(modules, 'gameday', 'package.json'), 'utf8')) as {
    readonly dependencies?: object;
  };
  expect(dependencies).toBeUndefined();
  expect(await readdir(join(modules, 'gameday'))).not.toContain('node_modules');
});

test('the installed program says its version, and plays a shipped scenario by name from any folder', async () => {
  expect((await run('gameday --version', at('elsewhere'))).stdout).toMatch(/^gameday\/\d+\.\d+\.\d+ /);
  expect((await run('gameday validate @exec-form', at('elsewhere'))).stdout).toMatch(
    /\/exec-form\.yaml: valid\b/,
  );
  const { stdout } = await run('gameday run --rig @exec-form --json', at('elsewhere'));
  expect(documentIn(stdout)).toMatchObject({ outcome: 'passed', drills: [{ reason: 'drained' }] });
  expect(await readdir(at('elsewhere'))).toEqual(['.gameday']);
});

/** Commands of the README that need the clone. */
const OF_THE_CLONE = /^npm ci|^\.\/bin\/run\.js/;

test('the README is followed from its first line to a report', async () => {
  const cwd = at('read-me');
  await copyFile(join(ROOT, 'scenarios/task-definitions/exec-form.json'), join(cwd, 'task.json'));
  const commands = commandsOf('README.md').filter((command) => !OF_THE_CLONE.test(command));
  const [first = ''] = commands;
  expect(first).toBe('npx gameday rehearse task.json');
  await copyFile(at('packed', 'gameday-0.1.0.tgz'), join(cwd, 'gameday-0.1.0.tgz'));
  // Nobody is there to agree, and the same is asked by the tarball itself.
  for (const command of [first, first.replace('npx gameday', 'npx ./gameday-0.1.0.tgz')])
    expect(await bash(command, cwd, newcomer())).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no terminal to ask for consent') as string,
    });
  expect((await run(`${first} --yes`, cwd)).stdout).toContain(
    'Rehearsal: passed: drained, retired (exit code 0)',
  );
  const rig = startCli(['rig', 'up', join(ROOT, 'scenarios/rigs/exec-form.yaml')], folder);
  try {
    await rig.said('GAMEDAY_RIG_CONTROL');
    const env = { ...newcomer(), ...exportsIn(rig.stdout()), GAMEDAY_STATE_DIR: at('state') };
    for (const command of commands.slice(1)) {
      const { code, stdout, stderr } = await bash(command, cwd, env);
      // Without --yes and without a terminal nothing is stopped.
      const isRefused = /^gameday run (?!--dry-run)(?!.*--yes)/.test(command);
      expect({ command, code }, `${stdout}${stderr}`).toEqual({ command, code: isRefused ? 3 : 0 });
    }
    const [drill = ''] = (await readdir(join(cwd, '.gameday')))
      .toSorted()
      .toReversed()
      .filter((name) => /^\d/.test(name));
    const result = JSON.parse(await readFile(join(cwd, '.gameday', drill, 'result.json'), 'utf8')) as object;
    expect(result).toMatchObject({ outcome: 'passed', reason: 'drained' });
  } finally {
    rig.child.kill('SIGINT');
    await rig.ended;
  }
});

test('the notices name every package that is inside, with a licence', async () => {
  const dist = at('global', 'lib', 'node_modules', 'gameday', 'dist');
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
