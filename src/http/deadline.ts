/** The deadline of a call has passed. */
export class DeadlineError extends Error {
  constructor(ms: number) {
    super(`no answer within ${String(ms / 1000)} s`);
    this.name = 'DeadlineError';
  }
}

/** The caller aborted; `started`: whether the work had begun. */
export class AbortedError extends Error {
  readonly started: boolean;

  constructor(started: boolean) {
    super('interrupted');
    this.name = 'AbortedError';
    this.started = started;
  }
}

/**
 * Runs `work` for at most `ms`, headers and body together. Ends at the deadline and at the caller's abort even if a library
 * ignores the signal. `AbortSignal.any` is not used: on Node 20 it leaks memory with long-lived sources.
 */
export async function withDeadline<T>(
  signal: AbortSignal,
  ms: number,
  work: (inner: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal.aborted) throw new AbortedError(false);
  const controller = new AbortController();
  let release = (): void => undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      const end = (error: Error): void => {
        reject(error);
        controller.abort(error);
      };
      const timer = setTimeout(() => end(new DeadlineError(ms)), ms);
      const onAbort = (): void => end(new AbortedError(true));
      signal.addEventListener('abort', onAbort, { once: true });
      release = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      work(controller.signal).then(resolve, reject);
    });
  } finally {
    release();
  }
}
