import { mkdir, mkdtemp, readdir, readFile, rm, writeFile, cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LedgerDocument } from '../../src/ledger/document.ts';
import { cli, documentIn, ROOT, startCli } from '../support/cli.ts';
import type { Ended } from '../support/cli.ts';
import { processesWith } from '../support/processes.ts';
import { until } from '../support/until.ts';

let folder: string;
let env: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-ledger-'));
  env = { GAMEDAY_STATE_DIR: join(folder, 'state'), GAMEDAY_LEDGER: join(folder, 'ledger') };
  // A copy, so that the rig's command line names this test alone.
  await cp(join(ROOT, 'scenarios'), join(folder, 'scenarios'), { recursive: true });
});
afterEach(async () => {
  for (const pid of await processesWith(folder)) process.kill(pid, 'SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const gameday = (...args: readonly string[]): Promise<Ended> => cli(args, folder, env);
const scenario = (name: string): string => join(folder, 'scenarios', `${name}.yaml`);

/** The documents of the ledger, by their keys. */
async function ledger(): Promise<ReadonlyMap<string, LedgerDocument>> {
  const names = await readdir(join(folder, 'ledger'), { recursive: true }).catch(() => []);
  const keys = names.filter((name) => name.endsWith('.json'));
  const read = keys.map(async (key) => {
    const text = await readFile(join(folder, 'ledger', key), 'utf8');
    return [key, LedgerDocument.parse(JSON.parse(text))] as const;
  });
  return new Map(await Promise.all(read));
}

test('each drill is in the ledger once; it is listed, compared, verified and rebuilt', async () => {
  const run = await gameday('run', '--rig', scenario('exec-form'), scenario('shell-form'));
  expect(run.code).toBe(10);
  const documents = await ledger();
  const [held, lost] = [...documents.values()].toSorted((a, b) => a.at - b.at);
  if (held === undefined || lost === undefined) throw new Error(`no two documents: ${run.stderr}`);
  expect(held).toMatchObject({
    world: 'rig',
    lostGivenStop: 'held',
    drains: 'held',
    proven: true,
    unknowns: [],
  });
  expect(lost).toMatchObject({ world: 'rig', lostGivenStop: 'failed', drains: 'failed', jobsLost: 1 });

  const listed = await gameday('ledger', 'list', '--rig');
  expect(listed).toMatchObject({ code: 0 });
  expect(listed.stdout).toContain(`${held.fingerprint.slice(0, 12)}  1 trial in 1 drill: 1 drained`);
  expect(listed.stdout).toContain(
    `${lost.fingerprint.slice(0, 12)}  1 trial in 1 drill: 0 drained, 1 not drained`,
  );
  // Real drills are another ledger.
  expect((await gameday('ledger', 'list')).stdout).toMatch(/^No drills in /);
  const prints = [held, lost].map(({ fingerprint }) => fingerprint.slice(0, 12));
  const compared = await gameday('ledger', 'diff', ...prints, '--rig');
  expect(compared.stdout).toMatch(/entryPoint of agent .* -> .*\n/);
  expect(compared.stdout).toContain('1 drill no longer counts');

  const silent = await gameday(
    'drills',
    '--rig',
    '--alarm',
    '5',
    '--service',
    'build-agents',
    '--service',
    'gpu',
  );
  expect(silent.code).toBe(11);
  expect(silent.stdout).toContain('service gpu has no drill on the rig at all');
  expect((await gameday('drills', '--rig', '--alarm', '5')).code).toBe(0);

  expect(await gameday('ledger', 'verify', '.gameday')).toMatchObject({
    ...{
      code: 0,
      stdout: expect.stringContaining('2 documents whole, 2 journals compared; nothing wrong') as string,
    },
  });
  const added = await gameday('ledger', 'add', held.drill, '--json');
  expect(JSON.parse(added.stdout)).toMatchObject({ outcome: 'written', entered: [{ is: 'known' }] });
  const [key = ''] = documents.keys();
  await writeFile(join(folder, 'ledger', key), '{"v":1,"drill":');
  const wrong = await gameday('ledger', 'verify', '.gameday', '--json');
  expect(wrong.code).toBe(10);
  expect(JSON.parse(wrong.stdout)).toMatchObject({ refused: [{ key, why: 'cut' }], differing: [{}] });
  const conflict = await gameday('ledger', 'add', documents.get(key)?.drill ?? '');
  expect(conflict.code).toBe(10);
  expect(conflict.stdout).toContain('ANOTHER DOCUMENT STANDS THERE');
  const rebuilt = await gameday('ledger', 'rebuild', '.gameday', '--ledger', join(folder, 'anew'));
  expect(rebuilt.stdout).toContain('2 drills added');
  const anew = await readFile(join(folder, 'anew', key), 'utf8');
  expect(LedgerDocument.parse(JSON.parse(anew))).toEqual(documents.get(key));
});

test('a ledger that cannot be written changes no verdict, is said loudly, and is caught up with', async () => {
  await mkdir(join(folder, 'ledger'));
  await writeFile(join(folder, 'ledger', 'v1'), 'a file in the place of the folder of the documents');
  const away = {
    BUILDKITE_API_TOKEN: 'not-a-real-token-at-all',
    BUILDKITE_GRAPHQL_ENDPOINT: 'http://127.0.0.1:9/',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9/',
    ...{ AWS_ACCESS_KEY_ID: 'not-a-real-key-id', AWS_SECRET_ACCESS_KEY: 'not-a-real-secret-key' },
  };
  const run = await cli(['run', '--yes', '--json', scenario('exec-form')], folder, { ...env, ...away });
  expect(run.code).toBe(4);
  const [drill] = documentIn(run.stdout).drills;
  expect(drill?.outcome).toBe('could-not-run');
  const note = `DOES NOT HAVE THIS DRILL`;
  expect(run.stderr).toContain(note);
  expect(drill?.notes.at(-1)).toContain(note);
  const kept = await readFile(join(folder, '.gameday', drill?.drill ?? '', 'result.json'), 'utf8');
  expect(kept).toContain(note);
  const [, command = ''] = /Then add it: gameday (.*)$/m.exec(drill?.notes.at(-1) ?? '') ?? [];
  expect((await gameday(...command.split(' '))).code).toBe(4);
  await rm(join(folder, 'ledger', 'v1'));
  expect((await gameday(...command.split(' '))).code).toBe(0);
  expect([...(await ledger()).values()]).toMatchObject([
    { world: 'real', outcome: 'could-not-run', fingerprint: 'unknown', lostGivenStop: 'no-trial' },
  ]);
  expect([...(await ledger()).keys()].join()).not.toContain('not-a-real');
});

test('a drill that was interrupted or killed is in the ledger once it is resumed, and counts once', async () => {
  const start = async (signal: 'SIGINT' | 'SIGKILL'): Promise<string> => {
    const run = startCli(['run', '--rig', scenario('exec-form')], folder, env);
    await run.said('was created');
    run.child.kill(signal);
    await run.ended;
    await until('the end of the rig', async () => (await processesWith(folder)).length === 0);
    return /drill (\S+):/.exec(run.stderr())?.[1] ?? '';
  };
  const interrupted = await start('SIGINT');
  expect([...(await ledger()).values()]).toMatchObject([{ drill: interrupted, outcome: 'interrupted' }]);
  const killed = await start('SIGKILL');
  const early = await gameday('ledger', 'add', killed);
  expect(early).toMatchObject({
    code: 10,
    stdout: expect.stringContaining(`gameday drills resume ${killed}`) as string,
  });
  for (const drill of [interrupted, killed]) expect((await gameday('resume', drill)).code).toBe(11);
  const outcomes = [...(await ledger()).values()].map(({ drill, outcome }) => `${drill} ${outcome}`);
  expect(outcomes.toSorted()).toEqual(
    [`${interrupted} inconclusive`, `${interrupted} interrupted`, `${killed} inconclusive`].toSorted(),
  );
  const listed = await gameday('ledger', 'list', '--rig', '--json');
  const { workers } = JSON.parse(listed.stdout) as {
    readonly workers: readonly { readonly drills: number }[];
  };
  expect(workers.reduce((sum, { drills }) => sum + drills, 0)).toBe(2);
  // Resumed again, it only shows its verdict; the ledger has it already.
  expect((await gameday('resume', killed)).stderr).not.toContain('LEDGER');
});
