import { parse, type TestCase, type TestSuite } from 'junit2json';
import { describe, expect, it, test } from 'vitest';
import type { Ending } from '../../src/report/one-document.ts';
import { createJunitReporter } from '../../src/report/junit.ts';
import { makeGameDayDocument } from '../../src/verdict/account.ts';
import type { DrillResult } from '../../src/verdict/result.ts';
import { drainedResult, lostResult } from './results.ts';

// Every document is read by junit2json, which reads it as CI systems do.

function write(drills: readonly DrillResult[], errors: Ending['errors'] = []): string {
  let xml = '';
  const screen = { write: (part: string) => void (xml += part), columns: () => 80, rows: () => 24 };
  const reporter = createJunitReporter({ ...screen, colors: false });
  for (const drill of drills) reporter.onResult?.(drill, []);
  reporter.onAnswer?.(makeGameDayDocument(drills, errors, null));
  return xml;
}

async function read(drills: readonly DrillResult[], errors: Ending['errors'] = []) {
  const document = await parse(write(drills, errors));
  if (document === null || document === undefined || !('testsuite' in document))
    throw new Error('no testsuites');
  return document;
}

async function caseOf(drill: DrillResult): Promise<TestCase> {
  const { testsuite = [] } = await read([drill]);
  const cases = testsuite.flatMap(({ testcase = [] }) => testcase);
  expect(cases).toHaveLength(1);
  return cases[0] as TestCase;
}

describe('a drill that ended as', () => {
  test.each<[DrillResult['outcome'], 'failure' | 'error' | 'skipped' | 'passed']>([
    ['passed', 'passed'],
    ['failed', 'failure'],
    ['inconclusive', 'error'],
    ['could-not-run', 'error'],
    ['internal', 'error'],
    ['interrupted', 'error'],
    ['refused', 'skipped'],
    ['planned', 'skipped'],
    ['aborted', 'skipped'],
  ])('%s is %s, and nothing else', async (outcome, kind) => {
    const drill = lostResult({ outcome, control: null });
    const read = await caseOf(drill);
    const told = (['failure', 'error', 'skipped'] as const).filter((name) => read[name] !== undefined);
    expect(told).toEqual(kind === 'passed' ? [] : [kind]);
  });

  it('failed has its reason as the type, and says why', async () => {
    const { failure } = await caseOf(lostResult({ control: null }));
    expect(failure).toMatchObject([
      {
        type: 'lost',
        message:
          'failed: lost: attempt 1 of step integration was lost with its agent: exit status -1, AGENT_LOST',
        inner: expect.stringContaining('Cause\n'),
      },
    ]);
  });
});

test('the suites are counted as their cases ended', async () => {
  const outcomes = ['passed', 'failed', 'inconclusive', 'inconclusive', 'refused'] as const;
  const drills = outcomes.map((outcome, nth) =>
    lostResult({ outcome, control: null, drill: `20260102-03040${String(nth)}-beef` }),
  );
  const document = await read(drills);
  expect(document).toMatchObject({ name: 'gameday', tests: 5, failures: 1, errors: 2 });
  const sum = (of: (suite: TestSuite) => number | undefined): number =>
    (document.testsuite ?? []).reduce((all, suite) => all + (of(suite) ?? 0), 0);
  expect(sum(({ tests }) => tests)).toBe(5);
  expect(sum(({ failures }) => failures)).toBe(1);
  expect(sum(({ errors }) => errors)).toBe(2);
  expect(sum(({ skipped }) => skipped)).toBe(1);
});

test('a run that began no drill is an error, not an empty document', async () => {
  const error: Ending['errors'][number] = {
    at: 'drill.yaml',
    message: 'there is no such file',
    next: 'Check it.',
  };
  const { testsuite } = await read([], [error]);
  expect(testsuite).toMatchObject([
    {
      testcase: [
        { error: [{ type: 'bad-input', message: 'drill.yaml: there is no such file', inner: 'Check it.' }] },
      ],
    },
  ]);
});

describe('texts of others', () => {
  // Title, message and cause stand in attributes and in CDATA.
  const withText = (text: string): DrillResult => {
    const drill = lostResult({ control: null, title: text, said: text });
    return { ...drill, findings: drill.findings.map((one) => ({ ...one, said: text })) };
  };

  it('end no CDATA section and begin no element', async () => {
    const text = `a ]]> b ]]]]>> <failure/> &amp; "c" 'd'`;
    const { name, failure, skipped } = await caseOf(withText(text));
    expect(name).toBe(text);
    expect(failure).toMatchObject([{ message: expect.stringContaining(text) }]);
    expect(failure?.[0]?.inner).toContain(text);
    expect(skipped).toBeUndefined();
  });

  it('keep no character that XML forbids, and every other one', async () => {
    const forbidden = ['\u0000', '\u0008', '\u000b', '\u001b', '\ufffe', '\uffff', '\ud800'];
    const xml = write([withText(`begin ${forbidden.join('')} ü 漢 😀 end`)]);
    for (const character of forbidden) expect(xml.includes(character)).toBe(false);
    const { name, failure } = await caseOf(withText(`begin ${forbidden.join('')} ü 漢 😀 end`));
    for (const told of [name, failure?.[0]?.inner]) expect(told).toMatch(/begin .* ü 漢 😀 end/);
  });
});

test('two drills of one scenario have names of their own', async () => {
  const drills = ['20260102-030405-beef', '20260102-030406-beef'].map((drill) => drainedResult({ drill }));
  const { testsuite = [] } = await read(drills);
  const names = testsuite.flatMap(({ testcase = [] }) => testcase.map(({ name = '' }) => name.slice(-9)));
  expect(names).toEqual([' (1 of 2)', ' (2 of 2)']);
});
