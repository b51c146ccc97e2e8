import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runQueue, type Queued } from '../../src/cli/drill-queue.ts';

const place = 'ecs.us-east-1.amazonaws.com|us-east-1|build-prod';
const at = (name: string, atOnce = 1): Queued => ({ lockKey: `${place}|${name}`, atOnce });

/** Runs a queue whose drills end one by one, in the order in which they began; tells what ran beside what. */
async function play(queue: readonly Queued[], parallel: number, endsAfter = Infinity) {
  const running: Queued[] = [];
  const beside: (readonly Queued[])[] = [];
  const began: number[] = [];
  await runQueue(queue, {
    parallel,
    goesOn: () => began.length < endsAfter,
    async begin(one) {
      running.push(one);
      began.push(queue.indexOf(one));
      beside.push([...running]);
      for (let turn = 0; turn < 3; turn += 1) await Promise.resolve();
      running.splice(running.indexOf(one), 1);
    },
  });
  return { began, beside };
}

describe('the queue of drills', () => {
  it('runs drills of different services at the same time', async () => {
    const { beside } = await play([at('a'), at('b'), at('c')], 10);
    expect(beside.at(-1)).toHaveLength(3);
  });

  it('has drills of one service wait for each other, and lets others pass', async () => {
    const { began, beside } = await play([at('a'), at('a'), at('b')], 10);
    expect(began).toEqual([0, 2, 1]);
    expect(
      Math.max(...beside.map((some) => some.filter(({ lockKey }) => lockKey.endsWith('|a')).length)),
    ).toBe(1);
  });

  it('takes a family for a service of the same cluster, for their tasks may be the same', async () => {
    const { beside } = await play([at('a'), at('family:a')], 10);
    expect(beside.every((some) => some.length === 1)).toBe(true);
  });

  it('allows as many on a service as the strictest of them', async () => {
    const { beside } = await play([at('a', 3), at('a', 2), at('a', 3), at('a', 3)], 10);
    expect(Math.max(...beside.map((some) => some.length))).toBe(2);
  });

  it('begins none any more once it is not to go on, and waits for those that run', async () => {
    const { began } = await play([at('a'), at('b'), at('c')], 2, 2);
    expect(began).toEqual([0, 1]);
  });

  it('runs each once, never too many at once, never too many on one service', async () => {
    const queued = fc.record({
      name: fc.constantFrom('a', 'b', 'family:c'),
      atOnce: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(queued, { maxLength: 20 }),
        fc.integer({ min: 1, max: 6 }),
        async (given, parallel) => {
          const queue = given.map(({ name, atOnce }) => at(name, atOnce));
          const { began, beside } = await play(queue, parallel);
          expect(began.toSorted((a, b) => a - b)).toEqual(queue.map((_, index) => index));
          for (const some of beside) {
            expect(some.length).toBeLessThanOrEqual(parallel);
            for (const one of some) {
              const same = some.filter(({ lockKey }) => lockKey === one.lockKey);
              expect(same.length).toBeLessThanOrEqual(one.atOnce);
            }
          }
        },
      ),
    );
  });
});
