import { afterEach, expect, it, vi } from 'vitest';
import { createEcsClient } from '../../src/ecs/client.ts';
import type { Ecs } from '../../src/ecs/port.ts';
import { deadAddress, startServer, type TestServer } from '../support/http-server.ts';

const never = new AbortController().signal;
const open: TestServer[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of open.splice(0)) await server.close();
});

/** An STS that answers everything with that. */
async function sts(status: number, body: string): Promise<TestServer> {
  const server = await startServer((_seen, response) => {
    response.writeHead(status, { 'content-type': 'text/xml' });
    response.end(body);
  });
  open.push(server);
  return server;
}

/** A client of the rig: endpoint and keys are given, and nothing but loopback is asked. */
function rigged(endpoint: string): Ecs {
  const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' };
  return createEcsClient({
    region: 'us-east-1',
    endpoint,
    credentials,
    allowInsecure: false,
    loopbackOnly: true,
  });
}

// As in the STS API Reference, GetCallerIdentity, examples.
const BOB = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <Arn>arn:aws:sts::123456789012:assumed-role/my-role-name/my-role-session-name</Arn>
    <UserId>ARO123EXAMPLE123:my-role-session-name</UserId>
    <Account>123456789012</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata>
</GetCallerIdentityResponse>`;
const REFUSED = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>The security token included in the request is invalid.</Message></Error>
  <RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId>
</ErrorResponse>`;

it('asks in the words of STS, signed for STS, whom it takes us for', async () => {
  const server = await sts(200, BOB);
  expect(await rigged(server.url).caller(never)).toEqual({
    ok: true,
    value: {
      account: '123456789012',
      arn: 'arn:aws:sts::123456789012:assumed-role/my-role-name/my-role-session-name',
    },
  });
  const [seen] = server.requests;
  expect(seen).toMatchObject({ method: 'POST', path: '/' });
  expect(seen?.body).toBe('Action=GetCallerIdentity&Version=2011-06-15');
  expect(seen?.headers.authorization).toMatch(/Credential=AKIAEXAMPLE\/\d{8}\/us-east-1\/sts\/aws4_request/);
});

it.each([
  [
    'refuses the keys',
    403,
    REFUSED,
    /^STS \(127\.0\.0\.1:\d+\) did not answer .*InvalidClientTokenId.* is invalid/,
  ],
  ['answers something else', 200, '<html/>', /^STS \(127\.0\.0\.1:\d+\) named no account and no ARN/],
])('names the host that %s', async (_title, status, body, said) => {
  const server = await sts(status, body);
  const answer = await rigged(server.url).caller(never);
  expect(answer).toMatchObject({ ok: false, trouble: { message: expect.stringMatching(said) as string } });
});

it('names the host to which there is no connection', async () => {
  const address = await deadAddress();
  expect(await rigged(address).caller(never)).toMatchObject({
    ok: false,
    trouble: {
      kind: 'unreachable',
      message: `STS: no connection to ${address.slice(7)} (ECONNREFUSED) at GetCallerIdentity`,
    },
  });
});

it("outside of the rig takes the SDK's own setting of the endpoint, and inside of it never", async () => {
  const [real, rig] = [await sts(200, BOB), await sts(200, BOB)];
  vi.stubEnv('AWS_ENDPOINT_URL_STS', real.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  const ecs = createEcsClient({ region: 'us-east-1', allowInsecure: false, loopbackOnly: false });
  expect(await ecs.caller(never)).toMatchObject({ ok: true });
  expect(real.requests).toHaveLength(1);
  expect(await rigged(rig.url).caller(never)).toMatchObject({ ok: true });
  expect([real.requests.length, rig.requests.length]).toEqual([1, 1]);
});
