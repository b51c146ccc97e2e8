import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { DrillEvent } from '../../src/journal/events.ts';
import { timeLineSvg } from '../../src/report/time-line-svg.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';

function read(name: string): string {
  return readFileSync(new URL(`../../docs/pictures/${name}`, import.meta.url), 'utf8');
}

test.each([
  ['before', 'lost'],
  ['after', 'drained'],
])('the picture %s.svg is what is drawn of its journal, which says: %s', (side, reason) => {
  const lines = read(`${side}.jsonl`).trimEnd().split('\n');
  const result = summarizeDrill(
    lines.map((line) => JSON.parse(line) as DrillEvent),
    null,
  );
  expect(result.reason).toBe(reason);
  expect(read(`${side}.svg`), 'run `npm run generate`').toBe(timeLineSvg([result]));
});
