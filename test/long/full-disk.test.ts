import { execFile } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { sealEvent } from '../../src/journal/line.ts';
import { journalIn } from '../e2e/support/case.ts';
import { held } from '../e2e/support/gates.ts';
import { SHELL, type CaseFiles } from '../e2e/support/files.ts';
import { placesIn } from '../e2e/support/places.ts';
import { standing, type Standing } from '../e2e/support/standing.ts';
import { cli, documentIn, startCli } from '../support/cli.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

/** A file system of 64 KiB at the folder, for as long as the work takes. */
async function onSmallDisk(folder: string, work: (disk: string) => Promise<void>): Promise<void> {
  await mkdir(folder, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'tmpfs', folder]);
  try {
    await work(folder);
  } finally {
    await run('umount', ['-l', folder]);
  }
}

async function mayMount(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-mount-'));
  try {
    await onSmallDisk(folder, async () => undefined);
    return true;
  } catch {
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const isMountable = process.env['GAMEDAY_REQUIRE_TOOLS'] === '1' || (await mayMount());
if (!isMountable)
  process.stderr.write(
    'The tests on a full disk are not run: to mount a small file system this needs root (`sudo`, or `docker run --privileged`).\n',
  );

/** Writes until nothing more fits, to the last byte. */
async function fill(disk: string): Promise<void> {
  for (const size of [4_096, 256, 1]) {
    const block = Buffer.alloc(size, 'x');
    for (;;) {
      const fits = await appendFile(join(disk, 'filler'), block).then(
        () => true,
        (error: unknown) => {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          return false;
        },
      );
      if (!fits) break;
    }
  }
}

const SCALE_IN: CaseFiles = {
  steps: [{ key: 'integration', command: held('struck', 'sleep 1') }],
  workers: 2,
  scenario: { inject: { fault: 'scale-in' }, limits: { verdictWithin: '60s', pollEvery: '300ms' } },
};

describe.runIf(isMountable)('a disk that is really full after the injection', () => {
  test('what was changed is undone, and the answer says why and how to go on', async () => {
    await standing(SCALE_IN, async (stage) => {
      await onSmallDisk(join(stage.folder, 'disk'), async (disk) => {
        const before = await placesIn(stage.env);
        const { code, document } = await filledAfter(stage, disk, 'GD_FAULT_LANDED');
        const [drill] = document.drills;
        expect(drill, JSON.stringify(drill)).toMatchObject({ outcome: 'inconclusive', commands: [] });
        expect([code, drill?.next]).toEqual([11, expect.stringContaining('Free some disk space')]);
        expect(drill?.said).toContain('ENOSPC');
        const after = await placesIn(stage.env);
        expect([after.desired, after.shielded]).toEqual([before.desired, before.shielded]);
      });
    });
  });

  test('a loss that the journal holds already stays a loss', async () => {
    const deaf: CaseFiles = {
      ...SCALE_IN,
      container: { argv: SHELL, stopTimeout: 3 },
      rig: { lostAfter: '5s' },
      scenario: { ...SCALE_IN.scenario, expect: { build: 'any' } },
      steps: [
        { key: 'integration', command: 'sleep 600', retry: { automatic: [{ exit_status: -1, limit: 1 }] } },
      ],
    };
    await standing(deaf, async (stage) => {
      await onSmallDisk(join(stage.folder, 'disk'), async (disk) => {
        const before = await placesIn(stage.env);
        const { code, document } = await filledAfter(stage, disk, 'AGENT_LOST');
        expect(document.drills[0], JSON.stringify(document.drills[0])).toMatchObject({
          outcome: 'failed',
          exitCode: 10,
        });
        expect(code).toBe(10);
        expect((await placesIn(stage.env)).desired).toEqual(before.desired);
      });
    });
  });
});

/** Runs the drill with its journal on the disk, which is filled as soon as a word stands in the journal. */
async function filledAfter(stage: Standing, disk: string, word: string) {
  const scenario = join(stage.folder, 'scenario.yaml');
  const child = startCli(['run', scenario, '--yes', '--json', '--out', disk], stage.folder, {
    PATH: process.env['PATH'] ?? '',
    ...stage.env,
  });
  await until(`${word} in the journal`, async () => JSON.stringify(await journalIn(disk)).includes(word));
  await fill(disk);
  const { code } = await child.ended;
  return { code, document: documentIn(child.stdout()) };
}

describe('a journal that somebody brought along', () => {
  test('lowers no desired count: abort and resume refuse it without --yes', async () => {
    await standing(SCALE_IN, async (stage) => {
      const before = await placesIn(stage.env);
      const whole = await stage.run();
      const forged = await forge(stage, whole.journal);
      for (const command of ['abort', 'resume']) {
        const env = { ...stage.env, GAMEDAY_STATE_DIR: join(stage.folder, 'other-state') };
        const { code, stdout } = await cli([command, forged, '--json'], stage.folder, env);
        const document = documentIn(stdout);
        expect([command, code, document.reason]).toEqual([command, 3, 'drill-unknown']);
        expect(document.errors[0]?.message).toContain('desired count of build-agents 0 -> 2');
        expect((await placesIn(stage.env)).desired).toEqual(before.desired);
      }
      // Also where the machine knows the drill itself: what was added to it, it does not know.
      const { code } = await cli(['abort', forged, '--json'], stage.folder, stage.env);
      expect(code).toBe(3);
      expect((await placesIn(stage.env)).desired).toEqual(before.desired);
    });
  });
});

/** The drill's journal until its target was verified, and an intent that was never ours: as if 0 had been raised to what stands. */
async function forge({ folder }: Standing, events: Awaited<ReturnType<typeof journalIn>>): Promise<string> {
  const at = eventsOf(events, 'GD_FAULT_INTENDED')[0]?.seq ?? 1;
  const kept = events.slice(0, at - 1);
  const last = kept.at(-1);
  if (last === undefined) throw new Error('the drill has no events');
  const service = { cluster: 'build-prod', service: 'build-agents' };
  const call = { kind: 'set-desired-count' as const, ...service, desired: 2, former: 0 };
  const place = { seq: last.seq + 1, at: last.at, drill: last.drill, previousSum: last.sum };
  const { line, event } = sealEvent({ code: 'GD_FAULT_INTENDED', payload: { call, attempt: 1 } }, place);
  const answer = { sentAt: last.at, answeredAt: last.at, result: 'ok', trouble: null } as const;
  const sent = sealEvent(
    { code: 'GD_FAULT_SENT', payload: { ...answer, attempt: 1, task: null } },
    { ...place, seq: last.seq + 2, previousSum: event.sum },
  );
  const to = join(folder, 'forged');
  await mkdir(to);
  const lines = (await journalLines(folder, last.drill)).slice(0, kept.length);
  await writeFile(join(to, 'journal.jsonl'), [...lines, line, sent.line, ''].join('\n'));
  return to;
}

async function journalLines(folder: string, drill: string): Promise<readonly string[]> {
  const { stdout } = await run('find', [folder, '-path', `*${drill}/journal.jsonl`]);
  return (await readFile(stdout.trim(), 'utf8')).split('\n').filter((line) => line !== '');
}
