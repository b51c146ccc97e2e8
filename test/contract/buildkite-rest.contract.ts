import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BuildkiteRest, PastBuild, PastBuildsWanted } from '../../src/buildkite/port.ts';
import { valueOf } from './buildkite.contract.ts';

/** Any REST API with the pipeline `main` of `acme`, in which 130 builds of three jobs are over: some lost, some retried. */
export interface RestBench {
  readonly rest: BuildkiteRest;
  close(): Promise<void>;
}

const never = new AbortController().signal;
const EVER: PastBuildsWanted = {
  ...{ organization: 'acme', pipeline: 'main', createdFrom: 0, createdTo: Date.UTC(2100), skip: 0 },
};

/** What every port to the REST API promises. */
export function buildkiteRestContract(name: string, setUp: () => Promise<RestBench>): void {
  describe(`past builds: ${name}`, () => {
    let bench: RestBench;
    const ask = async (over: Partial<PastBuildsWanted> = {}) =>
      valueOf(await bench.rest.pastBuilds({ ...EVER, ...over }, never));
    const all = async (): Promise<readonly PastBuild[]> => {
      const first = await ask();
      return [...first.builds, ...(await ask({ skip: first.builds.length })).builds];
    };
    beforeAll(async () => {
      bench = await setUp();
    }, 120_000);
    afterAll(() => bench.close());

    test('they come a hundred at a time, the newest first, each once', async () => {
      const first = await ask();
      expect({ builds: first.builds.length, more: first.more }).toEqual({ builds: 100, more: true });
      const second = await ask({ skip: 100 });
      expect({ builds: second.builds.length, more: second.more }).toEqual({ builds: 30, more: false });
      const times = [...first.builds, ...second.builds].map(({ createdAt }) => createdAt);
      expect(times).toEqual(times.toSorted((a, b) => b - a));
      expect(new Set((await all()).map(({ id }) => id)).size).toBe(130);
    });

    test('those before an instant, and those since another', async () => {
      const builds = await all();
      const [newer, older] = [builds[20]!, builds[40]!];
      const found = await ask({ createdFrom: older.createdAt, createdTo: newer.createdAt });
      // Whether Buildkite's bounds are inclusive is not documented: what lies between them is there.
      const between = builds.slice(21, 40).map(({ id }) => id);
      expect(found.builds.map(({ id }) => id)).toEqual(expect.arrayContaining(between));
      expect(found.builds.length).toBeLessThanOrEqual(21);
    });

    test('a retried attempt is listed beside its retry, with its agent', async () => {
      const attempts = (await all()).flatMap((build) => build.attempts);
      const retry = attempts.find(({ retryType }) => retryType === 'automatic')!;
      const first = attempts.find(({ id }) => id === retry.retryOf)!;
      expect(first).toMatchObject({ retried: true, state: 'failed', exitStatus: -1, signal: null });
      expect(first.signalReason).toBeNull();
      expect(first.agent).toMatchObject({ version: '3.78.0', queue: 'default' });
      expect(first.agent?.lostAt).toBe(first.finishedAt);
    });

    test('those of every pipeline, each with its pipeline', async () => {
      const { builds } = await ask({ pipeline: null });
      expect(builds.length).toBe(100);
      expect(builds[0]).toMatchObject({ pipeline: 'main' });
    });

    test('an unknown pipeline and an unknown organization are said to be missing', async () => {
      const unknown = { ...EVER, pipeline: 'none' };
      expect(await bench.rest.pastBuilds(unknown, never)).toMatchObject({
        trouble: { kind: 'not-found', message: expect.stringContaining('pipeline "none"') as string },
      });
      const nobody = { ...EVER, organization: 'nobody', pipeline: null };
      expect(await bench.rest.pastBuilds(nobody, never)).toMatchObject({
        trouble: { kind: 'not-found', message: expect.stringContaining('organization "nobody"') as string },
      });
    });

    test('the requests are counted', async () => {
      const before = bench.rest.requests();
      await ask();
      expect(bench.rest.requests()).toBe(before + 1);
    });
  });
}
