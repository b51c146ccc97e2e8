import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, startCli } from '../support/cli.ts';
import { processesWith } from '../support/processes.ts';
import { until } from '../support/until.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gameday-certify-'));
});
afterAll(async () => {
  for (const pid of await processesWith(folder)) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const argsFor = (name: string, claim: string, scenario: string): string[] => [
  ...['certify', '--rig', '--ledger', join(folder, `${name}-ledger`), '--out', join(folder, name)],
  ...['--claim', claim, '--reporter', 'log', scenario],
];

function countIn(path: string): number {
  return readdirSync(path, { recursive: true }).filter((name) => String(name).endsWith('.json')).length;
}

describe.concurrent('gameday certify', () => {
  test('a worker that loses its jobs is refuted by its second drill', async () => {
    const ended = await cli(
      [...argsFor('shell', 'lost-given-stop < 5 % at 95 %', '@shell-form'), '--json'],
      folder,
    );
    expect(JSON.parse(ended.stdout)).toMatchObject({
      ...{ outcome: 'failed', exitCode: 10, answer: 'refuted', stop: 'decided', world: 'rig' },
      own: [{ outcome: 'failed' }, { outcome: 'failed' }],
      workers: [{ judged: { counts: { failed: 2, held: 0 } } }],
    });
    expect(ended.code).toBe(10);
    expect(countIn(join(folder, 'shell-ledger'))).toBe(2);
  });

  test('killed in the middle and run again, it goes on from the right count', async () => {
    const args = argsFor('killed', 'lost-given-stop < 60 % at 95 %', '@exec-form');
    const first = startCli(args, folder);
    await until('the second stop', async () => first.stderr().split('StopTask was answered').length > 2);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(countIn(join(folder, 'killed-ledger'))).toBe(1);
    const again = await cli(args, folder);
    expect(again.stderr).toContain('was left unfinished and is taken up');
    // Its rig died with its runner: what became of its job is not known.
    expect(again.stdout).toContain('HELD  lost-given-stop < 60 % at 95 %');
    expect(again.stdout).toContain('0 of 4 drills lost a job (4 jobs)');
    expect(again.stdout).toMatch(/not counted: 1 (?:undecided|inconclusive)/);
    expect(again.code).toBe(0);
    expect(countIn(join(folder, 'killed-ledger'))).toBe(5);
    expect(readdirSync(join(folder, 'killed'))).toHaveLength(5);
  });

  test('bad input is found before anything is begun', async () => {
    const ended = await cli(argsFor('bad', 'runs-lost < 5 % at 95 %', '@exec-form'), folder);
    expect(ended.stderr).toContain('drills alone do not certify a claim on runs');
    expect(ended.code).toBe(2);
  });
});
