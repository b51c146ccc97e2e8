import { BlockList, isIP } from 'node:net';
import { GamedayError } from '../model/errors.ts';

/** A proxy. Its URL may contain credentials, so only its name is ever shown. */
export interface Proxy {
  readonly url: URL;
  /** Host, port and the variable that names it: for messages. */
  readonly name: string;
}

/** The proxies that the environment names, and the hosts that are reached without one. */
export interface Proxies {
  readonly http: Proxy | null;
  readonly https: Proxy | null;
  /** The entries of `NO_PROXY`. */
  readonly without: readonly string[];
}

export const NO_PROXIES: Proxies = { http: null, https: null, without: [] };

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY; the lower-case name goes first, as in curl. Throws bad-input that shows no URL. */
export function readProxies(environment: Environment): Proxies {
  const [, without] = readEither(environment, 'NO_PROXY') ?? [];
  return {
    http: readProxy(environment, 'HTTP_PROXY'),
    https: readProxy(environment, 'HTTPS_PROXY'),
    without: (without ?? '').split(/[\s,]+/).filter((entry) => entry !== ''),
  };
}

function readEither(environment: Environment, name: string): readonly [string, string] | null {
  for (const one of [name.toLowerCase(), name]) {
    const value = environment[one]?.trim() ?? '';
    if (value !== '') return [one, value];
  }
  return null;
}

function readProxy(environment: Environment, variable: string): Proxy | null {
  const [setting, text] = readEither(environment, variable) ?? [];
  if (setting === undefined || text === undefined) return null;
  const whole = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : null;
  if (url === null || url.hostname === '') {
    const next = `Set ${setting} to the proxy's URL, as http://HOST:PORT.`;
    throw new GamedayError('bad-input', `${setting} is not the URL of a proxy`, { next });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const next = `Set ${setting} to an http or https proxy.`;
    throw new GamedayError('bad-input', `${setting} names a proxy of kind ${url.protocol}//`, { next });
  }
  return { url, name: `${url.hostname}:${portOf(url)} (${setting})` };
}

function portOf({ port, protocol }: URL): string {
  if (port !== '') return port;
  return protocol === 'https:' ? '443' : '80';
}

/** The credentials in a proxy's URL, as the header that they are sent in; null where there are none. */
export function authorizationOf({ url }: Proxy): string | null {
  if (url.username === '' && url.password === '') return null;
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/**
 * The proxy for a host, or null if it is reached without one. This machine and link-local addresses never go through one: a
 * proxy would show its own metadata endpoint, and not that of the task we run on.
 */
export function findProxy(
  proxies: Proxies,
  protocol: 'http' | 'https',
  host: string,
  port: number,
): Proxy | null {
  const proxy = proxies[protocol];
  if (proxy === null) return null;
  const name = host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost')) return null;
  if (isIP(name) !== 0 && OWN.check(name, familyOf(name))) return null;
  return proxies.without.some((entry) => isNamedBy(entry.toLowerCase(), name, port)) ? null : proxy;
}

/** Loopback and link-local addresses. */
const OWN = new BlockList();
OWN.addSubnet('127.0.0.0', 8, 'ipv4');
OWN.addSubnet('169.254.0.0', 16, 'ipv4');
OWN.addAddress('::1', 'ipv6');
OWN.addSubnet('fe80::', 10, 'ipv6');
// The metadata addresses of EC2 over IPv6.
OWN.addSubnet('fd00:ec2::', 32, 'ipv6');

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** Whether an entry of NO_PROXY names the host: `*`, a domain with all below it, an address, a network, each with or without a port. */
function isNamedBy(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(entry);
  const plain = isIP(entry) === 0 ? /^([^:]+):(\d+)$/.exec(entry) : null;
  const [, name = entry, wanted] = bracketed ?? plain ?? [];
  if (wanted !== undefined && Number(wanted) !== port) return false;
  const [network = '', bits] = name.split('/');
  if (bits !== undefined && isIP(network) !== 0) return isInNetwork(host, network, Number(bits));
  if (isIP(name) !== 0) return isIP(host) !== 0 && isInNetwork(host, name, isIP(name) === 6 ? 128 : 32);
  const domain = name.replace(/^\*?\./, '').replace(/\.$/, '');
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

function isInNetwork(host: string, network: string, bits: number): boolean {
  const most = isIP(network) === 6 ? 128 : 32;
  if (isIP(host) !== isIP(network) || !Number.isInteger(bits) || bits < 0 || bits > most) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, familyOf(network));
  return list.check(host, familyOf(host));
}
