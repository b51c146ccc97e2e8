import { afterEach, expect, it } from 'vitest';
import { createBuildkiteClient } from '../../src/buildkite/client.ts';
import type { JobsWanted } from '../../src/buildkite/port.ts';
import { openBench } from './buildkite-bench.ts';
import type { Bench } from './buildkite-bench.ts';

const never = new AbortController().signal;
let bench: Bench | undefined;
afterEach(() => bench?.close());

/** What Buildkite charges, by the rig's own budget of 5,000 points: the header of each answer says what is left. */
async function pointsLeft({ post }: Bench): Promise<number> {
  const answer = await post({ query: '{ viewer { id } }' });
  return Number(answer.headers.get('ratelimit-user-remaining')) + 1;
}

it.each([10, 700])(
  'a poll of one step whose job waits costs four points in a build of %i jobs, a whole listing at most three a job',
  async (jobs) => {
    const more = [Math.min(jobs - 2, 400), Math.max(1, jobs - 401)]
      .map((count) => `, { command: "true", parallelism: ${String(count)} }`)
      .join('');
    bench = await openBench({
      canary: `steps: [{ key: one, command: "true" }${more}]`,
    });
    const { rig } = bench;
    const build = await bench.create();
    const rules = { allowInsecure: false, loopbackOnly: true };
    const buildkite = createBuildkiteClient({
      endpoint: `${rig.url}/graphql`,
      token: rig.apiToken,
      ...rules,
    });
    const read = async (wanted: JobsWanted): Promise<[number, number]> => {
      if (bench === undefined) throw new Error('no bench');
      const before = await pointsLeft(bench);
      const answer = await buildkite.build(build, wanted, never);
      const spent = before - 1 - (await pointsLeft(bench));
      return [spent, answer.ok ? answer.value.jobs.length : 0];
    };
    const [poll, shown] = await read(['one']);
    expect([poll, shown]).toEqual([4, 1]);
    const [listing, listed] = await read('all');
    expect([listing <= 3 * jobs + 40, listed]).toEqual([true, jobs]);
  },
);
