import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { htmlPage } from '../../src/report/html.ts';
import type { DrillResult } from '../../src/verdict/result.ts';
import { drainedResult, lostResult } from './results.ts';

const scenario = { version: 1, title: 'A drill', build: { branch: null, message: 'A game day' } };

function pageOf(...results: readonly DrillResult[]): string {
  return htmlPage(results.map((result) => ({ result, scenario })));
}

/** A text that is markup, ends elements and drives terminals, wherever it stands. */
const ATTACK = `"'></template></code></title><script>alert(1)</script><img src=x onerror=alert(1)>\u001b[31m\u202e\u0000`;

/** The result with a text put into everything that is a string. */
function poison<T>(value: T, text: string): T {
  if (typeof value === 'string') return text as T;
  if (Array.isArray(value)) return value.map((one: unknown) => poison(one, text)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, poison(one, text)])) as T;
}

/** What others can put into a drill's result: names, labels, addresses, messages. */
function poisoned(text: string): DrillResult {
  const { version, outcome, reason, findings, lanes, deadlines, timeline, injection, fault, ...rest } =
    lostResult();
  return {
    ...poison(rest, text),
    ...{ version, outcome, reason, injection, fault, deadlines },
    proof: lostResult().proof,
    cause: { ...rest.cause!, ranked: rest.cause!.ranked.map((one) => ({ ...one, said: text, saves: text })) },
    findings: findings.map((one) => ({ ...one, said: text })),
    lanes: lanes.map((lane) => ({
      ...lane,
      name: text,
      marks: lane.marks.map((mark) => ({ ...mark, said: text })),
    })),
    timeline: timeline.map((one) => ({ ...one, said: text })),
    builds: rest.builds,
    stopWindow: rest.stopWindow,
  };
}

const ELEMENTS = new Set(
  `html head meta title style body main nav article h1 h2 h3 p b dl dt dd code pre a ul li div table caption thead tbody tr th td figure figcaption svg desc rect path g text details summary template wbr br`.split(
    ' ',
  ),
);

function expectHarmless(page: string): void {
  expect(page.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  const bad = [...page.matchAll(/<\/?([a-zA-Z][^\s>]*)([^>]*)>/g)].filter(
    ([, name = '', attributes = '']) =>
      !ELEMENTS.has(name) || /\son\w+=|style=|javascript:/i.test(attributes),
  );
  expect(bad).toEqual([]);
}

describe('the page of a drill', () => {
  it('says the verdict, the cause, the fix to paste, what failed, and where it ran', () => {
    const page = pageOf(lostResult());
    expect(page).toContain('<h1>A shell eats SIGTERM and the step is lost [rig]</h1>');
    expect(page).toContain('<b>FAILED: lost</b> (exit code 10)');
    expect(page).toContain('<dt>Cause</dt><dd>signal-eaten (likely): ');
    expect(page).toContain('<dt>Fix</dt><dd><code>&#34;entryPoint&#34;: [');
    expect(page).toContain('1 of 3 hold; failed: no-job-lost; not proven: agent-left');
    expect(page).toContain(
      '<th scope="row">no-job-lost</th><td>one judged job was lost</td><td class="number">14, 15</td>',
    );
    expect(page).toContain('ECS&#39;s');
    expect(page).toMatch(/<svg [^>]*role="img"/);
    expect(page).toContain(
      '<pre><code>version: 1\ntitle: A drill\nbuild:\n  message: A game day</code></pre>',
    );
    expect(page).not.toContain('branch:');
  });

  it('holds everything as data, and no script', () => {
    const page = pageOf(drainedResult());
    const [, json = ''] = /<template id="gameday-results">(.*)<\/template>/.exec(page) ?? [];
    expect(JSON.parse(json)).toEqual([drainedResult()]);
    expect(page).not.toContain('<script');
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  it('carries no markup and no control character of others, wherever they stand', () => {
    const page = pageOf(poisoned(ATTACK));
    expectHarmless(page);
    expect(page).toContain('&#60;script&#62;');
    expectHarmless(pageOf(poisoned(ATTACK), lostResult()));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (any) =>
        expectHarmless(pageOf(poisoned(any))),
      ),
      { numRuns: 20 },
    );
  });

  it('links pages of the web alone', () => {
    const build = { number: 1, url: 'javascript:alert(1)', state: 'FAILED' };
    expect(pageOf(lostResult({ build }))).not.toContain('href');
    expect(pageOf(lostResult())).toContain(
      '<a href="http://127.0.0.1:4001/acme/canary/builds/1">#1 (FAILED)</a>',
    );
  });
});

describe('the page of many drills', () => {
  const DAY = 86_400_000;
  const other = drainedResult({ service: 'other-agents', startedAt: lostResult().startedAt + DAY });

  it('begins with a table of them, and links each', () => {
    const page = pageOf(lostResult(), other);
    expect(page).toContain('<h1>2 drills: 1 failed, 1 passed</h1>');
    for (const { drill } of [lostResult(), other]) {
      expect(page).toContain(`<a href="#drill-${drill}">`);
      expect(page).toContain(`<article id="drill-${drill}">`);
    }
  });

  it('shows days by services where there are several', () => {
    const page = pageOf(lostResult(), other);
    expect(page).toContain('<h2>Days and services</h2>');
    expect(page).toMatch(/<th scope="row">\d{4}-\d\d-\d\d<\/th>[\s\S]*FAILED: lost/);
    expect(pageOf(lostResult(), lostResult({ drill: 'another' }))).not.toContain('Days and services');
  });

  it('of 500 drills has less than 5 MB: those that passed are rows alone', () => {
    const many = Array.from({ length: 500 }, (_, index) =>
      (index % 10 === 0 ? lostResult : drainedResult)({ drill: `20260102-030405-${String(index)}` }),
    );
    const page = pageOf(...many);
    expect(page.length).toBeLessThan(5_000_000);
    expect(page.split('<article')).toHaveLength(51);
    expect(page).toContain('450 of them are told in this table alone');
  });

  it('says why a run had no further drill', () => {
    expect(htmlPage([], ['a.yaml:1:2: unknown key <b>'])).toContain(
      '<li>a.yaml:1:2: unknown key &#60;b&#62;</li>',
    );
  });
});
