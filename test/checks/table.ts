import { expect, it } from 'vitest';
import type { Check } from '../../src/checks/check.ts';
import { answer } from '../support/asking.ts';
import type { Told } from '../support/journal-builders.ts';

/** A story in a few words, how it differs from the clean drain, and the check's answer. */
export type Row = readonly [title: string, told: Told, answer: string];

/** One test a row. */
export function holdsTable(check: Check, rows: readonly Row[]): void {
  it.each(rows)('%s', (_title, told, expected) => {
    expect(answer(check, told)).toBe(expected);
  });
}
