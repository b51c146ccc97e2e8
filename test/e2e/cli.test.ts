import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cleanEnvironment, cli, documentIn, ROOT } from '../support/cli.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-cli-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const EXEC_FORM = join(ROOT, 'scenarios/exec-form.yaml');
const BEFORE = join(ROOT, 'scenarios/rehearsal/before.yaml');
const REAL = {
  BUILDKITE_API_TOKEN: 'bkua_not-a-real-token',
  BUILDKITE_ORGANIZATION_SLUG: 'acme',
  AWS_REGION: 'us-east-1',
  GAMEDAY_STATE_DIR: 'state',
};

test.each([
  [[], ['START', 'rehearse', 'LOOK BACK', 'drills', '`gameday help COMMAND`']],
  [['-h'], ['START']],
  [['help'], ['START']],
  [['--help'], ['START']],
  [
    ['help', 'run'],
    ['EXAMPLES', '--rig', '`gameday help exit-codes`'],
  ],
  [
    ['run', '-h'],
    ['EXAMPLES', '--rig'],
  ],
  [['resume', '--help'], ['gameday drills resume DRILL']],
  [
    ['help', 'run', '--all'],
    ['GAMEDAY_OUT', '--parallel N'],
  ],
  [
    ['help', 'drills'],
    ['drills compare', '`gameday drills` alone is `gameday drills list`'],
  ],
  [['help', 'drills', 'show'], ['gameday drills show [DRILL]']],
  [['ledger'], ['ledger verify']],
  [
    ['help', 'exit-codes'],
    ['  130  interrupted', '   10  failed'],
  ],
])('%j is help', async (args, words) => {
  const { code, stdout, stderr } = await cli(args, folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const word of words) expect(stdout).toContain(word);
});

test.each([['-v'], ['--version'], ['version']])('%s is the version', async (word) => {
  const { code, stdout } = await cli([word], folder);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^gameday\/\d+\.\d+\.\d+ /);
});

test('the scenarios that are shipped are listed, and one is printed', async () => {
  const { code, stdout } = await cli(['scenarios'], folder);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^@exec-form +A step in flight survives StopTask on its task$/m);
  const shown = await cli(['scenarios', 'show', '@exec-form'], folder);
  expect(shown).toMatchObject({ code: 0, stdout: await readFile(EXEC_FORM, 'utf8') });
  const json = await cli(['scenarios', 'list', '--json'], folder);
  expect(JSON.parse(json.stdout)).toMatchObject({ outcome: 'listed', exitCode: 0 });
});

test.each([
  [['rnu', 'x'], 'Did you mean `gameday run`?'],
  [['run', '--nonsense', 'x'], 'gameday run has no flag --nonsense'],
  [['run'], 'gameday run needs FILE: '],
  [['help', 'rnu'], 'Did you mean `gameday run`?'],
  [['drills', 'shwo'], 'Did you mean `gameday drills show`?'],
  [['rig', 'upp'], 'Did you mean `gameday rig up`?'],
  [['losses', 'x'], '`gameday losses` takes no argument'],
  [['run', 'exec-from'], 'exec-from error: there is no such file\n  Did you mean @exec-form?'],
  [['scenarios', 'show', '@exec-from'], 'Did you mean @exec-form?'],
  [['run', '--executor', 'docker', 'x'], '--executor'],
  [['run', 'x', '--var', 'novalue'], '--var must be NAME=value'],
  [['validate', 'missing.yaml'], 'there is no such file'],
  [['drills', 'resume', 'missing'], 'there is no drill "missing"'],
  [['drills', 'abort', 'missing'], 'there is no drill "missing"'],
  [['drills', 'judge', 'missing'], 'there is no drill "missing"'],
  [['drills', 'show'], 'there is no drill in .gameday'],
  [['drills', 'show', 'missing'], 'there is no drill "missing"'],
  [['drills', 'compare', 'missing', 'missing'], 'there is no drill "missing"'],
  [['resume', 'missing'], 'there is no drill "missing"'],
  [['abort', 'missing'], 'there is no drill "missing"'],
  [['analyze', 'missing'], 'there is no drill "missing"'],
  [['forecast'], 'a forecast needs exactly one source of durations'],
  [['forecast', '--history', 'missing.csv'], 'there is no such file'],
  [['losses'], 'the losses of which pipelines?'],
  [['rig', 'up', 'missing.yaml'], 'missing.yaml'],
  [['pipeline', 'missing.yaml'], 'there is no such file'],
  [['pipeline', 'a.yaml', '--queue', 'a b'], '--queue is not the name of a queue'],
  [['pipeline', 'a.yaml', '--parallel', '0'], 'greater than or equal to 1'],
  [['merge', 'missing', '--shard', 'a.yaml'], 'there is no folder missing'],
  [['merge', '.'], 'gameday merge needs --shard'],
])('%j is bad input, as a line and as one document', async (args, message) => {
  const plain = await cli(args, folder);
  expect(plain).toMatchObject({ code: 2, stdout: '' });
  expect(plain.stderr).toContain(message);
  expect(plain.stderr).not.toContain('    at ');
  const json = await cli([...args, '--json'], folder);
  expect(json.code).toBe(2);
  expect(documentIn(json.stdout)).toMatchObject({ outcome: 'bad-input', exitCode: 2, drills: [] });
  expect(await readdir(folder)).toEqual([]);
});

test('what is missing for all files is named at once, and nothing is contacted or left', async () => {
  await writeFile(join(folder, 'broken.yaml'), 'version: 1\ntitel: x\n');
  const { code, stdout } = await cli(['run', EXEC_FORM, 'broken.yaml', '--json'], folder);
  expect(code).toBe(2);
  const messages = documentIn(stdout).errors.map(({ at, message }) => `${at ?? ''} ${message}`);
  expect(messages.join('\n')).toContain('BUILDKITE_API_TOKEN is not set');
  expect(messages.join('\n')).toContain('broken.yaml:2:1');
  expect(await readdir(folder)).toEqual(['broken.yaml']);
});

test('control: against real services is bad input', async () => {
  const { code, stdout } = await cli(['run', BEFORE, '--json', '--yes'], folder, REAL);
  expect(code).toBe(2);
  expect(documentIn(stdout).errors).toEqual([
    expect.objectContaining({ at: BEFORE, message: expect.stringContaining('control:') as string }),
  ]);
});

test('plain http to another host is bad input before anything is sent', async () => {
  const { code, stderr } = await cli(['run', EXEC_FORM, '--yes'], folder, {
    ...REAL,
    BUILDKITE_GRAPHQL_ENDPOINT: 'http://buildkite.invalid/',
  });
  expect(code).toBe(2);
  expect(stderr).toContain('BUILDKITE_GRAPHQL_ENDPOINT: plain http');
  expect(stderr).not.toContain('bkua_');
});

test('validate says valid, proves nothing, and asks for no setting', async () => {
  const plain = await cli(['validate', EXEC_FORM], folder);
  expect(plain).toMatchObject({ code: 0, stderr: '' });
  expect(plain.stdout).toContain(`${EXEC_FORM}: valid: `);
  const json = await cli(['validate', EXEC_FORM, BEFORE, '--json'], folder);
  expect(documentIn(json.stdout)).toMatchObject({ outcome: 'planned', exitCode: 0, counts: { valid: 2 } });
});

test('drills of an empty and of a spoilt folder', async () => {
  expect(await cli(['drills'], folder)).toMatchObject({ code: 0, stdout: 'No drills in .gameday.\n' });
  await mkdir(join(folder, '.gameday', 'spoilt'), { recursive: true });
  await writeFile(join(folder, '.gameday', 'spoilt', 'journal.jsonl'), '{"v":7}\n');
  const { code, stdout } = await cli(['drills'], folder);
  expect(code).toBe(0);
  expect(stdout).toContain('spoilt  unreadable: line 1 of the journal has version 7');
});

test.each([
  ['--help', 0],
  [`validate ${EXEC_FORM} ${EXEC_FORM} ${EXEC_FORM}`, 0],
  ['validate missing.yaml --json', 2],
])('%s | head -1 ends with its own exit code', async (args, code) => {
  const script = `set -o pipefail; "${process.execPath}" "${join(ROOT, 'bin/run.js')}" ${args} | head -1`;
  const child = spawn('bash', ['-c', script], {
    cwd: folder,
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  child.stdout.resume();
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(code);
  expect(stderr).toBe('');
});

test("a plugin in the user's data folder is not loaded", async () => {
  const data = join(folder, 'data', 'gameday');
  const plugin = join(data, 'node_modules', 'evil');
  const proof = join(folder, 'it-ran');
  await mkdir(plugin, { recursive: true });
  const named = [{ name: 'evil', type: 'user', tag: 'latest' }];
  await writeFile(
    join(data, 'package.json'),
    JSON.stringify({
      name: 'gameday',
      private: true,
      dependencies: { evil: '1.0.0' },
      oclif: { schema: 1, plugins: named },
    }),
  );
  await writeFile(
    join(plugin, 'package.json'),
    JSON.stringify({
      name: 'evil',
      version: '1.0.0',
      oclif: { hooks: { init: './init.js', prerun: './init.js' } },
    }),
  );
  await writeFile(
    join(plugin, 'init.js'),
    `module.exports = () => require('node:fs').writeFileSync(${JSON.stringify(proof)}, 'x');`,
  );
  const { code } = await cli(['validate', EXEC_FORM], folder, { XDG_DATA_HOME: join(folder, 'data') });
  expect(code).toBe(0);
  expect(await readdir(folder)).not.toContain('it-ran');
});

test('--out where no folder can be made ends at once, and so does a state folder', async () => {
  const run = await cli(['run', '--rig', EXEC_FORM, '--json', '--out', '/proc/gameday/x'], folder);
  expect(run.code).toBe(4);
  expect(run.stdout).toContain('/proc/gameday/x');
  const at = ['rehearse', '--yes', '--task-definition', join(ROOT, 'scenarios/incident/after.json')];
  const rehearsal = await cli([...at, '--out', '/proc/gameday'], folder, { GAMEDAY_DOCKER: '/nonexistent' });
  expect(rehearsal.code).toBe(2);
  expect(rehearsal.stderr).toContain('Name a writable folder with --out DIR.');
});
