import { readFileSync, writeFileSync } from 'node:fs';
import { GamedayError } from '../drill/errors.ts';
import { agentContainer, LAUNCH_TYPES, launchTypeOf, windowOf } from '../forecast/window.ts';
import type { LaunchType } from '../forecast/window.ts';
import { readDefinition } from '../forecast/definition.ts';
import type { Wrong } from '../forecast/definition.ts';
import { stated } from '../forecast/distribution.ts';
import { forecast } from '../forecast/forecast.ts';
import type { Question, Source } from '../forecast/forecast.ts';
import { readHistory } from '../forecast/history.ts';
import { positionOf } from '../forecast/json.ts';
import { parseStated, STATED_HINT } from '../forecast/stated.ts';
import { endpointOf } from '../http/endpoint.ts';
import { toJson } from '../journal/escape.ts';
import { printForecast } from '../report/forecast.ts';
import { forecastSvg } from '../report/forecast-svg.ts';
import { parseDuration } from '../scenario/duration.ts';
import { documentOf } from './documents.ts';
import { readPast } from './past-jobs.ts';
import type { Runner } from './runner.ts';
import { GRAPHQL_ENDPOINT } from './settings.ts';
import { watchSignals } from './signals.ts';
import { connectBuildkite } from './wire.ts';

/** What the command line says; a flag that was not given is undefined. */
export interface ForecastOptions {
  readonly history: string | undefined;
  readonly durations: string | undefined;
  readonly pipeline: string | undefined;
  readonly jobs: number;
  readonly points: number;
  readonly cache: string | undefined;
  readonly steps: readonly string[];
  readonly taskDefinition: string | undefined;
  readonly container: string | undefined;
  readonly launchType: string | undefined;
  readonly stopTimeout: string | undefined;
  readonly told: string | undefined;
  readonly utilisation: string | undefined;
  readonly workers: number;
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  readonly roomPercent: number | undefined;
  readonly startUp: string;
  readonly idleDrain: string;
  readonly replications: number;
  readonly seed: number;
  readonly svg: string | undefined;
  readonly insecure: boolean;
}

/** Says what stops would do to the jobs of a history, before anything is stopped. */
export async function foretell(options: ForecastOptions, runner: Runner): Promise<void> {
  // All that can be wrong without asking anybody, first.
  const window = windowFor(options);
  const fleet = fleetOf(options);
  const utilisation = utilisationOf(options.utilisation);
  const source = ofSteps(await sourceOf(options, runner), options.steps);
  const answer = forecast({ source, window, utilisation, fleet, seed: options.seed });
  if (options.svg !== undefined) writeSvg(options.svg, forecastSvg(answer));
  const document = documentOf('planned', []);
  process.exitCode = document.exitCode;
  const { stdout } = runner.output;
  if (runner.json) stdout.write(`${toJson({ ...document, forecast: answer }, 2)}\n`);
  else printForecast(answer, stdout);
}

function writeSvg(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw new GamedayError('bad-input', `the SVG cannot be written: ${codeOf(cause)}`, { cause, at: path });
  }
}

function ofSteps(source: Source, steps: readonly string[]): Source {
  if (source.kind === 'stated') return source;
  const jobs = steps.length === 0 ? source.jobs : source.jobs.filter(({ step }) => steps.includes(step));
  if (jobs.length > 0) return { ...source, jobs };
  const left = Object.entries(source.leftOut).map(([why, many]) => `${many} ${why}`);
  const known = [...new Set(source.jobs.map(({ step }) => step))].slice(0, 20);
  const next =
    known.length > 0
      ? `Its steps: ${known.join(', ')}.`
      : 'It needs at least one job that is over and passed.';
  const why = left.length > 0 ? ` (left out: ${left.join(', ')})` : '';
  throw new GamedayError('bad-input', `there is no job to forecast from${why}`, { at: source.name, next });
}

async function sourceOf(options: ForecastOptions, runner: Runner): Promise<Source> {
  const { history, durations, pipeline } = options;
  const given = [history, durations, pipeline].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw new GamedayError('bad-input', 'a forecast has one source of durations', {
      next: 'Give one of --history FILE, --pipeline SLUG and --durations.',
    });
  if (durations !== undefined) {
    const spec = parseStated(durations);
    if (spec === null) throw wrong('--durations', durations, STATED_HINT);
    return { kind: 'stated', name: durations, durations: spec };
  }
  return history === undefined ? fromBuildkite(options, runner) : fromFile(history);
}

function fromFile(path: string): Source {
  const text = read(path);
  const answer = readHistory(text);
  if (!answer.ok) throw placed(path, text, answer.wrong);
  return { kind: 'file', name: path, ...answer.history, complete: true };
}

async function fromBuildkite(options: ForecastOptions, { environment, output }: Runner): Promise<Source> {
  const [first = '', second] = (options.pipeline ?? '').split('/');
  const organization = second === undefined ? environment['BUILDKITE_ORGANIZATION_SLUG']?.trim() : first;
  const token = environment['BUILDKITE_API_TOKEN']?.trim();
  const missing = [
    ...(organization === undefined || organization === '' ? ['BUILDKITE_ORGANIZATION_SLUG'] : []),
    ...(token === undefined || token === '' ? ['BUILDKITE_API_TOKEN'] : []),
  ];
  if (organization === undefined || token === undefined || missing.length > 0)
    throw new GamedayError('bad-input', `${missing.join(' and ')}: not set`, {
      next: 'Set it, or give --history FILE.',
    });
  output.learn([token]);
  const rules = { allowInsecure: options.insecure, loopbackOnly: false };
  const graphqlEndpoint = environment['BUILDKITE_GRAPHQL_ENDPOINT']?.trim() || GRAPHQL_ENDPOINT;
  endpointOf('BUILDKITE_GRAPHQL_ENDPOINT', graphqlEndpoint, rules);
  const interruption = watchSignals(() => undefined);
  try {
    const { jobs, points, cache = null } = options;
    const wanted = { organization, pipeline: second ?? first, jobs, points, cache };
    let client: ReturnType<typeof connectBuildkite> | null = null;
    const connected = (): ReturnType<typeof connectBuildkite> =>
      (client ??= connectBuildkite({ graphqlEndpoint, token, rules }));
    return await readPast(wanted, connected, interruption.signal);
  } finally {
    interruption.release();
  }
}

function windowFor(options: ForecastOptions): Question['window'] {
  const launchType = launchTypeNamed(options.launchType);
  const stopTimeout =
    options.stopTimeout === undefined ? null : durationOf('--stop-timeout', options.stopTimeout);
  const path = options.taskDefinition;
  if (path === undefined) {
    const type = launchType ?? 'FARGATE';
    const container = { name: 'agent', image: null, stopTimeout, dependsOn: [], entryPoint: [], command: [] };
    const definition = { family: null, compatibilities: [], containers: [container] };
    const window = windowOf(definition, container, type);
    checkCeiling('--stop-timeout', stopTimeout, type);
    const note = 'no task definition was given: an agent that is told, with no container beside it';
    return { ...window, container: null, told: toldOf(options.told) ?? true, notes: [note, ...window.notes] };
  }
  const text = read(path);
  const answer = readDefinition(text);
  if (!answer.ok) throw placed(path, text, answer.wrong);
  const definition = answer.value;
  const agent = agentContainer(definition, options.container ?? null);
  if (agent === null)
    throw new GamedayError(
      'bad-input',
      options.container === undefined
        ? 'which container runs the agent cannot be told'
        : `there is no container "${options.container}"`,
      {
        at: path,
        next: `Name it: --container ${definition.containers.map(({ name }) => name).join(' or ')}.`,
      },
    );
  const type = launchType ?? launchTypeOf(definition);
  const container = stopTimeout === null ? agent : { ...agent, stopTimeout };
  checkCeiling(path, container.stopTimeout, type);
  const containers = definition.containers.map((one) => (one === agent ? container : one));
  const window = windowOf({ ...definition, containers }, container, type);
  const told = toldOf(options.told);
  if (told === null) return window;
  return { ...window, told, notes: window.notes.filter((note) => !note.includes('--told')) };
}

/** ECS refuses such a definition, so that its window is nobody's. */
function checkCeiling(at: string, stopTimeout: number | null, launchType: LaunchType): void {
  if (!launchType.startsWith('FARGATE') || stopTimeout === null || stopTimeout <= 120_000) return;
  throw new GamedayError('bad-input', `a stopTimeout of ${stopTimeout / 1000} s: Fargate takes at most 120`, {
    at,
    next: 'Lower it to 120, or say --launch-type EC2 if it runs there.',
  });
}

function launchTypeNamed(text: string | undefined): LaunchType | null {
  return LAUNCH_TYPES.find((type) => type === text) ?? null;
}

function toldOf(text: string | undefined): boolean | null {
  return text === undefined ? null : text === 'yes';
}

function fleetOf(options: ForecastOptions): Question['fleet'] {
  const startUp = parseStated(options.startUp);
  if (startUp === null) throw wrong('--start-up', options.startUp, STATED_HINT);
  return {
    workers: options.workers,
    minimumHealthyPercent: options.minimumHealthyPercent,
    maximumPercent: options.maximumPercent,
    roomPercent: options.roomPercent ?? null,
    startUp: { name: options.startUp, distribution: stated(startUp) },
    idle: durationOf('--idle-drain', options.idleDrain),
    replications: options.replications,
  };
}

/** `0.7` or `70%`. */
function utilisationOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const [, number = '', sign] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim()) ?? [];
  const share = number === '' ? Number.NaN : Number(number) / (sign === '%' ? 100 : 1);
  if (share >= 0 && share <= 1) return share;
  throw wrong('--utilisation', text, 'It is a share such as 0.7 or 70%.');
}

function durationOf(flag: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw wrong(flag, text, 'Write a duration such as 30s or 2m.');
}

function wrong(flag: string, text: string, next: string): GamedayError {
  return new GamedayError('bad-input', `${flag}: "${text}" is not understood`, { next });
}

function placed(path: string, text: string, { offset, message, next }: Wrong): GamedayError {
  return new GamedayError('bad-input', message, { at: `${path}:${positionOf(text, offset)}`, next });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const missing = codeOf(cause) === 'ENOENT';
    const why = missing ? 'there is no such file' : `it cannot be read: ${codeOf(cause)}`;
    throw new GamedayError('bad-input', why, { cause, at: path, next: 'Check the path.' });
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}
