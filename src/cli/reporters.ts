import { openSync, writeFileSync } from 'node:fs';
import { GamedayError } from '../model/errors.ts';
import { systemClock } from '../http/clock.ts';
import { escapeControls } from '../journal/escape.ts';
import { multiplex } from '../report/reporter.ts';
import type { Reporter } from '../report/reporter.ts';
import { REPORTERS } from '../report/reporters.ts';
import type { AskedReporter, ReporterName } from '../report/reporters.ts';
import { createResultsReporter } from '../report/results.ts';
import type { Layout } from '../report/results.ts';
import { FALLBACK, WITHOUT_TERMINAL } from '../report/screen.ts';
import type { Screen } from '../report/screen.ts';
import { isAttended } from './output.ts';
import type { Output } from './output.ts';
import type { OwnFile, Reporting, Runner } from './runner.ts';

const TOOLS = { now: systemClock.now, every: repeatEvery };

/** Opens the reporters of `--reporter`. Throws bad-input if two write to the same place, or a file cannot be written. */
export async function openReporters(asked: readonly AskedReporter[], output: Output): Promise<Reporting> {
  const onScreen = asked.filter(({ file }) => file === null);
  const onStream = (stream: 'stdout' | 'stderr'): readonly AskedReporter[] =>
    onScreen.filter(({ name }) => REPORTERS[name].stream === stream);
  const [progress = null, ...more] = onStream('stderr');
  const [answer = null, ...others] = onStream('stdout');
  refuseTwo([progress, ...more], 'stderr');
  refuseTwo([answer, ...others], 'stdout');
  const named = asked.flatMap(({ file }) => file ?? []);
  const twice = named.find((file, index) => named.indexOf(file) !== index);
  if (twice !== undefined)
    throw makeBadInput(`two reporters write to ${twice}`, 'Give each a file of its own.');
  const files = await Promise.all(
    asked.flatMap(({ name, file }) => (file === null ? [] : openOne(name, file, output))),
  );
  // The command itself writes the JSON answer on stdout, as it must do so even if its flags cannot be parsed.
  const own =
    answer === null || answer.name === 'json'
      ? []
      : [await REPORTERS[answer.name].create(output.stdout, TOOLS)];
  return {
    progress: progress?.name ?? null,
    ownsStdout: answer !== null,
    files,
    answers: tellAll([...own, ...files.map(({ reporter }) => reporter)], output.stderr),
  };
}

async function openOne(name: ReporterName, file: string, output: Output): Promise<OwnFile> {
  const { create, stream } = REPORTERS[name];
  const screen = fileScreen(`--reporter ${name}=${file}`, file, output);
  return { reporter: await create(screen, TOOLS), results: stream === 'stderr' ? screen : null };
}

/** A file as a screen. If it can no longer be written, an error is printed, and the drill goes on. */
function fileScreen(flag: string, file: string, { stderr, redact }: Output): Screen {
  let fd: number | null;
  try {
    fd = openSync(file, 'w');
  } catch (error) {
    throw makeBadInput(
      `${flag}: the file cannot be written: ${messageOf(error)}`,
      'Name a file in an existing folder.',
    );
  }
  return {
    write(text) {
      if (fd === null) return;
      try {
        writeFileSync(fd, redact(text));
      } catch (error) {
        fd = null;
        const said = `error: ${flag}: the file could not be written: ${messageOf(error)}. It is incomplete. The verdict does not change; each drill's result.json contains it.`;
        stderr.write(`${escapeControls(said)}\n`);
      }
    },
    columns: () => WITHOUT_TERMINAL,
    rows: () => FALLBACK.rows,
    colors: false,
  };
}

/**
 * Progress goes to stderr, live if a person watches; results go to stdout, unless another reporter writes there. If
 * several drills run at the same time, progress is written in lines, each with the drill's title.
 */
export async function reporterFor(
  runner: Runner,
  layout: Layout,
  whose?: string,
): Promise<Required<Reporter>> {
  const { stdout, stderr } = runner.output;
  const { ownsStdout, files } = runner.reporting;
  const name = whose === undefined ? progressName(runner) : 'log';
  const results = runner.json || ownsStdout ? [] : [createResultsReporter(stdout, layout)];
  const onFiles = files.flatMap(({ reporter, results: screen }) =>
    screen === null ? [reporter] : [reporter, createResultsReporter(screen, layout)],
  );
  return tellAll(
    [
      await REPORTERS[name].create(stderr, { ...TOOLS, whose, many: layout === 'many' }),
      ...results,
      ...onFiles,
    ],
    stderr,
  );
}

/** Whether progress is drawn in one place of a terminal; else it is written in lines. */
export function isDrawn(runner: Runner): boolean {
  return progressName(runner) === 'terminal';
}

function progressName(runner: Runner): ReporterName {
  return runner.reporting.progress ?? (isWatched(runner) ? 'terminal' : 'log');
}

function isWatched({ environment }: Runner): boolean {
  return isAttended(process.stderr, environment) && environment['TERM'] !== 'dumb';
}

function tellAll(reporters: readonly Reporter[], stderr: Screen): Required<Reporter> {
  return multiplex(reporters, (error) => {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    stderr.write(`a reporter failed and is left out from here on: ${why}\n`);
  });
}

function refuseTwo(asked: readonly (AskedReporter | null)[], stream: string): void {
  const [first, second] = asked.map((one) => one?.name ?? '');
  if (second === undefined) return;
  throw makeBadInput(
    `the reporters ${first ?? ''} and ${second} both write to ${stream}`,
    'Leave one out, or give one a FILE.',
  );
}

function makeBadInput(message: string, next: string): GamedayError {
  return new GamedayError('bad-input', message, { next });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function repeatEvery(ms: number, act: () => void): () => void {
  const timer = setInterval(act, ms);
  timer.unref();
  return () => clearInterval(timer);
}
