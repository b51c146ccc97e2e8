import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createEcsClient } from '../../src/ecs/client.ts';
import { createSdk } from '../../src/ecs/sdk.ts';
import type { EcsOptions } from '../../src/ecs/sdk.ts';
import { systemClock } from '../../src/http/clock.ts';
import { createBucket } from '../../src/store/bucket.ts';
import type { Ecs } from '../../src/ecs/port.ts';
import { json, startServer } from '../support/http-server.ts';
import type { Seen, TestServer } from '../support/http-server.ts';

const never = new AbortController().signal;
const TASK = 'arn:aws:ecs:us-east-1:123456789012:task/c/0123456789abcdef0123456789abcdef';
const STOP = { kind: 'stop-task', cluster: 'c', taskArn: TASK, reason: 'gameday x' } as const;
const CLUSTER = { clusterArn: 'arn:aws:ecs:us-east-1:1:cluster/c', clusterName: 'c', status: 'ACTIVE' };

let folder: string;
const servers: TestServer[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gameday-credentials-'));
  const cleared = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL'];
  for (const name of cleared) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'none'));
  vi.stubEnv('AWS_PROFILE', 'drills');
  vi.stubEnv('HOME', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** ECS: answers reads, and refuses to stop; counts who asked by which key. */
async function ecsServer(
  answer?: (seen: Seen) => [number, unknown, Record<string, string>?],
): Promise<TestServer> {
  const server = await startServer((seen, response) => {
    const given = answer?.(seen);
    if (given !== undefined) json(response, ...given);
    else if (isStop(seen)) json(response, 400, { __type: 'ClientException', message: 'no' });
    else json(response, 200, { clusters: [CLUSTER], failures: [] });
  });
  servers.push(server);
  return server;
}

const isStop = ({ headers }: Seen): boolean => String(headers['x-amz-target']).endsWith('.StopTask');
const stopsAt = ({ requests }: TestServer): readonly Seen[] => requests.filter(isStop);

function clientOf({ url }: TestServer, over: Partial<EcsOptions> = {}): Ecs {
  return createEcsClient({
    ...{ region: 'us-east-1', endpoint: url, timeoutMs: 5_000, allowInsecure: false, loopbackOnly: false },
    ...over,
  });
}

/** A profile whose command waits for a gate, prints keys that expire in so many seconds, and leaves a line for each of its runs. */
function profileWithCommand(seconds: number): { readonly runs: string; readonly gate: string } {
  const [script, runs, gate] = ['command', 'runs', 'gate'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(
    script,
    `#!/bin/sh
echo run >> ${runs}
while [ -e ${gate} ]; do sleep 0.05; done
key=AKIA$(wc -l < ${runs} | tr -d ' ')
until=$(date -u -d "+${String(seconds)} seconds" +%Y-%m-%dT%H:%M:%SZ)
echo "{\\"Version\\":1,\\"AccessKeyId\\":\\"$key\\",\\"SecretAccessKey\\":\\"s3cr3t\\",\\"SessionToken\\":\\"t\\",\\"Expiration\\":\\"$until\\"}"
`,
  );
  chmodSync(script, 0o700);
  writeFileSync(
    join(folder, 'config'),
    `[profile drills]\nregion = us-east-1\ncredential_process = ${script}\n`,
  );
  return { runs, gate };
}

const keyOf = ({ headers }: Seen): string =>
  /Credential=(\w+)\//.exec(headers.authorization ?? '')?.[1] ?? '';

describe('credentials', () => {
  test('a command that gave them to a read is not run again for the stop', async () => {
    const { gate } = profileWithCommand(3_600);
    const server = await ecsServer();
    const ecs = clientOf(server);
    await ecs.cluster('c', never);
    // From here on the command never ends.
    writeFileSync(gate, '');
    await ecs.send(STOP, never);
    expect(server.requests.map(keyOf)).toEqual(['AKIA1', 'AKIA1']);
  });

  test('that expire soon are fetched anew when that is asked for, and the stop does not wait', async () => {
    const { gate } = profileWithCommand(60);
    const server = await ecsServer();
    const ecs = clientOf(server);
    await ecs.cluster('c', never);
    expect(await ecs.credentials(never)).toMatchObject({ ok: true });
    writeFileSync(gate, '');
    await ecs.send(STOP, never);
    expect(stopsAt(server).map(keyOf)).toEqual(['AKIA1']);
  });

  test('a look that grew old while they were fetched keeps the stop from being sent', async () => {
    const { gate } = profileWithCommand(3_600);
    const server = await ecsServer();
    writeFileSync(gate, '');
    let isOld = false;
    const stop = clientOf(server).send(STOP, never, () => (isOld ? 'the look is old' : null));
    isOld = true;
    rmSync(gate);
    expect(await stop).toEqual({
      ok: false,
      certainty: 'refused',
      trouble: { kind: 'outdated', message: 'not sent: the look is old', retryAfter: null },
    });
    expect(server.requests).toEqual([]);
  });

  test('the look is judged when the connection stands, after signing', async () => {
    profileWithCommand(3_600);
    const server = await ecsServer();
    const ecs = clientOf(server);
    await ecs.cluster('c', never);
    const asked: number[] = [];
    const held = await ecs.send(STOP, never, () => {
      asked.push(server.requests.length);
      return 'the look is old';
    });
    expect(held).toMatchObject({ certainty: 'refused', trouble: { kind: 'outdated' } });
    expect(stopsAt(server)).toEqual([]);
    expect(asked).toEqual([1]);
  });

  test('a role with MFA asks the person, once for all clients', async () => {
    const sts = await startServer((_seen, response) => answerAssumed(response));
    servers.push(sts);
    profileWithMfa(sts.url);
    const server = await ecsServer();
    const devices: string[] = [];
    const ecs = clientOf(server, {
      askMfaCode: (device) => {
        devices.push(device);
        return Promise.resolve('123456');
      },
    });
    await Promise.all([ecs.cluster('c', never), ecs.cluster('c', never)]);
    await ecs.send(STOP, never);
    expect(devices).toEqual(['arn:aws:iam::123456789012:mfa/me']);
    expect(sts.requests.map(({ body }) => new URLSearchParams(body).get('TokenCode'))).toEqual(['123456']);
    expect(new Set(server.requests.map(keyOf))).toEqual(new Set(['ASIAEXAMPLE']));
  });

  test('and once for all services, where they keep credentials together', async () => {
    const sts = await startServer((_seen, response) => answerAssumed(response));
    servers.push(sts);
    profileWithMfa(sts.url);
    const [server, s3] = [await ecsServer(), await startServer((_seen, response) => response.end('kept'))];
    servers.push(s3);
    vi.stubEnv('AWS_ENDPOINT_URL_S3', s3.url);
    let asked = 0;
    const options = {
      ...{ region: 'us-east-1', allowInsecure: false, loopbackOnly: false, timeoutMs: 5_000 },
      ...{ askMfaCode: () => Promise.resolve(`12345${String((asked += 1))}`) },
      keep: { kept: null, fetching: null },
    };
    const ecs = clientOf(server, options);
    const bucket = createBucket(createSdk(options, systemClock), {
      ...{ bucket: 'games', prefix: '', hasEndpoint: true },
    });
    await Promise.all([ecs.cluster('c', never), bucket.get('a.json', never)]);
    await bucket.get('b.json', never);
    expect(asked).toBe(1);
    expect([...server.requests, ...s3.requests].map(keyOf)).toEqual(Array(3).fill('ASIAEXAMPLE'));
    // Keys that were given are of that client alone: those of a rig never meet a person's.
    const rig = clientOf(server, {
      ...options,
      credentials: { accessKeyId: 'AKIARIG', secretAccessKey: 's' },
    });
    await rig.cluster('c', never);
    await ecs.cluster('c', never);
    expect(server.requests.slice(-2).map(keyOf)).toEqual(['AKIARIG', 'ASIAEXAMPLE']);
  });

  test('where nobody can be asked for the code the message names what to run', async () => {
    profileWithMfa('http://127.0.0.1:9');
    const read = await clientOf(await ecsServer()).cluster('c', never);
    expect(read).toMatchObject({ ok: false, trouble: { kind: 'unauthorized' } });
    expect(read.ok ? '' : read.trouble.message).toContain(
      'run `eval "$(aws configure export-credentials --profile drills --format env)"` before',
    );
  });
});

test('a stop is signed with the clock offset that reads learned', async () => {
  const HOUR = 3_600_000;
  const server = await ecsServer((seen) => {
    const date = String(seen.headers['x-amz-date']);
    const signed = Date.parse(date.replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z'));
    const theirs = Date.now() + HOUR;
    const headers = { date: new Date(theirs).toUTCString() };
    // AWS refuses a signature that is five minutes off.
    if (Math.abs(signed - theirs) > 300_000)
      return [400, { __type: 'InvalidSignatureException', message: 'Signature not yet current' }, headers];
    return isStop(seen)
      ? [400, { __type: 'ClientException', message: 'no' }, headers]
      : [200, { clusters: [CLUSTER], failures: [] }, headers];
  });
  const credentials = { accessKeyId: 'AKIA', secretAccessKey: 's3cr3t' };
  const ecs = clientOf(server, { credentials });
  expect(await ecs.cluster('c', never)).toMatchObject({ ok: true });
  expect(await ecs.send(STOP, never)).toMatchObject({
    trouble: { message: expect.stringContaining('no') as string },
  });
  expect(stopsAt(server)).toHaveLength(1);
});

/** A role that wants an MFA code. */
function profileWithMfa(sts: string): void {
  writeFileSync(
    join(folder, 'config'),
    `[profile drills]
region = us-east-1
role_arn = arn:aws:iam::123456789012:role/gameday
source_profile = keys
mfa_serial = arn:aws:iam::123456789012:mfa/me
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
}

function answerAssumed(response: Parameters<Parameters<typeof startServer>[0]>[1]): void {
  response.writeHead(200, { 'content-type': 'text/xml' });
  response.end(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/gameday/x</Arn><AssumedRoleId>A:x</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>s3cr3t</SecretAccessKey><SessionToken>t0ken</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`);
}
