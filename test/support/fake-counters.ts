import type { Answer, Trouble } from '../../src/model/answer.ts';
import type { Counter } from '../../src/model/entities/counter.ts';
import type { Counters, CounterSource } from '../../src/counters/port.ts';

/** Counters in memory: what they show is up to the test. */
export interface FakeCounters extends Counters {
  /** What was asked, in order. */
  readonly asked: CounterSource[];
  /** What the next read shows. */
  shows: Counter;
  /** Why it cannot be read; null where it can. */
  fails: Trouble | null;
}

export function fakeCounters(shows: Counter = { begun: 0, finished: 0, cut: 0 }): FakeCounters {
  const fake: FakeCounters = {
    asked: [],
    shows,
    fails: null,
    read(source, signal): Promise<Answer<Counter>> {
      fake.asked.push(source);
      const aborted: Trouble = { kind: 'aborted', message: 'interrupted', retryAfter: null };
      const trouble = signal.aborted ? aborted : fake.fails;
      return Promise.resolve(trouble === null ? { ok: true, value: fake.shows } : { ok: false, trouble });
    },
  };
  return fake;
}
