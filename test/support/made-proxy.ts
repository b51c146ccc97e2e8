import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, request as sendPlain } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A server on loopback that can be asked what it was asked for. */
export interface Made {
  readonly port: number;
  /** Request lines in the order in which they came: `CONNECT host:port` or `POST http://...`. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

export interface ProxyChoice {
  /** Where a request for a host and port really goes; every host leads here. */
  readonly leadsTo: (host: string, port: number) => number;
  /** `user:password` that it wants. */
  readonly wants?: string;
  /** The status that it answers to everything. */
  readonly refuses?: number;
}

/** A proxy: tunnels for CONNECT, and forwards what names a whole URL. */
export async function makeProxy({ leadsTo, wants, refuses }: ProxyChoice): Promise<Made> {
  const asked: string[] = [];
  const refusal = ({ headers }: IncomingMessage): number | null => {
    const given = headers['proxy-authorization'];
    if (wants !== undefined && given !== `Basic ${Buffer.from(wants).toString('base64')}`) return 407;
    return refuses ?? null;
  };
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
    const status = refusal(request);
    if (status !== null || !URL.canParse(request.url ?? '')) {
      response.writeHead(status ?? 400).end();
      return;
    }
    const url = new URL(request.url ?? '');
    const port = leadsTo(url.hostname, Number(url.port === '' ? 80 : url.port));
    const { method, headers } = request;
    const onward = sendPlain(
      { host: '127.0.0.1', port, method, path: `${url.pathname}${url.search}`, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(onward);
  });
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    asked.push(`CONNECT ${request.url ?? ''}`);
    const status = refusal(request);
    socket.on('error', () => undefined);
    if (status !== null) {
      socket.end(`HTTP/1.1 ${String(status)} no\r\n\r\n`);
      return;
    }
    const [, host = '', port = '0'] = /^(.*):(\d+)$/.exec(request.url ?? '') ?? [];
    const onward = connect(leadsTo(host, Number(port)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      pipeBoth(socket, onward);
    });
    onward.on('error', () => socket.destroy());
  });
  return { ...(await listen(server)), asked };
}

function pipeBoth(one: Duplex, other: Duplex): void {
  one.pipe(other).pipe(one);
  for (const [a, b] of [
    [one, other],
    [other, one],
  ] as const) {
    a.on('error', () => b.destroy());
    a.on('close', () => b.destroy());
  }
}

async function listen(server: Server): Promise<Pick<Made, 'port' | 'close'>> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A certificate of an authority of its own, for some names. */
export interface Authority {
  /** The authority's file, for NODE_EXTRA_CA_CERTS. */
  readonly file: string;
  readonly key: string;
  readonly cert: string;
}

/** Makes an authority and a certificate that it signs. */
export async function makeAuthority(folder: string, names: readonly string[]): Promise<Authority> {
  const at = (name: string): string => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  await run('openssl', [
    ...['req', '-x509', ...key, '-subj', '/CN=made authority'],
    ...['-keyout', at('ca.key'), '-out', at('ca.pem')],
  ]);
  await run('openssl', [
    ...[
      'req',
      ...key.slice(0, 5),
      '-subj',
      '/CN=made server',
      '-keyout',
      at('tls.key'),
      '-out',
      at('tls.csr'),
    ],
  ]);
  await writeFile(at('names'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`);
  await run('openssl', [
    ...['x509', '-req', '-in', at('tls.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-days', '2'],
    ...['-CAcreateserial', '-extfile', at('names'), '-out', at('tls.pem')],
  ]);
  const read = (name: string): Promise<string> => readFile(at(name), 'utf8');
  return { file: at('ca.pem'), key: await read('tls.key'), cert: await read('tls.pem') };
}

/** A TLS server that passes what it gets on to the plain port of the name that it was called by. */
export async function makeTlsFront(
  { key, cert }: Authority,
  portOf: (name: string) => number,
): Promise<Made> {
  const asked: string[] = [];
  const server = createTlsServer({ key, cert }, (socket: TLSSocket) => {
    const name = (socket as { servername?: string }).servername ?? '';
    asked.push(name);
    const onward = connect(portOf(name), '127.0.0.1');
    pipeBoth(socket, onward);
  });
  server.on('tlsClientError', () => undefined);
  return { ...(await listen(server)), asked };
}
