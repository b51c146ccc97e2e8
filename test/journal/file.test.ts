import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FileLayer } from '../../src/disk/layer.ts';
import { GamedayError } from '../../src/model/errors.ts';
import { createMemoryJournal, openJournal } from '../../src/journal/file.ts';
import { readJournal } from '../../src/journal/replay.ts';
import { someEvents } from './sample.ts';

const DRILL = '20260102-030405-beef';
let folder: string;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'gameday-journal-')), 'out', DRILL);
});
afterEach(async () => {
  await rm(join(folder, '..', '..'), { recursive: true, force: true });
});

async function refusal(action: Promise<unknown>): Promise<GamedayError> {
  const error = await action.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(GamedayError);
  return error as GamedayError;
}

/** The claim of the one who writes. */
async function writerFile(): Promise<string> {
  const [name = ''] = (await readdir(folder)).filter((one) => one.startsWith('writer.'));
  return join(folder, name);
}

async function written(secrets: readonly string[] = []): Promise<string> {
  const journal = await openJournal(folder, DRILL, { secrets, create: true });
  for (const event of someEvents()) await journal.append(event, event.code === 'GD_HALTED');
  await journal.close();
  return join(folder, 'journal.jsonl');
}

test('what was appended reads back, numbered from 1, and no control character stands in the file', async () => {
  const journal = await openJournal(folder, DRILL, { secrets: [], create: true, now: () => 1000.4 });
  const appended = [];
  for (const event of someEvents()) appended.push(await journal.append(event, false));
  await journal.close();
  const path = join(folder, 'journal.jsonl');
  expect(await readJournal(path)).toMatchObject({ events: appended, torn: false });
  expect(journal.events).toEqual(appended);
  expect(appended.map((event) => [event.seq, event.at])).toEqual([1, 2, 3, 4, 5].map((seq) => [seq, 1000]));
  expect(appended[2]).toMatchObject({ payload: { said: 'branch \u001b[31m\u009b naïve — ünïcode 🎯' } });
  const raw = await readFile(path);
  expect(
    [...raw.toString('utf8')].filter((c) => c !== '\n' && (c < ' ' || (c >= '\u007f' && c <= '\u009f'))),
  ).toEqual([]);
});

test('folder 0700, files 0600, and the writer file goes with the writer', async () => {
  const journal = await openJournal(folder, DRILL, { secrets: [], create: true });
  await journal.append(someEvents()[0]!, true);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, 'journal.jsonl'))).mode & 0o777).toBe(0o600);
  expect((await stat(await writerFile())).mode & 0o777).toBe(0o600);
  await journal.close();
  expect(await readdir(folder)).toEqual(['journal.jsonl']);
});

test('secrets are redacted before the event is given back', async () => {
  const journal = await openJournal(folder, DRILL, { secrets: ['kill switch is'], create: true });
  const sealed = await journal.append(someEvents()[3]!, true);
  expect(sealed.payload).toEqual({ reason: 'kill-switch', said: 'the [redacted] on' });
  await journal.close();
  expect(await readFile(join(folder, 'journal.jsonl'), 'utf8')).not.toContain('kill switch is');
});

test('a second runner on the folder is refused while the first one lives', async () => {
  const first = await openJournal(folder, DRILL, { secrets: [], create: true });
  expect(await refusal(openJournal(folder, DRILL, { secrets: [], create: false }))).toMatchObject({
    reason: 'lock-held',
  });
  await first.close();
  const second = await openJournal(folder, DRILL, { secrets: [], create: false });
  await second.close();
});

test("a dead runner's writer file does not stand in the way", async () => {
  await written();
  const child = spawn(process.execPath, ['-e', '']);
  const pid = child.pid;
  await new Promise((resolve) => child.once('exit', resolve));
  const live = await openJournal(folder, DRILL, { secrets: [], create: false });
  const path = await writerFile();
  const mine = JSON.parse(await readFile(path, 'utf8')) as { readonly said: string; readonly holder: object };
  const left = (over: object): Promise<void> =>
    writeFile(path, JSON.stringify({ ...mine, holder: { ...mine.holder, ...over } }));
  await live.close();
  await left({ pid, started: '1' });
  const next = await openJournal(folder, DRILL, { secrets: [], create: false });
  await next.close();
  await left({ started: '1' });
  const reused = await openJournal(folder, DRILL, { secrets: [], create: false });
  await reused.close();
  for (const over of [{ host: 'another-machine' }, { namespace: 'pid:[1]', started: '1' }]) {
    await left(over);
    expect(await refusal(openJournal(folder, DRILL, { secrets: [], create: false }))).toMatchObject({
      reason: 'lock-held',
      next: expect.stringContaining(path) as string,
    });
  }
  await writeFile(path, '');
  expect(await refusal(openJournal(folder, DRILL, { secrets: [], create: false }))).toMatchObject({
    reason: 'lock-held',
  });
});

test('a torn last line is cut before the next one is appended', async () => {
  const path = await written();
  const whole = await readFile(path);
  await truncate(path, whole.length - 7);
  const journal = await openJournal(folder, DRILL, { secrets: [], create: false });
  expect(journal.events).toHaveLength(4);
  await journal.append(someEvents()[4]!, true);
  await journal.close();
  const again = await readJournal(path);
  expect(again.torn).toBe(false);
  expect(again.events.map((event) => event.code)).toEqual(someEvents().map((event) => event.code));
});

test('an existing journal is not begun again, and a missing one is not gone on with', async () => {
  await written();
  expect(await refusal(openJournal(folder, DRILL, { secrets: [], create: true }))).toMatchObject({
    reason: 'journal-unwritable',
  });
  expect(await refusal(openJournal(`${folder}x`, DRILL, { secrets: [], create: false }))).toMatchObject({
    reason: 'journal-unwritable',
  });
});

test('a folder that cannot be made is journal-unwritable', async () => {
  await written();
  await appendFile(join(folder, 'file'), '');
  const error = await refusal(openJournal(join(folder, 'file', 'x'), DRILL, { secrets: [], create: true }));
  expect(error).toMatchObject({ reason: 'journal-unwritable' });
  expect(error.message).toContain('ENOTDIR');
});

test("another drill's journal is refused", async () => {
  const path = await written();
  const error = await refusal(openJournal(folder, 'another', { secrets: [], create: false }));
  expect(error).toMatchObject({ reason: 'bad-input', at: `${path}:1:1` });
});

test('a closed journal takes nothing more', async () => {
  const journal = await openJournal(folder, DRILL, { secrets: [], create: true });
  await journal.append(someEvents()[0]!, true);
  await journal.close();
  expect(await refusal(journal.append(someEvents()[1]!, true))).toMatchObject({
    reason: 'journal-unwritable',
  });
});

test('an event that could not be replayed is a loud defect', async () => {
  const journal = createMemoryJournal(DRILL, []);
  const wrong = { code: 'GD_HALTED', payload: { reason: 'x' } } as unknown as Parameters<
    typeof journal.append
  >[0];
  await expect(journal.append(wrong, false)).rejects.toThrow();
  expect(journal.events).toEqual([]);
});

test('time never runs backwards within a journal', async () => {
  const times = [2000, 1000];
  const journal = createMemoryJournal(DRILL, [], () => times.shift() ?? 0);
  await journal.append(someEvents()[0]!, false);
  expect((await journal.append(someEvents()[1]!, false)).at).toBe(2000);
});

/** Node's own recursive mkdir never comes back from there, and no signal ends it. */
test('a folder under /proc is refused at once', async () => {
  const opened = openJournal('/proc/gameday/drill', DRILL, { secrets: [], create: true });
  await expect(opened).rejects.toMatchObject({ reason: 'journal-unwritable' });
});

/** Windows opens no folder or flushes none, and shortens no file that is open for appending; network file systems sync no folder. */
describe('on a file system', () => {
  const error = (code: string): Error => Object.assign(new Error(code), { code });
  /** This machine's file system with the errors of another one. */
  const layerWith = (
    folders: { readonly open?: string; readonly sync?: string },
    cut?: string,
  ): FileLayer => {
    const open = new Set<number>();
    return {
      ...fs,
      openSync: (...args: Parameters<typeof fs.openSync>) => {
        if (folders.open !== undefined) throw error(folders.open);
        const fd = fs.openSync(...args);
        open.add(fd);
        return fd;
      },
      fsyncSync: (fd) => {
        if (folders.sync !== undefined && open.has(fd)) throw error(folders.sync);
        fs.fsyncSync(fd);
      },
      ftruncateSync: (...args) => {
        if (cut !== undefined) throw error(cut);
        fs.ftruncateSync(...args);
      },
    };
  };

  test.each([
    { open: 'EISDIR' },
    { open: 'EACCES' },
    { sync: 'EPERM' },
    { sync: 'EINVAL' },
    { sync: 'ENOTSUP' },
  ])('that cannot sync folders (%j) a journal is written and gone on with', async (folders) => {
    const layer = layerWith(folders);
    const journal = await openJournal(folder, DRILL, { secrets: [], create: true, layer });
    await journal.append(someEvents()[0]!, true);
    await journal.close();
    const next = await openJournal(folder, DRILL, { secrets: [], create: false, layer });
    await next.append(someEvents()[1]!, true);
    await next.close();
    expect((await readJournal(join(folder, 'journal.jsonl'))).events).toHaveLength(2);
  });

  test.each([{ sync: 'EIO' }, { sync: 'ENOSPC' }, { open: 'EMFILE' }])(
    'that fails (%j) no journal is begun',
    async (folders) => {
      const layer = layerWith(folders);
      expect(await refusal(openJournal(folder, DRILL, { secrets: [], create: true, layer }))).toMatchObject({
        reason: 'journal-unwritable',
      });
    },
  );

  test('that shortens no file open for appending (EPERM) a torn last line is cut by its path', async () => {
    const path = await written();
    await truncate(path, (await readFile(path)).length - 7);
    const layer = layerWith({}, 'EPERM');
    const journal = await openJournal(folder, DRILL, { secrets: [], create: false, layer });
    await journal.append(someEvents()[4]!, true);
    await journal.close();
    expect(await readJournal(path)).toMatchObject({ torn: false, events: { length: 5 } });
  });
});
