import { request as sendPlain } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as sendSecure } from 'node:https';
import { pipeline } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { readBounded } from './bounded.ts';

/** One request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Called as soon as they are there: they tell the server's time. */
  readonly onHeaders?: (headers: HttpHeaders) => void;
  /** Whether the body of an answer with this status is read; it always is unless this says no. */
  readonly wantsBody?: (status: number) => boolean;
}

/** Its answer; `body` is decompressed, and empty where it was not wanted. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: Uint8Array;
}

/** Headers of an answer by their names, whatever the case. */
export interface HttpHeaders {
  get(name: string): string | null;
}

/**
 * Sends one request and reads its answer within the bounds; redirects are not followed. Not `fetch`: Node loads a client of its
 * own for that, at 15 MB a process, where the SDK has loaded `node:http` already.
 */
export async function sendRequest(url: URL, options: HttpRequest): Promise<HttpAnswer> {
  const answer = await answerTo(url, options);
  const status = answer.statusCode ?? 0;
  const headers = headersOf(answer);
  options.onHeaders?.(headers);
  if (options.wantsBody?.(status) === false) {
    answer.destroy();
    return { status, headers, body: new Uint8Array() };
  }
  const body = await readBounded({
    chunks: decompressed(answer),
    announced: headers.get('content-length'),
    discard: () => void answer.destroy(),
  });
  return { status, headers, body };
}

function answerTo(url: URL, { method, headers, body, signal }: HttpRequest): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? sendSecure : sendPlain;
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      { method, signal, headers: { 'accept-encoding': 'gzip, deflate, br', ...headers } },
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

function decompressed(answer: IncomingMessage): AsyncIterable<Uint8Array> {
  const decoder = decoderFor(answer.headers['content-encoding']?.trim().toLowerCase());
  // An error of either ends both, and whoever reads gets it.
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
