import { describe, expect, test } from 'vitest';
import { findProxy, readProxies } from '../../src/http/proxies.ts';

/** Whether https to a host goes through a proxy, by NO_PROXY. */
function isProxied(without: string, host: string, port = 443): boolean {
  const proxies = readProxies({ HTTPS_PROXY: 'http://proxy.corp:3128', NO_PROXY: without });
  return findProxy(proxies, 'https', host, port) !== null;
}

// The forms that curl and Go's net/http take.
describe('NO_PROXY', () => {
  test.each([
    ['', 'example.com', true],
    ['*', 'example.com', false],
    ['example.com', 'example.com', false],
    ['example.com', 'EXAMPLE.com.', false],
    ['example.com', 'api.example.com', false],
    ['example.com', 'notexample.com', true],
    ['.example.com', 'api.example.com', false],
    ['.example.com', 'example.com', false],
    ['*.example.com', 'api.example.com', false],
    ['other.org, example.com', 'api.example.com', false],
    ['other.org example.com', 'api.example.com', false],
    ['example.com:443', 'example.com', false],
    ['example.com:8443', 'example.com', true],
    ['10.1.2.3', '10.1.2.3', false],
    ['10.1.2.3:443', '10.1.2.3', false],
    ['10.1.2.3:80', '10.1.2.3', true],
    ['10.0.0.0/8', '10.200.3.4', false],
    ['10.0.0.0/8', '11.0.0.1', true],
    ['10.0.0.0/99', '10.0.0.1', true],
    ['10.0.0.0/8', '10.example.com', true],
    ['2001:db8::1', '2001:db8:0:0::1', false],
    ['[2001:db8::1]', '[2001:db8::1]', false],
    ['[2001:db8::1]:443', '2001:db8::1', false],
    ['[2001:db8::1]:80', '2001:db8::1', true],
    ['2001:db8::/32', '2001:db8:5::7', false],
    ['2001:db8::/32', '2001:db9::7', true],
  ])('%j sends https to %s through the proxy: %s', (without, host, proxied) => {
    expect(isProxied(without, host)).toBe(proxied);
  });
});

test.each([
  'localhost',
  'rig.localhost',
  '127.0.0.1',
  '127.8.9.1',
  '::1',
  '[::1]',
  '169.254.170.2',
  'fe80::1',
])('%s is never asked through a proxy', (host) => {
  expect(isProxied('', host)).toBe(false);
});

test.each([
  [{ HTTPS_PROXY: 'http://upper:1', https_proxy: 'http://lower:2' }, 'lower:2 (https_proxy)'],
  [{ HTTPS_PROXY: 'http://upper:1', https_proxy: '' }, 'upper:1 (HTTPS_PROXY)'],
  [{ HTTPS_PROXY: 'proxy.corp:3128' }, 'proxy.corp:3128 (HTTPS_PROXY)'],
  [{ HTTPS_PROXY: 'https://me:pa55@proxy.corp' }, 'proxy.corp:443 (HTTPS_PROXY)'],
  [{ HTTP_PROXY: 'http://plain:1' }, undefined],
])('%j: https goes through %s', (environment, name) => {
  expect(findProxy(readProxies(environment), 'https', 'example.com', 443)?.name).toBe(name);
});

test.each([
  [{ HTTPS_PROXY: 'http://' }, 'HTTPS_PROXY is not the URL of a proxy'],
  [{ http_proxy: 'http://u:pa55 word@:1' }, 'http_proxy is not the URL of a proxy'],
  [{ HTTP_PROXY: 'socks5://u:pa55@proxy:1080' }, 'HTTP_PROXY names a proxy of kind socks5://'],
])('%j is refused, and not repeated', (environment, message) => {
  expect(() => readProxies(environment)).toThrow(
    expect.objectContaining({
      reason: 'bad-input',
      message,
      next: expect.not.stringContaining('pa55') as string,
    }),
  );
});
