import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readReporter } from '../../src/cli/flags.ts';
import type { Environment, Output } from '../../src/cli/output.ts';
import { openReporters, reporterFor } from '../../src/cli/reporters.ts';
import { asksForJson } from '../../src/cli/runner.ts';
import type { Runner } from '../../src/cli/runner.ts';
import { clients } from '../../src/cli/wire.ts';
import { REPORTERS } from '../../src/report/reporters.ts';
import type { AskedReporter } from '../../src/report/reporters.ts';
import type { Reporter } from '../../src/report/reporter.ts';
import type { Screen } from '../../src/report/screen.ts';
import { makeGameDayDocument } from '../../src/verdict/account.ts';
import { lostDrill, tell } from '../report/journals.ts';
import { lostResult } from '../report/results.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gameday-reporters-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Recorded extends Output {
  readonly written: Readonly<Record<'stdout' | 'stderr', string[]>>;
}

/** An output that remembers what was written, and hides one word. */
function recordOutput(): Recorded {
  const written = { stdout: [] as string[], stderr: [] as string[] };
  const screen = (texts: string[]): Screen => ({
    write: (text) => void texts.push(text),
    columns: () => 100,
    rows: () => 24,
    colors: false,
  });
  return {
    written,
    stdout: screen(written.stdout),
    stderr: screen(written.stderr),
    learn: () => undefined,
    redact: (text) => text.replaceAll('canary', '[hidden]'),
  };
}

async function runnerWith(
  asked: readonly AskedReporter[],
  output: Output,
  environment: Environment = {},
): Promise<Runner> {
  const reporting = await openReporters(asked, output);
  const none = { environment, version: '0', json: false, verbose: false, ledger: null };
  return { ...none, output, reporting, clients, finish: () => undefined };
}

/** Tells a drill that lost its job, and its end, to the reporters that were asked for. */
async function tellDrill(
  asked: readonly AskedReporter[],
  output: Output,
  environment: Environment = {},
): Promise<void> {
  const runner = await runnerWith(asked, output, environment);
  const reporter = await reporterFor(runner, 'closing');
  for (const { event, state } of tell(lostDrill())) reporter.onEvent(event, state);
  reporter.onResult(lostResult({ control: null }), []);
  const document = makeGameDayDocument([lostResult({ control: null })], [], null);
  reporter.onDocument(document);
  runner.reporting.answers?.onAnswer(document);
}

describe('what --reporter takes', () => {
  test.each<[string, AskedReporter]>([
    ['log', { name: 'log', file: null }],
    ['json=out=1.json', { name: 'json', file: 'out=1.json' }],
  ])('%s', (text, asked) => {
    expect(readReporter(text)).toEqual(asked);
  });

  test.each([
    ['nope', 'there is no reporter "nope"'],
    ['toString', 'there is no reporter "toString"'],
    ['', 'there is no reporter ""'],
    ['json=', '--reporter json= names no file after the ='],
    ['junit', 'the reporter junit needs a file'],
    [
      'otel=spans.json',
      'the reporter otel cannot write to a file: it sends spans to OTEL_EXPORTER_OTLP_ENDPOINT',
    ],
    ['terminal=live.txt', 'the reporter terminal cannot write to a file: it redraws a screen'],
  ])('%s is bad input', (text, message) => {
    expect(() => readReporter(text)).toThrow(expect.objectContaining({ reason: 'bad-input', message }));
  });

  test.each([
    [['--json'], true],
    [['--reporter', 'json'], true],
    [['--reporter=json'], true],
    [['--reporter', 'json=out.json'], false],
    [['--reporter', 'log', 'json'], false],
    [['--', '--json'], false],
  ])('%j asks for JSON on stdout: %j', (argv, asks) => {
    expect(asksForJson(argv)).toBe(asks);
  });
});

test.each<[Environment, boolean]>([
  [{ BUILDKITE: 'true' }, true],
  [{ CI: 'true' }, false],
  [{}, false],
])('in %j the log has the groups of a Buildkite job: %j, and a log in a file has none', async (env, has) => {
  const output = recordOutput();
  const file = join(folder, 'job.log');
  await tellDrill([{ name: 'log', file }], output, env);
  expect(/^--- .*: injection$/m.test(output.written.stderr.join(''))).toBe(has);
  expect(/^\+\+\+ .*: failed: /m.test(output.written.stderr.join(''))).toBe(has);
  expect(readFileSync(file, 'utf8')).not.toMatch(/^(---|\+\+\+|\^\^\^) /m);
});

describe('two reporters that would write to one place', () => {
  test.each<[readonly AskedReporter[], string]>([
    [
      [
        { name: 'terminal', file: null },
        { name: 'log', file: null },
      ],
      'the reporters terminal and log both write to stderr',
    ],
    [
      [
        { name: 'json', file: null },
        { name: 'json', file: null },
      ],
      'the reporters json and json both write to stdout',
    ],
    [
      [
        { name: 'json', file: '/dev/null' },
        { name: 'log', file: '/dev/null' },
      ],
      'two reporters write to /dev/null',
    ],
  ])('%j', async (asked, message) => {
    await expect(openReporters(asked, recordOutput())).rejects.toMatchObject({
      reason: 'bad-input',
      message,
    });
  });
});

test('a file that cannot be written is bad input before anything begins', async () => {
  const asked = [{ name: 'json', file: join(folder, 'missing', 'out.json') }] as const;
  await expect(openReporters(asked, recordOutput())).rejects.toMatchObject({ reason: 'bad-input' });
});

test('the stream that no reporter owns shows what it shows without one', async () => {
  const output = recordOutput();
  await tellDrill([{ name: 'json', file: join(folder, 'beside.json') }], output);
  expect(output.written.stderr.join('')).toContain('the stop landed');
  expect(output.written.stdout.join('')).toContain('FAILED: lost');
});

test('log in a file holds progress and results, json the document, both without secrets', async () => {
  const [log, json] = [join(folder, 'drill.log'), join(folder, 'drill.json')];
  await tellDrill(
    [
      { name: 'log', file: log },
      { name: 'json', file: json },
    ],
    recordOutput(),
  );
  const lines = readFileSync(log, 'utf8');
  expect(lines).toContain('the stop landed');
  expect(lines).toContain('FAILED: lost');
  expect(lines).not.toContain('canary');
  const document: unknown = JSON.parse(readFileSync(json, 'utf8'));
  expect(document).toMatchObject({ version: 1, outcome: 'failed', drills: [{ reason: 'lost' }] });
  expect(JSON.stringify(document)).not.toContain('canary');
});

test('json on stdout takes the place of the results, and progress stays', async () => {
  const output = recordOutput();
  await tellDrill([{ name: 'json', file: null }], output);
  expect(output.written.stdout).toEqual([]);
  expect(output.written.stderr.join('')).toContain('the stop landed');
});

test.runIf(process.platform === 'linux')(
  'a file on a full disk is said once, and everybody else is told on',
  async () => {
    const output = recordOutput();
    await tellDrill([{ name: 'log', file: '/dev/full' }], output);
    const said = output.written.stderr.filter((text) => text.startsWith('error:'));
    expect(said).toEqual([
      expect.stringMatching(/--reporter log=\/dev\/full: .*ENOSPC.*verdict does not change/),
    ]);
    expect(output.written.stdout.join('')).toContain('FAILED: lost');
  },
);

test.each(Object.entries(REPORTERS))(
  '%s writes to the screen that it is given',
  async (_name, { create }) => {
    const output = recordOutput();
    const send = (spans: readonly object[]): void => output.stdout.write(JSON.stringify(spans));
    const reporter: Reporter = await create(output.stdout, {
      now: () => 0,
      every: () => () => undefined,
      send,
    });
    const told = tell(lostDrill());
    for (const { event, state } of told) reporter.onEvent?.(event, state);
    reporter.onResult?.(
      lostResult({ control: null }),
      told.map(({ event }) => event),
    );
    reporter.onAnswer?.(makeGameDayDocument([lostResult({ control: null })], [], null));
    expect(output.written.stdout.join('')).not.toBe('');
  },
);
