/** Time as a parameter: the loop never looks at the machine's clock itself. */
export interface Clock {
  /** Milliseconds since the epoch; never runs backwards within one process. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
