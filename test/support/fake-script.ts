import type { Outcome, Trouble } from '../../src/model/answer.ts';

/** How calls shall fail: which, how often, and, for one that changes something, whether it happened all the same. */
export interface Failing {
  readonly trouble: Trouble | Trouble['kind'];
  /** Infinity: for good. */
  readonly times?: number;
  readonly certainty?: 'refused' | 'unknown';
  /** The call takes effect although its answer is lost. */
  readonly acted?: boolean;
}

/** One call that came in: its operation and arguments. */
export interface FakeCall {
  readonly operation: string;
  readonly args: readonly unknown[];
}

/** The record of calls, and the script of what happens at them. */
export interface FakeScript<Operation extends string> {
  readonly calls: readonly FakeCall[];
  /** How often an operation was called. */
  count(operation: Operation): number;
  /** Queues a failure; several of one operation follow one another. */
  fail(operation: Operation, failing: Failing): void;
  /** Changes the world right before the n-th call (from 1) of an operation is answered. */
  before(operation: Operation, nth: number, change: () => void): void;
  /** Notes a call, runs what was scripted before it, and says how it shall fail, if at all. */
  enter(operation: Operation, args: readonly unknown[], signal: AbortSignal): Planned | null;
}

/** A failure that the next answer shall be. */
export interface Planned {
  readonly trouble: Trouble;
  readonly certainty: 'refused' | 'unknown';
  readonly acted: boolean;
}

function named(trouble: Trouble | Trouble['kind']): Trouble {
  return typeof trouble === 'string'
    ? { kind: trouble, message: `scripted: ${trouble}`, retryAfter: null }
    : trouble;
}

/** A script without failures. */
export function createScript<Operation extends string>(): FakeScript<Operation> {
  const calls: FakeCall[] = [];
  const queues = new Map<Operation, { failing: Failing; left: number }[]>();
  const changes: { operation: Operation; nth: number; change: () => void }[] = [];
  const count = (operation: Operation): number => calls.filter((call) => call.operation === operation).length;
  return {
    calls,
    count,
    fail: (operation, failing) => {
      const queue = queues.get(operation) ?? [];
      queue.push({ failing, left: failing.times ?? 1 });
      queues.set(operation, queue);
    },
    before: (operation, nth, change) => changes.push({ operation, nth, change }),
    enter: (operation, args, signal) => {
      calls.push({ operation, args });
      const nth = count(operation);
      for (const one of changes) if (one.operation === operation && one.nth === nth) one.change();
      if (signal.aborted) return { trouble: named('aborted'), certainty: 'refused', acted: false };
      const next = queues.get(operation)?.find((entry) => entry.left > 0);
      if (next === undefined) return null;
      next.left -= 1;
      const acted = next.failing.acted ?? false;
      const certainty = next.failing.certainty ?? (acted ? 'unknown' : 'refused');
      return { trouble: named(next.failing.trouble), certainty, acted };
    },
  };
}

/** Carries out a call that changes something, or lets it fail as planned: an acted failure takes effect unseen. */
export function carryOut<T>(planned: Planned | null, act: () => Outcome<T>): Outcome<T> {
  if (planned === null) return act();
  if (planned.acted) act();
  return { ok: false, certainty: planned.certainty, trouble: planned.trouble };
}
