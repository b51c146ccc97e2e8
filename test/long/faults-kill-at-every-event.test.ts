import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import type { DrillEvent } from '../../src/journal/events.ts';
import { inFolder } from '../e2e/support/case.ts';
import { placesIn } from '../e2e/support/places.ts';
import { onRoads, row } from './support/killing.ts';
import type { Meanwhile, Share, Survival } from './support/killing.ts';
import type { Road, RoadOptions } from './support/lanes.ts';

interface Fault {
  readonly fault: string;
  readonly options: Omit<RoadOptions, 'lanes'>;
  readonly asBefore: string;
}

const SCALE_IN: Fault = {
  fault: 'scale-in',
  options: { scenario: { inject: { fault: 'scale-in' } }, workers: 2, limits: { pollEvery: '700ms' } },
  asBefore: 'desired 2, protected 0, hosts',
};
const DRAIN: Fault = {
  fault: 'drain-instance',
  options: {
    scenario: { inject: { fault: 'drain-instance' } },
    onHosts: true,
    workers: 2,
    limits: { pollEvery: '700ms' },
  },
  asBefore: 'desired 2, protected 0, hosts ACTIVE ACTIVE ACTIVE',
};

async function found({ env, lanes }: Road): Promise<string> {
  const { desired, shielded, hosts } = await placesIn(env, lanes[0]?.name ?? '');
  return `desired ${desired.join()}, protected ${String(shielded.length)}, hosts ${hosts.join(' ')}`.trim();
}

/** The lines from the target on: until there every fault is like the stopping of a task. */
function killsOf(events: readonly DrillEvent[]): readonly string[] {
  const from = eventsOf(events, 'GD_TARGET_CHOSEN').at(0)?.seq ?? 1;
  const lines = events.map(({ seq }) => seq).filter((seq) => seq >= from);
  return lines.map((seq) => `${seq % 2 === 0 ? 'half' : 'before'}:${String(seq)}`);
}

interface Played {
  readonly survivals: readonly Survival[];
  readonly shares: readonly Share[];
  /** What was found after each drill. */
  readonly places: readonly string[];
}

async function played(
  folder: string,
  { options }: Fault,
  kills: readonly string[],
  how: 'resume' | 'abort' = 'resume',
): Promise<Played> {
  const places: string[] = [];
  const meanwhile = (road: Road): Meanwhile => ({
    how,
    after: async () => void places.push(await found(road)),
  });
  const shares = await onRoads(folder, kills, meanwhile, options);
  return { shares, survivals: shares.flatMap(({ survivals }) => survivals), places };
}

describe.each([SCALE_IN, DRAIN])('$fault, its runner killed', (fault) => {
  test('at any line from the target on: resumed to its verdict, and everything is as before', async () => {
    await inFolder(async (folder) => {
      const whole = await played(folder, fault, ['after:9999']);
      const [uninterrupted] = whole.survivals;
      if (uninterrupted === undefined) throw new Error('nothing was run');
      expect([uninterrupted.reason, whole.places], row(uninterrupted)).toEqual(['drained', [fault.asBefore]]);
      const kills = killsOf(uninterrupted.events);
      const { shares, survivals, places } = await played(folder, fault, kills);
      expect(survivals).toHaveLength(kills.length);
      const others = survivals.filter(({ reason }) => reason !== 'drained');
      expect(others.map((one) => `${row(one)}\n${one.said}`)).toEqual([]);
      expect(new Set(places)).toEqual(new Set([fault.asBefore]));
      expect(survivals.filter(({ left }) => left === null).length).toBeLessThan(8);
      for (const { counts } of shares) expect([counts.foreign, counts.ecs['StopTask'] ?? 0]).toEqual([0, 0]);
    });
  });

  test('between its calls: aborted, and everything is as before', async () => {
    await inFolder(async (folder) => {
      const kills = ['after:GD_FAULT_INTENDED', 'after:GD_FAULT_SENT', 'before:GD_FAULT_LANDED'];
      const { survivals, places } = await played(folder, fault, kills, 'abort');
      expect(survivals.map(({ left }) => left)).not.toContain(null);
      expect(new Set(places)).toEqual(new Set([fault.asBefore]));
      const outcomes = survivals.map(({ outcome }) => outcome);
      expect(outcomes.every((outcome) => ['refused', 'inconclusive'].includes(outcome))).toBe(true);
    });
  });
});
