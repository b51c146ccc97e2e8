import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { distributionOf } from '../../src/forecast/distribution.ts';
import { Forecast } from '../../src/forecast/document.ts';
import { makeForecast } from '../../src/forecast/forecast.ts';
import type { Question, Source } from '../../src/forecast/forecast.ts';
import { percent } from '../../src/forecast/notes.ts';
import { forecastSvg } from '../../src/forecast/svg.ts';
import { printForecast } from '../../src/forecast/report.ts';

type Jobs = readonly (readonly [step: string, seconds: number])[];

function history(jobs: Jobs, over: Partial<Exclude<Source, { kind: 'stated' }>> = {}): Source {
  const listed = jobs.map(([step, seconds], nth) => {
    return { id: String(nth), step, ms: seconds * 1000, startedAt: null, build: null };
  });
  return { kind: 'file', name: 'h.csv', jobs: listed, leftOut: {}, zoneless: 0, complete: true, ...over };
}

function question(source: Source, over: Partial<Question> = {}): Question {
  return {
    source,
    window: {
      ...{ container: 'agent', launchType: 'FARGATE', granted: 60_000, drain: 60_000, before: 0 },
      ...{ wholeStop: 60_000, ceiling: 120_000, signal: 'heard', notes: [] },
    },
    utilisation: 0.5,
    fleet: {
      workers: 20,
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      roomPercent: null,
      startUp: { name: '60s', distribution: distributionOf({ kind: 'fixed', ms: 60_000 }) },
      idle: 11_000,
      drains: null,
      protection: null,
      replications: 20,
    },
    seed: 1,
    ...over,
  };
}

const of = (jobs: Jobs, over: Partial<Question> = {}): Forecast =>
  makeForecast(question(history(jobs), over));
const repeated = (step: string, seconds: number, times: number): Jobs =>
  Array.from({ length: times }, () => [step, seconds] as const);
const MIXED = [...repeated('short', 10, 40), ...repeated('edge', 100, 20), ...repeated('long', 600, 5)];

test('it fits its schema, and the same seed gives the same forecast', () => {
  const answer = of(MIXED);
  expect(Forecast.parse(JSON.parse(JSON.stringify(answer)))).toEqual(answer);
  expect(of(MIXED)).toEqual(answer);
  expect(of(MIXED, { seed: 2 })).not.toEqual(answer);
});

test('steps come by what they lose; which fit the window, and which not even the ceiling', () => {
  const { steps, loss, lossPerStop, notes } = of(MIXED);
  expect(steps.map(({ step, fits, fitsCeiling }) => [step, fits, fitsCeiling])).toEqual([
    ['long', 'never', false],
    ['edge', 'never', true],
    ['short', 'always', true],
  ]);
  // 400 s, 2,000 s and 3,000 s of work; 20 times 40 s and 5 times 540 s of it beyond the window.
  expect(steps.map(({ share }) => share)).toEqual([3000 / 5400, 2000 / 5400, 400 / 5400]);
  expect(steps.map((step) => step.loss)).toEqual([540 / 600, 40 / 100, 0]);
  expect(loss).toBeCloseTo((20 * 40 + 5 * 540) / 5400, 12);
  expect(lossPerStop).toBeCloseTo(loss / 2, 12);
  expect(notes.join('\n')).toContain('no window saves every job of long: the ceiling is 120 s');
});

test('the table goes from 30 s to the ceiling, or to where nothing is lost', () => {
  const rows = of(MIXED).timeouts;
  expect(rows.map(({ stopTimeout }) => stopTimeout / 1000)).toEqual([30, 45, 60, 75, 90, 105, 120]);
  expect(rows.filter(({ current }) => current).map(({ stopTimeout }) => stopTimeout)).toEqual([60_000]);
  const window = { ...question(history(MIXED)).window, launchType: 'EC2', ceiling: null } as const;
  const free = of(MIXED, { window }).timeouts;
  expect(free.at(-1)).toMatchObject({ stopTimeout: 600_000, loss: 0, longer: 0 });
});

describe('how much a worker has to do', () => {
  const timed = (times: number): Source =>
    history([], {
      jobs: Array.from({ length: times }, (_, nth) => {
        return { id: null, step: 'a', ms: 60_000, startedAt: nth * 60_000, build: null };
      }),
    });
  test('is what was stated, else what the times tell, else the worst', () => {
    const unknown = { utilisation: null };
    expect(of(MIXED).utilisation).toEqual({ share: 0.5, by: 'stated' });
    expect(of(MIXED, unknown).utilisation).toEqual({ share: 1, by: 'assumed' });
    expect(of(MIXED, unknown).notes.join()).toContain('the worst case');
    // One job after the other: one of 20 workers was busy all the time.
    expect(makeForecast(question(timed(60), unknown)).utilisation).toEqual({ share: 1 / 20, by: 'history' });
    expect(makeForecast(question(timed(29), unknown)).utilisation.by).toBe('assumed');
    const fleet = { ...question(timed(1)).fleet, workers: 1 };
    expect(makeForecast(question(timed(60), { ...unknown, fleet })).utilisation.share).toBe(1);
  });
});

describe('how little it proves', () => {
  test.each<[string, Partial<Question> & { source: Source }, string]>([
    ['three jobs', { source: history(repeated('a', 10, 3)) }, '3 jobs: too few for an interval'],
    ['three jobs', { source: history(repeated('a', 10, 3)) }, 'up to 63 % of all jobs may be longer'],
    [
      'fifty jobs',
      { source: history([...repeated('a', 10, 25), ...repeated('a', 90, 25)]) },
      '50 jobs show little',
    ],
    ['none longer', { source: history(repeated('a', 10, 299)) }, 'up to 1.00 % of all jobs still may (95 %)'],
    [
      'one longer',
      { source: history([...repeated('a', 10, 299), ['a', 90]]) },
      'rests on 1 job that outlived 60 s',
    ],
    [
      'stated',
      { source: { kind: 'stated', name: '5m', durations: { kind: 'fixed', ms: 3e5 } } },
      'were stated',
    ],
    ['a part', { source: history(MIXED, { complete: false }) }, 'run the same command again'],
    ['left out', { source: history(MIXED, { leftOut: { 'not passed': 2 } }) }, 'left out: 2 not passed'],
    ['no zones', { source: history(MIXED, { zoneless: 3 }) }, '3 jobs with times without a zone'],
  ])('%s', (_name, { source, ...over }, note) => {
    expect(makeForecast(question(source, over)).notes.join('\n')).toContain(note);
  });

  test('many jobs of three builds are three builds', () => {
    const builds = (many: number): Source => {
      const jobs = Array.from({ length: 600 }, (_, nth) => {
        return { id: String(nth), step: 'a', ms: nth * 1000, startedAt: null, build: String(nth % many) };
      });
      return history([], { jobs });
    };
    const { source, notes } = makeForecast(question(builds(3)));
    expect(source.builds).toBe(3);
    expect(notes.join()).toContain('they come from 3 builds only');
    expect(makeForecast(question(builds(20))).notes.join()).not.toContain('builds only');
    expect(of(MIXED).source.builds).toBeNull();
  });

  test('no interval of three jobs, nor where none outlived the window: a measured 0 is no bound', () => {
    expect(of(repeated('a', 90, 3))).toMatchObject({ loss: 1 / 3, interval: null });
    expect(of(repeated('a', 10, 299))).toMatchObject({ loss: 0, interval: null });
  });

  test('jobs of no duration at all are never met', () => {
    const answer = of(repeated('a', 0, 20));
    expect(answer).toMatchObject({ loss: 0, lossPerStop: 0, busyDrain: null, retry: null });
    expect(answer.deployments.every(({ lost }) => lost?.p95 === 0)).toBe(true);
    expect(() => of([])).toThrow(RangeError);
  });
});

test('where the signal cuts the job off, no window helps: all in flight is lost, whatever is granted', () => {
  const window = { ...question(history(MIXED)).window, signal: 'fatal', drain: 0 } as const;
  const answer = of(MIXED, { window });
  expect(answer).toMatchObject({ loss: 1, interval: null, lossPerStop: 0.5, lossPerStopInterval: null });
  expect(answer.steps.map(({ fits, loss, interval }) => [fits, loss, interval])).toEqual([
    ...[1, 2, 3].map(() => ['never', 1, null]),
  ]);
  // The table tells what each stopTimeout would give an agent that hears its stop: the present one among them.
  expect(answer.timeouts.filter(({ current }) => current).map(({ stopTimeout }) => stopTimeout)).toEqual([
    60_000,
  ]);
  expect(answer.timeouts.some(({ stopTimeout }) => stopTimeout === 0)).toBe(false);
  expect(answer.deployments.map(({ signal, window: ms }) => [signal, ms])).toEqual([
    ['eaten', 30_000],
    ['fatal', 0],
    ['heard', 120_000],
  ]);
});

describe('drains that drills measured', () => {
  const fleet = (over: object = {}) => ({
    ...question(history(MIXED)).fleet,
    drains: {
      ...{ drills: 3, onRig: 3, unproven: 1, granted: [60_000] },
      ...{ busy: { times: [20_000, 4_000], killed: 1 }, idle: { times: [], killed: 0 }, ...over },
    },
  });

  test('are told in numbers, with how few they are and what was not measured', () => {
    const { drains, notes } = of(MIXED, { fleet: fleet() });
    expect(drains).toEqual({
      ...{ drills: 3, onRig: 3, unproven: 1, granted: [60_000] },
      busy: { workers: 3, drained: 2, median: 20_000, longest: 20_000 },
      idle: { workers: 0, drained: 0, median: null, longest: null },
    });
    const said = notes.join('\n');
    expect(said).toContain('of 3 busy workers and 0 idle ones, of 3 drills, 3 of them on a rig: too few');
    expect(said).toContain('1 drill without a proven stop not counted');
    expect(said).toContain('no idle worker was measured');
    expect(said).toContain('1 of 3 did not drain and count as killed at T');
    expect(said).not.toContain('at other windows');
    expect(of(MIXED, { fleet: fleet({ granted: [3_000] }) }).notes.join()).toContain(
      'measured at 3 s granted',
    );
  });

  test('fit the schema, and change the deployments of workers that hear their stop alone', () => {
    const answer = of(MIXED, { fleet: fleet() });
    expect(Forecast.parse(JSON.parse(JSON.stringify(answer)))).toEqual(answer);
    const window = { ...question(history(MIXED)).window, signal: 'eaten' } as const;
    expect(of(MIXED, { fleet: fleet(), window }).deployments[0]).toEqual(
      of(MIXED, { window }).deployments[0],
    );
  });
});

test('a deployment is told before and after the fix; what is given may be one of them', () => {
  const names = (over: Partial<Question['window']>): readonly string[] => {
    const window = { ...question(history(MIXED)).window, ...over };
    return of(MIXED, { window }).deployments.map(
      ({ name, signal, window: ms }) => `${name}|${signal}|${ms / 1000}`,
    );
  };
  expect(names({})).toEqual([
    'before a fix: never signalled|eaten|30',
    'as given|heard|60',
    'after a fix: signalled, the longest window|heard|120',
  ]);
  expect(names({ signal: 'eaten', drain: 30_000 })[0]).toBe('as given: never signalled|eaten|30');
  expect(names({ granted: 120_000, drain: 120_000 }).at(-1)).toBe(
    'as given: signalled, the longest window|heard|120',
  );
  const fleet = { ...question(history(MIXED)).fleet, maximumPercent: 100 };
  const blocked = of(MIXED, { fleet });
  expect(blocked.deployments.every(({ wallClock }) => wallClock === null)).toBe(true);
  expect(blocked.notes.join()).toContain('the deployment never ends');
});

describe('what is shown', () => {
  function shown(answer: Forecast, columns = 100): string {
    let text = '';
    const screen = {
      write: (more: string) => void (text += more),
      columns: () => columns,
      rows: () => 24,
      colors: false,
    };
    printForecast(answer, screen);
    return text;
  }
  const foreign = (): Forecast => of([...MIXED, ...repeated('\u001b[31m<&"evil">', 70, 20)]);

  test('tables, a plot and notes; nothing of a step name drives the terminal', () => {
    const text = shown(foreign());
    for (const word of [
      'drain window T',
      'stopTimeout',
      '1 min 0 s (now)',
      'rolling deployment of 20',
      'retry rule',
      '█',
    ])
      expect(text).toContain(word);
    expect(text).not.toContain('\u001b');
    expect(shown(of(repeated('a', 0, 20)))).toContain('No job in flight is lost');
  });

  test('the plot falls as the window grows, and fits the screen', () => {
    const rows = shown(of(MIXED), 70)
      .split('\n')
      .filter((line) => line.includes('█'));
    expect(rows).toHaveLength(10);
    const lengths = rows.map((row) => row.lastIndexOf('█'));
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(70);
  });

  test('the SVG is markup of its own alone, with the line, the intervals and both windows', () => {
    const svg = forecastSvg({ ...foreign(), source: { ...foreign().source, name: '<script>&' } });
    expect(svg).toContain('<polyline points="72.0,');
    expect(svg).toContain('Fargate&#39;s ceiling 2 min<');
    expect(svg.match(/stroke-width="6"/g)).toHaveLength(7);
    expect(svg).not.toContain('<script>');
    const [, points = ''] = /points="([^"]+)"/.exec(svg) ?? [];
    const heights = points.split(' ').map((point) => Number(point.split(',')[1]));
    expect(heights).toEqual(heights.toSorted((a, b) => a - b));
  });
});

describe('the plot as SVG', () => {
  const drawn = (signal: Forecast['window']['signal'], drain: number): string => {
    const answer = of(MIXED);
    return forecastSvg({ ...answer, window: { ...answer.window, signal, drain } });
  };

  test('names its axes and counts in round steps', () => {
    const svg = drawn('heard', 60_000);
    expect(svg).toContain('>time from SIGTERM to SIGKILL (stopTimeout)<');
    expect(svg).toContain('>of jobs in flight, lost<');
    for (const tick of ['0', '20 s', '1 min', '2 min']) expect(svg).toContain(`>${tick}</text>`);
    expect(svg).toMatch(/role="img"[\s\S]*<desc>A stop now loses /);
  });

  test('shows the fixed worker beside the present one', () => {
    const svg = drawn('fatal', 0);
    expect(svg).toContain('now, its signal ends the job at once, whatever stopTimeout is (1 min 0 s)');
    expect(svg).toContain('after, if it hears its stop, with 1 min 0 s: ');
    expect(svg).toContain('after, if it hears its stop, with stopTimeout 2 min 0 s: ');
    expect(drawn('heard', 60_000)).toContain('>after, with stopTimeout 2 min 0 s: ');
  });
});

/** Every element is closed in its order, every attribute quoted and given once, and every character one of XML 1.0's. */
function wellFormed(xml: string): void {
  expect(xml).not.toMatch(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
  expect(Buffer.from(xml).toString()).toBe(xml);
  const open: string[] = [];
  let [at, roots] = [0, 0];
  for (const tag of xml.matchAll(/<(\/?)([a-z]+)((?: [A-Za-z0-9:-]+="[^"<&]*")*)(\/?)>/g)) {
    const [whole, closes, name = '', attributes = '', empty] = tag;
    textBetween(xml.slice(at, tag.index), open.length);
    at = tag.index + whole.length;
    const names = [...attributes.matchAll(/ ([A-Za-z0-9:-]+)=/g)].map(([, each]) => each);
    expect(new Set(names).size).toBe(names.length);
    if (open.length === 0) roots += 1;
    if (closes === '/') expect(open.pop()).toBe(name);
    else if (empty !== '/') open.push(name);
  }
  textBetween(xml.slice(at), 0);
  expect([open, roots]).toEqual([[], 1]);
}

function textBetween(text: string, depth: number): void {
  expect(text.replaceAll(/&(?:#\d+|amp|lt|gt|quot|apos);/g, '')).not.toMatch(/[<&]/);
  if (depth === 0) expect(text.trim()).toBe('');
}

test('the SVG is well-formed XML, whatever the history is called', () => {
  const answer = of(MIXED);
  const anyName = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
  const broken = fc.constantFrom(
    '\ud800',
    'a\udc00',
    '\ufffe',
    '\uffff',
    '\u0000\u0007\u001b',
    ']]>',
    '<!--',
    '&amp;"\'<',
  );
  fc.assert(
    fc.property(fc.oneof(anyName, broken), fc.boolean(), (name, bounded) => {
      const ceiling = bounded ? answer.window.ceiling : null;
      wellFormed(
        forecastSvg({
          ...answer,
          source: { ...answer.source, name },
          window: { ...answer.window, ceiling },
        }),
      );
    }),
  );
  expect(() => wellFormed('<svg><g></svg>')).toThrow();
  expect(() => wellFormed('<svg>&</svg>')).toThrow();
});

test('shares are told by the digits that count', () => {
  expect([0, 0.00001, 0.0006, 0.0236, 0.69, 0.9999, 1].map(percent)).toEqual([
    ...['0 %', '< 0.01 %', '0.06 %', '2.4 %', '69 %', '> 99 %', '100 %'],
  ]);
});

describe('a protected fleet', () => {
  const fleet = { ...question(history(MIXED)).fleet, protection: 5 * 60_000 };

  test('is shown first, beside the same deployment without protection', () => {
    const answer = of(MIXED, { fleet });
    expect(Forecast.parse(JSON.parse(JSON.stringify(answer)))).toEqual(answer);
    expect(answer.deployments.map(({ name, protection }) => [name, protection])).toEqual([
      ['as given: protected while busy', 300_000],
      ['before a fix: never signalled', null],
      ['without protection', null],
      ['after a fix: signalled, the longest window', null],
    ]);
    // Jobs of 600 s outlast 300 s and the drain of 60 s: 540 s of each of the five, of 5,400 s of work.
    expect(answer.protection).toEqual({ expiry: 300_000, loss: (540 * 5) / 5400 });
    expect(answer.deployments[0]?.lossPerStop).toBeCloseTo((0.5 * 540 * 5) / 5400, 12);
    // What other stops lose is as before.
    const { loss, lossPerStop, steps, timeouts } = of(MIXED);
    expect(answer).toMatchObject({ loss, lossPerStop, steps, timeouts });
  });

  test('has its assumptions said, and what CloudFormation makes of hours', () => {
    const long = [...repeated('long', 20_000, 40)];
    const said = (protection: number) => of(long, { fleet: { ...fleet, protection } }).notes.join('\n');
    expect(said(300_000)).toContain('does not hold against draining hosts, spot reclaims and StopTask');
    expect(said(300_000)).toContain('as soon as its protection ends');
    expect(said(300_000)).not.toContain('CloudFormation');
    expect(said(48 * 3_600_000)).toContain('three hours, after which a CloudFormation update fails');
  });

  test('is not mentioned where there is none', () => {
    expect(of(MIXED).protection).toBeNull();
    expect(of(MIXED).notes.join()).not.toContain('protect');
  });
});
