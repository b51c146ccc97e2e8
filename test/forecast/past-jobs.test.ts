import { existsSync, readFileSync } from 'node:fs';
import { appendFile, chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EndedJob } from '../../src/buildkite/port.ts';
import { readPast } from '../../src/forecast/past-jobs.ts';
import type { PastWanted } from '../../src/forecast/past-jobs.ts';
import type { Trouble } from '../../src/model/answer.ts';
import type { Source } from '../../src/forecast/forecast.ts';

const PAGE = 303;
const HUNDRED = 100;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-past-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const jobAt = (nth: number, over: Partial<EndedJob> = {}): EndedJob => ({
  ...{ id: `job-${nth}`, step: 'test', passed: true, startedAt: nth * 10, finishedAt: nth * 10 + nth },
  ...over,
});

/** A pipeline whose jobs end one after the other: the newest first, a hundred a page, a cursor for the last one of it. */
function pipeline(count: number) {
  const jobs = Array.from({ length: count }, (_, nth) => jobAt(nth)).toReversed();
  const asked: (string | null)[] = [];
  let fails: { after: number; trouble: Trouble } | null = null;
  return {
    asked,
    jobs,
    end: (...more: readonly EndedJob[]) => void jobs.unshift(...more.toReversed()),
    /** From now on this many pages are answered, and then there is trouble. */
    failAfter: (after: number, trouble: Trouble) => void (fails = { after: asked.length + after, trouble }),
    heal: () => void (fails = null),
    client: async () => ({
      async pastJobs(_organization: string, _pipeline: string, after: string | null) {
        if (fails !== null && asked.length >= fails.after)
          return { ok: false, trouble: fails.trouble } as const;
        asked.push(after);
        const from = after === null ? 0 : jobs.findIndex(({ id }) => id === after) + 1;
        const page = jobs.slice(from, from + HUNDRED);
        const last = page.at(-1);
        const next = last !== undefined && from + HUNDRED < jobs.length ? last.id : null;
        return { ok: true, value: { jobs: page, next } } as const;
      },
    }),
  };
}

type Read = Exclude<Source, { kind: 'stated' }>;

async function read(of: ReturnType<typeof pipeline>, over: Partial<PastWanted> = {}): Promise<Read> {
  const wanted: PastWanted = {
    ...{ organization: 'acme', pipeline: 'canary', jobs: 1000, points: 100 * PAGE },
    ...{ cache: { path: join(folder, 'kept', 'canary.jsonl'), named: false }, ...over },
  };
  const source = await readPast(wanted, of.client, new AbortController().signal);
  if (source.kind === 'stated') throw new Error('it was read');
  return source;
}
const ids = ({ jobs }: Read): readonly (string | null)[] => jobs.map(({ id }) => id);
const LIMITED: Trouble = { kind: 'rate-limited', message: 'too many points', retryAfter: null };
const DOWN: Trouble = { kind: 'unreachable', message: 'nobody answers', retryAfter: null };

describe('a past that is longer than the points', () => {
  test('is read on behind what was read, page by page, until it is whole', async () => {
    const past = pipeline(950);
    const sizes: number[] = [];
    for (let run = 0; run < 5; run += 1) {
      const { jobs, complete } = await read(past, { points: 2 * PAGE });
      sizes.push(jobs.length);
      expect(complete).toBe(run === 4);
    }
    expect(sizes).toEqual([200, 400, 600, 800, 950]);
    expect(past.asked).toEqual([
      null,
      ...[850, 750, 650, 550, 450, 350, 250, 150, 50].map((nth) => `job-${nth}`),
    ]);
  });

  test('one page at a time is enough to come through', async () => {
    const past = pipeline(250);
    for (let run = 0; run < 2; run += 1) await read(past, { points: PAGE });
    expect(await read(past, { points: PAGE })).toMatchObject({ complete: true, jobs: { length: 250 } });
  });

  test('a rate limit ends it for now, and what was read counts; other trouble says what is kept', async () => {
    const past = pipeline(500);
    past.failAfter(2, LIMITED);
    expect(await read(past)).toMatchObject({ complete: false, jobs: { length: 200 } });
    past.failAfter(1, DOWN);
    await expect(read(past)).rejects.toMatchObject({
      message: 'nobody answers',
      next: expect.stringContaining('300 jobs that were read are kept') as string,
    });
    past.heal();
    expect(await read(past)).toMatchObject({ complete: true, jobs: { length: 500 } });
  });

  test('where nothing at all was read there is no forecast', async () => {
    const past = pipeline(500);
    past.failAfter(0, LIMITED);
    await expect(read(past)).rejects.toMatchObject({ message: 'too many points' });
    expect(existsSync(join(folder, 'kept'))).toBe(false);
  });
});

describe('what ended since', () => {
  test('is read first thing next time, and stands before what was known', async () => {
    const past = pipeline(250);
    await read(past);
    past.end(jobAt(250), jobAt(251));
    const source = await read(past);
    expect(ids(source)).toEqual(past.jobs.map(({ id }) => id));
    expect(past.asked.slice(-1)).toEqual([null]);
    past.end(jobAt(252));
    expect(ids(await read(past, { jobs: 2 }))).toEqual(['job-252', 'job-251']);
    expect((await read(past)).remarks).toEqual([]);
  });

  test('more than the points allow makes it begin anew, with no gap in between', async () => {
    const past = pipeline(150);
    await read(past);
    past.end(...Array.from({ length: 350 }, (_, nth) => jobAt(150 + nth)));
    const source = await read(past, { points: 2 * PAGE });
    expect(ids(source)).toEqual(past.jobs.slice(0, 200).map(({ id }) => id));
    expect(source.complete).toBe(false);
    expect(ids(await read(past))).toEqual(past.jobs.map(({ id }) => id));
  });

  test('it is said where it could not be read, and the forecast rests on what is known', async () => {
    const past = pipeline(150);
    await read(past);
    past.failAfter(0, DOWN);
    expect(await read(past)).toMatchObject({
      jobs: { length: 150 },
      remarks: ['jobs that ended since the last run were not read: nobody answers'],
    });
  });
});

test('killed between any two pages, or in the middle of a line, it goes on behind the last whole one', async () => {
  const past = pipeline(730);
  await read(past);
  const path = join(folder, 'kept', 'canary.jsonl');
  const whole = readFileSync(path, 'utf8');
  const head = whole.indexOf('\n') + 1;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: head, max: whole.length }), async (cut) => {
      await writeFile(path, whole.slice(0, cut));
      past.asked.length = 0;
      const source = await read(past);
      expect(ids(source)).toEqual(past.jobs.map(({ id }) => id));
      // What stood in the file was not read again, but for the newest page. A line that lacks only its end is whole.
      const end = whole[cut] === '\n' ? cut + 1 : cut;
      const lines = whole.slice(head, end).split('\n').length - 1;
      const more = past.asked.filter((after) => after !== null).length;
      expect(more + Math.max(1, lines)).toBe(8);
    }),
    { numRuns: 30, examples: [[whole.length - 1], [whole.indexOf('\n', head)], [head]] },
  );
});

test('each job counts once and each attempt is a job; what is no duration is left out and counted', async () => {
  const past = pipeline(0);
  past.end(
    jobAt(1, { startedAt: 0, finishedAt: 0 }),
    jobAt(2, { passed: false }),
    // The retry of the one before: another job.
    jobAt(3),
    jobAt(4, { startedAt: null }),
    jobAt(5, { finishedAt: null }),
    jobAt(6, { startedAt: 20, finishedAt: 10 }),
    jobAt(7, { step: null }),
    jobAt(3),
  );
  const { jobs, leftOut } = await read(past);
  expect(jobs.map(({ id, step, ms }) => [id, step, ms])).toEqual([
    ['job-3', 'test', 3],
    ['job-7', '(no key)', 7],
    ['job-1', 'test', 0],
  ]);
  expect(leftOut).toEqual({ 'not passed': 1, 'without a start or an end': 2, 'ended before it started': 1 });
});

describe('the file', () => {
  const named = (name: string): Partial<PastWanted> => ({ cache: { path: join(folder, name), named: true } });

  test('of another pipeline, or of no cache at all, is told of and left as it is', async () => {
    const past = pipeline(10);
    await read(past, named('canary.jsonl'));
    await expect(read(past, { ...named('canary.jsonl'), pipeline: 'other' })).rejects.toThrow(
      'not a cache of acme/other',
    );
    await writeFile(join(folder, 'notes.txt'), 'mine\n');
    await expect(read(past, named('notes.txt'))).rejects.toThrow('not a cache of acme/canary');
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine\n');
  });

  test('that cannot be written is wrong where a person named it, and is said where not', async () => {
    await writeFile(join(folder, 'file'), '');
    const under = join(folder, 'file', 'canary.jsonl');
    await expect(read(pipeline(10), { cache: { path: under, named: true } })).rejects.toThrow(
      'cannot be written',
    );
    const { jobs, remarks } = await read(pipeline(10), { cache: { path: under, named: false } });
    expect(jobs).toHaveLength(10);
    expect(remarks).toEqual([`the jobs that were read cannot be kept in ${under}`]);
  });

  test('is for its owner alone', async () => {
    await read(pipeline(10));
    const path = join(folder, 'kept', 'canary.jsonl');
    await appendFile(path, '{"jobs": [{"id"');
    await chmod(path, 0o644);
    await read(pipeline(20));
    const { statSync } = await import('node:fs');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});
