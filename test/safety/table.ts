import { expect, it } from 'vitest';
import type { NewEvent } from '../../src/journal/events.ts';
import { NOON, TASK_ARN } from '../support/builders.ts';
import { REASON } from '../support/journal-builders.ts';
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

/** A stop that was sent, or may have been. */
export function sent(): readonly NewEvent[] {
  const call = { kind: 'stop-task', cluster: 'build-prod', taskArn: TASK_ARN, reason: REASON } as const;
  const answer = { sentAt: NOON, answeredAt: NOON, result: 'unknown', trouble: null } as const;
  return [
    { code: 'GD_FAULT_INTENDED', payload: { call, attempt: 1 } },
    { code: 'GD_FAULT_SENT', payload: { ...answer, attempt: 1, task: null } },
  ];
}
