import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBuildkiteClient } from '../../src/buildkite/client.ts';
import type { Buildkite } from '../../src/buildkite/port.ts';
import { createEcsClient } from '../../src/ecs/client.ts';
import type { CallOf } from '../../src/model/call.ts';
import type { Ecs } from '../../src/ecs/port.ts';
import { startServer } from '../support/http-server.ts';

const RUNS = 60;
/** What a call may take here. */
const TIME = 400;
/** A busy machine is slow; a call that hangs takes for ever. */
const FOR_EVER = 60_000;

const TASK = 'arn:aws:ecs:us-east-1:123456789012:task/build-prod/0123456789abcdef0123456789abcdef';
const UUID = '018f0000-0000-4000-8000-000000000001';
const never = new AbortController().signal;

/** One answer: a status, a type, a body, and whether it is ever ended. */
interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
  readonly ends: boolean;
}

/** Names that the answers really have, so that garbage gets as deep as it can. */
const NAMES = [
  ...[
    'data',
    'errors',
    'message',
    'organization',
    'pipeline',
    'build',
    'job',
    'agent',
    'node',
    'edges',
    'jobs',
  ],
  ...[
    'buildCreate',
    'buildCancel',
    'uuid',
    'id',
    'state',
    'agents',
    'count',
    'pageInfo',
    '__typename',
    '__type',
  ],
  ...[
    'clusters',
    'services',
    'tasks',
    'task',
    'taskArns',
    'failures',
    'nextToken',
    'taskDefinition',
    'version',
  ],
  ...['containers', 'lastStatus', 'desiredStatus', 'taskArn', 'clusterArn', '__proto__', 'length'],
];
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, 0, -1, 1e300, '', 'RUNNING', 'STOPPED', '2026-01-02T03:04:05Z'),
    fc.string(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 5 }),
  ),
})).value;
const text = fc.oneof(
  json.map((value) => JSON.stringify(value)),
  json.map((data) => JSON.stringify({ data })),
  json.map((inner) =>
    JSON.stringify({ data: { organization: inner, pipeline: inner, build: inner, job: inner } }),
  ),
  json.map((errors) => JSON.stringify({ data: null, errors })),
  json.map((value) => JSON.stringify({ data: value }).slice(0, -2)),
  fc.constantFrom('', '{}', '[]', 'null', '"', '<!DOCTYPE html><title>Sign in</title>', '\u0000', '\uFEFF{}'),
);
const garbage: fc.Arbitrary<Answer> = fc.record({
  status: fc.constantFrom(200, 200, 200, 200, 201, 204, 302, 400, 401, 404, 418, 429, 500, 503, 599),
  type: fc.constantFrom('application/json', 'application/x-amz-json-1.1', 'text/html', 'image/png', ''),
  body: fc.oneof(
    text.map((whole) => Buffer.from(whole)),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  ),
  ends: fc.nat(15).map((n) => n > 0),
});

/** Servers that answer what they are told to. */
async function withServer(
  work: (url: string, tell: (answer: Answer) => void) => Promise<void>,
): Promise<void> {
  let next: Answer | null = null;
  const server = await startServer((_seen, response) => {
    if (next !== null) reply(response, next);
  });
  try {
    await work(server.url, (answer) => (next = answer));
  } finally {
    await server.close();
  }
}

function reply(response: ServerResponse, { status, type, body, ends }: Answer): void {
  response.writeHead(status, type === '' ? {} : { 'content-type': type });
  if (ends) response.end(body);
  else response.write(body.length === 0 ? ' ' : body);
}

const rules = { allowInsecure: false, loopbackOnly: true, timeoutMs: TIME } as const;

function buildkite(url: string): Buildkite {
  return createBuildkiteClient({ endpoint: url, token: 'a-token-for-tests', ...rules });
}

function ecs(url: string): Ecs {
  const credentials = { accessKeyId: 'an-access-key', secretAccessKey: 'a-secret-key' };
  return createEcsClient({ region: 'us-east-1', endpoint: url, credentials, ...rules });
}

const CREATE = {
  kind: 'create-build',
  ...{ pipeline: 'canary', pipelineNodeId: 'id', branch: 'main', commit: 'HEAD', message: '' },
  ...{ env: {}, metaData: {} },
} as const;
const STOP = { kind: 'stop-task', cluster: 'build-prod', taskArn: TASK, reason: 'gameday x' } as const;
const INSTANCE = TASK.replace(':task/', ':container-instance/');
const AT = { cluster: 'build-prod', service: 'build-agents' } as const;
const COUNTS = { desired: 1, former: 2 } as const;
const PROTECT: CallOf<'protect-tasks'> = {
  kind: 'protect-tasks',
  cluster: 'build-prod',
  tasks: [TASK],
  enabled: true,
  minutes: 1,
};
const DRAIN: CallOf<'set-instance-state'> = {
  kind: 'set-instance-state',
  cluster: 'build-prod',
  instance: INSTANCE,
  status: 'DRAINING',
};
const OF = { service: 'build-agents' } as const;

type Result = { readonly ok: true } | { readonly ok: false; readonly trouble: { readonly kind: string } };

async function settled(call: Promise<Result>): Promise<Result> {
  const late = pause(FOR_EVER, null, { ref: false });
  const result = await Promise.race([call, late]);
  if (result === null) throw new Error('it hangs');
  return result;
}

/** Whatever is answered, the call ends in its time, throws nothing, and takes none of it for an answer. */
async function holds<C>(connect: (url: string) => C, call: (client: C) => Promise<Result>): Promise<void> {
  await withServer(async (url, tell) => {
    const client = connect(url);
    await fc.assert(
      fc.asyncProperty(garbage, async (answer) => {
        tell(answer);
        const result = await settled(call(client));
        expect(result.ok, `${String(answer.status)} ${answer.body.toString('utf8')}`).toBe(false);
      }),
      { numRuns: RUNS },
    );
  });
}

describe.concurrent('garbage for an answer is no answer of Buildkite', () => {
  test.each<[string, (client: Buildkite) => Promise<Result>]>([
    ['pipeline', (client) => client.pipeline('acme', 'canary', 'main', never)],
    ['build', (client) => client.build('acme/canary/1', 'all', never)],
    ['build by UUID', (client) => client.build(UUID, 'all', never)],
    ['buildOfDrill', (client) => client.buildOfDrill('acme', 'canary', { drill: 'drill', nth: null }, never)],
    ['job', (client) => client.job(UUID, never)],
    ['agent', (client) => client.agent('acme', UUID, never)],
    ['agentsWithTag', (client) => client.agentsWithTag('acme', `ecs:task-arn=${TASK}`, never)],
    ['viewer', (client) => client.viewer(never)],
    ['agents', (client) => client.agents('acme', never)],
    ['createBuild', (client) => client.createBuild(CREATE, never)],
    [
      'cancelBuild',
      (client) => client.cancelBuild({ kind: 'cancel-build', buildId: UUID, buildNodeId: 'x' }, never),
    ],
  ])('%s', async (_name, call) => {
    await holds(buildkite, call);
  });
});

describe.concurrent('garbage for an answer is no answer of ECS', () => {
  test.each<[string, (client: Ecs) => Promise<Result>]>([
    ['cluster', (client) => client.cluster('build-prod', never)],
    ['service', (client) => client.service('build-prod', 'build-agents', never)],
    ['tasks', (client) => client.tasks('build-prod', [TASK], never)],
    ['taskDefinition', (client) => client.taskDefinition('build-agent:1', never)],
    ['recentStops', (client) => client.recentStops('build-prod', OF, never)],
    ['tasksOf', (client) => client.tasksOf('build-prod', OF, never)],
    ['tasksOn', (client) => client.tasksOn('build-prod', INSTANCE, never)],
    ['instance', (client) => client.instance('build-prod', INSTANCE, never)],
    ['protections', (client) => client.protections('build-prod', [TASK], never)],
    ['stopTask', (client) => client.send(STOP, never)],
    ['setDesiredCount', (client) => client.send({ kind: 'set-desired-count', ...AT, ...COUNTS }, never)],
    ['forceDeployment', (client) => client.send({ kind: 'force-deployment', ...AT }, never)],
    ['protectTasks', (client) => client.send(PROTECT, never)],
    ['setInstanceState', (client) => client.send(DRAIN, never)],
  ])('%s', async (_name, call) => {
    await holds(ecs, call);
  });
});

test('a changing call whose answer is garbage is unknown, never refused: it may have happened', async () => {
  await withServer(async (url, tell) => {
    const clients = [buildkite(url), ecs(url)] as const;
    await fc.assert(
      fc.asyncProperty(text, async (body) => {
        tell({ status: 200, type: 'application/json', body: Buffer.from(body), ends: true });
        const [created, stopped] = await Promise.all([
          clients[0].createBuild(CREATE, never),
          clients[1].send(STOP, never),
        ]);
        // A GraphQL error at the mutation itself says that it did not happen: those are told apart elsewhere.
        if (!created.ok && !body.includes('"errors":['))
          expect([body, created.certainty]).toEqual([body, 'unknown']);
        if (!stopped.ok) expect([body, stopped.certainty]).toEqual([body, 'unknown']);
      }),
      { numRuns: RUNS },
    );
  });
});
