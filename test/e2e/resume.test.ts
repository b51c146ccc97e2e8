import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { cli, documentIn, exportsIn, ROOT, startCli } from '../support/cli.ts';
import type { Cli } from '../support/cli.ts';
import { startServer } from '../support/http-server.ts';
import { processesWith } from '../support/processes.ts';
import { until } from '../support/until.ts';

let folder: string;
let scenario: string;
let up: Cli;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-resume-'));
  await cp(join(ROOT, 'scenarios'), join(folder, 'scenarios'), { recursive: true });
  scenario = join(folder, 'scenarios', 'exec-form.yaml');
  // Long enough that a busy machine resumes the drill while the step still runs.
  await change(join('pipelines', 'six-seconds.yaml'), 'sleep 6', 'sleep 30');
  await change(join('task-definitions', 'exec-form.json'), '"stopTimeout": 20', '"stopTimeout": 60');
  await change('exec-form.yaml', 'within: 20s', 'within: 60s');
  await change('exec-form.yaml', 'verdictWithin: 60s', 'verdictWithin: 100s');
  up = startCli(['rig', 'up', join(folder, 'scenarios', 'rigs', 'exec-form.yaml')], folder);
  await up.said('The rig runs');
  env = { ...exportsIn(up.stdout()), GAMEDAY_STATE_DIR: join(folder, 'state') };
});
afterAll(async () => {
  up.child.kill('SIGKILL');
  await up.ended;
  await until('the end of the rig', async () => (await processesWith(folder)).length === 0);
  await rm(folder, { recursive: true, force: true });
});

/** Puts other words into a file of the scenario, which must hold the old ones. */
async function change(name: string, from: string, to: string): Promise<void> {
  const path = join(folder, 'scenarios', name);
  const text = await readFile(path, 'utf8');
  expect(text).toContain(from);
  await writeFile(path, text.replace(from, to));
}

/** Starts a drill, kills its runner when it has said the text, and gives the drill's id. */
async function killedAfter(
  text: string,
  signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL',
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const run = startCli(['run', '--yes', scenario], folder, { ...env, ...more });
  await run.said(text);
  run.child.kill(signal);
  await run.ended;
  const [, drill = ''] = /drill (\S+):/.exec(run.stderr()) ?? [];
  return drill;
}

const Counts = z.object({ stopTaskLanded: z.record(z.string(), z.number()), foreign: z.number() });

async function counts(): Promise<z.infer<typeof Counts>> {
  const answer = await fetch(`${env['GAMEDAY_RIG_CONTROL'] ?? ''}/counts`);
  return Counts.parse(await answer.json());
}

test('a drill killed after its injection is resumed to the verdict that it would have had, with one StopTask', async () => {
  const drill = await killedAfter('the stop landed');
  expect((await cli(['drills'], folder, env)).stdout).toMatch(
    new RegExp(`${drill}  observing +no verdict yet`),
  );
  const resumed = await cli(['drills', 'resume', drill, '--json'], folder, env);
  expect(documentIn(resumed.stdout)).toMatchObject({ outcome: 'passed', reason: 'drained', exitCode: 0 });
  expect(resumed.code).toBe(0);
  expect(Object.values((await counts()).stopTaskLanded)).toEqual([1]);
  expect((await counts()).foreign).toBe(0);
  const again = await cli(['drills', 'resume', drill, '--json'], folder, env);
  expect(documentIn(again.stdout).drills[0]).toMatchObject({ drill, reason: 'drained' });
  const judged = await cli(['drills', 'judge', drill, '--json'], folder);
  expect(judged.code).toBe(0);
  expect(documentIn(judged.stdout).drills[0]?.notes[0]).toBe(
    'judged again: the same verdict, passed: drained',
  );
  const stored = JSON.parse(
    await readFile(join(folder, '.gameday', drill, 'result.json'), 'utf8'),
  ) as unknown;
  expect(stored).toMatchObject({ drill, outcome: 'passed', label: 'rig' });
});

test('a drill that was interrupted before its injection is aborted: nothing is injected, its build is canceled', async () => {
  const before = Object.keys((await counts()).stopTaskLanded).length;
  const drill = await killedAfter('was created', 'SIGTERM');
  const hooks = await startServer((_seen, response) => response.writeHead(204).end());
  const args = ['drills', 'abort', drill, '--json', '--notify', 'webhook=HOOK_URL'];
  const aborted = await cli(args, folder, { ...env, HOOK_URL: hooks.url });
  await hooks.close();
  expect(hooks.requests.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
    { about: 'end', drill, outcome: 'aborted', exitCode: 0 },
  ]);
  expect(documentIn(aborted.stdout).drills[0]).toMatchObject({
    drill,
    outcome: 'aborted',
    reason: 'aborted',
  });
  expect(aborted.code).toBe(0);
  expect(aborted.stderr).toContain('canceling the build');
  expect(Object.keys((await counts()).stopTaskLanded)).toHaveLength(before);
});

test('what is put back by the tag of a service has no journal, so nobody can be told of it', async () => {
  const args = ['drills', 'abort', '--cluster', 'c', '--service', 's', '--notify', 'webhook=HOOK_URL'];
  expect(await cli(args, folder, {})).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--notify needs the id of a drill') as string,
  });
});

test('a scenario that changed, and another place, are refused', async () => {
  const drill = await killedAfter('at the gate');
  const elsewhere = await cli(['drills', 'resume', drill], folder, {
    ...env,
    AWS_ENDPOINT_URL_ECS: 'http://127.0.0.1:9',
  });
  expect(elsewhere).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('the environment points at') as string,
  });
  await appendFile(scenario, '\n# a comment changes nothing\n');
  const other = join(folder, 'other.yaml');
  await cp(scenario, other);
  await appendFile(scenario, 'secrets: [SOME_NAME]\n');
  const changed = await cli(['drills', 'resume', drill], folder, { ...env, SOME_NAME: 'a-secret-value' });
  expect(changed).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('the scenario has changed') as string,
  });
  await cp(other, scenario);
  const aborted = await cli(['drills', 'abort', drill], folder, env);
  expect(aborted.code).toBe(0);
});

test('a drill whose lock is in a ledger is resumed with that ledger alone, and aborted with any', async () => {
  const [ledger, other] = [join(folder, 'ledger'), join(folder, 'other-ledger')];
  const drill = await killedAfter('at the gate', 'SIGKILL', { GAMEDAY_LEDGER: ledger });
  const resumedWith = (more: Readonly<Record<string, string>>) =>
    cli(['drills', 'resume', drill, '--json'], folder, { ...env, ...more });
  const next = `Give --ledger ${ledger}, as at the start of the drill.`;
  for (const [more, given] of [
    [{}, 'no ledger is given'],
    [{ GAMEDAY_LEDGER: other }, `the ledger is ${other}`],
  ] as const) {
    const { code, stdout } = await resumedWith(more);
    expect(code).toBe(2);
    expect(documentIn(stdout).errors).toEqual([
      { message: `the drill has its lock in ${ledger}, and ${given}`, at: null, next },
    ]);
  }
  // With the same one the next question is asked: whether this machine knows the drill.
  const strange = { GAMEDAY_LEDGER: ledger, GAMEDAY_STATE_DIR: join(folder, 'strange') };
  expect(documentIn((await resumedWith(strange)).stdout)).toMatchObject({ reason: 'drill-unknown' });
  expect((await cli(['drills', 'abort', drill], folder, env)).code).toBe(0);
});

test('without a terminal and without --yes a drill is refused, and a dry run shows what it would touch', async () => {
  const refused = await cli(['run', scenario, '--json'], folder, env);
  expect(refused.code).toBe(3);
  expect(documentIn(refused.stdout)).toMatchObject({ outcome: 'refused', reason: 'confirm-needed' });
  const dry = await cli(['run', '--dry-run', '--verbose', scenario], folder, env);
  expect(dry.code).toBe(0);
  expect(dry.stdout).toContain('Dry run: no call that changes anything was sent.');
  expect(dry.stdout).toMatch(/holds +blast-radius/);
  expect(dry.stdout).toMatch(/holds +budget +2\d{3} points are left of limits\.budget/);
});

test('a rig that is up ends with SIGINT, and dies with a runner that is killed', async () => {
  const file = join(folder, 'scenarios', 'rigs', 'shell-form.yaml');
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    const rig = startCli(['rig', 'up', file], folder);
    await rig.said('The rig runs');
    rig.child.kill(signal);
    expect((await rig.ended).code).toBe(signal === 'SIGINT' ? 0 : null);
    await until('the end of the rig', async () => (await processesWith(file)).length === 0);
  }
});
