import { AsyncLocalStorage } from 'node:async_hooks';
import { Agent as PlainAgent, request as sendPlain } from 'node:http';
import type { AgentOptions, ClientRequest } from 'node:http';
import { Agent as SecureAgent, request as sendSecure } from 'node:https';
import type { RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectSecure } from 'node:tls';
import { ConnectError, ProxyError } from './network.ts';
import { authorizationOf, findProxy, NO_PROXIES } from './proxies.ts';
import type { Proxies, Proxy } from './proxies.ts';

/** The agents of one client, by protocol. They open its connections, through a proxy where the environment names one. */
export interface Agents {
  readonly http: PlainAgent;
  readonly https: SecureAgent;
}

/** Connections are kept as Node's own agent keeps them; one that was idle longer may have been closed by the other side. */
const KEPT: AgentOptions = { keepAlive: true, scheduling: 'lifo', timeout: 5_000 };

/** Makes agents. Not Node's own proxy support, which Node 20 and 22 lack, and whose errors do not say what failed. */
export function createAgents(proxies: Proxies = NO_PROXIES): Agents {
  return { http: new PlainProxyAgent(proxies), https: new SecureProxyAgent(proxies) };
}

const checks = new AsyncLocalStorage<() => Error | null>();

/**
 * Does work whose requests are checked when their connection stands, right before the first byte: an error of `check` ends the
 * request, and nothing of it is sent.
 */
export function checkBeforeBytes<T>(check: () => Error | null, work: () => T): T {
  return checks.run(check, work);
}

/** The request that a connection is opened for: if it ends before, the connection is not wanted any more. */
const REQUEST = Symbol('request');
type Wanted = RequestOptions & { readonly [REQUEST]?: ClientRequest };
type OnSocket = (error: Error | null, socket: Duplex) => void;

/** Not documented; Node's agents have had it since their first release, and agent libraries rest on it. */
interface AddsRequests {
  addRequest(request: ClientRequest, options: Wanted): void;
}
const { addRequest } = PlainAgent.prototype as unknown as AddsRequests;

function watchRequest(request: ClientRequest): void {
  const check = checks.getStore();
  if (check === undefined) return;
  request.once('socket', () => {
    const error = check();
    if (error !== null) request.destroy(error);
  });
}

class SecureProxyAgent extends SecureAgent {
  readonly #proxies: Proxies;

  constructor(proxies: Proxies) {
    super(KEPT);
    this.#proxies = proxies;
  }

  addRequest(request: ClientRequest, options: Wanted): void {
    watchRequest(request);
    const wanted: Wanted = { ...options, [REQUEST]: request };
    addRequest.call(this, request, wanted);
  }

  /** Gives the socket when it is secured, so that nothing is written before. */
  override createConnection(options: Wanted, onSocket?: OnSocket): null {
    const target = targetOf(options, 443);
    const proxy = findProxy(this.#proxies, 'https', target.host, target.port);
    const open = (over: Partial<RequestOptions> & { socket?: Duplex }): Socket =>
      super.createConnection({ ...options, ...over }) as Socket;
    const socket =
      proxy === null
        ? awaitSocket(open({}), target.name, 'secureConnect', options[REQUEST])
        : openTunnel(proxy, target, options[REQUEST]).then((tunnel) =>
            awaitSocket(open({ socket: tunnel }), target.name, 'secureConnect', options[REQUEST]),
          );
    hand(socket, onSocket);
    return null;
  }
}

class PlainProxyAgent extends PlainAgent {
  readonly #proxies: Proxies;

  constructor(proxies: Proxies) {
    super(KEPT);
    this.#proxies = proxies;
  }

  /** A proxy for plain http gets the whole URL in the request line (RFC 9112, absolute form). */
  addRequest(request: ClientRequest, options: Wanted): void {
    watchRequest(request);
    const target = targetOf(options, 80);
    const proxy = findProxy(this.#proxies, 'http', target.host, target.port);
    if (proxy !== null) {
      request.path = `http://${target.name}${request.path}`;
      const authorization = authorizationOf(proxy);
      if (authorization !== null) request.setHeader('proxy-authorization', authorization);
    }
    const wanted: Wanted = { ...options, [REQUEST]: request };
    addRequest.call(this, request, wanted);
  }

  override createConnection(options: Wanted, onSocket?: OnSocket): null {
    const target = targetOf(options, 80);
    const proxy = findProxy(this.#proxies, 'http', target.host, target.port);
    const socket =
      proxy === null
        ? awaitSocket(super.createConnection(options) as Socket, target.name, 'connect', options[REQUEST])
        : openProxy(proxy, options[REQUEST]);
    hand(socket, onSocket);
    return null;
  }
}

interface Target {
  readonly host: string;
  readonly port: number;
  /** `host:port`, as in a URL. */
  readonly name: string;
}

function targetOf({ host, port }: Wanted, usual: number): Target {
  const bare = (host ?? 'localhost').replace(/^\[|\]$/g, '');
  const number = Number(port ?? usual);
  return { host: bare, port: number, name: `${bare.includes(':') ? `[${bare}]` : bare}:${String(number)}` };
}

function hand(opening: Promise<Duplex>, onSocket: OnSocket | undefined): void {
  opening.then(
    (socket) => onSocket?.(null, socket),
    (error: unknown) => (onSocket as ((error: Error) => void) | undefined)?.(error as Error),
  );
}

/** Waits until a socket is connected, and secured where that is wanted. */
function awaitSocket(
  socket: Socket,
  name: string,
  event: 'connect' | 'secureConnect',
  request: ClientRequest | undefined,
): Promise<Socket> {
  let at: 'connection' | 'tls' = socket.connecting ? 'connection' : 'tls';
  socket.once('connect', () => (at = 'tls'));
  return openFor(
    request,
    () => void socket.destroy(),
    (resolve, reject) => {
      socket.once(event, () => resolve(socket));
      socket.once('error', (error) => reject(new ConnectError(name, at, error)));
      socket.once('close', () => reject(new ConnectError(name, at, CLOSED)));
    },
  );
}

const CLOSED = Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });

/**
 * Opens a connection for a request, and ends the attempt when the request is destroyed before it has a socket: until then Node
 * emits no event of it.
 */
function openFor<S>(
  request: ClientRequest | undefined,
  end: () => void,
  open: (resolve: (socket: S) => void, reject: (error: Error) => void) => void,
): Promise<S> {
  let isOpen = false;
  if (request !== undefined) {
    const destroy = request.destroy.bind(request);
    request.destroy = (error) => {
      if (!isOpen) end();
      return destroy(error);
    };
  }
  return new Promise((resolve, reject) => {
    open((socket) => {
      isOpen = true;
      resolve(socket);
    }, reject);
  });
}

function optionsOf({ url }: Proxy): { readonly host: string; readonly port: number; readonly agent: false } {
  const secure = url.protocol === 'https:';
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port === '' ? (secure ? 443 : 80) : url.port),
    agent: false,
  };
}

/** A connection to a proxy for plain http. */
function openProxy(proxy: Proxy, request: ClientRequest | undefined): Promise<Duplex> {
  const { host, port } = optionsOf(proxy);
  const secure = proxy.url.protocol === 'https:';
  const socket = secure
    ? connectSecure({ host, port, servername: host })
    : (new PlainAgent().createConnection({ host, port }) as Socket);
  return awaitSocket(socket, proxy.name, secure ? 'secureConnect' : 'connect', request).catch(
    (error: unknown) => Promise.reject(new ProxyError(proxy.name, null, error)),
  );
}

/** A tunnel through a proxy to a host (CONNECT, RFC 9110 section 9.3.6). */
function openTunnel(proxy: Proxy, target: Target, request: ClientRequest | undefined): Promise<Duplex> {
  const send = proxy.url.protocol === 'https:' ? sendSecure : sendPlain;
  const authorization = authorizationOf(proxy);
  const asked = send({
    ...optionsOf(proxy),
    method: 'CONNECT',
    path: target.name,
    headers: {
      host: target.name,
      ...(authorization === null ? {} : { 'proxy-authorization': authorization }),
    },
  });
  return openFor(
    request,
    () => void asked.destroy(),
    (resolve, reject) => {
      asked.once('connect', ({ statusCode = 0 }, socket) => {
        if (statusCode >= 200 && statusCode <= 299) return resolve(socket);
        socket.destroy();
        reject(new ProxyError(proxy.name, { target: target.name, status: statusCode }, null));
      });
      asked.once('error', (error) => reject(new ProxyError(proxy.name, null, error)));
      asked.end();
    },
  );
}
