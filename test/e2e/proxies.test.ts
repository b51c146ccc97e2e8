import { describe, expect, test } from 'vitest';
import { cli } from '../support/cli.ts';
import { makeAuthority, makeProxy, makeTlsFront } from '../support/made-proxy.ts';
import type { Authority, Made, ProxyChoice } from '../support/made-proxy.ts';
import { deadAddress } from '../support/http-server.ts';
import { held, whenProven } from './support/gates.ts';
import { standing } from './support/standing.ts';
import type { Standing } from './support/standing.ts';

const BUILDKITE = 'graphql.buildkite.com';
const ECS = 'ecs.us-east-1.amazonaws.com';

/** The rig under the names of the real services, which no name server of a test knows: only a proxy leads to it. */
interface Net {
  readonly stage: Standing;
  readonly authority: Authority;
  readonly front: Made;
  /** What leads to the services over TLS, beside a proxy. */
  readonly env: Readonly<Record<string, string>>;
  proxy(choice?: Partial<ProxyChoice>): Promise<Made>;
}

async function onNet(work: (net: Net) => Promise<void>): Promise<void> {
  const steps = [{ key: 'integration', command: held() }];
  await standing({ steps }, async (stage) => {
    const made: Made[] = [];
    try {
      const graphql = new URL(stage.env['BUILDKITE_GRAPHQL_ENDPOINT'] ?? '');
      const ecs = new URL(stage.env['AWS_ENDPOINT_URL_ECS'] ?? '');
      const authority = await makeAuthority(stage.folder, [BUILDKITE, ECS]);
      const plain = (name: string): number => Number(name === BUILDKITE ? graphql.port : ecs.port);
      const front = await makeTlsFront(authority, plain);
      made.push(front);
      const { AWS_ENDPOINT_URL_ECS: _, ...rest } = stage.env;
      await work({
        ...{ stage, authority, front },
        env: {
          ...rest,
          BUILDKITE_GRAPHQL_ENDPOINT: `https://${BUILDKITE}${graphql.pathname}`,
          NODE_EXTRA_CA_CERTS: authority.file,
          AWS_ENDPOINT_URL_ECS: `https://${ECS}`,
        },
        proxy: async (choice = {}) => {
          const leadsTo = (host: string, port: number): number => (port === 443 ? front.port : plain(host));
          const proxy = await makeProxy({ leadsTo, ...choice });
          made.push(proxy);
          return proxy;
        },
      });
    } finally {
      await Promise.all(made.map((one) => one.close()));
    }
  });
}

/** Reads one service of ECS, and nothing else. */
async function preflight(net: Net, env: Readonly<Record<string, string>>, args: readonly string[] = []) {
  const { BUILDKITE_API_TOKEN: _, ...rest } = { ...net.env, ...env } as Record<string, string>;
  const flags = ['--cluster', 'build-prod', '--service', 'build-agents', ...args];
  return cli(['preflight', ...flags], net.stage.folder, rest);
}

const at = (port: number, credentials = ''): string => `http://${credentials}127.0.0.1:${String(port)}`;

describe.concurrent('behind a proxy', () => {
  test('a whole drill goes through it, over TLS whose authority is our own', async () => {
    await onNet(async (net) => {
      const proxy = await net.proxy();
      const { drill } = await net.stage.run({
        env: { ...net.env, HTTPS_PROXY: at(proxy.port) },
        opens: whenProven,
      });
      expect(drill).toMatchObject({ outcome: 'passed', reason: 'drained' });
      expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${BUILDKITE}:443`, `CONNECT ${ECS}:443`]));
    });
  });

  test('plain http to a host elsewhere goes to it with its whole URL', async () => {
    await onNet(async (net) => {
      const proxy = await net.proxy();
      const env = { AWS_ENDPOINT_URL_ECS: `http://${ECS}`, http_proxy: at(proxy.port) };
      const { code, stderr } = await preflight(net, env, ['--insecure']);
      expect(code, stderr).not.toBe(4);
      expect(new Set(proxy.asked)).toEqual(new Set([`POST http://${ECS}:80/`]));
    });
  });

  test('its credentials are sent to it, and never shown', async () => {
    await onNet(async (net) => {
      const proxy = await net.proxy({ wants: 'drill:s3cret-w0rd' });
      const passed = await preflight(net, { HTTPS_PROXY: at(proxy.port, 'drill:s3cret-w0rd@') });
      expect(passed.code, passed.stderr).not.toBe(4);
      const refused = await preflight(net, { HTTPS_PROXY: at(proxy.port, 'drill:wr0ng-w0rd@') });
      expect(refused.code).toBe(4);
      expect(refused.stderr).toContain(
        `no connection to ${ECS}:443 through the proxy 127.0.0.1:${String(proxy.port)} (HTTPS_PROXY): it wants other credentials in its URL (HTTP 407)`,
      );
      for (const { stdout, stderr } of [passed, refused]) expect(stdout + stderr).not.toMatch(/w0rd/);
    });
  });

  test('one that refuses is told from a service that does', async () => {
    await onNet(async (net) => {
      const proxy = await net.proxy({ refuses: 403 });
      const { code, stderr } = await preflight(net, { HTTPS_PROXY: at(proxy.port) });
      expect(code).toBe(4);
      expect(stderr).toContain(
        `through the proxy 127.0.0.1:${String(proxy.port)} (HTTPS_PROXY): it refused (HTTP 403)`,
      );
      expect(stderr).not.toMatch(/denies|permission/i);
    });
  });

  test('one that is away is told from a service that is', async () => {
    await onNet(async (net) => {
      const { port } = new URL(await deadAddress());
      const { code, stderr } = await preflight(net, { HTTPS_PROXY: at(Number(port)) });
      expect(code).toBe(4);
      expect(stderr).toContain(`no connection to the proxy 127.0.0.1:${port} (HTTPS_PROXY) (ECONNREFUSED)`);
    });
  });

  test('an authority that Node does not know is named as what failed', async () => {
    await onNet(async (net) => {
      const proxy = await net.proxy();
      const { code, stderr } = await preflight(net, {
        HTTPS_PROXY: at(proxy.port),
        NODE_EXTRA_CA_CERTS: '',
      });
      expect(code).toBe(4);
      expect(stderr).toMatch(
        new RegExp(
          `no TLS connection to ${ECS}:443: its certificate is of no authority that Node trusts \\(\\w+\\); NODE_EXTRA_CA_CERTS`,
        ),
      );
    });
  });

  test.each(['HTTPS_PROXY', 'https_proxy'])('this machine is reached without the one of %s', async (name) => {
    await onNet(async (net) => {
      const proxy = await net.proxy({ refuses: 403 });
      const { AWS_ENDPOINT_URL_ECS = '' } = net.stage.env;
      const env = { AWS_ENDPOINT_URL_ECS, [name]: at(proxy.port), HTTP_PROXY: at(proxy.port) };
      const { code, stderr } = await preflight(net, { ...env, NODE_USE_ENV_PROXY: '1' });
      expect(code, stderr).not.toBe(4);
      expect(proxy.asked).toEqual([]);
    });
  });

  test('what NO_PROXY names is looked for directly', async () => {
    await onNet(async (net) => {
      const proxy = await net.proxy();
      // No name server knows it (RFC 2606).
      const env = { AWS_ENDPOINT_URL_ECS: 'https://ecs.invalid', NO_PROXY: '.invalid' };
      const { code, stderr } = await preflight(net, { ...env, HTTPS_PROXY: at(proxy.port) });
      expect(code).toBe(4);
      expect(stderr).toMatch(/no connection to ecs\.invalid:443: its name is not known \(E\w+\)/);
      expect(proxy.asked).toEqual([]);
    });
  });
});

test('a region that AWS does not have is refused before anything is contacted', async () => {
  const env = {
    ...{ AWS_REGION: 'us-esat-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' },
    HTTPS_PROXY: await deadAddress(),
  };
  const args = ['preflight', '--cluster', 'build-prod', '--service', 'build-agents'];
  const { code, stderr } = await cli(args, process.cwd(), env);
  expect(code).toBe(2);
  expect(stderr).toContain('AWS has no region "us-esat-1"');
  expect(stderr).toContain('Did you mean us-east-1?');
});
