import type { Answer, Trouble } from '../model/answer.ts';
import type { Clock } from '../model/clock.ts';
import { makeTrouble } from '../http/trouble.ts';
import type { Failure } from './failure.ts';

/** What one request gave. */
export type Attempt<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Attempts of a read if the network or the server fails; all of them stay within the call's time. */
const TRIES = 3;
const FIRST_PAUSE_MS = 150;

/** Sends a read again where that may help, within the call's time; `once` gets the milliseconds that are left. */
export async function retryRead<T>(
  { clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number },
  name: string,
  signal: AbortSignal,
  once: (ms: number) => Promise<Attempt<T>>,
): Promise<Answer<T>> {
  const end = clock.now() + timeoutMs;
  let last: Trouble | null = null;
  for (let turn = 0; turn < TRIES; turn += 1) {
    if (turn > 0) await clock.sleep(FIRST_PAUSE_MS * 2 ** turn, signal);
    const left = end - clock.now();
    if (last !== null && (left <= 0 || signal.aborted)) break;
    const answer = await once(left);
    if (answer.ok) return answer;
    last = answer.failure.trouble;
    if (!answer.failure.retry) break;
  }
  return { ok: false, trouble: last ?? makeTrouble('timeout', `Buildkite: no time left for ${name}`) };
}
