import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, documentIn, exportsIn, ROOT, startCli } from '../support/cli.ts';
import type { Cli } from '../support/cli.ts';
import { needsS3Server, startS3Server } from '../support/s3-server.ts';

let folder: string;
let scenario: string;
let up: Cli;
let rig: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-shared-lock-'));
  await cp(join(ROOT, 'scenarios'), join(folder, 'scenarios'), { recursive: true });
  scenario = join(folder, 'scenarios', 'exec-form.yaml');
  // Long enough that the second comes while the first still runs, on a busy machine too.
  const steps = join(folder, 'scenarios', 'pipelines', 'six-seconds.yaml');
  await writeFile(steps, (await readFile(steps, 'utf8')).replace('sleep 6', 'sleep 15'));
  up = startCli(['rig', 'up', join(folder, 'scenarios', 'rigs', 'exec-form.yaml')], folder);
  await up.said('The rig runs');
  rig = exportsIn(up.stdout());
});
afterAll(async () => {
  up.child.kill('SIGTERM');
  await up.ended;
  await rm(folder, { recursive: true, force: true });
});

/** A run as on a machine of its own: another state directory, so that only the store can keep two apart. */
function runAs(machine: string, ledger: string, env: Readonly<Record<string, string>>, ...flags: string[]) {
  const environment = { ...rig, ...env, GAMEDAY_STATE_DIR: join(folder, machine), GAMEDAY_LEDGER: ledger };
  return cli(
    ['run', scenario, '--yes', '--json', '--out', join(folder, `out-${machine}`), ...flags],
    folder,
    environment,
  );
}

/** Two machines want the same service at the same time: one injects, the other is told who has the lock. */
async function raceTwo(name: string, ledger: string, env: Readonly<Record<string, string>>): Promise<void> {
  const machines = [`${name}-a`, `${name}-b`];
  const ended = await Promise.all(machines.map((machine) => runAs(machine, ledger, env)));
  const drills = ended.map(({ stdout }) => documentIn(stdout).drills[0]);
  const winner = drills.find((drill) => drill?.reason === 'drained');
  const loser = drills.find((drill) => drill?.reason !== 'drained');
  // Who comes later may see the build of the other one too, which refuses it as well.
  expect(['lock-held', 'not-allowed']).toContain(loser?.reason);
  const said = loser?.guards.find(({ guard }) => guard === 'lock')?.said;
  expect(said).toContain(`held by drill ${winner?.drill ?? ''}`);
  expect(said).toContain(`in ${ledger}`);
  const injections = await Promise.all(
    machines.map(async (machine) => {
      const [drill = ''] = await readdir(join(folder, `out-${machine}`));
      return (
        (await readFile(join(folder, `out-${machine}`, drill, 'journal.jsonl'), 'utf8')).split(
          'GD_FAULT_INTENDED',
        ).length - 1
      );
    }),
  );
  expect(injections.sort()).toEqual([0, 1]);
  // It was given back: the next one gets it.
  const next = documentIn((await runAs(`${name}-c`, ledger, env)).stdout).drills[0];
  expect(next?.reason).toBe('drained');
}

describe('the lock that machines share', () => {
  test('two machines race for one service through a folder', async () => {
    await raceTwo('folder', join(folder, 'ledger'), {});
  });

  test('the plan says which lock is taken', async () => {
    const ledger = join(folder, 'ledger');
    const { stdout } = await runAs('dry', ledger, {}, '--dry-run');
    const [drill] = documentIn(stdout).drills;
    expect(drill?.guards.find(({ guard }) => guard === 'lock')?.said).toBe(
      `not taken in a dry run; a drill takes it in ${ledger}`,
    );
  });

  test('a store that is away: nothing is injected', async () => {
    const env = { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' };
    const { code, stdout } = await runAs('away', 's3://games/ledger', env);
    const [drill] = documentIn(stdout).drills;
    expect({ code, reason: drill?.reason }).toEqual({ code: 3, reason: 'lock-held' });
    expect(drill?.said).toMatch(
      /the lock could not be taken: the lock in s3:\/\/games\/ledger: .*127\.0\.0\.1:9/,
    );
  });

  test.runIf(needsS3Server())('two machines race for one service through S3', async () => {
    const server = await startS3Server(rig['AWS_ACCESS_KEY_ID'], rig['AWS_SECRET_ACCESS_KEY']);
    try {
      await raceTwo('s3', 's3://games/ledger', { AWS_ENDPOINT_URL_S3: server.url });
    } finally {
      await server.close();
    }
  });
});
