import { AsyncLocalStorage } from 'node:async_hooks';
import { ECSClient } from '@aws-sdk/client-ecs';
import type { ECSClientConfig } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import type { Clock } from '../model/clock.ts';
import { nameOperation } from '../model/call.ts';
import type { AwsOperation, StoreOperation } from '../model/call.ts';
import type { ClockOffset, Credentials } from '../model/entities/surroundings.ts';
import { checkBeforeBytes, createAgents } from '../http/agents.ts';
import { withDeadline } from '../http/deadline.ts';
import { endpointOf, sayWhyForbidden } from '../http/endpoint.ts';
import type { EndpointRules } from '../http/endpoint.ts';
import { createOffsetMeter } from '../http/offset.ts';
import { createAwsBudget, type AwsBudget } from './budget.ts';
import type { Hold } from '../model/answer.ts';
import { createCredentialSource, credentialsOf, fetchByChain } from './credentials.ts';
import type { CredentialKeep, Identity } from './credentials.ts';
import { failureOf, ForbiddenEndpointError, HeldBackError, isThrottling } from './failure.ts';
import type { Failure, Sending } from './failure.ts';
import { guardHandler } from './handler.ts';

/** The options of the client. Credentials and endpoint default to the SDK's own chains. */
export interface EcsOptions extends EndpointRules {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  readonly timeoutMs?: number;
  /** Asks the person at the terminal for an MFA code; absent: nobody can be asked. */
  readonly askMfaCode?: (device: string) => Promise<string>;
  /** Where credentials of the SDK's own chains are kept with other clients; absent: this client has its own. */
  readonly keep?: CredentialKeep;
}

/** The result of a call, or its failure. */
export type Called<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Of a call's time so much is spent on waiting for a throttled read's turn, so that the throttling is told and not a time-out. */
const PATIENCE_SHARE = 0.6;
/** Pause before a throttled read is sent again after the SDK's own attempts, milliseconds. */
const THROTTLED_PAUSE_MS = 1_000;

/** No setting of the user reaches a rig that gameday started. */
const RIG_MODES = {
  ...{ useFipsEndpoint: false, useDualstackEndpoint: false },
  ...{ authSchemePreference: [], userAgentAppId: '' },
};

/** What is known of a call while it runs. */
interface Progress extends Sending {
  readonly operation: AwsOperation | StoreOperation;
  readonly signal: AbortSignal;
  startedAt: number;
  readonly hold: Hold;
}

/** What a client of another service shares with that of ECS; its endpoint follows from its own settings, except on the rig. */
export type NeighbourConfig = Pick<
  ECSClientConfig,
  'region' | 'credentials' | 'requestHandler' | 'maxAttempts' | 'retryMode' | 'endpoint'
>;

/** Runs SDK calls within their time, and knows whether a request was sent. */
export interface Sdk {
  /** The client for reads: three attempts. */
  readonly reads: ECSClient;
  /** The client for mutating calls: one attempt, because the SDK's retries would send a second stop. */
  readonly once: ECSClient;
  renewCredentials(signal: AbortSignal): Promise<Called<Credentials>>;
  /** Runs a call. `hold` is asked right before the first byte of a request: what it says keeps the request from being sent. */
  call<T>(
    operation: AwsOperation | StoreOperation,
    signal: AbortSignal,
    work: (abortSignal: AbortSignal) => Promise<T>,
    hold?: Hold,
    service?: string,
  ): Promise<Called<T>>;
  /** Clients of another service of AWS with the same handler, credentials, rules and clock: one for reads, one for changes. */
  neighbours<C>(make: (config: NeighbourConfig) => C): { readonly reads: C; readonly once: C };
  clock(): ClockOffset | null;
  readonly restFor: AwsBudget['restFor'];
  /** Whether a call that began then has used most of its time. */
  isNearlyLate(startedAt: number): boolean;
  readonly now: () => number;
}

const Request = z.object({ protocol: z.string(), hostname: z.string(), port: z.number().optional() });
const Response = z.object({ headers: z.record(z.string(), z.string()) });

/** Creates the SDK's clients with our rules around them: one handler, one source of credentials and one clock for both. */
export function createSdk(options: EcsOptions, clock: Clock): Sdk {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const progress = new AsyncLocalStorage<Progress>();
  const offset = createOffsetMeter();
  const budget = createAwsBudget(clock);
  const isNearlyLate = (startedAt: number): boolean => clock.now() - startedAt > timeoutMs * PATIENCE_SHARE;

  const watchClient = (client: ECSClient): ECSClient =>
    watchRequests(client, options, progress, offset, clock);
  const config = configOf(options, timeoutMs);
  const provide = async (): Promise<Identity> => credentials.provide();
  // The SDK would keep credentials once for each client, and fetch them for the first mutating call when it signs that.
  const shared = { ...config, credentials: Object.assign(provide, { memoized: true }) };
  const reads = watchRate(watchClient(new ECSClient({ ...shared, maxAttempts: 3 })), progress, budget);
  waitWhileThrottled(reads, progress, isNearlyLate, clock);
  guardHandler(reads, options, timeoutMs);
  const { requestHandler } = reads.config;
  const once = watchRate(
    watchClient(new ECSClient({ ...shared, requestHandler, maxAttempts: 1 })),
    progress,
    budget,
  );
  shareClockOffset(reads, once);
  // Credentials that were given are those of one client alone.
  const keep = options.credentials === undefined ? options.keep : undefined;
  const credentials = createCredentialSource(fetcherOf(options, reads), clock, keep);
  const watchNeighbour = (client: ECSClient, repeats: boolean): void => {
    watchClient(client);
    if (repeats) waitWhileThrottled(client, progress, isNearlyLate, clock);
    shareClockOffset(reads, client);
  };
  return {
    reads,
    once,
    renewCredentials: async (signal) => {
      try {
        return { ok: true, value: credentialsOf(await credentials.renew(signal)) };
      } catch (error) {
        const failure = failureOf(error, 'any call', { sent: false, host: null });
        return { ok: false, failure };
      }
    },
    call: async (operation, signal, work, hold = () => null, service = 'ECS') => {
      const startedAt = clock.now();
      const call: Progress = { operation, signal, startedAt, sent: false, host: null, hold, service };
      try {
        // Credentials have a deadline of their own: a person may be asked for a code.
        await credentials.provide(signal);
        call.startedAt = clock.now();
        const value = await progress.run(call, () => withDeadline(signal, timeoutMs, work));
        return { ok: true, value };
      } catch (error) {
        const failure = failureOf(error, nameOperation(operation) ?? operation, call);
        if (failure.trouble.kind === 'unauthorized') credentials.distrust();
        return { ok: false, failure };
      }
    },
    neighbours: (make) =>
      makeNeighbours(make, { ...shared, requestHandler }, options.loopbackOnly, watchNeighbour),
    clock: () => offset.read(),
    restFor: (operations) => budget.restFor(operations),
    isNearlyLate,
    now: () => clock.now(),
  };
}

/** Wraps the sending itself: checks the endpoint, whatever its source, and reads the server's clock. */
function watchRequests(
  client: ECSClient,
  options: EcsOptions,
  progress: AsyncLocalStorage<Progress>,
  offset: ReturnType<typeof createOffsetMeter>,
  clock: Clock,
): ECSClient {
  client.middlewareStack.add(
    (next) => async (args) => {
      const { protocol, hostname, port } = Request.parse(args.request);
      const why = sayWhyForbidden(protocol, hostname, options);
      if (why !== null) throw new ForbiddenEndpointError(why);
      const call = progress.getStore();
      if (call !== undefined) call.host = `${hostname}:${String(port ?? (protocol === 'http:' ? 80 : 443))}`;
      const sentAt = clock.now();
      const result = await checkBeforeBytes(
        () => noteSending(call),
        () => next(args),
      );
      const response = Response.safeParse(result.response);
      const date = response.success ? response.data.headers['date'] : undefined;
      offset.take(date, sentAt, clock.now());
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'gamedayWatch' },
  );
  return client;
}

function makeNeighbours<C>(
  make: (config: NeighbourConfig) => C,
  { endpoint, ...shared }: NeighbourConfig,
  isRig: boolean,
  watch: (client: ECSClient, repeats: boolean) => void,
): { readonly reads: C; readonly once: C } {
  const { region, credentials, requestHandler, retryMode } = shared as Required<typeof shared>;
  const rig = isRig ? { ...RIG_MODES, ...(endpoint === undefined ? {} : { endpoint }) } : {};
  const makeOne = (maxAttempts: number): C => {
    const client = make({ region, credentials, requestHandler, retryMode, maxAttempts, ...rig });
    // Every client of the SDK has the same stack of middleware.
    watch(client as ECSClient, maxAttempts > 1);
    return client;
  };
  return { reads: makeOne(3), once: makeOne(1) };
}

/** Notes each request in the budget, with what ECS says of the rate. */
function watchRate(client: ECSClient, progress: AsyncLocalStorage<Progress>, budget: AwsBudget): ECSClient {
  client.middlewareStack.add(
    (next) => async (args) => {
      const operation = progress.getStore()?.operation;
      if (operation !== undefined) budget.noteSent(operation);
      try {
        return await next(args);
      } catch (error) {
        if (operation !== undefined && isThrottling(error)) budget.noteThrottled(operation);
        throw error;
      }
    },
    { step: 'finalizeRequest', priority: 'low', name: 'gamedayRate' },
  );
  return client;
}

/** A throttled read waits for its turn as long as its call has time; the SDK itself gives up after a second. */
function waitWhileThrottled(
  client: ECSClient,
  progress: AsyncLocalStorage<Progress>,
  isNearlyLate: Sdk['isNearlyLate'],
  clock: Clock,
): ECSClient {
  client.middlewareStack.add(
    (next) => async (args) => {
      const call = progress.getStore();
      for (;;) {
        try {
          return await next(args);
        } catch (error) {
          if (call === undefined || !isThrottling(error) || isNearlyLate(call.startedAt)) throw error;
          await clock.sleep(THROTTLED_PAUSE_MS, call.signal);
        }
      }
    },
    { step: 'initialize', name: 'gamedayPatience' },
  );
  return client;
}

/** Notes that the request of a call is about to be sent, or says why it must not be. */
function noteSending(call: Progress | undefined): Error | null {
  if (call === undefined) return null;
  const why = call.hold();
  if (why !== null) return new HeldBackError(why);
  call.sent = true;
  return null;
}

/** Reads learn how far AWS's clock is from ours, and are repeated; a mutating call must not fail once to learn it. */
function shareClockOffset(reads: ECSClient, once: ECSClient): void {
  Object.defineProperty(once.config, 'systemClockOffset', {
    get: () => reads.config.systemClockOffset,
    set: (ms: number) => void (reads.config.systemClockOffset = ms),
  });
}

/** How credentials are fetched: as the SDK finds them, through the same handler as all else. */
function fetcherOf({ credentials, askMfaCode }: EcsOptions, { config }: ECSClient): () => Promise<Identity> {
  if (credentials !== undefined) return () => Promise.resolve({ ...credentials });
  const { requestHandler } = config;
  return fetchByChain({ clientConfig: { requestHandler } }, { callerClientConfig: config }, askMfaCode);
}

/**
 * `loopbackOnly` sets endpoint, credentials and modes explicitly, so that environment and profile have no effect:
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS and the FIPS setting would otherwise send requests to the real service.
 */
function configOf(options: EcsOptions, timeoutMs: number): ECSClientConfig {
  const { http: httpAgent, https: httpsAgent } = createAgents(options.proxies);
  const endpoint =
    options.endpoint === undefined
      ? {}
      : { endpoint: endpointOf('AWS_ENDPOINT_URL_ECS', options.endpoint, options).href };
  return {
    region: options.region,
    ...endpoint,
    ...(options.loopbackOnly ? RIG_MODES : {}),
    retryMode: 'standard',
    defaultsMode: 'standard',
    requestHandler: {
      ...{ httpAgent, httpsAgent },
      ...{ requestTimeout: timeoutMs, connectionTimeout: timeoutMs, throwOnRequestTimeout: true },
    },
  };
}
