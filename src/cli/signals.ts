import { setMaxListeners } from 'node:events';
import { isStopSignal, STOP_SIGNALS } from '../model/reasons.ts';
import type { StopSignal } from '../model/reasons.ts';
import { failWith, leaveWith } from './exit-codes.ts';

export type { StopSignal } from '../model/reasons.ts';
const ALL = Object.keys(STOP_SIGNALS).filter(isStopSignal);

/** How long a run may take to close its journal after a signal, so that it is over within half a second. */
const GRACE = 450;

/** The first signal aborts, its name is the reason; after the grace, or at the second one, the process ends. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Which signal came, if any. */
  got(): StopSignal | null;
  /** As if the signal had come: a prompt in raw mode gets Ctrl-C as a key. */
  raise(signal: StopSignal): void;
  /** Gives the signals back to Node. */
  release(): void;
}

/** Watches SIGINT, SIGTERM and SIGHUP (the terminal was closed); `atLast` prints the state where the run did not end by itself in time. */
export function watchSignals(atLast: (signal: StopSignal) => void): Interruption {
  const controller = new AbortController();
  // Every read of a drill listens to it, and a fleet is read by many at once.
  setMaxListeners(0, controller.signal);
  let first: StopSignal | null = null;
  function onSignal(signal: StopSignal): void {
    if (first !== null) {
      // A terminal that is closed sends SIGHUP once more for its shell: it is the same wish.
      if (first === signal && signal === 'SIGHUP') return;
      leaveWith(STOP_SIGNALS[signal]);
    }
    first = signal;
    failWith(STOP_SIGNALS[signal]);
    setTimeout(() => force(signal), GRACE).unref();
    controller.abort(signal);
  }
  function force(signal: StopSignal): void {
    try {
      atLast(signal);
    } finally {
      leaveWith(STOP_SIGNALS[signal]);
    }
  }
  for (const signal of ALL) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    got: () => first,
    raise: onSignal,
    release() {
      for (const signal of ALL) process.off(signal, onSignal);
    },
  };
}

/**
 * One watch over several pieces of work, one after another or one in another: a signal between two of them ends the next one at
 * once. Who watches last answers, and when that is over the one before it.
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
