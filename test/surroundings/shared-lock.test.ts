import { setMaxListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/model/answer.ts';
import type { Clock } from '../../src/model/clock.ts';
import type { Lock } from '../../src/model/entities/surroundings.ts';
import { LEASE, MARGIN, parseLeases } from '../../src/surroundings/lease.ts';
import { createSharedLock, type SharedLock } from '../../src/surroundings/shared-lock.ts';
import type { Store } from '../../src/store/port.ts';
import { NOON } from '../support/builders.ts';
import { fakeStore, type FakeStore } from '../support/fake-store.ts';

const never = new AbortController().signal;
setMaxListeners(0, never);
const AGENTS = 'ecs.eu-west-1.amazonaws.com|eu-west-1|build-prod|build-agents';
const AWAY = { kind: 'away', message: 'S3: no connection', next: 'Look at the network.' } as const;

/** A machine: its own clock, which may be hours off, and what it knows of the store's. */
interface Machine {
  readonly clock: Clock;
  readonly store: Store;
  readonly told: readonly string[];
  lock(drill: string, key?: string): SharedLock;
}

/** Machines around one store, with the time of the store; nothing wakes by itself but renewals when time is moved on. */
function world(store: FakeStore = fakeStore({ name: 's3://games/ledger' })) {
  let now = NOON;
  let sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  return {
    store,
    now: () => now,
    /** Lets time pass, and whoever slept so long go on. */
    async pass(ms: number): Promise<void> {
      const end = now + ms;
      for (;;) {
        const next = sleepers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        now = next?.at ?? end;
        if (next === undefined) return;
        sleepers = sleepers.filter((one) => one !== next);
        next.wake();
        await settle();
      }
    },
    machine({ ahead = 0, error = 0, uncertainty = 500, renews = true, tellsTime = true } = {}): Machine {
      const told: string[] = [];
      const clock: Clock = {
        now: () => now + ahead,
        sleep: (ms, signal) =>
          new Promise((resolve) => {
            if (signal.aborted) return resolve();
            signal.addEventListener('abort', () => resolve(), { once: true });
            if (renews) sleepers.push({ at: now + ms, wake: resolve });
          }),
      };
      const seen: Store = {
        ...store,
        clock: () => (tellsTime ? { offset: error - ahead, uncertainty } : null),
      };
      return {
        ...{ clock, store: seen, told },
        lock: (drill, key = AGENTS) =>
          createSharedLock(seen, { key, drill }, clock, (line) => told.push(line)),
      };
    },
  };
}

/** Turns of the event loop in which what was asked is answered. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 8; turns += 1) await new Promise(setImmediate);
}

async function taken(lock: SharedLock): Promise<Lock> {
  return valueOf(await lock.take(never));
}

function valueOf<T>(answer: Answer<T>): T {
  if (!answer.ok) throw new Error(answer.trouble.message);
  return answer.value;
}

describe('the lock that machines share', () => {
  test('the first machine has it, the second is told who has it and for how long', async () => {
    const { machine } = world();
    expect(await taken(machine().lock('d1'))).toMatchObject({ ours: true, where: 's3://games/ledger' });
    const second = await taken(machine({ ahead: 3 * 3_600_000 }).lock('d2'));
    expect(second.ours).toBe(false);
    expect(second.heldBy).toMatch(
      /^drill d1 at ecs\.eu-west-1.*build-agents \(process \d+ on .+\), in s3:\/\/games\/ledger; it ends in .+ unless it is renewed$/,
    );
  });

  test('other services, clusters and regions are not held up; a family of the same cluster is', async () => {
    const { machine } = world();
    await taken(machine().lock('d1'));
    const of = (key: string): Promise<Lock> => taken(machine().lock(`d-${key}`, key));
    expect(await of(AGENTS.replace('build-agents', 'deploy-agents'))).toMatchObject({ ours: true });
    expect(await of(AGENTS.replace('build-prod', 'build-test'))).toMatchObject({ ours: true });
    expect(await of(AGENTS.replace('build-agents', 'family:agents'))).toMatchObject({ ours: false });
  });

  test('it is given back at the end', async () => {
    const { machine } = world();
    const first = machine().lock('d1');
    await taken(first);
    await first.release(false);
    expect(await taken(machine().lock('d2'))).toMatchObject({ ours: true });
  });

  test('it is renewed while the drill lives, for hours', async () => {
    const { machine, pass } = world();
    await taken(machine().lock('d1'));
    await pass(6 * 3_600_000);
    expect(await taken(machine().lock('d2'))).toMatchObject({ ours: false });
  });

  test('after a dead host it is free at the end of its lease and a margin, not earlier', async () => {
    const { machine, pass } = world();
    await taken(machine({ renews: false, uncertainty: 0 }).lock('d1'));
    await pass(LEASE + MARGIN);
    expect(await taken(machine({ uncertainty: 0 }).lock('d2'))).toMatchObject({ ours: false });
    await pass(2_000);
    expect(await taken(machine({ uncertainty: 0 }).lock('d3'))).toMatchObject({ ours: true });
  });

  test('without the time of the store nobody takes over', async () => {
    const { machine, pass } = world();
    await taken(machine({ renews: false }).lock('d1'));
    await pass(24 * 3_600_000);
    expect(await taken(machine({ tellsTime: false }).lock('d2'))).toMatchObject({ ours: false });
  });

  test('a drill that was interrupted after its injection keeps it for whoever goes on with it', async () => {
    const { machine, pass } = world();
    const first = machine().lock('d1');
    await taken(first);
    await first.release(true);
    await pass(LEASE + 2 * MARGIN);
    expect(await taken(machine().lock('d2'))).toMatchObject({ ours: false });
    await pass(3_600_000);
    expect(await taken(machine().lock('d3'))).toMatchObject({ ours: true });
  });

  test('whoever ends the drill for it gives the lock back', async () => {
    const { machine } = world();
    const first = machine().lock('d1');
    await taken(first);
    await first.release(true);
    const other = machine().lock('d1');
    // The interrupted process is this one, and lives: so the lock is not ours, and yet the drill is over.
    expect(await taken(other)).toMatchObject({ ours: false });
    await other.release(false);
    expect(await taken(machine().lock('d2'))).toMatchObject({ ours: true });
  });

  test('a lease that was lost before the injection is not taken again: the drill stops', async () => {
    const { machine, pass, store } = world();
    const first = machine();
    const lock = first.lock('d1');
    await taken(lock);
    store.fail(AWAY);
    await pass(LEASE + MARGIN + 5_000);
    store.fail(null);
    const second = machine().lock('d2');
    expect(await taken(second)).toMatchObject({ ours: true });
    await second.release(false);
    const again = await taken(lock);
    expect(again.ours).toBe(false);
    expect(again.heldBy).toMatch(
      /the lock in s3:\/\/games\/ledger was lost: it ran out at \d\d:\d\d:\d\d UTC/,
    );
  });

  test('a lease that was lost after the injection is told', async () => {
    const { machine, pass, store } = world();
    const first = machine();
    await taken(first.lock('d1'));
    store.fail(AWAY);
    await pass(LEASE + MARGIN + 5_000);
    expect(first.told).toEqual([
      expect.stringMatching(/ran out at .* as it could not be renewed: S3: no connection/),
    ]);
    store.fail(null);
    await taken(machine().lock('d2'));
    await pass(20_000);
    expect(first.told).toEqual([
      expect.anything(),
      expect.stringMatching(/was lost.*drill d2.* has it; it may have run/),
    ]);
  });

  test('a store that is away, or holds something else, gives no lock', async () => {
    const { machine, store } = world();
    store.fail(AWAY);
    const away = await machine().lock('d1').take(never);
    expect(away).toMatchObject({ ok: false, trouble: { kind: 'unreachable' } });
    if (!away.ok)
      expect(away.trouble.message).toBe(`the lock in s3://games/ledger: ${AWAY.message}. ${AWAY.next}`);
    store.fail(null);
    await taken(machine().lock('d1'));
    const [key = ''] = [...store.documents.keys()];
    const tag = store.documents.get(key)?.tag ?? '';
    await store.replace(key, '{"v":2,"leases":{}}', tag, never);
    expect(await machine().lock('d2').take(never)).toMatchObject({ ok: false, trouble: { kind: 'garbage' } });
  });

  test('injections of other machines are known here, by our clock', async () => {
    const { machine } = world();
    const first = machine({ ahead: 3_600_000 });
    const lock = first.lock('d1');
    await taken(lock);
    lock.recordInjection({ drill: 'd1', taskArn: 'arn', at: first.clock.now() });
    await lock.release(false);
    expect(valueOf(await machine({ ahead: -60_000 }).lock('d2').pastInjections(never))).toEqual({
      injections: [{ drill: 'd1', taskArn: 'arn', at: NOON - 60_000 }],
    });
  });

  test('an injection that could not be written at once is written with the next renewal', async () => {
    const { machine, store, pass } = world();
    const first = machine();
    const lock = first.lock('d1');
    await taken(lock);
    store.fail(AWAY);
    lock.recordInjection({ drill: 'd1', taskArn: 'arn', at: NOON });
    await settle();
    store.fail(null);
    await pass(70_000);
    expect(valueOf(await machine().lock('d2').pastInjections(never)).injections).toHaveLength(1);
  });

  test('of many injections the latest of each service are kept', async () => {
    const { machine, store } = world();
    for (let n = 0; n < 10; n += 1) {
      const lock = machine().lock(`d${String(n)}`);
      await taken(lock);
      lock.recordInjection({ drill: `d${String(n)}`, taskArn: 'arn', at: NOON + n });
      await lock.release(false);
    }
    const [document] = [...store.documents.values()];
    expect(parseLeases(document?.text ?? '')?.injections.map(({ drill }) => drill)).toEqual([
      'd7',
      'd8',
      'd9',
    ]);
    expect(parseLeases(document?.text ?? '')?.leases).toEqual([]);
  });

  test('a hundred drills of one process, each at its own service, all get their locks', async () => {
    const { machine } = world();
    const one = machine();
    const all = await Promise.all(
      Array.from({ length: 100 }, (_, n) => taken(one.lock(`d${String(n)}`, `${AGENTS}-${String(n)}`))),
    );
    expect(all.every(({ ours }) => ours)).toBe(true);
  });
});

describe('never two', () => {
  const Step = fc.record({
    machine: fc.nat(3),
    does: fc.constantFrom('take', 'take', 'take', 'release', 'die', 'keep'),
    wait: fc.oneof(fc.nat(2_000), fc.nat(2 * LEASE)),
    isAway: fc.boolean(),
    slow: fc.array(fc.nat(20_000), { maxLength: 12 }),
  });

  /** What a machine believes: that the lock of its drill is its own until then. */
  interface Hold {
    readonly drill: string;
    readonly lock: SharedLock;
    until: number;
  }

  test('whatever fails, however slow, and however wrong the clocks of machines are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            ahead: fc.integer({ min: -7_200_000, max: 7_200_000 }),
            error: fc.integer({ min: -10_000, max: 10_000 }),
          }),
          {
            minLength: 4,
            maxLength: 4,
          },
        ),
        fc.array(Step, { minLength: 5, maxLength: 30 }),
        async (clocks, steps) => {
          const around = world();
          const { store } = around;
          // The error of what a machine knows of the store's time is within what it calls its uncertainty.
          const leases = new Map<string, number>();
          const machines = clocks.map((clock) =>
            around.machine({ ...clock, uncertainty: 10_000, renews: false }),
          );
          const holds: (Hold | null)[] = clocks.map(() => null);
          const dead: Hold[] = [];
          let drills = 0;
          const under: Promise<unknown>[] = [];
          for (const { machine, does, wait, isAway, slow } of steps) {
            const delays = [...slow];
            // Others act while a request is under way.
            store.onRequest(async () => {
              const delay = delays.shift() ?? 0;
              for (let turns = 0; turns <= delay % 7; turns += 1) await new Promise(setImmediate);
              await around.pass(delay);
            });
            store.fail(isAway ? AWAY : null);
            const held = holds[machine] ?? null;
            if (does === 'take') {
              drills += held === null ? 1 : 0;
              const drill = `d${String(drills)}`;
              const mine = held ?? { drill, lock: machines[machine]!.lock(drill), until: 0 };
              holds[machine] = mine;
              under.push(
                mine.lock.take(never).then((answer) => {
                  for (const { text } of store.documents.values())
                    for (const lease of parseLeases(text)?.leases ?? []) leases.set(lease.drill, lease.until);
                  mine.until = answer.ok && answer.value.ours ? (leases.get(mine.drill) ?? Infinity) : 0;
                }),
              );
            } else if (held !== null) {
              holds[machine] = null;
              if (does === 'die') dead.push(held);
              else under.push(held.lock.release(does === 'keep'));
            }
            if (wait % 3 === 0) await Promise.all(under.splice(0));
            await around.pass(wait);
            const believing = [...holds, ...dead].filter((one) => one !== null && one.until > around.now());
            expect(believing.length).toBeLessThanOrEqual(1);
          }
          await Promise.all(under);
        },
      ),
      { numRuns: 100 },
    );
  });
});
