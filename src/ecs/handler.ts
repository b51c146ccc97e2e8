import { Readable } from 'node:stream';
import type { ECSClient } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import { readBounded } from '../http/bounded.ts';
import { withDeadline } from '../http/deadline.ts';
import { sayWhyForbidden } from '../http/endpoint.ts';
import type { EndpointRules } from '../http/endpoint.ts';
import { ForbiddenEndpointError } from './failure.ts';

const Request = z.object({ protocol: z.string(), hostname: z.string() });

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
export function guardHandler({ config }: ECSClient, options: EndpointRules, timeoutMs: number): void {
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
