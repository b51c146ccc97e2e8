import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli, documentIn, ROOT } from '../support/cli.ts';

const SCENARIO = join(ROOT, 'scenarios', 'exec-form.yaml');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-reporters-'));
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

test('a live view, a document in a file and lines in another one, all of one drill', async () => {
  const args = ['run', '--rig', SCENARIO];
  const asked = ['terminal', 'json=out.json', 'log=drill.log', 'json=/dev/full'];
  const { code, stdout, stderr } = await cli(
    [...args, ...asked.flatMap((one) => ['--reporter', one])],
    folder,
  );
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('PASSED: drained');
  // The live view takes back what it drew.
  expect(stderr).toContain('\u001b[J');
  expect(documentIn(await readFile(join(folder, 'out.json'), 'utf8'))).toMatchObject({
    outcome: 'passed',
    reason: 'drained',
    exitCode: 0,
  });
  const log = await readFile(join(folder, 'drill.log'), 'utf8');
  expect(log).toMatch(/^\d{4}-\d{2}-\d{2}T\S+Z drill /);
  expect(log).toContain('PASSED: drained');
  // A file that cannot be written changes no verdict, and is not passed over in silence.
  expect(stderr).toMatch(/error: --reporter json=\/dev\/full: .*ENOSPC/);
});

test('the document of a file is written at every ending, and json on stdout is --json', async () => {
  const { code, stdout } = await cli(
    ['run', '--rig', 'missing.yaml', '--reporter', 'json', '--reporter', 'json=out.json'],
    folder,
  );
  expect(code).toBe(2);
  expect(documentIn(stdout)).toMatchObject({ outcome: 'bad-input', exitCode: 2 });
  expect(await readFile(join(folder, 'out.json'), 'utf8')).toBe(stdout);
});

test.each([
  ['nope', 'there is no reporter "nope"'],
  ['json=missing/out.json', 'the file cannot be written'],
])('--reporter %s is bad input before anything is contacted', async (reporter, said) => {
  const { code, stderr } = await cli(['run', SCENARIO, '--yes', '--reporter', reporter], folder);
  expect(code).toBe(2);
  expect(stderr).toContain(said);
});
