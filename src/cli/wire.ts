import { join } from 'node:path';
import type { Digest } from '../model/secret-looks.ts';
import type { AutoScaling } from '../auto-scaling/port.ts';
import type { Buildkite, BuildkiteRest } from '../buildkite/port.ts';
import type { CredentialKeep } from '../ecs/credentials.ts';
import type { Ecs } from '../ecs/port.ts';
import type { OpenCommand } from '../counters/command.ts';
import type { Counters } from '../counters/port.ts';
import type { LedgerSeen } from '../doctor/seen.ts';
import type { Fis } from '../fis/port.ts';
import type { StoreAddress } from '../store/address.ts';
import type { Store } from '../store/port.ts';
import type { Surroundings } from '../surroundings/port.ts';
import type { UserCommand } from '../user-command/port.ts';
import type { NotifierOptions } from '../notify/client.ts';
import type { Notifier } from '../notify/port.ts';
import { regionOfProfile } from './aws-profile.ts';
import type { Environment } from './output.ts';
import { codeAsker } from './prompt.ts';
import type { AskMfaCode } from './prompt.ts';
import { rulesOf } from './settings.ts';
import type { EcsSettings, Settings } from './settings.ts';

/** The services of one drill, by their ports. */
export interface Services {
  readonly buildkite: Buildkite;
  readonly ecs: Ecs;
  readonly autoScaling: AutoScaling;
  readonly fis: Fis;
  readonly surroundings: Surroundings;
  readonly command: UserCommand;
  readonly counters: Counters;
}

/** What a drill has around it: where the user's command runs and who hears what it says, and where machines share the lock. */
export interface CommandHost {
  readonly environment: Environment;
  readonly now: () => number;
  readonly onLine: (line: string) => void;
  /** Where machines share the lock, and who hears what becomes of it; absent: no lock is shared. */
  readonly shared?: { readonly store: Store; readonly tell: (line: string) => void };
}

/** How long a command that reads a counter may take to end on SIGTERM, milliseconds: nothing hangs on it. */
const COUNTER_GRACE_MS = 1_000;

const CREDENTIALS: CredentialKeep = { kept: null, fetching: null };

/** All clients of AWS in this process find the same credentials: they are fetched once, and a person is asked for one code. */
const keepCredentials = (askMfaCode: AskMfaCode) => ({
  keep: CREDENTIALS,
  ...(askMfaCode === null ? {} : { askMfaCode }),
});

/** For those who run no drill. */
const NO_COMMAND: CommandHost = { environment: {}, now: () => 0, onLine: () => undefined };

/** Builds the clients; the only place that does. Loads them when called. */
export async function connect(
  settings: Settings,
  askMfaCode = codeAsker(settings),
  host = NO_COMMAND,
): Promise<Services> {
  const [buildkite, aws, local] = await Promise.all([
    connectBuildkite(settings),
    connectAws(settings, askMfaCode),
    connectHere(settings, host),
  ]);
  return { buildkite, ...aws, ...local };
}

/** The clients of AWS. */
export async function connectAws(
  settings: Pick<Settings, 'region' | 'ecsEndpoint' | 'credentials' | 'rules'>,
  askMfaCode: AskMfaCode,
): Promise<Pick<Services, 'ecs' | 'autoScaling' | 'fis'>> {
  const [ecs, autoScaling] = await Promise.all([
    import('../ecs/client.ts'),
    import('../auto-scaling/client.ts'),
  ]);
  const { region, ecsEndpoint, credentials, rules } = settings;
  const client = ecs.createEcsClient({
    region,
    ...(ecsEndpoint === null ? {} : { endpoint: ecsEndpoint }),
    ...(credentials === null ? {} : { credentials }),
    ...{ ...rules, ...keepCredentials(askMfaCode) },
  });
  return {
    ecs: client,
    autoScaling: autoScaling.createAutoScalingClient(client.sdk),
    fis: loadLater(async () => (await import('../fis/client.ts')).createFisClient(client.sdk)),
  };
}

/** What one drill reads and runs on this machine. */
export async function connectHere(
  { environment, rules }: Pick<Settings, 'environment' | 'rules'>,
  host: CommandHost,
): Promise<Pick<Services, 'surroundings' | 'command' | 'counters'>> {
  const [surroundings, command, counters] = await Promise.all([
    import('../surroundings/client.ts'),
    import('../user-command/client.ts'),
    import('../counters/client.ts'),
  ]);
  const proxies = rules.proxies === undefined ? {} : { proxies: rules.proxies };
  return {
    surroundings: surroundings.createSurroundings({
      ...{ environment, ...proxies },
      ...(host.shared === undefined ? {} : { shared: host.shared }),
    }),
    command: command.createUserCommand(host),
    counters: counters.createCounters({
      ...proxies,
      openCommand: ({ onLine, onEnd }) =>
        command.createUserCommand({
          ...{ environment: host.environment, now: host.now, grace: COUNTER_GRACE_MS, onEnd },
          onLine: (line, from) => (from === 'stdout' ? onLine(line) : undefined),
        }),
    }),
  };
}

/** Who tells people of a drill; empty where nobody is to be told. */
export async function connectNotifier(options: NotifierOptions): Promise<{ readonly notifier?: Notifier }> {
  if (options.hooks.length === 0) return {};
  const { createNotifier } = await import('../notify/client.ts');
  return { notifier: createNotifier(options) };
}

/** The client of FIS, loaded at the first question: most drills have none. */
function loadLater(load: () => Promise<Fis>): Fis {
  let loaded: Promise<Fis> | null = null;
  const get = (): Promise<Fis> => (loaded ??= load());
  return {
    template: async (...given) => (await get()).template(...given),
    experiment: async (...given) => (await get()).experiment(...given),
    ofDrill: async (...given) => (await get()).ofDrill(...given),
    safetyLever: async (...given) => (await get()).safetyLever(...given),
    send: async (...given) => (await get()).send(...given),
  };
}

/** The Buildkite client alone, for callers that do not need AWS. */
export async function connectBuildkite(
  access: Pick<Settings, 'graphqlEndpoint' | 'token' | 'rules'>,
): Promise<Buildkite> {
  const { createBuildkiteClient } = await import('../buildkite/client.ts');
  const { graphqlEndpoint, token, rules } = access;
  return createBuildkiteClient({ endpoint: graphqlEndpoint, token, ...rules });
}

/** The digest that replaces secrets in one drill. A drill that stores nothing keeps no key for it. */
export async function digestFor(environment: Environment, drill: string, isKept: boolean): Promise<Digest> {
  const { digestOfDrill, createPassingDigest: passingDigest } = await import('../surroundings/digest-key.ts');
  if (!isKept) return passingDigest();
  const { stateDirectoryOf: stateDirectory } = await import('../surroundings/state-directory.ts');
  return digestOfDrill(stateDirectory(environment), drill);
}

/** The default file for the jobs read from a pipeline's past. */
async function pastJobsFile(
  environment: Environment,
  organization: string,
  pipeline: string,
): Promise<string> {
  const { stateDirectoryOf: stateDirectory } = await import('../surroundings/state-directory.ts');
  const name = [organization, pipeline].map(encodeURIComponent).join('--');
  return join(stateDirectory(environment), 'past-jobs', `${name}.jsonl`);
}

/** The folder of what this machine knows of its drills. */
async function stateFolder(environment: Environment): Promise<string> {
  const { stateDirectoryOf: stateDirectory } = await import('../surroundings/state-directory.ts');
  return stateDirectory(environment);
}

/** The file for the documents that were read from a ledger. */
async function ledgerCacheFile(environment: Environment, ledger: string): Promise<string> {
  const { stateDirectoryOf: stateDirectory } = await import('../surroundings/state-directory.ts');
  const name = encodeURIComponent(ledger);
  return join(stateDirectory(environment), 'ledgers', `${name.slice(-200)}.jsonl`);
}

/** The client of Buildkite's REST API alone. */
export async function connectBuildkiteRest(
  access: Pick<Settings, 'token' | 'rules'> & { readonly restEndpoint: string },
): Promise<BuildkiteRest> {
  const { createBuildkiteRestClient } = await import('../buildkite/rest-client.ts');
  const { restEndpoint, token, rules } = access;
  return createBuildkiteRestClient({ endpoint: restEndpoint, token, ...rules });
}

/** The default folder for the builds read from a pipeline's past; null: from that of the whole organization. */
async function pastBuildsFolder(
  environment: Environment,
  organization: string,
  pipeline: string | null,
): Promise<string> {
  const { stateDirectoryOf: stateDirectory } = await import('../surroundings/state-directory.ts');
  // No slug is empty, so that no pipeline has the folder of the whole.
  const name = [organization, pipeline ?? ''].map(encodeURIComponent).join('--');
  return join(stateDirectory(environment), 'past-builds', name);
}

/** The checksums of a drill's journal lines in this machine's state directory. */
export async function linesKnownOf(environment: Environment, drill: string): Promise<ReadonlySet<string>> {
  const [{ readKnownLines: knownLines }, { stateDirectoryOf: stateDirectory }] = await Promise.all([
    import('../surroundings/drills.ts'),
    import('../surroundings/state-directory.ts'),
  ]);
  return knownLines(stateDirectory(environment), drill);
}

/** The ECS client alone, for callers that do not need Buildkite. */
async function connectEcs(settings: EcsSettings): Promise<Ecs> {
  const { createEcsClient } = await import('../ecs/client.ts');
  const { region, rules } = settings;
  return createEcsClient({ region, ...rules, ...keepCredentials(codeAsker(settings)) });
}

/** Where S3 is asked first if no region is set: it says where a bucket is. */
const FIRST_REGION = 'us-east-1';

/**
 * The store that a person named: a folder, or s3://BUCKET/PREFIX by the environment's own endpoint and credentials, for drills on
 * the rig too. Throws bad-input; contacts nothing.
 */
async function openStore(url: string, environment: Environment, insecure: boolean): Promise<Store> {
  const { openStore: open } = await import('../store/open.ts');
  return open(url, {
    environment,
    makeSdk: async () => {
      const [{ createSdk }, { systemClock }] = await Promise.all([
        import('../ecs/sdk.ts'),
        import('../http/clock.ts'),
      ]);
      const set = environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'];
      const region = set || (await regionOfProfile(environment)) || FIRST_REGION;
      const rules = { ...rulesOf(environment, insecure), ...keepCredentials(codeAsker({ environment })) };
      return createSdk({ region, ...rules }, systemClock);
    },
  });
}

/** Where a store is, without opening it. Throws bad-input. */
async function readStoreAddress(url: string): Promise<StoreAddress> {
  const { readStoreAddress: read } = await import('../store/address.ts');
  return read(url);
}

/** What doctor asks of a ledger's store: that it keeps its conditions, and who has the lock of the plan's service there. */
async function examineStore(
  store: Store | null,
  { lockKey, lockStore }: { readonly lockKey: string; readonly lockStore?: string | undefined },
  signal: AbortSignal,
): Promise<LedgerSeen | null> {
  if (store === null) return null;
  const [{ probeStore }, { readLockHolder }, { systemClock }] = await Promise.all([
    import('../store/probe.ts'),
    import('../surroundings/lock-holder.ts'),
    import('../http/clock.ts'),
  ]);
  const probe = await probeStore(store, signal);
  const asksHolder = probe.ok && lockStore === store.name;
  const holder = asksHolder ? await readLockHolder(store, lockKey, () => systemClock.now(), signal) : null;
  return { name: store.name, probe, clock: store.clock(), holder };
}

/** Runs a program of this machine to its end, with a text on its standard input; all that it says is its output. */
async function runProgram(
  words: readonly string[],
  { limit, ...given }: { readonly environment: Environment; readonly input: string; readonly limit: number },
) {
  const [{ createUserCommand }, { runForOutput }] = await Promise.all([
    import('../user-command/client.ts'),
    import('../counters/command.ts'),
  ]);
  const open: OpenCommand = (heard) =>
    createUserCommand({ ...given, now: Date.now, grace: COUNTER_GRACE_MS, ...heard });
  return runForOutput(words, limit, open, new AbortController().signal);
}

/** What a command hands to its service, which builds no client itself. */
export const clients = {
  ...{
    connect,
    connectBuildkite,
    connectBuildkiteRest,
    connectEcs,
    openStore,
    examineStore,
    readStoreAddress,
    runProgram,
  },
  ...{ pastJobsFile, pastBuildsFolder, ledgerCacheFile, stateFolder },
};
export type Clients = typeof clients;
