import { createAdaptorServer } from '@hono/node-server';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that listens on loopback. */
export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens on a free port of loopback, never on anything else. */
export async function listenOnLoopback(server: Server): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** Serves a Hono app's `fetch` on loopback. */
export function serveOnLoopback(
  fetch: (request: Request) => Response | Promise<Response>,
): Promise<Listening> {
  return listenOnLoopback(createAdaptorServer({ fetch }) as Server);
}
