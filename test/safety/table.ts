import { expect, it } from 'vitest';
import type { Guard } from '../../src/safety/guard.ts';
import { guardAnswer, type Guarded } from '../support/guarded.ts';

/** What differs from a drill that every guard lets through, and whether the guard holds, or for what it waits. */
export type Row = readonly [title: string, guarded: Guarded, holds: boolean | `waits ${string}`];

/** One test a row; a refusal has the guard's own reason. */
export function guardTable(guard: Guard, rows: readonly Row[]): void {
  it.each(rows)('%s', (_title, guarded, holds) => {
    expect(guardAnswer(guard, guarded)).toBe(holds === true ? 'holds' : holds || guard.reason);
  });
}
