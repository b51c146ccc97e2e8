import { setMaxListeners } from 'node:events';
import { isStopSignal, STOP_SIGNALS } from '../model/reasons.ts';
import type { StopSignal } from '../model/reasons.ts';
import { failWith, leaveOnceTold, leaveWith } from './exit-codes.ts';

export type { StopSignal } from '../model/reasons.ts';
const ALL = Object.keys(STOP_SIGNALS).filter(isStopSignal);

/** Milliseconds that a run may take to close its journal after a signal; the process then ends within half a second. */
const GRACE = 450;
/** What is left of it at the least. */
const LEAST_GRACE = 50;

/** A watch over signals. The first one aborts, with its name as reason; a second one, or the end of the grace, exits. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Which signal came, if any. */
  readSignal(): StopSignal | null;
  /** After the first signal: the process may go on for so many milliseconds since it, and then has its grace. */
  extend(ms: number): void;
  /** The forced end comes earlier by so many milliseconds, as much is to be said then. */
  makeRoom(ms: number): void;
  /** Acts as on this signal: a prompt in raw mode gets Ctrl-C as a key. */
  raise(signal: StopSignal): void;
  /** Restores Node's own handling. */
  release(): void;
}

/** Watches SIGINT, SIGTERM and SIGHUP (a closed terminal); `atLast` reports a run that did not end in time. */
export function watchSignals(atLast: (signal: StopSignal) => void): Interruption {
  const controller = new AbortController();
  // No limit on listeners: every read of a drill adds one, and a fleet is read by many at once.
  setMaxListeners(0, controller.signal);
  let first: StopSignal | null = null;
  let last: NodeJS.Timeout | undefined;
  let endsAt = -Infinity;
  let room = 0;
  function onSignal(signal: StopSignal): void {
    if (first !== null) {
      // A closed terminal sends SIGHUP a second time, through its shell: this is the same event.
      if (first === signal && signal === 'SIGHUP') return;
      leaveWith(STOP_SIGNALS[signal]);
    }
    first = signal;
    failWith(STOP_SIGNALS[signal]);
    leaveAfter(0);
    controller.abort(signal);
  }
  /** Of several drills the one that needs the longest is waited for. */
  function leaveAfter(ms: number): void {
    const at = performance.now() + ms;
    if (at <= endsAt) return;
    endsAt = at;
    setTimer();
  }
  function setTimer(): void {
    clearTimeout(last);
    const at = endsAt + Math.max(LEAST_GRACE, GRACE - room);
    last = setTimeout(() => leaveByForce(first ?? 'SIGINT'), at - performance.now()).unref();
  }
  function leaveByForce(signal: StopSignal): void {
    try {
      atLast(signal);
    } finally {
      leaveOnceTold(STOP_SIGNALS[signal], process.stdout, leaveWith);
    }
  }
  for (const signal of ALL) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    readSignal: () => first,
    extend: leaveAfter,
    makeRoom(ms) {
      room = ms;
      if (first !== null) setTimer();
    },
    raise: onSignal,
    release() {
      for (const signal of ALL) process.off(signal, onSignal);
    },
  };
}

/**
 * One watch over several pieces of work, one after another or nested: a signal between two of them ends the next one at
 * once. The innermost work handles a signal.
 */
export function watchThroughout(): { readonly watch: typeof watchSignals; release(): void } {
  let last: (signal: StopSignal) => void = () => undefined;
  const interruption = watchSignals((signal) => last(signal));
  return {
    watch(atLast) {
      const before = last;
      last = atLast;
      return { ...interruption, release: () => (last = before) };
    },
    release: interruption.release,
  };
}
