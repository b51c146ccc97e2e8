import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as a server saw it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A plain HTTP server on loopback. */
export interface TestServer {
  readonly url: string;
  readonly requests: readonly Seen[];
  close(): Promise<void>;
}

/** Starts a server; each request is answered by `respond`, which may also destroy the socket or stay silent. */
export async function startServer(
  respond: (seen: Seen, response: ServerResponse, nth: number) => void,
): Promise<TestServer> {
  const requests: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const seen = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
      requests.push(seen);
      respond(seen, response, requests.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Writes the chunk for ever, as fast as it is taken, until nobody takes it any more. */
export function writeEndlessly(response: ServerResponse, chunk: Buffer): void {
  // On Node 24 a response whose connection is gone may not be `destroyed`: each write then fails at once, for ever.
  const more = (error?: Error | null): void => {
    if (!response.destroyed && error == null) response.write(chunk, more);
  };
  more();
}

/** An address on loopback where nothing listens. */
export async function deadAddress(): Promise<string> {
  const server = await startServer(() => undefined);
  await server.close();
  return server.url;
}

/** Answers JSON. */
export function json(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}
