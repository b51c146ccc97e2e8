import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keepResult } from '../../src/cli/drive.ts';
import { reportDrills } from '../../src/cli/report-drills.ts';
import { openReporters } from '../../src/cli/reporters.ts';
import type { Answer } from '../../src/cli/exit-codes.ts';
import type { Runner } from '../../src/cli/runner.ts';
import { clients } from '../../src/cli/wire.ts';
import type { NewEvent } from '../../src/journal/events.ts';
import { REPORTERS } from '../../src/report/reporters.ts';
import type { AskedReporter, ReporterName } from '../../src/report/reporters.ts';
import { makeGameDayDocument } from '../../src/verdict/account.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { NOON } from '../support/builders.ts';
import { lostDrill, tell } from '../report/journals.ts';

const DRILL = '20261124-120000-beef';
let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'gameday-report-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

/** A command with reporters, and what it wrote and answered. */
async function open(asked: readonly AskedReporter[]) {
  const written = { stdout: '', stderr: '', answer: null as Answer | null };
  const screen = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => void (written[name] += text),
    ...{ columns: () => 100, rows: () => 24, colors: false },
  });
  const output = {
    stdout: screen('stdout'),
    stderr: screen('stderr'),
    learn: () => undefined,
    redact: (text: string) => text,
  };
  const reporting = await openReporters(asked, output);
  const runner: Runner = {
    ...{
      environment: {},
      version: '0',
      json: false,
      verbose: false,
      ledger: null,
      output,
      reporting,
      clients,
    },
    finish: (answer) => void (written.answer = answer),
  };
  return { runner, written };
}

/** Stores a drill, and tells reporters of it as the run does. */
async function live(asked: readonly AskedReporter[], events: readonly NewEvent[] = lostDrill()) {
  const { runner } = await open(asked);
  const told = tell(events);
  const journal = told.map(({ event }) => event);
  const folder = join(out, journal[0]?.drill ?? '');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'journal.jsonl');
  writeFileSync(path, journal.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const summary = summarizeDrill(journal, path);
  const result = await keepResult({ ...summary, notes: ['only the run knew this'] }, folder, runner);
  for (const { event, state } of told)
    for (const { reporter } of runner.reporting.own) reporter.onEvent?.(event, state);
  runner.reporting.answers?.onResult(result, journal);
  runner.reporting.answers?.onAnswer(makeGameDayDocument([result], [], null));
}

async function replay(named: readonly string[], asked: readonly AskedReporter[], last = false) {
  const { runner, written } = await open(asked);
  await reportDrills(named, { out, last }, runner);
  return written;
}

const WITH_FILE = (Object.keys(REPORTERS) as ReporterName[]).filter(
  (name) => REPORTERS[name].noFile === null,
);

describe('a report of a stored drill is the report of the run, byte for byte', () => {
  test.each(WITH_FILE)('%s', async (name) => {
    await live([{ name, file: join(out, 'live') }]);
    await replay([DRILL], [{ name, file: join(out, 'replayed') }]);
    const replayed = readFileSync(join(out, 'replayed'), 'utf8');
    expect(replayed).toBe(readFileSync(join(out, 'live'), 'utf8'));
    expect(replayed).not.toBe('');
  });
});

test('many drills of a folder are one report, in the order in which they were begun', async () => {
  const late = join(out, 'artifacts', '1', '0', 'job-a');
  const early = join(out, 'artifacts', '2', '0', 'job-b');
  for (const [folder, id, start] of [
    [late, '20261124-130000-cafe', NOON + 3_600_000],
    [early, DRILL, NOON],
  ] as const) {
    mkdirSync(join(folder, id), { recursive: true });
    const lines = tell(lostDrill(), id, start).map(({ event }) => `${JSON.stringify(event)}\n`);
    writeFileSync(join(folder, id, 'journal.jsonl'), lines.join(''));
  }
  const file = join(out, 'junit.xml');
  const { answer } = await replay([join(out, 'artifacts')], [{ name: 'junit', file }]);
  expect(answer).toMatchObject({ outcome: 'written' });
  const ids = [...readFileSync(file, 'utf8').matchAll(/"gameday.drill" value="([^"]*)"/g)].map(
    ([, id]) => id,
  );
  expect(ids).toEqual([DRILL, '20261124-130000-cafe']);
});

test('without a name the last drill is reported', async () => {
  await live([]);
  const { stdout, answer } = await replay([], [{ name: 'markdown', file: null }]);
  expect(stdout).toContain('FAILED: masked-loss');
  expect(answer).toMatchObject({ outcome: 'written', exitCode: 0, drills: [{ drill: DRILL }] });
});

test.each<[string, readonly string[], readonly AskedReporter[], boolean, string]>([
  ['no drill at all', [], [], false, 'there is no drill in'],
  ['an unknown id', ['20200101-000000-beef'], [], false, 'there is no drill "20200101-000000-beef"'],
  ['a name and --last', [DRILL], [], true, '--last and a DRILL exclude each other'],
  ['the live view', [DRILL], [{ name: 'terminal', file: null }], false, 'shows drills while they run'],
])('%s is bad input', async (_what, named, asked, last, message) => {
  await expect(replay(named, asked, last)).rejects.toMatchObject({
    reason: 'bad-input',
    message: expect.stringContaining(message),
  });
});

test('a verdict in result.json that the journal does not have is not reported', async () => {
  await live([]);
  const path = join(out, DRILL, 'result.json');
  const stored = readFileSync(path, 'utf8');
  writeFileSync(path, stored.replace('"outcome": "failed"', '"outcome": "passed"'));
  const { stdout } = await replay([DRILL], [{ name: 'markdown', file: null }]);
  expect(stdout).toContain('FAILED: masked-loss');
  expect(stdout).not.toContain('PASSED');
});

test('a result of an earlier version, without when, where and cost, is read', async () => {
  await live([]);
  const path = join(out, DRILL, 'result.json');
  const { startedAt, endedAt, gameday, region, cluster, service, account, cost, ...earlier } = JSON.parse(
    readFileSync(path, 'utf8'),
  ) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify(earlier));
  const { answer } = await replay([DRILL], []);
  expect(answer).toMatchObject({
    drills: [
      {
        notes: ['only the run knew this'],
        ...{ startedAt, endedAt, gameday, region, cluster, service, account, cost },
      },
    ],
  });
});

test('a drill whose runner died has no verdict, and no report says that it passed', async () => {
  const cut = lostDrill().filter(({ code }) => code !== 'GD_JUDGED' && code !== 'GD_SETTLED');
  await live([], cut);
  rmSync(join(out, DRILL, 'result.json'));
  const { stdout } = await replay([DRILL], [{ name: 'markdown', file: null }]);
  expect(stdout).toContain('INTERRUPTED');
  expect(stdout).toContain(`gameday drills resume ${DRILL}`);
});

test('a report is there whole or not at all, and that of an earlier run is gone from the begin on', async () => {
  const file = join(out, 'report.xml');
  writeFileSync(file, 'an earlier pass');
  const { runner } = await open([{ name: 'junit', file }]);
  expect(existsSync(file)).toBe(false);
  runner.reporting.answers?.onAnswer(makeGameDayDocument([], [], 'SIGINT'));
  expect(readFileSync(file, 'utf8')).toContain('a signal ended the run before every drill had begun');
  expect(readdirSync(out)).toEqual(['report.xml']);
});

test.runIf(process.platform === 'linux')('a report that cannot be written fails the command', async () => {
  await live([]);
  const { answer, stderr } = await replay([DRILL], [{ name: 'junit', file: '/dev/full' }]);
  expect(answer).toMatchObject({ outcome: 'could-not-run', exitCode: 4 });
  expect(stderr).toMatch(/--reporter junit=\/dev\/full: .*ENOSPC/);
});
