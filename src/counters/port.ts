import type { Answer } from '../model/answer.ts';
import type { Counter } from '../model/entities/counter.ts';

/** How one sidecar's counter is read: at an address or by a command, exactly one of them. Nothing is left to fill in. */
export interface CounterSource {
  readonly container: string;
  readonly url: string | null;
  readonly command: readonly string[] | null;
}

/** The counters that the scenario names. They are read and never changed. */
export interface Counters {
  read(source: CounterSource, signal: AbortSignal): Promise<Answer<Counter>>;
}
