import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEcsClient } from '../../src/ecs/client.ts';
import { createFisClient } from '../../src/fis/client.ts';
import { configureFis } from '../../src/fis/commands.ts';

const never = new AbortController().signal;
const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'a secret' };
const asked: IncomingMessage[] = [];
const bodies: string[] = [];
let answer: { status: number; body: string; headers?: Record<string, string> } = { status: 200, body: '{}' };

const server = createServer((request, response) => {
  asked.push(request);
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    bodies.push(body);
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body);
  });
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

function fisHere() {
  const { port } = server.address() as AddressInfo;
  const rules = { allowInsecure: false, loopbackOnly: true };
  const endpoint = `http://127.0.0.1:${String(port)}`;
  return createFisClient(createEcsClient({ region: 'eu-west-1', endpoint, credentials, ...rules }).sdk);
}

test('a request is one of FIS: its path, its body, and the service that it is signed for', async () => {
  const template = { id: 'EXT1', actions: {}, targets: {} };
  answer = { status: 200, body: JSON.stringify({ experimentTemplate: template }) };
  const ec2Arn = 'arn:aws:ec2:eu-west-1:123456789012:instance/i-0feed';
  const role = 'arn:aws:iam::123456789012:role/fis';
  const sent = await fisHere().send({ kind: 'create-template', drill: 'd1', ec2Arn, role }, never);
  expect(sent).toMatchObject({ ok: true, value: [{ value: { templates: ['EXT1'] } }] });
  const request = asked.at(-1);
  expect([request?.method, request?.url]).toEqual(['POST', '/experimentTemplates']);
  expect(request?.headers.authorization).toMatch(
    /Credential=AKIAEXAMPLE\/\d{8}\/eu-west-1\/fis\/aws4_request/,
  );
  expect(JSON.parse(bodies.at(-1) ?? '')).toEqual({
    clientToken: 'gameday-d1',
    description: 'gameday d1: one Spot interruption',
    roleArn: role,
    stopConditions: [{ source: 'none' }],
    targets: {
      host: { resourceType: 'aws:ec2:spot-instance', resourceArns: [ec2Arn], selectionMode: 'ALL' },
    },
    actions: {
      interrupt: {
        actionId: 'aws:ec2:send-spot-instance-interruptions',
        parameters: { durationBeforeInterruption: 'PT2M' },
        targets: { SpotInstances: 'host' },
      },
    },
    tags: { 'gameday-drill': 'd1' },
  });
});

test.each([
  [403, 'AccessDeniedException', 'denied'],
  [404, 'ResourceNotFoundException', 'not-found'],
  [402, 'ServiceQuotaExceededException', 'refused'],
  [409, 'ConflictException', 'refused'],
  [400, 'ThrottlingException', 'rate-limited'],
] as const)(
  'HTTP %i with %s refuses a call, and says why in the words of FIS',
  async (status, name, kind) => {
    answer = {
      status,
      body: JSON.stringify({ message: 'as FIS says' }),
      headers: { 'x-amzn-errortype': name },
    };
    const sent = await fisHere().send({ kind: 'delete-template', template: 'EXT1' }, never);
    expect(sent).toMatchObject({ ok: false, certainty: 'refused', trouble: { kind } });
    if (!sent.ok) expect(sent.trouble.message).toMatch(/DeleteExperimentTemplate.*as FIS says/);
  },
);

test('a failure of the service leaves open what happened, and an answer of another shape is told', async () => {
  answer = { status: 500, body: '{}' };
  expect(await fisHere().send({ kind: 'stop-experiment', experiment: 'EXP1' }, never)).toMatchObject({
    certainty: 'unknown',
  });
  answer = { status: 200, body: '{}' };
  expect(await fisHere().safetyLever(never)).toMatchObject({ ok: false, trouble: { kind: 'garbage' } });
});

test('outside of a rig FIS has its own endpoint, in every partition and mode', () => {
  const { sdk } = createEcsClient({
    region: 'eu-west-1',
    credentials,
    allowInsecure: false,
    loopbackOnly: false,
  });
  const { endpointProvider } = configureFis(sdk);
  const hostIn = (over: object): string | undefined =>
    endpointProvider?.({ Region: 'eu-west-1', UseFIPS: false, UseDualStack: false, ...over }, {}).url.host;
  expect(hostIn({})).toBe('fis.eu-west-1.amazonaws.com');
  expect(hostIn({ Region: 'cn-north-1' })).toBe('fis.cn-north-1.amazonaws.com.cn');
  expect(hostIn({ Region: 'us-east-1', UseFIPS: true })).toBe('fis-fips.us-east-1.amazonaws.com');
  expect(hostIn({ UseDualStack: true })).toBe('fis.eu-west-1.api.aws');
});
