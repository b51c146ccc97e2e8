import { GamedayError } from '../model/errors.ts';
import type { Proxies } from './proxies.ts';

/** The rules for endpoints: plain http only to loopback unless `allowInsecure`; with `loopbackOnly` nothing but loopback. */
export interface EndpointRules {
  readonly allowInsecure: boolean;
  readonly loopbackOnly: boolean;
  /** How other machines are reached; default: without a proxy. */
  readonly proxies?: Proxies;
}

/** Whether the host name of a URL is this machine. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Why the rules forbid an endpoint, or null if they allow it. */
export function sayWhyForbidden(protocol: string, hostname: string, rules: EndpointRules): string | null {
  if (protocol !== 'http:' && protocol !== 'https:') return `${protocol} is neither http nor https`;
  const loopback = isLoopback(hostname);
  if (rules.loopbackOnly && !loopback)
    return `${hostname} is not this machine, and under --rig nothing else is contacted`;
  if (protocol === 'http:' && !loopback && !rules.allowInsecure) {
    return `plain http to ${hostname} would send the credentials unencrypted`;
  }
  return null;
}

/** Host and port of a URL, for messages. */
export function nameHost({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`;
}

/** Reads an endpoint setting. Throws bad-input that names the setting, without credentials from it. */
export function endpointOf(setting: string, text: string, rules: EndpointRules): URL {
  if (!URL.canParse(text)) {
    throw new GamedayError('bad-input', `${setting} is not a URL`, {
      next: `Set ${setting} to an https URL.`,
    });
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw new GamedayError('bad-input', `${setting} contains credentials`, {
      next: 'Remove them from the URL and set their own variables.',
    });
  }
  const why = sayWhyForbidden(url.protocol, url.hostname, rules);
  if (why === null) return url;
  throw new GamedayError('bad-input', `${setting}: ${why}`, {
    next: rules.loopbackOnly
      ? `Use a loopback address.`
      : `Use https, or give --insecure to allow plain http.`,
  });
}
