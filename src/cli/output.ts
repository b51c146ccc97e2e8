import type { Redactor } from '../journal/redact.ts';
import { createRedactor, SHORTEST_SECRET } from '../journal/redact.ts';
import type { Screen } from '../report/screen.ts';
import { FALLBACK, WITHOUT_TERMINAL } from '../report/screen.ts';
import { wrapHanging } from '../report/width.ts';
import { writeSafely } from './exit-codes.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables whose values are secrets, used by a drill or by a library. */
const SECRET_VARIABLES = [
  'BUILDKITE_API_TOKEN',
  'BUILDKITE_AGENT_TOKEN',
  'BUILDKITE_AGENT_ACCESS_TOKEN',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
];

/** The secret values that the environment holds. */
export function secretsOf(environment: Environment): readonly string[] {
  return SECRET_VARIABLES.map((name) => environment[name] ?? '').filter(
    (value) => value.length >= SHORTEST_SECRET,
  );
}

/** An output stream that redacts what is printed; secrets may be added later. */
export interface Output {
  readonly stdout: Screen;
  readonly stderr: Screen;
  learn(secrets: readonly string[]): void;
  redact: Redactor;
}

/** The process's two streams. If one breaks, its output is dropped and the drill goes on. */
export function createOutput(environment: Environment): Output {
  const known = new Set(secretsOf(environment));
  let redact = createRedactor([...known]);
  const through: Redactor = (text) => redact(text);
  return {
    stdout: screenOf(process.stdout, through, environment),
    stderr: screenOf(process.stderr, through, environment),
    learn(secrets) {
      for (const secret of secrets) known.add(secret);
      redact = createRedactor([...known]);
    },
    redact: through,
  };
}

function screenOf(stream: NodeJS.WriteStream, redact: Redactor, environment: Environment): Screen {
  return {
    write: (text) => writeSafely(stream, redact(text)),
    columns: () => stream.columns || (stream.isTTY ? FALLBACK.columns : WITHOUT_TERMINAL),
    rows: () => stream.rows || FALLBACK.rows,
    colors: wantsColors(stream, environment),
  };
}

/** no-color.org: any value but the empty one turns colours off; FORCE_COLOR turns them on where there is no terminal. */
function wantsColors(stream: NodeJS.WriteStream, environment: Environment): boolean {
  if ((environment['NO_COLOR'] ?? '') !== '') return false;
  const forced = environment['FORCE_COLOR'] ?? '';
  if (forced !== '') return forced !== '0';
  return stream.isTTY && environment['TERM'] !== 'dumb';
}

/** Whether this is a job of Buildkite, whose log has groups. */
export function isInJob(environment: Environment): boolean {
  return environment['BUILDKITE'] === 'true';
}

/** Whether a person watches the terminal: in a Buildkite job stdout is a terminal without one. */
export function isAttended(stream: { readonly isTTY?: boolean }, environment: Environment): boolean {
  const ci = [environment['CI'], environment['BUILDKITE']].some(
    (value) => (value ?? '') !== '' && value !== 'false',
  );
  return stream.isTTY === true && !ci;
}

/** A line of progress: broken between words where a person watches a terminal, and whole in a log. */
export function writeProgress(text: string, { stderr }: Output, environment: Environment): void {
  const width = stderr.columns() - 1;
  const lines = isAttended(process.stderr, environment) ? wrapHanging(text, width, width - 2) : [text];
  stderr.write(lines.map((line, nth) => `${nth === 0 ? '' : '  '}${line}\n`).join(''));
}

/** Whether a person can be asked at this terminal. */
export function isAttendedTerminal(environment: Environment): boolean {
  return isAttended(process.stdin, environment) && isAttended(process.stderr, environment);
}

/** Whether spans are to be sent wherever a drill runs (https://opentelemetry.io/docs/specs/otel/protocol/exporter/). */
export function wantsTraces(environment: Environment): boolean {
  if (environment['OTEL_SDK_DISABLED'] === 'true' || environment['OTEL_TRACES_EXPORTER'] === 'none')
    return false;
  const endpoints = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  return endpoints.some((name) => (environment[name] ?? '') !== '');
}
