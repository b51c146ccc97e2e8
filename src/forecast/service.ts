import { readFileSync, writeFileSync } from 'node:fs';
import { GamedayError } from '../model/errors.ts';
import { stated } from './distribution.ts';
import type { Drains } from './drains.ts';
import { forecast } from './forecast.ts';
import type { Question, Source } from './forecast.ts';
import { readHistory } from './history.ts';
import { parseStated, STATED_HINT } from './stated.ts';
import { endpointOf } from '../http/endpoint.ts';
import { toJson } from '../journal/escape.ts';
import { printForecast } from './report.ts';
import { forecastSvg } from './svg.ts';
import { documentOf } from '../cli/documents.ts';
import { durationOf, notUnderstood } from './values.ts';
import { windowFor } from './window-files.ts';
import type { ServiceNumbers, WindowOptions } from './window-files.ts';
import { readDrains } from './measured-drains.ts';
import { readPast } from './past-jobs.ts';
import type { Runner } from '../cli/runner.ts';
import { GRAPHQL_ENDPOINT } from '../cli/settings.ts';
import { watchSignals } from '../cli/signals.ts';
import { connectBuildkite, pastJobsFile } from '../cli/wire.ts';
import { finishWith } from '../cli/way-out.ts';

/** What the command line says; a flag that was not given is undefined. */
export interface ForecastOptions extends WindowOptions {
  readonly history: string | undefined;
  readonly durations: string | undefined;
  readonly pipeline: string | undefined;
  readonly jobs: number;
  readonly points: number;
  readonly cache: string | undefined;
  readonly steps: readonly string[];
  readonly utilisation: string | undefined;
  readonly workers: number | undefined;
  readonly minimumHealthyPercent: number | undefined;
  readonly maximumPercent: number | undefined;
  readonly roomPercent: number | undefined;
  readonly startUp: string;
  readonly idleDrain: string;
  /** Drills by id, folder or journal, or folders of drills. */
  readonly drains: readonly string[];
  /** Where a drill that is named by its id lies. */
  readonly out: string;
  readonly replications: number;
  readonly seed: number;
  readonly svg: string | undefined;
  readonly insecure: boolean;
}

/** Says what stops would do to the jobs of a history, before anything is stopped. */
export async function foretell(options: ForecastOptions, runner: Runner): Promise<void> {
  // All that can be wrong without asking anybody, first.
  const { window, service } = await windowFor(options);
  const drains = options.drains.length === 0 ? null : await readDrains(options.drains, options.out);
  const fleet = fleetOf(options, service, drains);
  const utilisation = utilisationOf(options.utilisation);
  const source = ofSteps(await sourceOf(options, runner), options.steps);
  const answer = forecast({ source, window, utilisation, fleet, seed: options.seed });
  if (options.svg !== undefined) writeSvg(options.svg, forecastSvg(answer));
  const document = documentOf('planned', []);
  finishWith(document.exitCode);
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
    if (spec === null) throw notUnderstood('--durations', durations, STATED_HINT);
    return { kind: 'stated', name: durations, durations: spec };
  }
  return history === undefined ? fromBuildkite(options, runner) : fromFile(history);
}

function fromFile(path: string): Source {
  const answer = readHistory(read(path));
  if (!answer.ok) {
    const { at, message, next } = answer.wrong;
    throw new GamedayError('bad-input', message, { at: `${path}:${at}`, next });
  }
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
    const { jobs, points } = options;
    const pipeline = second ?? first;
    const path = options.cache ?? (await pastJobsFile(environment, organization, pipeline));
    const cache = { path, named: options.cache !== undefined };
    const wanted = { organization, pipeline, jobs, points, cache };
    let client: ReturnType<typeof connectBuildkite> | null = null;
    const connected = (): ReturnType<typeof connectBuildkite> =>
      (client ??= connectBuildkite({ graphqlEndpoint, token, rules }));
    return await readPast(wanted, connected, interruption.signal);
  } finally {
    interruption.release();
  }
}

const DEFAULT_WORKERS = 500;
/** More than a service may have (ECS quotas, tasks per service: 5,000). */
const MOST_WORKERS = 5000;
/** ECS's own for a service that says nothing (DeploymentConfiguration, REPLICA). */
const DEFAULT_PERCENT = { minimumHealthy: 100, maximum: 200 } as const;

/** What a flag says goes before what the service says. */
function fleetOf(
  options: ForecastOptions,
  service: ServiceNumbers,
  drains: Drains | null,
): Question['fleet'] {
  const startUp = parseStated(options.startUp);
  if (startUp === null) throw notUnderstood('--start-up', options.startUp, STATED_HINT);
  return {
    workers: workersOf(options.workers ?? service.workers ?? DEFAULT_WORKERS),
    minimumHealthyPercent:
      options.minimumHealthyPercent ?? service.minimumHealthyPercent ?? DEFAULT_PERCENT.minimumHealthy,
    maximumPercent: options.maximumPercent ?? service.maximumPercent ?? DEFAULT_PERCENT.maximum,
    roomPercent: options.roomPercent ?? null,
    startUp: { name: options.startUp, distribution: stated(startUp) },
    idle: durationOf('--idle-drain', options.idleDrain),
    drains,
    replications: options.replications,
  };
}

function workersOf(count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= MOST_WORKERS) return count;
  throw new GamedayError('bad-input', `a fleet of ${count} workers cannot be simulated`, {
    next: 'Give --workers, a whole number from 1 to 5000.',
  });
}

/** `0.7` or `70%`. */
function utilisationOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const [, number = '', sign] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim()) ?? [];
  const share = number === '' ? Number.NaN : Number(number) / (sign === '%' ? 100 : 1);
  if (share >= 0 && share <= 1) return share;
  throw notUnderstood('--utilisation', text, 'It is a share such as 0.7 or 70%.');
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
