import { request as sendPlain } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as sendSecure } from 'node:https';
import { pipeline } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { createAgents } from './agents.ts';
import type { Agents } from './agents.ts';
import { readBounded } from './bounded.ts';

/** One request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Who opens the connection; default: nobody's proxy is used. */
  readonly agents?: Agents;
  /** Called as soon as the headers arrive, which carry the server's time. */
  readonly onHeaders?: (headers: HttpHeaders) => void;
  /** Whether to read the body of an answer with this status; default: always. */
  readonly wantsBody?: (status: number) => boolean;
}

/** The answer; `body` is decompressed, and empty if it was not read. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: Uint8Array;
}

/** The headers of an answer by name, in any case. */
export interface HttpHeaders {
  get(name: string): string | null;
}

/**
 * Sends one request and reads its answer within the limits; does not follow redirects. Not `fetch`, for which Node loads a
 * client of 15 MB; the SDK has loaded `node:http` anyway.
 */
export async function sendRequest(url: URL, options: HttpRequest): Promise<HttpAnswer> {
  const answer = await awaitAnswer(url, options);
  const status = answer.statusCode ?? 0;
  const headers = headersOf(answer);
  options.onHeaders?.(headers);
  if (options.wantsBody?.(status) === false) {
    answer.destroy();
    return { status, headers, body: new Uint8Array() };
  }
  const body = await readBounded({
    chunks: decompress(answer),
    announced: headers.get('content-length'),
    discard: () => void answer.destroy(),
  });
  return { status, headers, body };
}

/** Node's own agents are not used: with NODE_USE_ENV_PROXY they would send what is for this machine to a proxy. */
const DIRECT = createAgents();

function awaitAnswer(
  url: URL,
  { method, headers, body, signal, agents = DIRECT }: HttpRequest,
): Promise<IncomingMessage> {
  const secure = url.protocol === 'https:';
  const send = secure ? sendSecure : sendPlain;
  const agent = secure ? agents.https : agents.http;
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      { method, signal, agent, headers: { 'accept-encoding': 'gzip, deflate, br', ...headers } },
      resolve,
    );
    request.on('error', reject);
    request.end(body);
  });
}

function headersOf({ headers }: IncomingMessage): HttpHeaders {
  return {
    get: (name) => {
      const value = headers[name.toLowerCase()];
      return typeof value === 'object' ? value.join(', ') : (value ?? null);
    },
  };
}

function decompress(answer: IncomingMessage): AsyncIterable<Uint8Array> {
  const decoder = decoderFor(answer.headers['content-encoding']?.trim().toLowerCase());
  // An error of either stream ends both, and the reader gets the error.
  return decoder === null ? answer : pipeline(answer, decoder, () => undefined);
}

function decoderFor(encoding: string | undefined): ReturnType<typeof createGunzip> | null {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      return null;
  }
}
