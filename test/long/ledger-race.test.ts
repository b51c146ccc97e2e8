import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sealEvent } from '../../src/journal/line.ts';
import { cli } from '../support/cli.ts';
import { story, T } from '../support/journal-builders.ts';
import { needsS3Server, startS3Server } from '../support/s3-server.ts';

const WRITERS = 20;
const DRILLS = ['20261124-120000-aaaa', '20261124-120000-bbbb', '20261124-120000-cccc'];

/** Writes the journals of three drained drills. */
async function writeDrills(folder: string): Promise<void> {
  for (const drill of DRILLS) {
    let previousSum = '';
    const events = [...story(), { at: T.looked + 100, code: 'GD_SETTLED' as const, payload: { left: [] } }];
    const lines = events.map(({ at, code, payload }, index) => {
      const { line, event } = sealEvent({ code, payload } as never, {
        seq: index + 1,
        at,
        drill,
        previousSum,
      });
      previousSum = event.sum;
      return line;
    });
    await mkdir(join(folder, '.gameday', drill), { recursive: true });
    await writeFile(join(folder, '.gameday', drill, 'journal.jsonl'), `${lines.join('\n')}\n`);
  }
}

/** Twenty processes add the same drills at the same time: each drill is added by one of them and counts once. */
async function race(
  ledger: string,
  environment: Readonly<Record<string, string>>,
  folder: string,
): Promise<void> {
  await writeDrills(folder);
  const env = { ...environment, GAMEDAY_LEDGER: ledger, GAMEDAY_STATE_DIR: join(folder, 'state') };
  const answers = await Promise.all(
    Array.from({ length: WRITERS }, () => cli(['ledger', 'add', ...DRILLS, '--json'], folder, env)),
  );
  expect(answers.map(({ code, stderr }) => [code, stderr])).toEqual(Array(WRITERS).fill([0, '']));
  const entered = answers.flatMap(
    ({ stdout }) => (JSON.parse(stdout) as { entered: { drill: string; is: string }[] }).entered,
  );
  for (const drill of DRILLS)
    expect(entered.filter((one) => one.drill === drill && one.is === 'added')).toHaveLength(1);
  expect(entered.filter(({ is }) => is === 'known')).toHaveLength((WRITERS - 1) * DRILLS.length);
  const listed = await cli(['ledger', 'list', '--json'], folder, env);
  expect(JSON.parse(listed.stdout)).toMatchObject({
    workers: [{ drills: DRILLS.length, proven: DRILLS.length }],
  });
  expect((await cli(['ledger', 'verify', '.gameday'], folder, env)).stdout).toContain('nothing wrong');
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-ledger-race-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('twenty processes add the same drills to a folder', async () => {
  await inFolder((folder) => race(join(folder, 'ledger'), {}, folder));
});

describe.runIf(needsS3Server())('on a real server', () => {
  test('twenty processes add the same drills to S3, and what is denied or away is told', async () => {
    const server = await startS3Server();
    try {
      await inFolder(async (folder) => {
        await race('s3://games/ledger', server.environment, folder);
        const wrong = { ...server.environment, AWS_SECRET_ACCESS_KEY: 'not-the-secret-of-anybody' };
        const denied = await cli(
          ['ledger', 'list', '--ledger', 's3://games/ledger', '--json'],
          folder,
          wrong,
        );
        expect(denied.code).toBe(4);
        const nowhere = {
          ...server.environment,
          AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9',
          AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
        };
        const away = await cli(
          ['ledger', 'add', ...DRILLS, '--ledger', 's3://games/ledger', '--json'],
          folder,
          nowhere,
        );
        expect(away.code).toBe(4);
        for (const { stdout } of [denied, away])
          expect(JSON.parse(stdout)).toMatchObject({
            outcome: 'could-not-run',
            errors: [{ next: expect.any(String) as string }],
          });
      });
    } finally {
      await server.close();
    }
  });
});
