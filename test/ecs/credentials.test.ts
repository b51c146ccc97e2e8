import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerResponse } from 'node:http';
import { afterEach, expect, test, vi } from 'vitest';
import { createEcsClient } from '../../src/ecs/client.ts';
import type { Ecs } from '../../src/ecs/port.ts';
import { LARGEST_ANSWER } from '../../src/http/bounded.ts';
import { json, startServer, writeEndlessly } from '../support/http-server.ts';
import type { TestServer } from '../support/http-server.ts';

const never = new AbortController().signal;
const servers: TestServer[] = [];
const folders: string[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(respond: (response: ServerResponse) => void): Promise<TestServer> {
  const server = await startServer((_seen, response) => respond(response));
  servers.push(server);
  return server;
}

/** A profile whose role is assumed at STS, with keys of its own to ask by; STS's endpoint stands in the profile too. */
function profileWithRole(sts: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-profile-'));
  folders.push(folder);
  const config = join(folder, 'config');
  writeFileSync(
    config,
    `[profile drills]
region = us-east-1
role_arn = arn:aws:iam::123456789012:role/gameday
source_profile = keys
services = elsewhere

[profile keys]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCY
services = elsewhere

[services elsewhere]
sts =
  endpoint_url = ${sts}
`,
  );
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL'])
    vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', config);
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'none'));
  vi.stubEnv('AWS_PROFILE', 'drills');
}

function client(endpoint: string, over: { allowInsecure?: boolean; timeoutMs?: number } = {}): Ecs {
  return createEcsClient({
    region: 'us-east-1',
    endpoint,
    timeoutMs: 60_000,
    allowInsecure: false,
    loopbackOnly: false,
    ...over,
  });
}

function assumed(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/xml' });
  response.end(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/gameday/x</Arn><AssumedRoleId>A:x</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>s3cr3t</SecretAccessKey><SessionToken>t0ken</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`);
}

const CLUSTER = {
  clusterArn: 'arn:aws:ecs:us-east-1:123456789012:cluster/c',
  clusterName: 'c',
  status: 'ACTIVE',
};

test('a role is assumed at an STS on this machine, over plain http', async () => {
  const sts = await serve(assumed);
  const ecs = await serve((response) => json(response, 200, { clusters: [CLUSTER], failures: [] }));
  profileWithRole(sts.url);
  expect(await client(ecs.url).cluster('c', never)).toMatchObject({ ok: true });
  expect(sts.requests).toHaveLength(1);
  expect(ecs.requests[0]?.headers.authorization).toContain('Credential=ASIAEXAMPLE/');
});

test('plain http to an STS elsewhere is refused before anything is sent', async () => {
  const ecs = await serve((response) => json(response, 200, { clusters: [CLUSTER], failures: [] }));
  profileWithRole('http://sts.example.com');
  expect(await client(ecs.url).cluster('c', never)).toMatchObject({
    ok: false,
    trouble: {
      kind: 'refused',
      message: expect.stringContaining(
        'plain http to sts.example.com would send the credentials unencrypted',
      ) as string,
    },
  });
  expect(ecs.requests).toHaveLength(0);
});

test("STS's answer has the same bounds", async () => {
  const sts = await serve((response) => {
    response.writeHead(200, { 'content-type': 'text/xml' });
    writeEndlessly(response, Buffer.alloc(64 * 1024, ' '));
  });
  const ecs = await serve((response) => json(response, 200, { clusters: [CLUSTER], failures: [] }));
  profileWithRole(sts.url);
  const before = process.resourceUsage().maxRSS;
  expect(await client(ecs.url).cluster('c', never)).toMatchObject({
    ok: false,
    trouble: { message: expect.stringContaining('larger than 16 MiB, the limit') as string },
  });
  expect((process.resourceUsage().maxRSS - before) * 1024).toBeLessThan(20 * LARGEST_ANSWER);
  expect(ecs.requests).toHaveLength(0);
});

test('an STS that never ends its answer is left at the deadline', async () => {
  const sts = await serve((response) => {
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.write('<');
  });
  profileWithRole(sts.url);
  const read = await client('http://127.0.0.1:9/', { timeoutMs: 300 }).cluster('c', never);
  expect(read).toMatchObject({ ok: false, trouble: { kind: 'timeout' } });
});

test.each(['1000000000', '1e308', 'NaN', '-1', 'Fri, 31 Dec 9999 23:59:59 GMT'])(
  'a throttled read with Retry-After %s ends within its own deadline',
  async (wait) => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wJalrXUtnFEMIK7MDENGbPxRfiCY');
    vi.stubEnv('AWS_PROFILE', undefined);
    const ecs = await serve((response) =>
      json(response, 400, { __type: 'ThrottlingException', message: 'later' }, { 'Retry-After': wait }),
    );
    const read = await client(ecs.url, { timeoutMs: 3_000 }).cluster('c', never);
    expect(read).toMatchObject({ ok: false });
    expect(['rate-limited', 'timeout']).toContain(read.ok ? 'ok' : read.trouble.kind);
  },
);
