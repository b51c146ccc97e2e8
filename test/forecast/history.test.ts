import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readHistory } from '../../src/forecast/history.ts';
import type { History } from '../../src/forecast/history.ts';
import { readInstant } from '../../src/forecast/instant.ts';
import { parseStated } from '../../src/forecast/stated.ts';

function read(text: string): History {
  const answer = readHistory(text);
  if (!answer.ok) throw new Error(`${answer.wrong.at}: ${answer.wrong.message}`);
  return answer.history;
}

const took = (text: string): readonly (readonly [string, number])[] =>
  read(text).jobs.map(({ step, ms }) => [step, ms]);

describe('what is read alike', () => {
  const expected = [
    ['test', 90_500],
    ['lint', 0],
  ];
  test.each<[string, string]>([
    ['seconds', 'step,seconds\ntest,90.5\nlint,0\n'],
    ['milliseconds, columns of others, empty lines', 'who;MS;Step\nme;90500;test\n\nyou;0;lint\n\n'],
    ['durations', 'step\tduration\r\ntest\t1m30s500ms\r\nlint\t0s'],
    ['quotes', '\ufeff"step","seconds"\n"test","90.5"\nlint,"0"'],
    [
      'times, in whatever zone',
      'step,started_at,finished_at\ntest,2026-11-24T12:00:00Z,2026-11-24T13:01:30.5+01:00\nlint,2026-11-24 12:00:00 UTC,2026-11-24T06:30:00-0530',
    ],
    ['a list of jobs', '[{"step": "test", "seconds": 90.5}, {"step_key": "lint", "ms": 0}]'],
    [
      'builds as the REST API lists them, waits left aside',
      JSON.stringify([
        {
          number: 1,
          jobs: [
            {
              ...{ id: 'a', type: 'script', step_key: 'test', state: 'passed' },
              ...{ started_at: '2026-11-24T12:00:00.000Z', finished_at: '2026-11-24T12:01:30.500Z' },
            },
            { id: 'w', type: 'waiter' },
          ],
        },
        { number: 2, jobs: [{ id: 'b', type: 'script', step_key: 'lint', state: 'passed', seconds: 0 }] },
      ]),
    ],
  ])('%s', (_name, text) => {
    expect(took(text)).toEqual(expected);
    expect(read(text).leftOut).toEqual({});
  });
});

test('what is not over, did not pass or comes twice is left out and counted; each attempt counts', () => {
  const at = (id: string, state: string, from: string, to: string): string =>
    `${id},test,${state},${from && `2026-11-24T12:${from}Z`},${to && `2026-11-24T12:${to}Z`}`;
  const rows = [
    'id,step,state,started_at,finished_at',
    at('1', 'passed', '00:00', '00:10'),
    at('1', 'passed', '00:00', '00:10'),
    at('2', 'running', '00:00', ''),
    at('3', 'finished', '00:00', ''),
    at('4', 'failed', '00:00', '00:10'),
    at('5', 'canceled', '00:00', '00:10'),
    at('6', 'passed', '00:10', '00:00'),
    at('7', 'passed', '', '00:10'),
    // The retry of 4: an attempt of its own.
    at('8', 'passed', '01:00', '01:20'),
  ];
  const { jobs, leftOut } = read(rows.join('\n'));
  expect(jobs.map(({ id, ms }) => [id, ms])).toEqual([
    ['1', 10_000],
    ['8', 20_000],
  ]);
  expect(leftOut).toEqual({
    'listed twice': 1,
    'not over yet': 2,
    'not passed': 2,
    'ended before it started': 1,
    'never started': 1,
  });
});

describe('what a person has to correct is named with its place', () => {
  test.each<[string, string, string]>([
    ['', '1:1', 'the history is empty'],
    ['step,state\na,passed', '1:1', 'no column of durations'],
    ['step,seconds\na,1\nb,soon', '3:3', '"soon" is not a number'],
    ['step,seconds\na,1,2', '2:1', '3 values, but the first line names 2'],
    ['step,seconds\n"a,1', '2:1', 'the quote that is opened here'],
    ['step,duration\na,5 minutes', '2:3', '"5 minutes" is not a duration'],
    ['step,seconds\na,', '2:1', 'the job has no duration'],
    ['step,started_at,finished_at\na,2026-11-24T12:00:00Z,yesterday', '2:24', '"yesterday" is not a time'],
    ['step,started_at,finished_at\na,2026-02-30T12:00:00Z,2026-03-01T12:00:00Z', '2:3', 'is not a time'],
    [
      'step,started_at,finished_at\na,2026-11-24T12:00:00Z,2026-11-24T12:00:01',
      '2:24',
      'one time has a time zone',
    ],
    ['[{"step": "a", "seconds": 1},\n {"step": "b", "seconds": "x"}]', '2:27', '"x" is not a number'],
    ['[1]', '1:2', 'this is not a job'],
    ['[{"step": {"key": "a"}, "seconds": 1}]', '1:11', '"step" is not a plain value'],
    ['[{"step": "a"}]', '1:2', 'the job has no duration'],
    ['[{"step": "a" "seconds": 1}]', '1:15', 'not JSON: a comma is missing'],
  ])('%j', (text, at, message) => {
    const answer = readHistory(text);
    expect(answer).toMatchObject({
      ok: false,
      wrong: { message: expect.stringContaining(message) as string },
    });
    expect(answer.ok ? '' : answer.wrong.at).toBe(at);
    expect(answer.ok ? '' : answer.wrong.next).not.toBe('');
  });
});

describe('clocks that change', () => {
  // Central Europe, 2026-10-25 03:00 +02:00 becomes 02:00 +01:00; 2026-03-29 02:00 +01:00 becomes 03:00 +02:00.
  test.each<[string, string, string]>([
    ['back', '2026-10-25T02:59:30+02:00', '2026-10-25T02:00:30+01:00'],
    ['forward', '2026-03-29T01:59:30+01:00', '2026-03-29T03:00:30+02:00'],
    ['over the date line', '2026-11-24T23:59:30-12:00', '2026-11-26T02:00:30+14:00'],
    ['into another year', '2026-12-31T23:59:30-01:00', '2027-01-01T01:00:30Z'],
  ])('%s: a minute is a minute, in a CSV and in JSON', (_name, from, to) => {
    expect(took(`step,started_at,finished_at\na,${from},${to}`)).toEqual([['a', 60_000]]);
    expect(took(JSON.stringify([{ step: 'a', started_at: from, finished_at: to }]))).toEqual([['a', 60_000]]);
  });

  test('without a zone it is an hour off, or seems to end before it started: that is left out', () => {
    const { jobs, leftOut, zoneless } = read(
      'step,started_at,finished_at\na,2026-10-25T02:59:30,2026-10-25T02:00:30\nb,2026-03-29T01:59:30,2026-03-29T03:00:30',
    );
    expect(jobs.map(({ step, ms }) => [step, ms])).toEqual([['b', 3_660_000]]);
    expect([leftOut, zoneless]).toEqual([{ 'ended before it started': 1 }, 2]);
  });
});

test('builds are told apart: by a column, or by the list in which their jobs stand', () => {
  const builds = (text: string): readonly (string | null)[] => read(text).jobs.map(({ build }) => build);
  expect(builds('build_number,step,seconds\n7,a,1\n8,a,1')).toEqual(['7', '8']);
  expect(builds('step,seconds\na,1')).toEqual([null]);
  const job = { step: 'a', seconds: 1 };
  expect(new Set(builds(JSON.stringify([{ jobs: [job, job] }, { jobs: [job] }]))).size).toBe(2);
  // Pages of builds, as `--paginate --slurp` leaves them.
  expect(new Set(builds(JSON.stringify([[{ jobs: [job] }], [{ jobs: [job] }]]))).size).toBe(2);
});

test('retried jobs: each attempt that passed counts once, also where the list repeats it', () => {
  const times = { started_at: '2026-11-24T12:00:00Z', finished_at: '2026-11-24T12:01:00Z' };
  const of = (id: string, state: string) => ({ id, type: 'script', step_key: 'a', state, ...times });
  const build = { number: 1, jobs: [{ ...of('1', 'failed'), retried: true }, of('2', 'passed')] };
  const { jobs, leftOut } = read(JSON.stringify([build, build, { number: 2, jobs: [of('3', 'running')] }]));
  expect(jobs.map(({ id }) => id)).toEqual(['2']);
  expect(leftOut).toEqual({ 'not passed': 1, 'listed twice': 2, 'not over yet': 1 });
});

test('what is nested without end is no history, and no crash', () => {
  const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
  expect(readHistory(deep)).toMatchObject({ ok: false, wrong: { message: 'this is not a job' } });
});

test('times without a zone are taken for UTC, and counted', () => {
  const { jobs, zoneless } = read('step,started_at,finished_at\na,2026-11-24T12:00,2026-11-24T12:01');
  expect([jobs[0]?.ms, jobs[0]?.startedAt, zoneless]).toEqual([60_000, Date.UTC(2026, 10, 24, 12), 1]);
  expect(read('step,seconds\na,1').zoneless).toBe(0);
});

test('every instant from 1970 to 2100 is read as it was written', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) }),
      fc.integer({ min: -840, max: 840 }),
      (at, zone) => {
        expect(readInstant(new Date(at).toISOString())).toEqual({ at, zoned: true });
        const local = new Date(at + zone * 60_000).toISOString().slice(0, -1);
        const [hours, minutes] = [Math.floor(Math.abs(zone) / 60), Math.abs(zone) % 60].map((part) =>
          String(part).padStart(2, '0'),
        );
        if (at + zone * 60_000 < 0) return;
        expect(readInstant(`${local}${zone < 0 ? '-' : '+'}${hours ?? ''}:${minutes ?? ''}`)?.at).toBe(at);
      },
    ),
  );
});

test('whatever the text is, it is a history or a mistake with a place in it', () => {
  const piece = fc.oneof(
    fc.constantFrom('"', ',', '\n', '{', '[', ']', '}', ':', 'step', 'seconds', '1'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('');
      const answer = readHistory(text);
      if (answer.ok) return;
      const [line = 0, column = 0] = answer.wrong.at.split(':').map(Number);
      const lines = text.split('\n');
      expect(line).toBeGreaterThanOrEqual(1);
      expect(line).toBeLessThanOrEqual(lines.length);
      expect(column).toBeGreaterThanOrEqual(1);
      expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1);
      expect(answer.wrong.message).not.toBe('');
    }),
  );
});

test('a CSV that is written is read: any step names, any durations', () => {
  const row = fc.tuple(
    fc.string({ minLength: 1 }).filter((s) => s.trim() === s),
    fc.nat(10_000_000),
  );
  fc.assert(
    fc.property(fc.array(row, { minLength: 1 }), (rows) => {
      const lines = rows.map(([step, ms]) => `"${step.replaceAll('"', '""')}",${ms}`);
      expect(took(['step,ms', ...lines].join('\n'))).toEqual(rows);
    }),
  );
});

test('a stated distribution', () => {
  expect(parseStated('5m')).toEqual({ kind: 'fixed', ms: 300_000 });
  expect(parseStated('fixed:5m')).toEqual({ kind: 'fixed', ms: 300_000 });
  expect(parseStated('exponential:90s')).toEqual({ kind: 'exponential', mean: 90_000 });
  expect(parseStated('uniform:1m..9m')).toEqual({ kind: 'uniform', from: 60_000, to: 540_000 });
  for (const text of ['', 'soon', 'uniform:9m..1m', 'uniform:1m', 'uniform:1m..2m..3m', 'normal:5m', '-5m'])
    expect(parseStated(text)).toBeNull();
});
