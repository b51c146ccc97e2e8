import { readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openPages } from '../../src/losses/pages.ts';
import { readPastBuilds } from '../../src/losses/past-builds.ts';
import type { BuildRuns } from '../../src/losses/runs.ts';
import { NOON } from '../support/builders.ts';
import { aLostAttempt, aPastBuild, fakeBuildkiteRest } from '../support/fake-buildkite-rest.ts';
import type { FakeBuildkiteRest } from '../support/fake-buildkite-rest.ts';
import { manualClock } from '../support/manual-clock.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SOURCE = { organization: 'acme', pipeline: 'main' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-pages-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

/** Builds created at these instants; the branch of each is its number. */
const buildsAt = (...times: readonly number[]): ReturnType<typeof aPastBuild>[] =>
  times.map((createdAt, number) => aPastBuild({ number, createdAt, branch: String(number) }));
const regularly = (many: number, apart: number, last = NOON): ReturnType<typeof aPastBuild>[] =>
  buildsAt(...Array.from({ length: many }, (_, nth) => last - (many - nth) * apart));

/** Reads a period on a machine whose clock says `now`; gives the numbers of the builds, the order of their coming. */
async function read(
  rest: FakeBuildkiteRest,
  { from = NOON - 40 * DAY, now = NOON, stopAfter = Infinity, path = join(folder, 'kept') } = {},
) {
  const clock = manualClock(now);
  const kept = openPages({ path, named: false }, now);
  const [said, taken]: [string[], BuildRuns[]] = [[], []];
  let pages = 0;
  const reading = {
    ...{ rest, kept, clock, signal: new AbortController().signal },
    say: (line: string) => void said.push(line),
  };
  await readPastBuilds(SOURCE, { from, to: now }, reading, async (builds) => {
    pages += 1;
    // As a kill would: what was kept before stays.
    if (pages > stopAfter) throw new Error('killed');
    taken.push(...builds);
  });
  return { numbers: taken.map(({ branch }) => Number(branch)), said, slept: clock.now() - now, kept };
}
const sorted = (numbers: readonly number[]): readonly number[] => numbers.toSorted((a, b) => a - b);
const upTo = (many: number): readonly number[] => Array.from({ length: many }, (_, nth) => nth);

describe('every build comes once', () => {
  test('over several pages', async () => {
    const rest = fakeBuildkiteRest(regularly(250, 60_000));
    const { numbers } = await read(rest);
    expect(sorted(numbers)).toEqual(upTo(250));
    expect(rest.requests()).toBe(3);
  });

  test('where more of them than fit on a page were created in one second', async () => {
    const burst = Array.from({ length: 230 }, (_, nth) => NOON - HOUR + (nth % 10));
    const rest = fakeBuildkiteRest(buildsAt(NOON - 2 * HOUR, ...burst, NOON - 1000));
    expect(sorted((await read(rest)).numbers)).toEqual(upTo(232));
  });

  test('whenever they were created', async () => {
    const instants = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 500 });
    await fc.assert(
      fc.asyncProperty(instants, async (ages) => {
        const path = await mkdtemp(join(folder, 'p-'));
        const rest = fakeBuildkiteRest(buildsAt(...ages.map((age) => NOON - age * 250)));
        const { numbers } = await read(rest, { path });
        expect(sorted(numbers)).toEqual(upTo(ages.length));
        // What is kept gives the same, without a request.
        const asked = rest.requests();
        expect(sorted((await read(rest, { path })).numbers)).toEqual(upTo(ages.length));
        expect(rest.requests()).toBe(asked);
      }),
      { numRuns: 60 },
    );
  });

  test('only those of the period', async () => {
    const rest = fakeBuildkiteRest(buildsAt(NOON - 3 * DAY, NOON - 2 * DAY, NOON - 2 * DAY + 1, NOON - 1));
    expect(sorted((await read(rest, { from: NOON - 2 * DAY })).numbers)).toEqual([1, 2, 3]);
  });

  test('while new builds come in the middle of the read', async () => {
    const rest = fakeBuildkiteRest(regularly(250, 60_000));
    rest.before('pastBuilds', 2, () => {
      rest.builds.push(
        ...Array.from({ length: 30 }, (_, nth) => aPastBuild({ number: 900 + nth, createdAt: NOON + nth })),
      );
    });
    expect(sorted((await read(rest)).numbers)).toEqual(upTo(250));
  });
});

describe('what is kept is not read again', () => {
  test('a read that was killed goes on after its last page', async () => {
    const rest = fakeBuildkiteRest(regularly(450, 60_000));
    await expect(read(rest, { stopAfter: 2 })).rejects.toThrow('killed');
    // The third page was kept before it was taken.
    expect(rest.requests()).toBe(3);
    const { numbers } = await read(rest);
    expect(sorted(numbers)).toEqual(upTo(450));
    expect(rest.requests()).toBe(5);
  });

  test('the next night the last day alone, and what is new, are read', async () => {
    const rest = fakeBuildkiteRest(regularly(900, HOUR));
    await read(rest);
    const asked = rest.requests();
    rest.builds.push(aPastBuild({ number: 900, createdAt: NOON + HOUR, branch: '900' }));
    const { numbers } = await read(rest, { now: NOON + DAY });
    expect(sorted(numbers)).toEqual(upTo(901));
    // The page that reached into the last day, 100 builds of an hour each, is not settled; the others are.
    expect(rest.requests() - asked).toBe(2);
  });

  test('a person retries a build of the last day: it counts as it is now', async () => {
    const rest = fakeBuildkiteRest([aPastBuild({ createdAt: NOON - HOUR })]);
    expect((await read(rest)).kept.read).toBeDefined();
    rest.builds.splice(0, 1, aPastBuild({ createdAt: NOON - HOUR, branch: '7', attempts: [aLostAttempt()] }));
    expect((await read(rest, { now: NOON + 2 * HOUR })).numbers).toEqual([7]);
  });

  test("a page that was cut, or is somebody else's, is read again", async () => {
    const rest = fakeBuildkiteRest(regularly(150, HOUR, NOON - 2 * DAY));
    await read(rest);
    const path = join(folder, 'kept');
    for (const name of readdirSync(path)) writeFileSync(join(path, name), 'cut');
    expect(sorted((await read(rest)).numbers)).toEqual(upTo(150));
    expect(rest.requests()).toBe(4);
  });

  test('a page from the future, kept while this clock was wrong, is not believed', async () => {
    const rest = fakeBuildkiteRest(regularly(10, HOUR));
    await read(rest, { now: NOON + 365 * DAY });
    expect(rest.requests()).toBe(1);
    expect(sorted((await read(rest)).numbers)).toEqual(upTo(10));
    expect(rest.requests()).toBe(2);
  });

  test('answers of histories are kept line by line; a cut line was not written', async () => {
    const path = join(folder, 'kept');
    const kept = openPages({ path, named: false }, NOON);
    kept.addAnswer('a', true);
    kept.addAnswer('b', false);
    writeFileSync(join(path, 'histories.jsonl'), '{"job":"c","isLo', { flag: 'a' });
    const again = openPages({ path, named: false }, NOON);
    expect([again.answer('a'), again.answer('b'), again.answer('c')]).toEqual([true, false, undefined]);
  });

  test('a folder that cannot be written is said, and an error where a person named it', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, '');
    expect(openPages({ path: join(path, 'kept'), named: false }, NOON).unkept()).toContain('cannot be kept');
    expect(() => openPages({ path: join(path, 'kept'), named: true }, NOON)).toThrow('cannot be written');
    const rest = fakeBuildkiteRest(regularly(250, 60_000));
    expect(sorted((await read(rest, { path: join(path, 'kept') })).numbers)).toEqual(upTo(250));
  });
});

describe("Buildkite's limit", () => {
  test('half of it is left to others, and a person is told', async () => {
    const rest = fakeBuildkiteRest(regularly(250, 60_000));
    rest.before('pastBuilds', 2, () => rest.restOnce(43_000));
    const { said, slept, numbers } = await read(rest);
    expect(slept).toBe(43_000);
    expect(said).toEqual(["half of Buildkite's limit on requests is used; going on in 43.0 s"]);
    expect(sorted(numbers)).toEqual(upTo(250));
  });

  const limited = (retryAfter: number | null) => ({
    trouble: { kind: 'rate-limited', message: 'Buildkite limits the rate', retryAfter } as const,
  });

  test('reached in the middle, it is obeyed', async () => {
    const rest = fakeBuildkiteRest(regularly(250, 60_000));
    rest.before('pastBuilds', 2, () => rest.fail('pastBuilds', limited(30_000)));
    const { slept, numbers } = await read(rest);
    expect(slept).toBe(30_000);
    expect(sorted(numbers)).toEqual(upTo(250));
  });

  test('for longer than anybody waits, or for good, it ends the read; the pages stay', async () => {
    const rest = fakeBuildkiteRest(regularly(250, 60_000));
    rest.before('pastBuilds', 3, () => rest.fail('pastBuilds', limited(3_600_000)));
    await expect(read(rest)).rejects.toMatchObject({
      reason: 'buildkite-rate-limited',
      next: expect.stringContaining('run the same command again') as string,
    });
    const asked = rest.requests();
    expect(sorted((await read(rest)).numbers)).toEqual(upTo(250));
    expect(rest.requests()).toBe(asked + 1);
    rest.fail('pastBuilds', { ...limited(1000), times: Infinity });
    await expect(read(rest, { path: join(folder, 'other') })).rejects.toMatchObject({
      reason: 'buildkite-rate-limited',
    });
  });

  test.each([
    ['unauthorized', 'buildkite-unauthorized'],
    ['unreachable', 'buildkite-unreachable'],
    ['not-found', 'no-such-pipeline'],
  ] as const)('%s ends it as %s', async (kind, reason) => {
    const rest = fakeBuildkiteRest([]);
    rest.fail('pastBuilds', { trouble: kind });
    await expect(read(rest)).rejects.toMatchObject({ reason });
  });
});
