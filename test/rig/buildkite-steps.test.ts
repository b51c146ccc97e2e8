import { afterEach, describe, expect, it } from 'vitest';
import { field, openBench, textWith, until } from './buildkite-bench.ts';
import type { Bench } from './buildkite-bench.ts';
import { handAgent } from './buildkite-hand-agent.ts';
import type { HandAgent } from './buildkite-hand-agent.ts';

const BUILD = `query B($uuid: ID) { build(uuid: $uuid) { state branch message source { __typename } triggeredFrom { uuid }
  jobs(first: 50) { edges { node { __typename
    ... on JobTypeCommand { label state command matrix softFailed step { key } concurrency { group limit } agentQueryRules }
    ... on JobTypeTrigger { uuid label state async step { key } triggered { uuid } } } } } } }`;

describe('groups, matrices, concurrency and triggers on the rig', () => {
  let bench: Bench;
  afterEach(() => bench.close());

  async function shown(uuid: string): Promise<unknown> {
    return field((await bench.query(BUILD, { uuid })).data, 'build');
  }
  async function jobsOf(uuid: string): Promise<readonly unknown[]> {
    const edges = field(await shown(uuid), 'jobs', 'edges');
    return Array.isArray(edges) ? edges.map((edge) => field(edge, 'node')).reverse() : [];
  }
  async function listed(uuid: string, name: string): Promise<readonly unknown[]> {
    return (await jobsOf(uuid)).map((job) => field(job, name));
  }
  async function run(agent: HandAgent, exitStatus: string): Promise<void> {
    const job = await agent.take();
    await job.start();
    await job.finish(exitStatus);
  }

  it("BK-56: a group's steps run like others, and what depends on the group waits for all of them", async () => {
    const yaml = `
steps:
  - { key: first, command: "true" }
  - group: ":lock: Tests"
    key: tests
    depends_on: first
    steps: [{ key: unit, command: "true" }, { key: lint, command: "true" }]
  - { key: last, command: "true", depends_on: tests }`;
    bench = await openBench({ canary: yaml });
    const uuid = await bench.create();
    expect(await listed(uuid, 'state')).toEqual(['SCHEDULED', 'WAITING', 'WAITING', 'WAITING']);
    const agent = await handAgent(bench);
    await run(agent, '0');
    expect((await listed(uuid, 'state')).slice(2)).toEqual(['SCHEDULED', 'WAITING']);
    await run(agent, '0');
    expect((await listed(uuid, 'state'))[3]).toBe('WAITING');
    await run(agent, '0');
    expect((await listed(uuid, 'state'))[3]).not.toBe('WAITING');
  });

  it('BK-57: a matrix makes one job of each combination, with its values in label, command, env and agents', async () => {
    const yaml = `
steps:
  - key: list
    label: "List {{matrix}}"
    command: "echo {{ matrix }}"
    matrix: [a, b]
  - key: dims
    label: "{{matrix.os}} on {{matrix.arch}}"
    command: "true"
    agents: { queue: "q-{{matrix.arch}}" }
    matrix:
      setup: { os: [linux, mac], arch: [arm, amd] }
      adjustments:
        - { with: { os: mac, arch: amd }, skip: true }
        - { with: { os: bsd, arch: arm }, soft_fail: true }`;
    bench = await openBench({ canary: yaml });
    const uuid = await bench.create();
    expect(await listed(uuid, 'label')).toEqual([
      ...['List a', 'List b', 'linux on arm', 'linux on amd', 'mac on arm', 'mac on amd', 'bsd on arm'],
    ]);
    expect((await listed(uuid, 'command'))[1]).toBe('echo b');
    expect((await listed(uuid, 'matrix')).slice(1, 3)).toEqual(['b', { os: 'linux', arch: 'arm' }]);
    expect((await listed(uuid, 'agentQueryRules'))[2]).toEqual(['queue=q-arm']);
    expect((await listed(uuid, 'state'))[5]).toBe('SKIPPED');
    const agent = await handAgent(bench, ['queue=q-arm']);
    await run(agent, '0');
    await run(agent, '0');
    await run(agent, '1');
    expect((await listed(uuid, 'softFailed'))[6]).toBe(true);
  });

  it('BK-57: a label may hold the number of its parallel job', async () => {
    bench = await openBench({
      canary: 'steps: [{ label: "T %n %N of %t", command: "true", parallelism: 2 }]',
    });
    expect(await listed(await bench.create(), 'label')).toEqual(['T 0 1 of 2', 'T 1 2 of 2']);
  });

  it('BK-58: jobs of a concurrency group are LIMITED until one before them ends, in the order of their creation', async () => {
    const yaml = `
steps:
  - { key: gate, command: "true", concurrency: 1, concurrency_group: g }
  - wait
  - { key: exit, command: "true", concurrency: 1, concurrency_group: g }`;
    bench = await openBench({ canary: yaml });
    const [one, two] = [await bench.create(), await bench.create()];
    expect((await listed(one, 'state'))[0]).toBe('SCHEDULED');
    expect((await listed(two, 'state'))[0]).toBe('LIMITED');
    expect(field(await shown(two), 'state')).toBe('SCHEDULED');
    const agent = await handAgent(bench);
    await run(agent, '0');
    // The end of the first gate still waited for its step: it stands before the second build all the same.
    expect((await listed(two, 'state'))[0]).toBe('LIMITED');
    await run(agent, '0');
    expect(field(await shown(one), 'state')).toBe('PASSED');
    expect((await listed(two, 'state'))[0]).toBe('ASSIGNED');
  });

  it('BK-58: with the method eager only those with a place count', async () => {
    const step = (key: string, more = '') =>
      `{ key: ${key}, command: "true", concurrency: 1, concurrency_group: g, concurrency_method: eager${more} }`;
    bench = await openBench({
      canary: `steps: [{ key: slow, command: "true" }, ${step('late', ', depends_on: slow')}, ${step('soon')}]`,
    });
    expect(await listed(await bench.create(), 'state')).toEqual(['SCHEDULED', 'WAITING', 'SCHEDULED']);
  });

  const PARENT = (more: string) =>
    `steps: [{ trigger: child, key: go, label: Go${more} }, wait, { key: after, command: "true" }]`;
  const CHILD = 'steps: [{ key: deep, command: "true" }]';

  it('BK-59: a trigger step starts a build of the other pipeline, and waits for its end', async () => {
    bench = await openBench({
      parent: PARENT(', build: { branch: "${BUILDKITE_BRANCH}", message: Hi }'),
      child: CHILD,
    });
    const uuid = await bench.create('parent');
    const [job] = await jobsOf(uuid);
    expect(job).toMatchObject({ __typename: 'JobTypeTrigger', state: 'RUNNING', async: false });
    expect(await shown(uuid)).toMatchObject({ state: 'RUNNING' });
    const child = String(field(job, 'triggered', 'uuid'));
    expect(await shown(child)).toMatchObject({
      branch: 'main',
      message: 'Hi',
      source: { __typename: 'BuildSourceTriggerJob' },
      triggeredFrom: { uuid: field(job, 'uuid') },
    });
    const agent = await handAgent(bench);
    await run(agent, '0');
    expect(await shown(child)).toMatchObject({ state: 'PASSED' });
    await run(agent, '0');
    expect(await shown(uuid)).toMatchObject({ state: 'PASSED' });
  });

  it.each([
    ['', 'FAILED', 'WAITING_FAILED'],
    [', soft_fail: true', 'RUNNING', 'ASSIGNED'],
  ])('BK-59: a red build reddens its trigger step%s: %s', async (more, state, after) => {
    bench = await openBench({ parent: PARENT(more), child: CHILD });
    const uuid = await bench.create('parent');
    await run(await handAgent(bench), '1');
    expect((await listed(uuid, 'state')).at(-1)).toBe(after);
    await until('the parent to follow', async () => field(await shown(uuid), 'state') === state || undefined);
  });

  it('BK-59: an asynchronous trigger step is done at once', async () => {
    bench = await openBench({ parent: PARENT(', async: true'), child: CHILD });
    const uuid = await bench.create('parent');
    expect((await listed(uuid, 'state')).at(0)).toBe('FINISHED');
    expect((await listed(uuid, 'state')).at(-1)).toBe('SCHEDULED');
  });

  it.each([
    ['{ command: x, concurrency: 1 }', 'step 1: "concurrency" needs a "concurrency_group"'],
    ['{ command: x, matrix: { setup: [a], jobs: 1 } }', 'step 1: "matrix.jobs" is not modelled'],
    ['{ trigger: child, build: { author: x } }', 'step 1: "build.author" is not modelled'],
    ['{ trigger: nowhere }', 'triggers "nowhere", and there is no such pipeline'],
    ['{ plugins: [{ x: 1 }] }', 'the configuration of plugin "x" is no map'],
    ['{ plugins: [{ docker#v5: {} }] }', 'the plugin "docker#v5" would be cloned'],
    ['{ plugins: [cache#v1] }', 'the plugin "cache#v1" would be cloned'],
    ['{ group: G, steps: [wait] }', '"wait" in a group is not modelled'],
    ['{ group: G, if: x, steps: [{ command: x }] }', 'step 1: "if" is not modelled'],
  ])('BK-18: %s is refused by name', async (step, said) => {
    bench = await openBench({ canary: 'steps: [{ command: "true" }]' });
    const refused = openBench({ canary: `steps:\n  - ${step}`, child: CHILD }).then((other) => other.close());
    await expect(refused).rejects.toMatchObject({ message: textWith(said) });
  });
});
