import { afterEach, expect, test } from 'vitest';
import { createBuildkiteClient } from '../../src/buildkite/client.ts';
import { json, startServer } from '../support/http-server.ts';
import { against, agentNode, buildNode, closeServers, event, jobNode, page } from './canned.ts';

const never = new AbortController().signal;
afterEach(closeServers);

test('a build comes with its jobs, in our words', async () => {
  const { buildkite, asked } = await against(() => ({ build: buildNode() }));
  const answer = await buildkite.build('acme/canary/7', 'all', never);
  expect(answer).toMatchObject({
    ok: true,
    value: {
      build: {
        id: 'build-1',
        state: 'running',
        metaData: { 'gameday-drill': 'd1' },
        jobs: ['job-1'],
        jobsComplete: true,
      },
      jobs: [
        {
          id: 'job-1',
          buildId: 'build-1',
          buildSlug: 'acme/canary/7',
          stepKey: 'integration',
          startedAt: Date.parse('2026-11-24T12:00:01.500Z'),
          events: null,
        },
      ],
    },
  });
  expect(asked).toEqual(['Build']);
});

test('states that nobody knows yet are other and kept raw', async () => {
  const odd = jobNode({ state: 'DREAMING', signalReason: 'MOON_PHASE', retryType: 'LUNAR' });
  const { buildkite } = await against(() => ({ build: buildNode({ state: 'MELTING', jobs: page([odd]) }) }));
  expect(await buildkite.build('build-1', 'all', never)).toMatchObject({
    value: {
      build: { state: 'other', rawState: 'MELTING' },
      jobs: [{ state: 'other', rawState: 'DREAMING', signalReason: 'moon_phase', retryType: null }],
    },
  });
});

test('pages of jobs are followed; a job that comes twice counts once', async () => {
  const { buildkite } = await against((operation) =>
    operation === 'Build'
      ? { build: buildNode({ jobs: page([jobNode()], 'c1') }) }
      : { build: { jobs: page([jobNode(), jobNode({ uuid: 'job-2' })]) } },
  );
  expect(await buildkite.build('build-1', 'all', never)).toMatchObject({
    value: { build: { jobs: ['job-1', 'job-2'], jobsComplete: true } },
  });
});

test('a listing without end is cut and called incomplete', async () => {
  const { buildkite, asked } = await against((operation) =>
    operation === 'Build'
      ? { build: buildNode({ jobs: page([jobNode()], 'same') }) }
      : { build: { jobs: page([jobNode()], 'same') } },
  );
  expect(await buildkite.build('build-1', 'all', never)).toMatchObject({
    value: { build: { jobsComplete: false } },
  });
  expect(asked).toHaveLength(50);
});

test('a job that may not be seen makes the listing incomplete', async () => {
  const { buildkite } = await against(() => ({ build: buildNode({ jobs: page([jobNode(), null]) }) }));
  expect(await buildkite.build('build-1', 'all', never)).toMatchObject({
    value: { build: { jobsComplete: false } },
  });
});

test('a command job of another shape is garbage, never passed over', async () => {
  const { buildkite } = await against(() => ({
    build: buildNode({ jobs: page([jobNode({ passed: 'yes' })]) }),
  }));
  expect(await buildkite.build('build-1', 'all', never)).toMatchObject({
    ok: false,
    trouble: { kind: 'garbage' },
  });
});

test('a field of ours that is missing is garbage, never null', async () => {
  const mangled = Object.fromEntries(Object.entries(agentNode()).filter(([name]) => name !== 'lostAt'));
  const { buildkite } = await against(() => ({ agent: mangled }));
  expect(await buildkite.agent('acme', 'agent-1', never)).toMatchObject({
    ok: false,
    trouble: { kind: 'garbage' },
  });
});

const past = (uuid: string, seconds: number, over: Readonly<Record<string, unknown>> = {}): unknown =>
  jobNode({
    uuid,
    state: 'FINISHED',
    passed: true,
    finishedAt: new Date(Date.parse('2026-11-24T12:00:01.500Z') + seconds * 1000).toISOString(),
    ...over,
  });

test('a history follows its pages and counts each attempt once; what is not of it is not counted', async () => {
  const pages = [
    page([past('a', 10), past('b', 20, { passed: false }), past('c', 0)], 'c1'),
    page([past('c', 0), past('d', -3), past('e', 4, { step: { key: 'other' } }), past('f', 30)], 'c2'),
    page([past('g', 5, { startedAt: null }), jobNode({ uuid: 'h' }), null, past('i', 40)]),
  ];
  const { buildkite, asked } = await against(() => ({
    organization: { uuid: 'o' },
    pipeline: { jobs: pages.shift() },
  }));
  expect(await buildkite.stepHistory('acme', 'canary', 'integration', 50, never)).toEqual({
    ok: true,
    value: { durations: [10_000, 0, 30_000, 40_000] },
  });
  expect(asked).toEqual(['StepHistory', 'StepHistory', 'StepHistory']);
});

test('of a history no more is asked for than is wanted, and one without end is cut', async () => {
  const firsts: unknown[] = [];
  const { buildkite } = await against((_operation, { first }) => {
    firsts.push(first);
    return { organization: { uuid: 'o' }, pipeline: { jobs: page([past('same', 1)], 'same') } };
  });
  expect(await buildkite.stepHistory('acme', 'canary', 'integration', 101, never)).toEqual({
    ok: true,
    value: { durations: [1000] },
  });
  expect(firsts).toEqual([100, 100, 100, 100, 100]);
});

test('a page of past jobs says where the next one begins; what is no command job is passed over', async () => {
  const variables: unknown[] = [];
  const { buildkite } = await against((_operation, given) => {
    variables.push(given['after']);
    const nodes = [past('a', 10), past('b', 20, { passed: false }), { __typename: 'JobTypeWait' }, null];
    return { organization: { uuid: 'o' }, pipeline: { jobs: page(nodes, 'c2') } };
  });
  const answer = await buildkite.pastJobs('acme', 'canary', 'c1', never);
  expect(answer).toMatchObject({
    ok: true,
    value: {
      next: 'c2',
      jobs: [
        { id: 'a', passed: true },
        { id: 'b', passed: false },
      ],
    },
  });
  expect(variables).toEqual(['c1']);
});

test("a job comes with every page of its history, whatever its events' classes", async () => {
  const { buildkite } = await against((operation) =>
    operation === 'Job'
      ? {
          job: {
            ...jobNode({
              retrySource: { __typename: 'JobTypeCommand', uuid: 'job-0' },
              retryType: 'AUTOMATIC',
            }),
            build: { uuid: 'build-1', url: 'https://buildkite.com/acme/canary/builds/7' },
            events: page([event('STARTED')], 'c1'),
          },
        }
      : {
          job: {
            __typename: 'JobTypeCommand',
            events: page([
              event('FINISHED', { exitStatus: -1, signal: 'SIGTERM', signalReason: 'AGENT_STOP' }),
              event('AGENT_LOST', { actor: { type: 'GHOST' } }),
            ]),
          },
        },
  );
  expect(await buildkite.job('job-1', never)).toMatchObject({
    value: {
      buildId: 'build-1',
      buildSlug: 'acme/canary/7',
      retryOf: 'job-0',
      retryType: 'automatic',
      events: [
        { type: 'STARTED', actor: 'agent', exitStatus: null },
        { type: 'FINISHED', exitStatus: '-1', signal: 'SIGTERM', signalReason: 'agent_stop' },
        { type: 'AGENT_LOST', actor: 'other' },
      ],
    },
  });
});

test('a history without end is no answer', async () => {
  const { buildkite } = await against(() => ({
    job: { ...jobNode(), build: null, events: page([event('STARTED')], 'same') },
  }));
  expect(await buildkite.job('job-1', never)).toMatchObject({ ok: false, trouble: { kind: 'garbage' } });
});

test('a build that was created stands, though a part of the answer failed', async () => {
  const server = await startServer((_seen, response) =>
    json(response, 200, {
      data: { buildCreate: { build: buildNode() } },
      errors: [{ message: 'no annotations today', path: ['buildCreate', 'build', 'annotations'] }],
    }),
  );
  const rules = { allowInsecure: false, loopbackOnly: true };
  const buildkite = createBuildkiteClient({ endpoint: server.url, token: 't0ken', ...rules });
  const words = { pipeline: 'canary', pipelineNodeId: 'x', branch: 'main', commit: 'HEAD', message: 'm' };
  const call = { kind: 'create-build', ...words, env: { A: '1' }, metaData: { k: 'v' } } as const;
  expect(await buildkite.createBuild(call, never)).toMatchObject({
    ok: true,
    value: { build: { number: 7 } },
  });
  await server.close();
  expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({
    variables: { input: { pipelineID: 'x', env: ['A=1'], metaData: [{ key: 'k', value: 'v' }] } },
  });
});

test('several builds are asked for in one request, and fifty at the most', async () => {
  const uuids = Array.from({ length: 51 }, (_, index) => `build-${String(index)}`);
  const { buildkite, asked } = await against((_operation, variables) =>
    Object.fromEntries(
      Object.entries(variables).map(([name, uuid]) => [name.replace('u', 'b'), buildNode({ uuid })]),
    ),
  );
  const answers = await buildkite.builds(uuids, 'all', never);
  expect(asked).toEqual(['Builds', 'Builds']);
  expect(answers.map((answer) => (answer.ok ? answer.value.build.id : null))).toEqual(uuids);
});

test('a build among several that has another shape is garbage for all, and named', async () => {
  const { buildkite } = await against(() => ({ b0: buildNode(), b1: buildNode({ number: 'seven' }) }));
  const answers = await buildkite.builds(['build-1', 'build-2'], 'all', never);
  expect(answers).toHaveLength(2);
  for (const answer of answers)
    expect(answer).toMatchObject({
      trouble: { kind: 'garbage', message: expect.stringContaining('Builds') as string },
    });
});

test('a build among several that is left out of the answer is garbage, never absent', async () => {
  const { buildkite } = await against(() => ({ b0: null }));
  const answers = await buildkite.builds(['build-1', 'build-2'], 'all', never);
  expect(answers.map((answer) => (answer.ok ? null : answer.trouble.kind))).toEqual(['garbage', 'garbage']);
});
