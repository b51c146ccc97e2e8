import { resolve } from 'node:path';
import { GamedayError } from '../model/errors.ts';
import { systemClock } from '../http/clock.ts';
import { escapeControls } from '../journal/escape.ts';
import type { Agenda } from '../report/agenda.ts';
import { multiplex } from '../report/reporter.ts';
import type { Reporter } from '../report/reporter.ts';
import { REPORTERS } from '../report/reporters.ts';
import type { AskedReporter, ReporterName, ReporterTools } from '../report/reporters.ts';
import { createResultsReporter } from '../report/results.ts';
import type { Layout } from '../report/results.ts';
import type { Screen } from '../report/screen.ts';
import { isAttended, isInJob } from './output.ts';
import type { Environment, Output } from './output.ts';
import { openDocument, openLines } from './report-file.ts';
import type { Opening } from './report-file.ts';
import type { OwnReporter, Reporting, Runner } from './runner.ts';

/** What reporters are given beside their screen. */
export function toolsOf(output: Output, version: string): ReporterTools {
  return {
    now: systemClock.now,
    every: repeatEvery,
    send: (spans) => void sendTraces(spans, output, version),
  };
}

/** Loaded only where spans are sent: its packages are large. */
async function sendTraces(
  spans: Parameters<ReporterTools['send']>[0],
  { stderr }: Output,
  version: string,
): Promise<void> {
  let why: string | null;
  try {
    const { sendSpans } = await import('../telemetry/send.ts');
    why = await sendSpans(spans, version);
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  if (why === null) return;
  const said = `the drill's spans did not reach the OTLP collector: ${why}. The verdict does not change; \`gameday drills report --reporter otel\` sends them again.`;
  stderr.write(`${escapeControls(said)}\n`);
}

interface OpenOptions {
  /** Whether the command itself writes JSON on stdout. */
  readonly json?: boolean;
  /** The environment of the Buildkite job that is annotated; null: none is. */
  readonly job?: Environment | null;
  readonly version?: string;
}

/** Opens the reporters of `--reporter` and, with a job's environment, that of `--annotate`. Throws bad-input if two write to the same place, or a file cannot be written. */
export async function openReporters(
  asked: readonly AskedReporter[],
  output: Output,
  { json = false, job = null, version = '' }: OpenOptions = {},
): Promise<Reporting> {
  const tools = toolsOf(output, version);
  const onScreen = asked.filter(({ file }) => file === null);
  const onStream = (stream: 'stdout' | 'stderr'): readonly AskedReporter[] =>
    onScreen.filter(({ name }) => REPORTERS[name].stream === stream);
  const [progress = null, ...more] = onStream('stderr');
  const [answer = null, ...others] = onStream('stdout');
  refuseTwo([progress, ...more], 'stderr');
  refuseTwo([answer, ...others], 'stdout');
  if (json && answer !== null && answer.name !== 'json')
    throw makeBadInput(
      `--json and the reporter ${answer.name} both write to stdout`,
      `Leave --json out, or write --reporter ${answer.name}=FILE.`,
    );
  const named = asked.flatMap(({ file }) => (file === null ? [] : resolve(file)));
  const twice = named.find((file, index) => named.indexOf(file) !== index);
  if (twice !== undefined)
    throw makeBadInput(`two reporters write to ${twice}`, 'Give each a file of its own.');
  const lost: string[] = [];
  const files = await Promise.all([
    ...asked.flatMap(({ name, file }) => (file === null ? [] : openOne(name, file, { output, lost, tools }))),
    ...(job === null ? [] : [openAnnotations(job, output)]),
  ]);
  // The command itself writes the JSON answer on stdout, as it must do so even if its flags cannot be parsed.
  const onStdout =
    answer === null || answer.name === 'json'
      ? []
      : [{ reporter: await REPORTERS[answer.name].create(output.stdout, tools), results: null }];
  const elsewhere = onScreen.filter(({ name }) => REPORTERS[name].stream === null);
  const sending = await Promise.all(
    elsewhere.map(async ({ name }) => ({
      reporter: await REPORTERS[name].create(output.stderr, tools),
      results: null,
    })),
  );
  const own = [...onStdout, ...files, ...sending];
  return {
    progress: progress?.name ?? null,
    ownsStdout: answer !== null,
    own,
    answers: answerOnce(
      tellAll(
        own.map(({ reporter }) => reporter),
        output.stderr,
      ),
    ),
    lost: () => lost,
  };
}

async function openAnnotations(environment: Environment, output: Output): Promise<OwnReporter> {
  const [{ createAnnotationReporter }, { clients }] = await Promise.all([
    import('./annotate.ts'),
    import('./wire.ts'),
  ]);
  const { runProgram } = clients;
  const tools = { environment, output, runProgram, now: systemClock.now };
  return { reporter: createAnnotationReporter(tools), results: null };
}

/** A command that reports stored drills tells its reporters the drills' answer before its own. */
function answerOnce(reporter: Required<Reporter>): Required<Reporter> {
  let isAnswered = false;
  return {
    ...reporter,
    onAnswer(answer) {
      if (!isAnswered) reporter.onAnswer(answer);
      isAnswered = true;
    },
  };
}

async function openOne(
  name: ReporterName,
  file: string,
  opening: Opening & { readonly tools: ReporterTools },
): Promise<OwnReporter> {
  const { create, stream, isWhole } = REPORTERS[name];
  const flag = `--reporter ${name}=${file}`;
  const screen = (isWhole ? openDocument : openLines)(flag, file, opening);
  return { reporter: await create(screen, opening.tools), results: stream === 'stderr' ? screen : null };
}

/** Whose drill is shown among others; or, for the live view, what is known of all of them and whether several run at the same time. */
interface Shown {
  readonly whose?: string;
  readonly agenda?: Agenda;
  readonly many?: boolean;
}

/**
 * Progress goes to stderr, live if a person watches; results go to stdout, unless another reporter writes there. If
 * several drills run at the same time, progress is written in lines, each with the drill's title.
 */
export async function reporterFor(
  runner: Runner,
  layout: Layout,
  { whose, agenda, many = false }: Shown = {},
): Promise<Required<Reporter>> {
  const { stdout, stderr } = runner.output;
  const { ownsStdout, own } = runner.reporting;
  const name = whose === undefined ? progressName(runner) : 'log';
  const results = runner.json || ownsStdout ? [] : [createResultsReporter(stdout, layout, runner.verbose)];
  const beside = own.flatMap(({ reporter, results: screen }) =>
    screen === null ? [reporter] : [reporter, createResultsReporter(screen, layout, true)],
  );
  return tellAll(
    [
      await REPORTERS[name].create(stderr, {
        ...toolsOf(runner.output, runner.version),
        whose,
        wraps: isAttended(process.stderr, runner.environment),
        groups: isInJob(runner.environment),
        many: many || layout === 'many',
        agenda,
      }),
      ...results,
      ...beside,
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

function repeatEvery(ms: number, act: () => void): () => void {
  const timer = setInterval(act, ms);
  timer.unref();
  return () => clearInterval(timer);
}
