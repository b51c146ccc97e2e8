import { describe, expect, it, test } from 'vitest';
import { markdownOf } from '../../src/report/markdown.ts';
import type { DrillResult } from '../../src/verdict/result.ts';
import { drainedResult, lostResult } from './results.ts';

function bytesOf(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** A drill with the text as its title, message, findings and moments, as a step's label gets there. */
function withText(text: string): DrillResult {
  const drill = lostResult({ control: null, title: text, said: `step ${text} was lost` });
  return {
    ...drill,
    findings: drill.findings.map((one) => ({ ...one, said: text })),
    timeline: drill.timeline.map((one) => ({ ...one, said: text })),
  };
}

/** What is left where escaped characters and code, which Markdown shows as they are, are taken out. */
function activeIn(markdown: string): string {
  return markdown.replace(/\\[!-/:-@[-`{-~]/g, '').replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '');
}

describe('a label of others in Markdown', () => {
  it.each([
    ['HTML', '<img src=x onerror=alert(1)></td>', /[<>]/],
    ['a link', 'a](https://evil.example/) ![b](c)', /evil\.example\/\)(?<=\]\([^)]*\))/],
    ['a bracket', 'x] [y]: z', /[[\]]/],
    ['emphasis', '**bold** _under_ ~~gone~~', /\*\*bold|_under|~~/],
    ['an entity', '&lt;script&gt;', /&/],
    ['a heading and a mention of an issue', '# head #12', /#12/],
  ])('%s is shown as it is', (_what, label, harmful) => {
    // The tables' own bars and our own bold words are not the label's: look at the lines of the label alone.
    const lines = activeIn(markdownOf([withText(label)]))
      .split('\n')
      .filter((line) => line.startsWith('step ') || line.startsWith('### '));
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line.replace(/^### /, '')).not.toMatch(harmful);
  });

  it('writes the brackets of a link with a backslash before each', () => {
    expect(markdownOf([withText('a](https://evil.example/)')])).toContain('a\\](https://evil.example/)');
  });

  it('cannot end a code span or a cell of a table', () => {
    const markdown = markdownOf([{ ...withText('a | b'), cluster: 'c`|`d' }]);
    expect(markdown).toContain('a \\| b');
    expect(markdown).toContain('`` c`\\|`d ``');
  });

  it('brings no control characters, and no line of its own', () => {
    const markdown = markdownOf([withText('one\ntwo\u001b[31m\u202ethree')]);
    expect(markdown).not.toMatch(/^two/m);
    expect(markdown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('a limit in bytes', () => {
  const failed = lostResult({ control: null, title: 'ü'.repeat(2000) });
  const passed = drainedResult({ title: '漢'.repeat(2000) });
  const whole = markdownOf([passed, failed]);

  it('that fits exactly leaves nothing out', () => {
    expect(markdownOf([passed, failed], undefined, bytesOf(whole))).toBe(whole);
  });

  it.each([bytesOf(whole) - 1, 20_000, 5000, 1000, 300])(
    'of %d is kept, and what is left out is counted',
    (limit) => {
      const markdown = markdownOf([passed, failed], undefined, limit);
      expect(bytesOf(markdown)).toBeLessThanOrEqual(limit);
      expect(markdown).toMatch(/\d more parts? (is|are) left out/);
    },
  );

  it('leaves out what passed before what failed', () => {
    const markdown = markdownOf([passed, failed], undefined, bytesOf(whole) - 1);
    expect(markdown).toContain('### FAILED: lost');
    expect(markdown).not.toContain('### PASSED');
  });
});

test('failed drills come first', () => {
  const markdown = markdownOf([drainedResult(), lostResult({ control: null })]);
  expect(markdown.indexOf('### FAILED')).toBeLessThan(markdown.indexOf('### PASSED'));
});
