import { describe, expect, test } from 'vitest';
import type { Counters, CounterSource } from '../../src/counters/port.ts';
import type { Counter } from '../../src/model/entities/counter.ts';

const never = new AbortController().signal;

export interface CountersBench {
  readonly port: Counters;
  /** Makes the counter show this, or nothing, and says how it is read. */
  stage(shows: Counter | null): Promise<CounterSource>;
}

/** What every port of counters must do: the fake and the client alike. */
export function countersContract(name: string, setUp: () => CountersBench): void {
  describe(`Counters port: ${name}`, () => {
    test('gives what the counter shows, anew each time', async () => {
      const { port, stage } = setUp();
      for (const value of [
        { begun: 0, finished: 0, cut: 0 },
        { begun: 3, finished: 2, cut: 1 },
      ])
        expect(await port.read(await stage(value), never)).toEqual({ ok: true, value });
    });

    test('says that there is no counter', async () => {
      const { port, stage } = setUp();
      const answer = await port.read(await stage(null), never);
      expect(answer).toMatchObject({ ok: false, trouble: { kind: 'not-found' } });
    });

    test('ends when it is told to', async () => {
      const { port, stage } = setUp();
      const source = await stage({ begun: 0, finished: 0, cut: 0 });
      expect(await port.read(source, AbortSignal.abort())).toMatchObject({
        ...{ ok: false, trouble: { kind: 'aborted' } },
      });
    });
  });
}
