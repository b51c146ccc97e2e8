import { spawn } from 'node:child_process';
import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { cleanEnvironment, cli, documentIn, ROOT } from '../support/cli.ts';
import { inFolder, surroundings } from './support/case.ts';
import { held } from './support/gates.ts';
import { standing } from './support/standing.ts';

const PRELOAD = pathToFileURL(join(ROOT, 'test', 'e2e', 'support', 'other-machine.mjs')).href;

/** The environment of a program on a machine without Linux; what it asks of Linux alone is written to a file. */
function onMachine(machine: string, folder: string): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--import=${PRELOAD}`,
    GAMEDAY_TEST_MACHINE: machine,
    GAMEDAY_TEST_ASKED: join(folder, 'asked'),
  };
}

async function askedIn(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'asked'), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

describe.concurrent.each(['darwin', 'win32'])('on %s', (machine) => {
  test('a drill against services runs, is judged again and goes on after a crash: no /proc, no program, no name that is forbidden there', async () => {
    await standing({ steps: [{ key: 'integration', command: held() }] }, async (stage) => {
      const there = onMachine(machine, stage.folder);
      const { code, drill, journal } = await stage.run({ env: there });
      expect({ code, reason: drill.reason }, drill.said).toEqual({ code: 0, reason: 'drained' });
      const ids = journal.map(({ drill: id }) => id);
      const path = drill.journal ?? '';
      expect(path).toContain(ids[0]);
      const env = { ...stage.env, ...there };
      const judged = await cli(['analyze', path, '--json'], stage.folder, env);
      expect(documentIn(judged.stdout)).toMatchObject({ outcome: 'passed', reason: 'drained' });
      // As a crash leaves it: the last line half written, the verdict not there yet.
      const bytes = await readFile(path);
      await truncate(path, bytes.length - 7);
      const resumed = await cli(['resume', path, '--yes', '--json'], stage.folder, env);
      expect(documentIn(resumed.stdout), resumed.stderr).toMatchObject({ outcome: 'passed' });
      const live = await cli(
        ['preflight', '--cluster', 'build-prod', '--service', 'build-agents'],
        stage.folder,
        env,
      );
      expect([0, 10], live.stdout + live.stderr).toContain(live.code);
      const ready = await cli(['doctor', join(stage.folder, 'scenario.yaml'), '--json'], stage.folder, env);
      expect([0, 10], ready.stdout + ready.stderr).toContain(ready.code);
      const asked = new Set(await askedIn(stage.folder));
      expect([...asked]).toEqual(machine === 'win32' ? ['folder synced'] : []);
    });
  });

  test('files are validated and preflighted', async () => {
    await inFolder(async (folder) => {
      const env = onMachine(machine, folder);
      const scenario = join(ROOT, 'scenarios', 'exec-form.yaml');
      expect(await cli(['validate', scenario], folder, env)).toMatchObject({ code: 0 });
      const definition = join(ROOT, 'test', 'contract', 'rig', 'agent.json');
      const preflight = ['preflight', '--task-definition', definition];
      const { code, stdout, stderr } = await cli(preflight, folder, env);
      expect([0, 10], stdout + stderr).toContain(code);
      expect(await askedIn(folder)).toEqual([]);
    });
  });
});

/** Starts the rig's own program there and ends it as soon as it has told anything. */
async function tellOfRig(machine: string, folder: string): Promise<string> {
  const rigFile = join(ROOT, 'test', 'contract', 'rig', 'rig.yaml');
  const env = cleanEnvironment({ ...surroundings(folder), ...onMachine(machine, folder) });
  const child = spawn(process.execPath, [join(ROOT, 'dist', 'rig', 'main.js'), rigFile], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const told = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').once('data', resolve);
    child.once('close', () => resolve('it told nothing'));
  });
  const gone = new Promise((resolve) => child.once('close', resolve));
  try {
    return await told;
  } finally {
    child.kill('SIGTERM');
    await gone;
  }
}

describe.concurrent('the rig', () => {
  test('on darwin has workers without a real PID 1, and says so', async () => {
    await inFolder(async (folder) => {
      const told = await tellOfRig('darwin', folder);
      expect(told).toContain('"GAMEDAY_RIG_FACTS"');
      expect(told).toContain('there are no PID namespaces on darwin');
    });
  });

  test('on win32 is refused, and says where it runs', async () => {
    await inFolder(async (folder) => {
      expect(await tellOfRig('win32', folder)).toContain('run the rig under WSL 2');
    });
  });
});
