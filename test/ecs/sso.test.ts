import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createEcsClient } from '../../src/ecs/client.ts';
import type { Answer } from '../../src/model/answer.ts';
import { json, startServer, type TestServer } from '../support/http-server.ts';

const never = new AbortController().signal;
const CLUSTER = {
  clusterArn: 'arn:aws:ecs:us-east-1:123456789012:cluster/c',
  clusterName: 'c',
  status: 'ACTIVE',
};

let home: string;
const servers: TestServer[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gameday-sso-'));
  mkdirSync(join(home, '.aws', 'sso', 'cache'), { recursive: true });
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL'])
    vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', join(home, '.aws', 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(home, 'none'));
  vi.stubEnv('HOME', home);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** A session as `aws sso login` leaves it, by the name of the session or its address; each test has one of its own, as the SDK keeps some. */
function logIn(session: string, expiresAt: string): void {
  const file = `${createHash('sha1').update(session).digest('hex')}.json`;
  const token = { accessToken: `token of ${session}`, expiresAt };
  writeFileSync(join(home, '.aws', 'sso', 'cache', file), JSON.stringify(token));
}

function configure(text: string, profile = 'drills'): void {
  writeFileSync(join(home, '.aws', 'config'), text);
  vi.stubEnv('AWS_PROFILE', profile);
}

function withSession(session: string): string {
  return `[profile drills]
sso_session = ${session}
sso_account_id = 123456789012
sso_role_name = gameday
[sso-session ${session}]
sso_region = us-east-1
sso_start_url = https://example.awsapps.com/start
`;
}

/** The portal of SSO (GetRoleCredentials): gives keys for a token, or refuses it. */
async function portal(status = 200): Promise<TestServer> {
  const server = await startServer((_seen, response) => {
    const keys = {
      accessKeyId: 'ASIAEXAMPLE',
      secretAccessKey: 's',
      sessionToken: 't',
      expiration: 4_102_444_800_000,
    };
    if (status === 200) json(response, 200, { roleCredentials: keys });
    else
      json(
        response,
        status,
        { message: 'refused' },
        { 'x-amzn-ErrorType': status === 401 ? 'UnauthorizedException' : 'ForbiddenException' },
      );
  });
  servers.push(server);
  vi.stubEnv('AWS_ENDPOINT_URL_SSO', server.url);
  return server;
}

/** Reads a cluster, and says by which key it was asked for. */
async function readCluster(): Promise<{ answer: Answer<unknown>; asked: string | undefined }> {
  const ecs = await startServer((_seen, response) =>
    json(response, 200, { clusters: [CLUSTER], failures: [] }),
  );
  servers.push(ecs);
  const given = { region: 'us-east-1', endpoint: ecs.url, allowInsecure: false, loopbackOnly: false };
  const answer = await createEcsClient(given).cluster('c', never);
  return { answer, asked: /Credential=(\w+)/.exec(ecs.requests[0]?.headers.authorization ?? '')?.[1] };
}

const LOG_IN = 'run `aws sso login --profile drills`';

test('a session that is open is exchanged for keys at the portal', async () => {
  const sso = await portal();
  configure(withSession('open'));
  logIn('open', '2099-01-01T00:00:00Z');
  const { answer, asked } = await readCluster();
  expect([answer.ok, asked]).toEqual([true, 'ASIAEXAMPLE']);
  const [seen] = sso.requests;
  expect(seen?.path).toBe('/federation/credentials?account_id=123456789012&role_name=gameday');
  expect(seen?.headers['x-amz-sso_bearer_token']).toBe('token of open');
});

describe('a session that does not hold names the command and the profile:', () => {
  test.each([
    ['it has expired', 'expired', '2020-01-01T00:00:00Z', 200, 0],
    ['nobody has logged in', 'never', null, 200, 0],
    ['the portal refuses it', 'revoked', '2099-01-01T00:00:00Z', 401, 1],
  ])('%s', async (_title, session, expiresAt, status, asked) => {
    const sso = await portal(status);
    configure(withSession(session));
    if (expiresAt !== null) logIn(session, expiresAt);
    const { answer } = await readCluster();
    expect(answer).toMatchObject({
      ok: false,
      trouble: { kind: 'unauthorized', message: expect.stringContaining(LOG_IN) as string },
    });
    expect(JSON.stringify(answer)).not.toContain(`token of ${session}`);
    expect(sso.requests).toHaveLength(asked);
  });

  test('also one of the older form, of the profile that a role takes its keys from', async () => {
    await portal();
    configure(
      `[profile work]
role_arn = arn:aws:iam::123456789012:role/gameday
source_profile = drills
[profile drills]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = gameday
`,
      'work',
    );
    logIn('https://example.awsapps.com/start', '2020-01-01T00:00:00Z');
    expect((await readCluster()).answer).toMatchObject({
      trouble: { message: expect.stringContaining(LOG_IN) as string },
    });
  });
});

test('a role that the session may not take is not a matter of logging in', async () => {
  await portal(403);
  configure(withSession('forbidden'));
  logIn('forbidden', '2099-01-01T00:00:00Z');
  const { answer } = await readCluster();
  expect(answer).toMatchObject({
    ok: false,
    trouble: { message: expect.stringContaining('ForbiddenException') as string },
  });
  expect(JSON.stringify(answer)).not.toContain('aws sso login');
});
