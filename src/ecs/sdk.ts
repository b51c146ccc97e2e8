import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { ECSClient } from '@aws-sdk/client-ecs';
import type { ECSClientConfig } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import type { Clock } from '../model/clock.ts';
import type { EcsOperation } from '../model/call.ts';
import type { ClockOffset } from '../model/entities/surroundings.ts';
import { readBounded } from '../http/bounded.ts';
import { withDeadline } from '../http/deadline.ts';
import { endpointOf, sayWhyForbidden } from '../http/endpoint.ts';
import type { EndpointRules } from '../http/endpoint.ts';
import { createOffsetMeter } from '../http/offset.ts';
import { failureOf, ForbiddenEndpointError } from './failure.ts';
import type { Failure } from './failure.ts';

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
}

/** The result of a call, or its failure. */
export type Called<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Runs SDK calls within their time, and knows whether a request was sent. */
export interface Sdk {
  /** The client for reads: three attempts. */
  readonly reads: ECSClient;
  /** The client for mutating calls: one attempt, because the SDK's retries would send a second stop. */
  readonly once: ECSClient;
  call<T>(
    operation: EcsOperation,
    signal: AbortSignal,
    work: (abortSignal: AbortSignal) => Promise<T>,
  ): Promise<Called<T>>;
  clock(): ClockOffset | null;
}

const Request = z.object({ protocol: z.string(), hostname: z.string() });
const Response = z.object({ headers: z.record(z.string(), z.string()) });

/** Creates the SDK's clients with our rules around them. */
export function createSdk(options: EcsOptions, clock: Clock): Sdk {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const progress = new AsyncLocalStorage<{ sent: boolean }>();
  const offset = createOffsetMeter();

  /** Wraps the sending itself: checks the endpoint, whatever its source, and reads the server's clock. */
  function watchClient(client: ECSClient): ECSClient {
    guardHandler(client, options, timeoutMs);
    client.middlewareStack.add(
      (next) => async (args) => {
        const request = Request.parse(args.request);
        const why = sayWhyForbidden(request.protocol, request.hostname, options);
        if (why !== null) throw new ForbiddenEndpointError(why);
        const call = progress.getStore();
        if (call !== undefined) call.sent = true;
        const sentAt = clock.now();
        const result = await next(args);
        const response = Response.safeParse(result.response);
        const date = response.success ? response.data.headers['date'] : undefined;
        offset.take(date, sentAt, clock.now());
        return result;
      },
      { step: 'deserialize', priority: 'low', name: 'gamedayWatch' },
    );
    return client;
  }

  const config = configOf(options, timeoutMs);
  return {
    reads: watchClient(new ECSClient({ ...config, maxAttempts: 3 })),
    once: watchClient(new ECSClient({ ...config, maxAttempts: 1 })),
    call: async (operation, signal, work) => {
      const call = { sent: false };
      try {
        return { ok: true, value: await progress.run(call, () => withDeadline(signal, timeoutMs, work)) };
      } catch (error) {
        return { ok: false, failure: failureOf(error, operation, call.sent) };
      }
    },
    clock: () => offset.read(),
  };
}

/** The SDK's request handler; the SDK does not type its input and output. */
interface Handler {
  handle(
    request: unknown,
    settings?: unknown,
  ): Promise<{ readonly response: { body: unknown; readonly headers: Readonly<Record<string, string>> } }>;
}

/**
 * Applies the rules and size limits to every request of the client's handler. The SDK also uses it for STS and other sources
 * of credentials, whose requests do not pass this client's middleware.
 */
function guardHandler({ config }: ECSClient, options: EcsOptions, timeoutMs: number): void {
  const handler = config.requestHandler as Handler;
  const handle = handler.handle.bind(handler);
  handler.handle = async (request, settings) => {
    const { protocol, hostname } = Request.parse(request);
    const why = sayWhyForbidden(protocol, hostname, options);
    if (why !== null) throw new ForbiddenEndpointError(why);
    const { response } = await handle(request, settings);
    const { body, headers } = response;
    if (body instanceof Readable) response.body = await readWhole(body, headers, timeoutMs);
    return { response };
  };
}

/** Reads the body of one answer within the limits. Requests for credentials get a deadline here. */
async function readWhole(
  body: Readable,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<Uint8Array> {
  const discard = (): void => void body.destroy();
  const unread = { chunks: body, announced: headers['content-length'] ?? null, discard };
  try {
    return await withDeadline(new AbortController().signal, timeoutMs, () => readBounded(unread));
  } catch (error) {
    discard();
    throw error;
  }
}

/**
 * `loopbackOnly` sets endpoint, credentials and modes explicitly, so that environment and profile have no effect:
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS and the FIPS setting would otherwise send requests to the real service.
 */
function configOf(options: EcsOptions, timeoutMs: number): ECSClientConfig {
  const endpoint =
    options.endpoint === undefined
      ? {}
      : { endpoint: endpointOf('AWS_ENDPOINT_URL_ECS', options.endpoint, options).href };
  return {
    region: options.region,
    ...endpoint,
    ...(options.credentials === undefined ? {} : { credentials: { ...options.credentials } }),
    ...(options.loopbackOnly
      ? { useFipsEndpoint: false, useDualstackEndpoint: false, authSchemePreference: [], userAgentAppId: '' }
      : {}),
    retryMode: 'standard',
    defaultsMode: 'standard',
    requestHandler: { requestTimeout: timeoutMs, connectionTimeout: timeoutMs, throwOnRequestTimeout: true },
  };
}
