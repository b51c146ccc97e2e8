import { afterEach, describe, expect, it } from 'vitest';
import { field, openBench, someText, until } from './buildkite-bench.ts';
import type { Bench } from './buildkite-bench.ts';
import { handAgent } from './buildkite-hand-agent.ts';
import type { HandAgent, HandJob } from './buildkite-hand-agent.ts';

describe('which agent the Buildkite of the rig gives a job to', () => {
  let bench: Bench;
  afterEach(() => bench.close());

  it('BK-17: jobs go to agents with their tags, and of those that never passed one to the one that has waited longest', async () => {
    bench = await openBench({
      canary: 'steps: [{ key: a, command: "true", agents: { queue: deploy, team: "*" } }]',
    });
    const wrong = await handAgent(bench, ['queue=deploy'], 'wrong');
    const right = await handAgent(bench, ['queue=deploy', 'team=ci'], 'right');
    const later = await handAgent(bench, ['queue=deploy', 'team=ci'], 'later');
    await bench.create();
    expect((await wrong.call('GET', '/ping')).body).toEqual({});
    expect((await later.call('GET', '/ping')).body).toEqual({});
    expect(field((await right.call('GET', '/ping')).body, 'job', 'id')).toEqual(someText);
  });

  /** Lets agents end one job each, one after another, and tells which of them is given the next job. */
  async function nextAfter(
    ends: Readonly<Record<string, string>>,
    knobs: Readonly<Record<string, unknown>> = {},
  ): Promise<string | undefined> {
    bench = await openBench({ canary: 'steps: [{ key: a, command: "true", soft_fail: true }]' }, { knobs });
    const running: { name: string; exit: string; agent: HandAgent; job: HandJob }[] = [];
    for (const [name, exit] of Object.entries(ends)) {
      // Whoever came before has a job already, so this one gets the new one.
      await bench.create();
      const agent = await handAgent(bench, [], name);
      running.push({ name, exit, agent, job: await agent.take() });
    }
    for (const { exit, job } of running) {
      await job.start();
      await job.finish(exit);
      const at = Date.now();
      await until('a later instant', () => Date.now() > at || undefined);
    }
    await bench.create();
    for (const { name, agent } of running)
      if (field((await agent.call('GET', '/ping')).body, 'job', 'id') !== undefined) return name;
    return undefined;
  }

  it('BK-17: a job goes to the agent that most recently completed one successfully', async () => {
    expect(await nextAfter({ first: '0', warmest: '0', failed: '1' })).toBe('warmest');
  });

  it('BK-17: knob dispatch: longest-idle and latest-idle go by the time without a job alone', async () => {
    const ends = { first: '1', warmest: '0', last: '1' };
    expect(await nextAfter(ends, { dispatch: 'longest-idle' })).toBe('first');
    await bench.close();
    expect(await nextAfter(ends, { dispatch: 'latest-idle' })).toBe('last');
  });

  it('BK-17: priority goes before warmth, and an agent without one comes last', async () => {
    bench = await openBench({ canary: 'steps: [{ key: a, command: "true" }]' });
    const none = await handAgent(bench, [], 'none');
    await bench.create();
    const first = await none.take();
    await first.start();
    await first.finish('0');
    const low = await handAgent(bench, [], 'low', { priority: '-3' });
    const high = await handAgent(bench, [], 'high', { priority: '2' });
    const given: (string | undefined)[] = [];
    for (let count = 0; count < 3; count += 1) {
      await bench.create();
      const jobs = field(await bench.rig.do({ do: 'state' }), 'jobs');
      given.push(String(field(Array.isArray(jobs) ? jobs.at(-1) : undefined, 'agentId')));
    }
    expect(given).toEqual([high.id, low.id, none.id]);
  });
});
