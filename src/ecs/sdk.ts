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
import { endpointOf, forbidden } from '../http/endpoint.ts';
import type { EndpointRules } from '../http/endpoint.ts';
import { createOffsetMeter } from '../http/offset.ts';
import { failureOf, ForbiddenEndpointError } from './failure.ts';
import type { Failure } from './failure.ts';

/** How ECS is reached. Without credentials or endpoint the SDK's default chains find them. */
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

/** What a call gave, or how it failed. */
export type Called<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Runs SDK calls within their time and knows whether a request left. */
export interface Sdk {
  /** Reads: three attempts. */
  readonly reads: ECSClient;
  /** StopTask: one attempt, because the SDK's retries would send a second stop. */
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

/** The SDK's clients with our rules around them. */
export function createSdk(options: EcsOptions, clock: Clock): Sdk {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const progress = new AsyncLocalStorage<{ sent: boolean }>();
  const offset = createOffsetMeter();

  /** Wraps the very sending: wherever the SDK found its endpoint, the rules are held to it, and the server's clock is read. */
  function watched(client: ECSClient): ECSClient {
    guardHandler(client, options, timeoutMs);
    client.middlewareStack.add(
      (next) => async (args) => {
        const request = Request.parse(args.request);
        const why = forbidden(request.protocol, request.hostname, options);
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
    reads: watched(new ECSClient({ ...config, maxAttempts: 3 })),
    once: watched(new ECSClient({ ...config, maxAttempts: 1 })),
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

/** What sends the SDK's requests; its own types say nothing of what goes in and comes out. */
interface Handler {
  handle(
    request: unknown,
    settings?: unknown,
  ): Promise<{ readonly response: { body: unknown; readonly headers: Readonly<Record<string, string>> } }>;
}

/**
 * Holds the rules and the bounds to everything that goes over the client's handler: the SDK asks STS and the other sources of
 * credentials by it too, and their requests pass none of this client's middleware.
 */
function guardHandler({ config }: ECSClient, options: EcsOptions, timeoutMs: number): void {
  const handler = config.requestHandler as Handler;
  const handle = handler.handle.bind(handler);
  handler.handle = async (request, settings) => {
    const { protocol, hostname } = Request.parse(request);
    const why = forbidden(protocol, hostname, options);
    if (why !== null) throw new ForbiddenEndpointError(why);
    const { response } = await handle(request, settings);
    const { body, headers } = response;
    if (body instanceof Readable) response.body = await whole(body, headers, timeoutMs);
    return { response };
  };
}

/** The body of one answer within its bounds. What asks for credentials knows no caller's deadline, so it has one here. */
async function whole(
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
 * `loopbackOnly` names endpoint, credentials and modes explicitly, so that neither environment nor profile has a say:
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS and the FIPS setting would otherwise send the SDK to the real service.
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
