import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { Scenario } from '../../src/scenario/schema.ts';
import { GOOD, read } from './marked.ts';

const folder = join(import.meta.dirname, '..', '..', 'scenarios');
const seeds = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(join(folder, name), 'utf8'));

const SHARP = [
  '${',
  '${A}',
  '$${',
  '&a ',
  '*a',
  '<<: *a',
  '!!binary ',
  '!x ',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '__proto__: { a: 1 }\n',
  'constructor: 1\n',
  '? [a]\n: b\n',
  'null',
  '~: 1\n',
  '.nan',
  '1e999',
  '-1s',
  '[',
  '{',
  '}',
  '- ',
  ': ',
  '\t',
  '\r\n',
  '\0',
  '\uFEFF',
  '\u2028',
  '|\n',
  '>-\n',
  '"',
  "'",
  '#',
  '\ud800',
];

interface Cut {
  readonly at: number;
  readonly length: number;
  readonly put: string;
}

const cut: fc.Arbitrary<Cut> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.oneof(fc.constant(0), fc.nat(6), fc.nat(200)),
  put: fc.oneof(fc.constantFrom(...SHARP), fc.constant(''), fc.string({ unit: 'binary', maxLength: 12 })),
});

function mutated(text: string, cuts: readonly Cut[]): string {
  return cuts.reduce((whole, { at, length, put }) => {
    const index = Math.floor(at * whole.length);
    return whole.slice(0, index) + put + whole.slice(index + length);
  }, text);
}

function holds(text: string): void {
  const reading = read(text, { A: 'value' });
  expect(reading.scenario === null).toBe(reading.problems.length > 0);
  if (reading.scenario !== null) Scenario.parse(reading.scenario);
  for (const { offset, message } of reading.problems) {
    expect(offset).toBeGreaterThanOrEqual(0);
    expect(offset).toBeLessThanOrEqual(text.length);
    expect(reading.position(offset)).toMatch(/^[1-9][0-9]*:[1-9][0-9]*$/);
    expect(message).not.toBe('');
  }
}

/** So many mutated scenario files each give a valid scenario, or errors with their places. */
export function mutatedFilesHold(numRuns: number): void {
  const text = fc
    .tuple(fc.constantFrom(GOOD, ...seeds), fc.array(cut, { minLength: 1, maxLength: 5 }))
    .map(([seed, cuts]) => mutated(seed, cuts));
  fc.assert(fc.property(text, holds), { numRuns });
}

/** The same of files of which nothing was ever a scenario. */
export function strangeFilesHold(numRuns: number): void {
  const parts = fc.array(fc.oneof(fc.constantFrom(...SHARP), fc.string({ maxLength: 5 })), { maxLength: 40 });
  fc.assert(
    fc.property(parts, (text) => holds(text.join(''))),
    { numRuns },
  );
}
