import { GamedayError } from '../model/errors.ts';
import { RigFacts } from '../scenario/plan.ts';
import type { Plan } from '../scenario/plan.ts';
import { endpointOf } from '../http/endpoint.ts';
import type { EndpointRules } from '../http/endpoint.ts';
import { readProxies } from '../http/proxies.ts';
import { SHORTEST_SECRET } from '../journal/redact.ts';
import { parseDuration } from '../scenario/duration.ts';
import type { InputError } from '../scenario/problem.ts';
import { explainUnknownRegion, regionOfProfile } from './aws-profile.ts';
import type { Environment } from './output.ts';

/** Where a drill runs and with which credentials; fixed before anything is contacted. */
export interface Settings {
  readonly organization: string;
  readonly region: string;
  readonly token: string;
  readonly graphqlEndpoint: string;
  /** Set for the rig only; else the SDK finds it by its own rules. */
  readonly ecsEndpoint: string | null;
  /** The name of ECS's endpoint in lock and past injections. */
  readonly ecsName: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
  readonly label: string | null;
  readonly lostAfter: number;
  readonly rig: RigFacts | null;
  readonly embeddedRig: boolean;
  readonly rules: EndpointRules;
  /** The environment that the surroundings are read from. */
  readonly environment: Environment;
}

export const GRAPHQL_ENDPOINT = 'https://graphql.buildkite.com/v1';
/** A base: `/v2` follows it (github.com/buildkite/go-buildkite, DefaultBaseURL). */
export const REST_ENDPOINT = 'https://api.buildkite.com/';

/** The discard port: nothing answers there. */
const NOWHERE = 'http://127.0.0.1:9/';

/** Milliseconds. Buildkite gives up an agent after three minutes of silence and checks once a minute. */
const LOST_AFTER = 300_000;

/** The parts of a scenario or an assertion that say where it runs. */
type Place = Pick<Plan['scenario'], 'build' | 'cluster'>;

/** Reads the settings for one scenario from the environment; returns all errors at once. */
export async function settingsFromEnvironment(
  scenario: Place,
  environment: Environment,
  insecure: boolean,
): Promise<{ readonly settings: Settings | null; readonly errors: readonly InputError[] }> {
  const errors: InputError[] = [];
  const rules = collectErrors(errors, () => rulesOf(environment, insecure)) ?? {
    allowInsecure: insecure,
    loopbackOnly: false,
  };
  const token = requireVariable(
    errors,
    environment,
    ['BUILDKITE_API_TOKEN'],
    'an API token with GraphQL access',
  );
  if (token !== '' && token.length < SHORTEST_SECRET) {
    errors.push(makeInputError('BUILDKITE_API_TOKEN is too short to be a token', 'Set it to an API token.'));
  }
  const organization =
    scenario.build.organization ??
    requireVariable(
      errors,
      environment,
      ['BUILDKITE_ORGANIZATION_SLUG'],
      "the organization's slug, or build.organization",
    );
  const graphqlEndpoint =
    readEnvironmentVariable(environment, 'BUILDKITE_GRAPHQL_ENDPOINT') ?? GRAPHQL_ENDPOINT;
  collectErrors(errors, () => endpointOf('BUILDKITE_GRAPHQL_ENDPOINT', graphqlEndpoint, rules));
  const { region, ecsEndpoint } = await ecsOf(errors, scenario.cluster.region, environment, rules);
  const rig = collectErrors(errors, () => factsOf(environment)) ?? null;
  const lostAfter = collectErrors(errors, () => lostAfterOf(environment)) ?? LOST_AFTER;
  if (errors.length > 0) return { settings: null, errors };
  const ecsName = ecsNameOf(ecsEndpoint, region);
  return {
    errors,
    settings: {
      organization,
      region,
      token,
      graphqlEndpoint,
      ecsEndpoint: null,
      ecsName,
      credentials: null,
      label: readEnvironmentVariable(environment, 'GAMEDAY_LABEL'),
      lostAfter,
      rig,
      embeddedRig: false,
      rules,
      environment,
    },
  };
}

/** How other machines are reached. Throws bad-input for a proxy that is none. */
export function rulesOf(environment: Environment, insecure: boolean): EndpointRules {
  return { allowInsecure: insecure, loopbackOnly: false, proxies: readProxies(environment) };
}

/** The settings of the ECS client alone; the SDK finds endpoint and credentials. */
export type EcsSettings = Pick<Settings, 'region' | 'rules' | 'environment'>;

/** The settings of ECS from the environment. Throws bad-input with the first setting that is missing or wrong. */
export async function ecsSettingsFromEnvironment(
  region: string | null,
  environment: Environment,
  insecure: boolean,
): Promise<EcsSettings> {
  const errors: InputError[] = [];
  const rules = collectErrors(errors, () => rulesOf(environment, insecure)) ?? {
    allowInsecure: insecure,
    loopbackOnly: false,
  };
  const found = await ecsOf(errors, region, environment, rules);
  const [error] = errors;
  if (error === undefined) return { region: found.region, rules, environment };
  throw new GamedayError('bad-input', error.message, error.next === null ? {} : { next: error.next });
}

async function ecsOf(
  errors: InputError[],
  given: string | null,
  environment: Environment,
  rules: Settings['rules'],
): Promise<{ readonly region: string; readonly ecsEndpoint: string | null }> {
  const region =
    given ??
    (await regionOfProfile(environment)) ??
    requireVariable(
      errors,
      environment,
      ['AWS_REGION', 'AWS_DEFAULT_REGION'],
      'a region, or cluster.region in the scenario',
    );
  const variable = ['AWS_ENDPOINT_URL_ECS', 'AWS_ENDPOINT_URL'].find(
    (name) => readEnvironmentVariable(environment, name) !== null,
  );
  const ignored =
    readEnvironmentVariable(environment, 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS')?.toLowerCase() === 'true';
  const ecsEndpoint =
    variable === undefined || ignored ? null : readEnvironmentVariable(environment, variable);
  const unknown = region === '' ? null : await explainUnknownRegion(region, ecsEndpoint !== null);
  if (unknown !== null) errors.push(makeInputError(unknown.said, unknown.next));
  if (ecsEndpoint !== null) collectErrors(errors, () => endpointOf(variable ?? '', ecsEndpoint, rules));
  // For an assumed role the SDK calls STS; an endpoint from a profile is checked by the same rules at the call.
  for (const name of ['AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL_FIS']) {
    const endpoint = ignored ? null : readEnvironmentVariable(environment, name);
    if (endpoint !== null) collectErrors(errors, () => endpointOf(name, endpoint, rules));
  }
  return { region, ecsEndpoint };
}

/** The settings of a rig that this process started; without the user's AWS_*, BUILDKITE_* and profiles. */
export function settingsFromRig(
  scenario: Place,
  rig: Readonly<Record<string, string>>,
  own: { readonly stateDir: string; readonly environment: Environment },
): Settings {
  const ecsEndpoint = requireRigValue(rig, 'AWS_ENDPOINT_URL_ECS');
  return {
    organization: scenario.build.organization ?? requireRigValue(rig, 'BUILDKITE_ORGANIZATION_SLUG'),
    region: scenario.cluster.region ?? requireRigValue(rig, 'AWS_REGION'),
    token: requireRigValue(rig, 'BUILDKITE_API_TOKEN'),
    graphqlEndpoint: requireRigValue(rig, 'BUILDKITE_GRAPHQL_ENDPOINT'),
    ecsEndpoint,
    ecsName: ecsNameOf(ecsEndpoint, requireRigValue(rig, 'AWS_REGION')),
    credentials: {
      accessKeyId: requireRigValue(rig, 'AWS_ACCESS_KEY_ID'),
      secretAccessKey: requireRigValue(rig, 'AWS_SECRET_ACCESS_KEY'),
    },
    label: readEnvironmentVariable(rig, 'GAMEDAY_LABEL') ?? 'rig',
    lostAfter: lostAfterOf(rig) ?? LOST_AFTER,
    rig: factsOf(rig) ?? null,
    embeddedRig: true,
    rules: { allowInsecure: false, loopbackOnly: true },
    environment: {
      GAMEDAY_STATE_DIR: own.stateDir,
      GAMEDAY_RIG_SHARED: rig['GAMEDAY_RIG_SHARED'],
      BUILDKITE_REST_API_ENDPOINT: rig['BUILDKITE_REST_API_ENDPOINT'],
      GAMEDAY_KILL_SWITCH: own.environment['GAMEDAY_KILL_SWITCH'],
    },
  };
}

/** The settings of a drill whose rig did not start or has ended: enough for its plan, but they reach nothing. */
export function unreachableSettings({ build, cluster }: Place): Settings {
  return {
    organization: build.organization ?? '',
    region: cluster.region ?? '',
    token: '',
    graphqlEndpoint: NOWHERE,
    ecsEndpoint: NOWHERE,
    ecsName: 'rig',
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
    label: 'rig',
    lostAfter: LOST_AFTER,
    rig: null,
    embeddedRig: true,
    rules: { allowInsecure: false, loopbackOnly: true },
    environment: {},
  };
}

/** The lock's key: endpoint, region, cluster and service (or `family:`, or `tag:`), in one spelling. One drill a key. */
export function lockKeyOf(settings: Pick<Settings, 'ecsName' | 'region'>, { cluster }: Place): string {
  const { service, family, taskTag } = cluster;
  const other =
    family === null ? (taskTag === null ? '' : `tag:${taskTag.key}=${taskTag.value}`) : `family:${family}`;
  const who = service === null ? other : lastPartOf(service);
  return [settings.ecsName, settings.region, lastPartOf(cluster.name), who].join('|');
}

/** The name in an ARN, or the name itself. */
function lastPartOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** ECS's own endpoints of a region: plain, FIPS and dual-stack; all reach the same clusters. */
const DOORS = /^ecs(-fips)?\.([a-z0-9-]+)\.(amazonaws\.com(\.cn)?|api\.aws|api\.amazonwebservices\.com\.cn)$/;

/** One spelling of an endpoint: no path, no default port, no dot at the end. */
function ecsNameOf(endpoint: string | null, region: string): string {
  if (endpoint === null) return `ecs.${region}.amazonaws.com`;
  const { hostname, port } = new URL(endpoint);
  const host = hostname.replace(/\.$/, '');
  const door = DOORS.exec(host)?.[2];
  if (door !== undefined && port === '') return `ecs.${door}.amazonaws.com`;
  return port === '' ? host : `${host}:${port}`;
}

function readEnvironmentVariable(environment: Environment, name: string): string | null {
  const text = environment[name]?.trim() ?? '';
  return text === '' ? null : text;
}

function requireVariable(
  errors: InputError[],
  environment: Environment,
  names: readonly string[],
  what: string,
): string {
  for (const name of names) {
    const found = readEnvironmentVariable(environment, name);
    if (found !== null) return found;
  }
  errors.push(makeInputError(`${names.join(' or ')} is not set`, `Set it to ${what}.`));
  return '';
}

function requireRigValue(rig: Readonly<Record<string, string>>, name: string): string {
  const found = rig[name];
  if (found === undefined) throw new GamedayError('rig-failed', `the rig did not report its ${name}`);
  return found;
}

function lostAfterOf(environment: Environment): number | undefined {
  const text = readEnvironmentVariable(environment, 'GAMEDAY_LOST_AFTER');
  if (text === null) return undefined;
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw new GamedayError('bad-input', 'GAMEDAY_LOST_AFTER is not a duration', {
    next: 'Write it as 5m or 240s.',
  });
}

function factsOf(environment: Environment): RigFacts | undefined {
  const text = readEnvironmentVariable(environment, 'GAMEDAY_RIG_FACTS');
  if (text === null) return undefined;
  const why = 'GAMEDAY_RIG_FACTS is not what `gameday rig up` printed';
  let facts: unknown;
  try {
    facts = JSON.parse(text);
  } catch (cause) {
    throw new GamedayError('bad-input', why, { cause, next: 'Copy all of its lines unchanged.' });
  }
  const parsed = RigFacts.safeParse(facts);
  if (parsed.success) return parsed.data;
  throw new GamedayError('bad-input', why, { cause: parsed.error, next: 'Copy all of its lines unchanged.' });
}

function collectErrors<T>(errors: InputError[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof GamedayError)) throw error;
    errors.push({ message: error.message, at: error.at, next: error.next });
    return undefined;
  }
}

function makeInputError(message: string, next: string): InputError {
  return { message, at: null, next };
}
