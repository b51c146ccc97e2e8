import { writeFileSync } from 'node:fs';
import { answerOf, documentOf } from '../cli/exit-codes.ts';
import type { Environment } from '../cli/output.ts';
import type { Runner } from '../cli/runner.ts';
import { ecsSettingsFromEnvironment, GRAPHQL_ENDPOINT, REST_ENDPOINT, rulesOf } from '../cli/settings.ts';
import { watchSignals } from '../cli/signals.ts';
import { readInstant } from '../forecast/instant.ts';
import { systemClock } from '../http/clock.ts';
import { endpointOf } from '../http/endpoint.ts';
import type { EndpointRules } from '../http/endpoint.ts';
import { GamedayError } from '../model/errors.ts';
import { exitCodeOf } from '../model/reasons.ts';
import type { AnswerName } from '../model/reasons.ts';
import { formatInstant } from '../report/text.ts';
import { parseDuration } from '../scenario/duration.ts';
import { concludeLosses } from './conclude.ts';
import { readDeploymentsOf } from './ecs-deployments.ts';
import type { Deployment, LossesDocument } from './document.ts';
import { createHistories } from './histories.ts';
import type { LossesFlags } from './options.ts';
import { openPages } from './pages.ts';
import { readPastBuilds } from './past-builds.ts';
import type { Source } from './past-builds.ts';
import { printLosses } from './report.ts';
import type { Period } from './spikes.ts';
import { lossesSvg } from './svg.ts';
import { createHistoryCounter } from './tally.ts';

const DAY = 86_400_000;
const SECOND = 1000;

/** Counts the lost job runs of pipelines and prints them. */
export async function countLosses(flags: LossesFlags, runner: Runner): Promise<void> {
  const asked = await readQuestion(flags, runner.environment);
  runner.output.learn([asked.access.token]);
  const interruption = watchSignals(() => undefined);
  try {
    const losses = await readLosses(asked, flags, runner, interruption.signal);
    if (flags.svg !== undefined) writeSvg(flags.svg, losses);
    runner.finish(answerOf(outcomeOf(losses), { losses }), (stdout) => printLosses(losses, stdout));
  } catch (error) {
    const signal = interruption.readSignal();
    if (signal === null) throw error;
    runner.finish({ ...documentOf('interrupted', []), exitCode: exitCodeOf('interrupted', signal) });
  } finally {
    interruption.release();
  }
}

function outcomeOf({ limit }: LossesDocument): AnswerName {
  if (limit === null) return 'listed';
  return ({ above: 'failed', below: 'clean', 'not-enough-evidence': 'inconclusive' } as const)[limit.answer];
}

/** Everything that can be checked before a service is contacted. */
interface Question {
  readonly organization: string;
  /** Null: all. */
  readonly pipelines: readonly string[] | null;
  readonly period: Period;
  readonly change: number | null;
  readonly allowed: number | null;
  readonly service: { readonly cluster: string; readonly name: string } | null;
  readonly access: Access;
}

interface Access {
  readonly token: string;
  readonly restEndpoint: string;
  readonly graphqlEndpoint: string;
  readonly rules: EndpointRules;
}

async function readQuestion(flags: LossesFlags, environment: Environment): Promise<Question> {
  const now = systemClock.now();
  const { cluster, service } = flags;
  // A cluster alone may stand in the environment for other commands.
  if (service !== undefined && cluster === undefined)
    throw new GamedayError('bad-input', '--service needs its --cluster', {
      next: 'Give both to lay the deployments of a service beside the losses.',
    });
  const from = readPast('--since', flags.since, now);
  const change =
    flags['before-after'] === undefined ? null : readPast('--before-after', flags['before-after'], now);
  if (change !== null && change <= from)
    throw new GamedayError('bad-input', '--before-after does not lie after --since', {
      next: 'Name a later date, or give an earlier --since.',
    });
  const question = {
    ...pipelinesOf(flags, environment),
    // Pages of builds begin and end at whole seconds.
    period: { from: Math.floor(from / SECOND) * SECOND, to: (Math.floor(now / SECOND) + 1) * SECOND },
    change,
    allowed: flags.max === undefined ? null : readShare(flags.max),
    service: cluster === undefined || service === undefined ? null : { cluster, name: service },
    access: accessOf(environment, flags.insecure),
  };
  if (question.service !== null) await ecsSettingsFromEnvironment(null, environment, flags.insecure);
  return question;
}

function pipelinesOf(
  { pipeline = [], all }: LossesFlags,
  environment: Environment,
): Pick<Question, 'organization' | 'pipelines'> {
  if (all === pipeline.length > 0)
    throw new GamedayError('bad-input', 'the losses of which pipelines?', {
      next: 'Give --pipeline ORG/SLUG, once or more, or --all.',
    });
  const parts = pipeline.map((text) => {
    const [first = '', second] = text.split('/');
    return second === undefined ? { slug: first } : { organization: first, slug: second };
  });
  const own = environment['BUILDKITE_ORGANIZATION_SLUG']?.trim() ?? '';
  const organizations = [...new Set(parts.map(({ organization = own }) => organization))];
  const [organization = own] = organizations;
  if (organizations.length > 1)
    throw new GamedayError('bad-input', 'the pipelines belong to several organizations', {
      next: 'Count one organization at a time.',
    });
  if (organization === '')
    throw new GamedayError('bad-input', 'BUILDKITE_ORGANIZATION_SLUG: not set', {
      next: 'Set it, or write --pipeline ORG/SLUG.',
    });
  return { organization, pipelines: all ? null : [...new Set(parts.map(({ slug }) => slug))] };
}

function accessOf(environment: Environment, insecure: boolean): Access {
  const token = environment['BUILDKITE_API_TOKEN']?.trim() ?? '';
  if (token === '')
    throw new GamedayError('bad-input', 'BUILDKITE_API_TOKEN: not set', {
      next: 'Set it to an API token that may read builds.',
    });
  const rules = rulesOf(environment, insecure);
  const restEndpoint = environment['BUILDKITE_REST_API_ENDPOINT']?.trim() || REST_ENDPOINT;
  const graphqlEndpoint = environment['BUILDKITE_GRAPHQL_ENDPOINT']?.trim() || GRAPHQL_ENDPOINT;
  endpointOf('BUILDKITE_REST_API_ENDPOINT', restEndpoint, rules);
  endpointOf('BUILDKITE_GRAPHQL_ENDPOINT', graphqlEndpoint, rules);
  return { token, restEndpoint, graphqlEndpoint, rules };
}

async function readLosses(
  asked: Question,
  flags: LossesFlags,
  { clients, environment, output }: Runner,
  signal: AbortSignal,
): Promise<LossesDocument> {
  const { organization, pipelines, period, change, allowed, access } = asked;
  const counter = createHistoryCounter({ period, grouping: flags.by ?? null, change, nameDay });
  const remarks: string[] = [];
  const rest = await clients.connectBuildkiteRest(access);
  const clock = systemClock;
  const say = (line: string): void => output.stderr.write(`${line}\n`);
  let buildkite: ReturnType<typeof clients.connectBuildkite> | null = null;
  for (const pipeline of pipelines ?? [null]) {
    const source: Source = { organization, pipeline };
    const own = await clients.pastBuildsFolder(environment, organization, pipeline);
    const kept = openPages(folderOf(flags.pages, own), clock.now());
    const histories = createHistories({
      buildkite: () => (buildkite ??= clients.connectBuildkite(access)),
      ...{ kept, points: flags.points, clock, signal },
    });
    await readPastBuilds(source, period, { rest, kept, clock, signal, say }, async (builds) => {
      await histories.ask(builds);
      for (const build of builds) counter.add(build, (run) => histories.isLost(run));
    });
    const [unkept, unasked] = [kept.unkept(), histories.unasked()];
    if (unkept !== null) remarks.push(unkept);
    if (unasked !== null) remarks.push(`the histories of some runs were not read: ${unasked}`);
  }
  const deployments = await readDeployments(asked, flags, { clients, environment }, signal, remarks);
  return concludeLosses(counter.read(), {
    ...{ organization, pipelines, period, change, allowed, deployments, remarks },
    grouping: flags.by ?? null,
    requests: rest.requests(),
  });
}

/** A day of UTC by its midnight. */
function nameDay(at: number): string {
  return formatInstant(at).slice(0, 10);
}

/** Pages of several pipelines must not meet in one folder. */
function folderOf(
  named: string | undefined,
  own: string,
): { readonly path: string; readonly named: boolean } {
  if (named === undefined) return { path: own, named: false };
  return { path: `${named}/${own.slice(own.lastIndexOf('/') + 1)}`, named: true };
}

async function readDeployments(
  { service, period }: Question,
  flags: LossesFlags,
  { clients, environment }: Pick<Runner, 'clients' | 'environment'>,
  signal: AbortSignal,
  remarks: string[],
): Promise<readonly Deployment[] | null> {
  if (service === null) return null;
  const ecs = await clients.connectEcs(await ecsSettingsFromEnvironment(null, environment, flags.insecure));
  const asked = { from: period.from, now: systemClock.now() };
  const found = await readDeploymentsOf(service, asked, ecs, signal);
  signal.throwIfAborted();
  remarks.push(...found.remarks);
  return found.deployments;
}

/** An instant of the past: `30d` or `12h` ago, a date, or a time; of UTC where it names no zone. */
function readPast(flag: string, text: string, now: number): number {
  const days = /^(\d{1,4})d$/.exec(text.trim())?.[1];
  const ms = days === undefined ? parseDuration(text.trim()) : Number(days) * DAY;
  const written = /^\d{4}-\d\d-\d\d$/.test(text.trim()) ? `${text.trim()}T00:00` : text;
  const at = ms === null ? readInstant(written)?.at : now - ms;
  if (at === undefined)
    throw new GamedayError('bad-input', `${flag}: "${text}" is not understood`, {
      next: 'Write it as 30d, 12h, 2026-11-01 or 2026-11-01T12:00Z.',
    });
  if (at < now) return at;
  throw new GamedayError('bad-input', `${flag}: "${text}" does not lie in the past`, {
    next: 'Name a time that has passed.',
  });
}

/** `0.5%` or `0.005`. */
function readShare(text: string): number {
  const [, number = '', sign] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim()) ?? [];
  const share = number === '' ? Number.NaN : Number(number) / (sign === '%' ? 100 : 1);
  if (share > 0 && share < 1) return share;
  throw new GamedayError('bad-input', `--max: "${text}" is not a rate between 0 and 1`, {
    next: 'Write it as 0.5% or 0.005.',
  });
}

function writeSvg(path: string, losses: LossesDocument): void {
  try {
    writeFileSync(path, lossesSvg(losses));
  } catch (cause) {
    throw new GamedayError('bad-input', `the SVG cannot be written to ${path}`, { cause, at: path });
  }
}
