import { ok, type Check } from '../seen.ts';

/** Through which proxies the services are asked. Whether one works, the other lines show. */
export const proxy: Check = {
  name: 'proxy',
  judge({ proxies }) {
    return [
      ok(
        proxies.length === 0 ? 'no proxy is set' : `other hosts are reached through ${proxies.join(' and ')}`,
      ),
    ];
  },
};
