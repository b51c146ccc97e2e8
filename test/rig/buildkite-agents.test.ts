import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { benchFor, field, hasRealAgent, until } from './buildkite-bench.ts';
import type { Bench } from './buildkite-bench.ts';

const CANARY = `
steps:
  - { key: integration, command: "for i in 1 2 3; do echo tick $i; sleep 0.7; done" }
  - { key: next, command: "echo next" }
`;

const RELUCTANT = `trap 'until [ -e "$HOME/go-on" ]; do sleep 0.1; done; exit 1' TERM; touch "$HOME/listens"; sleep 60 & wait`;

const WATCH = `query Watch($uuid: ID) {
  build(uuid: $uuid) {
    state
    jobs(first: 20, type: [COMMAND], step: { key: ["integration"] }) {
      edges { node { ... on JobTypeCommand {
        id uuid state passed exitStatus signal signalReason retried retriesCount startedAt finishedAt
        step { key } agent { uuid connectionState lostAt disconnectedAt metaData version }
        events(first: 50) { edges { node { __typename type actor { type } } } }
      } } }
    }
  }
}`;

describe.concurrent.each(['real', 'stand-in'] as const)('a %s agent lives in the rig', (kind) => {
  it('BK-30: drains on SIGTERM: the running job passes, the next one is left, the agent disconnects and exits 0', async ({
    onTestFinished,
  }) => {
    const bench = await benchFor(onTestFinished, { canary: CANARY });
    const agent = bench.start(kind, ['--tags', 'queue=default,team=ci']);
    const connected = await bench.happened('agent-connected');
    expect(connected['version'] === '0.0.0-stand-in').toBe(kind === 'stand-in' || !hasRealAgent());
    const uuid = await bench.create();
    await bench.happened('job-started', ({ step }) => step === 'integration');
    agent.signal('SIGTERM');
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    const { data } = await bench.query(WATCH, { uuid });
    const job = field(data, 'build', 'jobs', 'edges', 0, 'node');
    expect(job).toMatchObject({
      state: 'FINISHED',
      passed: true,
      exitStatus: '0',
      signal: null,
      agent: { connectionState: 'DISCONNECTED', lostAt: null },
    });
    expect(field(job, 'agent', 'metaData')).toContain('team=ci');
    const kinds = await eventTypes(bench, uuid);
    expect(kinds).toEqual(['SCHEDULED', 'ASSIGNED', 'ACCEPTED', 'STARTED', 'FINISHED']);
    expect(await bench.rig.do({ do: 'log', step: 'integration' })).toContain('tick 3');
    expect(bench.log.filter(({ event, step }) => event === 'job-started' && step === 'next')).toEqual([]);
    expect(bench.rig.foreign()).toBe(0);
  });

  it('BK-31: cancels on the second SIGTERM: exit -1, SIGTERM, agent_stop', async ({ onTestFinished }) => {
    const bench = await benchFor(onTestFinished, {
      canary: 'steps: [{ key: integration, command: "sleep 60" }]',
    });
    const agent = bench.start(kind, ['--cancel-grace-period', '5']);
    const uuid = await bench.create();
    await bench.happened('job-started');
    agent.signal('SIGTERM');
    await until('the drain to be said', () => /stopping/i.test(agent.output()) || undefined);
    agent.signal('SIGTERM');
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    const { data } = await bench.query(WATCH, { uuid });
    const job = field(data, 'build', 'jobs', 'edges', 0, 'node');
    expect(job).toMatchObject({ state: 'FINISHED', passed: false, signalReason: 'AGENT_STOP' });
    // An old agent reports 255 without a signal when its bootstrap got as far as catching the signal itself, and SIGKILL
    // where its grace was over before that.
    const reports = kind === 'real' ? ['-1 SIGTERM', '-1 SIGKILL', '255 null'] : ['-1 SIGTERM'];
    expect(reports).toContain(`${String(field(job, 'exitStatus'))} ${String(field(job, 'signal'))}`);
    expect(field(data, 'build', 'state')).toBe('FAILED');
  });

  it('BK-25: cancels a job that Buildkite cancels', async ({ onTestFinished }) => {
    const bench = await benchFor(onTestFinished, {
      // It ends when it is told to and may: until then Buildkite shows that it is being canceled.
      canary: `steps: [{ key: integration, command: ${JSON.stringify(RELUCTANT)} }]`,
    });
    bench.start(kind);
    const uuid = await bench.create();
    await until('the job to heed SIGTERM', () => existsSync(join(bench.folder, 'listens')) || undefined);
    await bench.rig.do({ do: 'cancel-build' });
    expect(field((await bench.query(WATCH, { uuid })).data, 'build', 'state')).toBe('CANCELING');
    writeFileSync(join(bench.folder, 'go-on'), '');
    await bench.happened('job-finished');
    const { data } = await bench.query(WATCH, { uuid });
    expect(field(data, 'build', 'state')).toBe('CANCELED');
    expect(field(data, 'build', 'jobs', 'edges', 0, 'node', 'state')).toBe('CANCELED');
  });

  it('BK-40: an agent killed without a word is lost, and its job with it', async ({ onTestFinished }) => {
    const bench = await benchFor(onTestFinished, {
      canary: 'steps: [{ key: integration, command: "sleep 5" }]',
    });
    const agent = bench.start(kind, ['--tags', 'ecs:task-arn=arn:aws:ecs:us-east-1:1:task/c/0']);
    const uuid = await bench.create();
    const started = await bench.happened('job-started');
    expect(started).toMatchObject({ taskArn: 'arn:aws:ecs:us-east-1:1:task/c/0' });
    agent.signal('SIGKILL');
    await bench.happened('job-lost');
    const { data } = await bench.query(WATCH, { uuid });
    expect(field(data, 'build', 'state')).toBe('FAILED');
    const job = field(data, 'build', 'jobs', 'edges', 0, 'node');
    expect(job).toMatchObject({
      state: 'FINISHED',
      passed: false,
      exitStatus: '-1',
      signal: null,
      signalReason: null,
    });
    expect(job).toMatchObject({ agent: { connectionState: 'LOST', disconnectedAt: null } });
    expect(field(job, 'agent', 'lostAt')).toEqual(expect.any(String));
    expect((await eventTypes(bench, uuid)).at(-1)).toBe('AGENT_LOST');
  });
});

async function eventTypes(bench: Bench, uuid: string): Promise<readonly unknown[]> {
  const { data } = await bench.query(WATCH, { uuid });
  const edges = field(data, 'build', 'jobs', 'edges', 0, 'node', 'events', 'edges');
  return Array.isArray(edges) ? edges.map((edge) => field(edge, 'node', 'type')) : [];
}
