import { writeFileSync } from 'node:fs';
import { GamedayError } from '../model/errors.ts';
import { formatSpan } from '../model/instants.ts';
import { distributionOf } from './distribution.ts';
import type { Drains } from './drains.ts';
import { makeForecast } from './forecast.ts';
import type { Question, Source } from './forecast.ts';
import { parseStated, STATED_HINT } from './stated.ts';
import { endpointOf } from '../http/endpoint.ts';
import { printForecast } from './report.ts';
import { forecastSvg } from './svg.ts';
import { documentOf } from '../cli/exit-codes.ts';
import { historyIn } from '../preflight/files.ts';
import type { ForecastFlags } from './options.ts';
import { readWindow } from './window-files.ts';
import type { ServiceNumbers } from './window-files.ts';
import { readDrains } from './measured-drains.ts';
import { readPast } from './past-jobs.ts';
import type { Runner } from '../cli/runner.ts';
import { GRAPHQL_ENDPOINT, rulesOf } from '../cli/settings.ts';
import { watchSignals } from '../cli/signals.ts';

/** Makes and prints a forecast: what stops would do to the jobs of a history. */
export async function runForecast(flags: ForecastFlags, runner: Runner): Promise<void> {
  // First everything that can be checked without contacting a service.
  const { window, service } = await readWindow(flags);
  const drains = flags.drains === undefined ? null : await readDrains(flags.drains, flags.out);
  const fleet = fleetOf(flags, service, drains);
  const utilisation = utilisationOf(flags.utilisation);
  const source = keepSteps(await sourceOf(flags, runner), flags.step ?? []);
  const answer = makeForecast({ source, window, utilisation, fleet, seed: flags.seed });
  if (flags.svg !== undefined) writeSvg(flags.svg, forecastSvg(answer));
  runner.finish({ ...documentOf('planned', []), forecast: answer }, (stdout) =>
    printForecast(answer, stdout),
  );
}

function writeSvg(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw new GamedayError('bad-input', `the SVG cannot be written: ${codeOf(cause)}`, { cause, at: path });
  }
}

function keepSteps(source: Source, steps: readonly string[]): Source {
  if (source.kind === 'stated') return source;
  const jobs = steps.length === 0 ? source.jobs : source.jobs.filter(({ step }) => steps.includes(step));
  if (jobs.length > 0) return { ...source, jobs };
  const left = Object.entries(source.leftOut).map(([why, many]) => `${many} ${why}`);
  const known = [...new Set(source.jobs.map(({ step }) => step))].slice(0, 20);
  const next =
    known.length > 0
      ? `Its steps: ${known.join(', ')}.`
      : 'A forecast needs at least one job that ended and passed.';
  const why = left.length > 0 ? ` (left out: ${left.join(', ')})` : '';
  throw new GamedayError('bad-input', `the history has no job to forecast from${why}`, {
    at: source.name,
    next,
  });
}

async function sourceOf(flags: ForecastFlags, runner: Runner): Promise<Source> {
  const { history, durations, pipeline } = flags;
  const given = [history, durations, pipeline].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw new GamedayError('bad-input', 'a forecast needs exactly one source of durations', {
      next: 'Give one of --history FILE, --pipeline SLUG and --durations.',
    });
  if (durations !== undefined) {
    const spec = parseStated(durations);
    if (spec === null) throw makeFlagError('--durations', durations, STATED_HINT);
    return { kind: 'stated', name: durations, durations: spec };
  }
  if (history === undefined) return readFromBuildkite(flags, runner);
  return { kind: 'file', name: history, ...(await historyIn(history)), complete: true };
}

async function readFromBuildkite(
  flags: ForecastFlags,
  { environment, output, clients }: Runner,
): Promise<Source> {
  const [first = '', second] = (flags.pipeline ?? '').split('/');
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
  const rules = rulesOf(environment, flags.insecure);
  const graphqlEndpoint = environment['BUILDKITE_GRAPHQL_ENDPOINT']?.trim() || GRAPHQL_ENDPOINT;
  endpointOf('BUILDKITE_GRAPHQL_ENDPOINT', graphqlEndpoint, rules);
  const interruption = watchSignals(() => undefined);
  try {
    const { jobs, points } = flags;
    const pipeline = second ?? first;
    const path = flags.cache ?? (await clients.pastJobsFile(environment, organization, pipeline));
    const cache = { path, named: flags.cache !== undefined };
    const wanted = { organization, pipeline, jobs, points, cache };
    let client: ReturnType<typeof clients.connectBuildkite> | null = null;
    const connected = (): ReturnType<typeof clients.connectBuildkite> =>
      (client ??= clients.connectBuildkite({ graphqlEndpoint, token, rules }));
    return await readPast(wanted, connected, interruption.signal);
  } finally {
    interruption.release();
  }
}

const DEFAULT_WORKERS = 500;
/** The most workers of a service (ECS quotas, tasks per service: 5,000). */
const MOST_WORKERS = 5000;
/** ECS's defaults in percent (DeploymentConfiguration, REPLICA). */
const DEFAULT_PERCENT = { minimumHealthy: 100, maximum: 200 } as const;

/** The fleet; a flag overrides the service. */
function fleetOf(flags: ForecastFlags, service: ServiceNumbers, drains: Drains | null): Question['fleet'] {
  const startUp = parseStated(flags['start-up']);
  if (startUp === null) throw makeFlagError('--start-up', flags['start-up'], STATED_HINT);
  return {
    workers: workersOf(flags.workers ?? service.workers ?? DEFAULT_WORKERS),
    minimumHealthyPercent:
      flags['minimum-healthy-percent'] ?? service.minimumHealthyPercent ?? DEFAULT_PERCENT.minimumHealthy,
    maximumPercent: flags['maximum-percent'] ?? service.maximumPercent ?? DEFAULT_PERCENT.maximum,
    roomPercent: flags['room-percent'] ?? null,
    startUp: { name: flags['start-up'], distribution: distributionOf(startUp) },
    idle: flags['idle-drain'],
    drains,
    protection: protectionOf(flags.protection),
    replications: flags.replications,
  };
}

const MINUTE = 60_000;
/** The most minutes that a protection lasts (API, UpdateTaskProtection, expiresInMinutes). */
const MOST_MINUTES = 2880;

/** ECS takes whole minutes. */
function protectionOf(ms: number | undefined): number | null {
  if (ms === undefined) return null;
  if (ms % MINUTE === 0 && ms >= MINUTE && ms <= MOST_MINUTES * MINUTE) return ms;
  throw new GamedayError('bad-input', `ECS protects no task for ${formatSpan(ms)}`, {
    at: '--protection',
    next: "Give the ExpiresInMinutes of the hook: whole minutes from 1m to 48h; ECS's default is 2h.",
  });
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
  throw makeFlagError('--utilisation', text, 'Write it as a share such as 0.7 or 70%.');
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}

/** The error for a flag whose value cannot be read. */
function makeFlagError(flag: string, text: string, next: string): GamedayError {
  return new GamedayError('bad-input', `${flag}: "${text}" is not understood`, { next });
}
