/** Where the live bench looks, and what it may do there. */
export interface LiveSettings {
  readonly token: string;
  readonly graphqlEndpoint: string;
  readonly organization: string;
  readonly pipeline: string;
  readonly region: string;
  /** Undefined: ECS's own. */
  readonly ecsEndpoint: string | undefined;
  readonly cluster: string;
  readonly service: string;
  /** Task definition of a service that is created, stopped and deleted; null: only reads. */
  readonly throwAway: string | null;
  /** Whether the EC2 host of that service's task may be drained, with all that runs there. */
  readonly mayDrain: boolean;
  readonly out: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const NEEDED = {
  GAMEDAY_LIVE_TOKEN: 'an API token of Buildkite with GraphQL access',
  GAMEDAY_LIVE_ORGANIZATION: 'slug of the organization',
  GAMEDAY_LIVE_PIPELINE: 'slug of a pipeline whose jobs run on the service',
  GAMEDAY_LIVE_REGION: 'region of the cluster',
  GAMEDAY_LIVE_CLUSTER: 'name of the cluster',
  GAMEDAY_LIVE_SERVICE: 'name of the service of build agents',
} as const;

/** Reads the variables. Throws a message that names every one that is missing: a bench without its services tests nothing. */
export function readLiveSettings(environment: Environment): LiveSettings {
  const missing = Object.entries(NEEDED).filter(([name]) => (environment[name] ?? '') === '');
  if (missing.length > 0) {
    const lines = missing.map(([name, what]) => `  ${name}: ${what}`);
    throw new Error(
      `The live bench reads real services, and these variables are not set:\n${lines.join('\n')}\nAWS credentials come from where the AWS SDK finds them (AWS_PROFILE, ...). See docs/how-to/try-the-rig-against-real-services.md.`,
    );
  }
  const read = (name: keyof typeof NEEDED): string => environment[name] ?? '';
  const throwAway = environment['GAMEDAY_LIVE_THROW_AWAY'] ?? '';
  const endpoint = environment['GAMEDAY_LIVE_ECS_ENDPOINT'] ?? '';
  return {
    token: read('GAMEDAY_LIVE_TOKEN'),
    graphqlEndpoint: environment['GAMEDAY_LIVE_GRAPHQL_ENDPOINT'] ?? 'https://graphql.buildkite.com/v1',
    organization: read('GAMEDAY_LIVE_ORGANIZATION'),
    pipeline: read('GAMEDAY_LIVE_PIPELINE'),
    region: read('GAMEDAY_LIVE_REGION'),
    ecsEndpoint: endpoint === '' ? undefined : endpoint,
    cluster: read('GAMEDAY_LIVE_CLUSTER'),
    service: read('GAMEDAY_LIVE_SERVICE'),
    throwAway: throwAway === '' ? null : throwAway,
    mayDrain: environment['GAMEDAY_LIVE_DRAIN'] === 'yes',
    out: environment['GAMEDAY_LIVE_OUT'] ?? 'gameday-live.json',
  };
}
