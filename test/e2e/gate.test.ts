import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyOfRecord } from '../../src/ledger/document.ts';
import type { LedgerDocument } from '../../src/ledger/document.ts';
import { textOf } from '../../src/ledger/seal.ts';
import { aDocument, LOST_ONE, WORKER } from '../support/ledger-documents.ts';
import { cli } from '../support/cli.ts';

/** Ledgers in folders, and the definition of the worker that their drills are about. */
let folder: string;
const DIGEST = `sha256:${'a'.repeat(64)}`;
const NOW = Date.now();
const DAY = 86_400_000;

function writeLedger(name: string, documents: readonly LedgerDocument[]): void {
  for (const document of documents) {
    const path = join(folder, name, keyOfRecord(document));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, textOf(document));
  }
}

const many = (count: number, over: Parameters<typeof aDocument>[0] = {}): readonly LedgerDocument[] =>
  Array.from({ length: count }, () => aDocument({ at: NOW - DAY, ...over }));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gameday-gate-'));
  const agent = { name: 'agent', image: `team/worker@${DIGEST}`, command: ['buildkite-agent', 'start'] };
  const definition = (stopTimeout: number): string =>
    JSON.stringify({
      ...{ family: 'build-agent', requiresCompatibilities: ['FARGATE'] },
      containerDefinitions: [{ ...agent, stopTimeout }],
    });
  writeFileSync(join(folder, 'task.json'), definition(120));
  writeFileSync(join(folder, 'shorter.json'), definition(60));
  const total = { runs: 4000, lost: 0, undecided: 0 };
  writeFileSync(join(folder, 'losses.json'), JSON.stringify({ losses: { total, designEffect: 1 } }));
  writeLedger('proven', many(62));
  writeLedger('bad', many(3, LOST_ONE));
  writeLedger('old', many(62, { at: NOW - 60 * DAY }));
  writeLedger('rig', many(62, { world: 'rig' }));
  writeLedger('cut', many(62));
  const day = join(folder, 'cut', dirname(keyOfRecord(many(1)[0] ?? aDocument())));
  const [first = ''] = readdirSync(day);
  writeFileSync(join(day, first), readFileSync(join(day, first), 'utf8').slice(0, 200));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function gate(
  ledger: string,
  ...more: readonly string[]
): Promise<{ readonly code: number | null; readonly text: string }> {
  const claim = more.includes('--claim') ? [] : ['--claim', 'lost-given-stop < 5 % at 95 %'];
  const worker = more.includes('--task-definition') ? [] : ['--task-definition', 'task.json'];
  const args = ['gate', '--ledger', ledger, ...worker, ...claim, ...more];
  const { code, stdout, stderr } = await cli(args, folder, { GAMEDAY_STATE_DIR: join(folder, 'state') });
  return { code, text: stdout + stderr };
}

describe.concurrent('gameday gate against ledgers of every kind', () => {
  test.each<[string, number, string, readonly string[]]>([
    ['proven', 0, '0 of 62 drills lost a job (62 jobs): at most 4.94 %', []],
    ['proven', 0, 'HELD  not-drained < 5 % at 95 %', ['--claim', 'drains > 95 % at 95 %']],
    ['bad', 10, 'REFUTED', []],
    ['proven', 11, '31 clean drills are missing', ['--claim', 'lost-given-stop < 3.34 % at 95 %']],
    ['proven', 11, 'stopTimeout of agent 2 min 0 s -> 1 min 0 s', ['--task-definition', 'shorter.json']],
    ['proven', 11, 'fault stop-task -> scale-in', ['--fault', 'scale-in']],
    ['proven', 11, 'say nothing of longer ones', ['--job-time', '20m']],
    ['old', 0, 'HELD', []],
    ['old', 11, 'a recent drill was asked for', ['--within', '30d']],
    ['rig', 11, 'no drill counts', []],
    ['rig', 0, 'by drills on the rig', ['--rig']],
    ['proven', 11, 'no drill counts', ['--rig']],
    ['cut', 11, '1 document of this worker cannot be read, and may tell of losses', []],
    ['proven', 0, 'at most 2.2 %, as stated', ['--claim', 'runs-lost < 0.2 % at 95 %', '--stopped', '2.2 %']],
    ['proven', 0, '0 of 4000 lost', ['--claim', 'runs-lost < 0.1 % at 95 %', '--losses', 'losses.json']],
    ['nowhere', 4, 'could not list the folder', []],
  ])('%s: %i, %s', async (ledger, code, said, more) => {
    const answer = await gate(ledger, ...more);
    expect(answer.text).toContain(said);
    expect(answer.code).toBe(code);
  });

  test('the answer as JSON', async () => {
    const { code, text } = await gate('proven', '--json', '--task-definition', 'shorter.json');
    const nearest = { trials: 62, changes: ['stopTimeout of agent 2 min 0 s -> 1 min 0 s'] };
    expect(JSON.parse(text)).toMatchObject({
      ...{ outcome: 'inconclusive', exitCode: code, answer: 'not-enough-evidence', nearest },
      claim: { said: 'lost-given-stop < 5 % at 95 %', limit: 0.05 },
    });
  });

  test('bad input is found before the ledger is read', async () => {
    // There is no such ledger.
    const { code, text } = await gate('nowhere', '--claim', 'lost-given-stop <= 5 % at 95 %');
    expect(text).toContain('--claim, character 17: "<=" is not the sign');
    expect(code).toBe(2);
  });
});

test('the worker of these documents is the one of the definition', () => {
  expect(WORKER.containers[0]?.image.digest).toBe(DIGEST);
});
