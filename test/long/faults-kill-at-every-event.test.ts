import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import type { DrillEvent } from '../../src/journal/events.ts';
import { inFolder } from '../e2e/support/case.ts';
import { whenTold } from '../e2e/support/gates.ts';
import { placesIn } from '../e2e/support/places.ts';
import { onRoads, row } from './support/killing.ts';
import type { Meanwhile, Share, Survival } from './support/killing.ts';
import type { Road, RoadOptions } from './support/lanes.ts';

interface Fault {
  readonly fault: string;
  readonly options: Omit<RoadOptions, 'lanes'>;
  readonly asBefore: string;
  /** Its calls, the mark on the service among them. */
  readonly calls: number;
  /** Of the lines between its calls so many are tried. */
  readonly looks: number;
}

const limits = { pollEvery: '700ms' };
const onHosts = { onHosts: true, workers: 2, limits };
const ON_HOSTS = 'desired 2, protected 0, marks 0, hosts ACTIVE ACTIVE ACTIVE';
const FARGATE = 'desired 2, protected 0, marks 0, hosts';

const FAULTS: readonly Fault[] = [
  {
    fault: 'scale-in',
    options: { scenario: { inject: { fault: 'scale-in' } }, workers: 2, limits },
    asBefore: FARGATE,
    calls: 3,
    looks: 3,
  },
  {
    fault: 'drain-instance',
    options: { scenario: { inject: { fault: 'drain-instance' } }, ...onHosts },
    asBefore: ON_HOSTS,
    calls: 2,
    looks: 2,
  },
  {
    fault: 'spot-reclaim',
    options: { scenario: { inject: { fault: 'spot-reclaim' } }, ...onHosts },
    asBefore: ON_HOSTS,
    calls: 2,
    looks: 0,
  },
  {
    fault: 'deployment',
    options: {
      scenario: { inject: { fault: 'deployment' }, safety: { tasks: 2 } },
      workers: 2,
      limits,
    },
    asBefore: FARGATE,
    calls: 1,
    looks: 2,
  },
];

async function found({ env, lanes }: Road): Promise<string> {
  const { desired, shielded, hosts, marks } = await placesIn(env, lanes[0]?.name ?? '');
  const counts = `desired ${desired.join()}, protected ${String(shielded.length)}, marks ${String(marks.length)}`;
  return `${counts}, hosts ${hosts.join(' ')}`.trim();
}

const CALLS = ['GD_FAULT_INTENDED', 'GD_FAULT_SENT', 'GD_UNDO_INTENDED', 'GD_UNDO_SENT'] as const;
const TURNS = [
  'GD_TARGET_REVERIFIED',
  'GD_FAULT_LANDED',
  'GD_WATCH_ENDED',
  'GD_SETTLED',
  'GD_JUDGED',
] as const;

/** Around every call of the fault and of its undoing: written and not sent, sent and half written down. */
function aroundCalls(events: readonly DrillEvent[]): readonly string[] {
  return CALLS.flatMap((code) =>
    eventsOf(events, code).map((_event, index) => {
      const place = `${code}#${String(index + 1)}`;
      return code.endsWith('_INTENDED') ? `after:${place}` : `half:${place}`;
    }),
  );
}

/** Lines between them from the target on, always the same ones of as many lines: until there every fault is like the stopping of a task. */
function looksOf(events: readonly DrillEvent[], most: number): readonly string[] {
  const from = eventsOf(events, 'GD_TARGET_CHOSEN').at(0)?.seq ?? 1;
  const lines = eventsOf(events, 'GD_OBSERVED').flatMap(({ seq }) => (seq > from ? [seq] : []));
  const some = fc.shuffledSubarray(lines, { minLength: Math.min(most, lines.length), maxLength: most });
  const [drawn = []] = fc.sample(some, { seed: 20_261_126, numRuns: 1 });
  return drawn.map((seq) => `${seq % 2 === 0 ? 'half' : 'before'}:${String(seq)}`);
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
    opens: whenTold,
    after: async () => void places.push(await found(road)),
  });
  const shares = await onRoads(folder, kills, meanwhile, options);
  return { shares, survivals: shares.flatMap(({ survivals }) => survivals), places };
}

function shown(survivals: readonly Survival[]): readonly string[] {
  return survivals.map((one) => `${row(one)}\n${one.said}`);
}

/** Nothing was sent twice that begins anew each time, and no task was stopped by a call. */
function calledOnce({ fault }: Fault, { survivals, counts }: Share): void {
  expect([counts.foreign, counts.ecs['StopTask'] ?? 0]).toEqual([0, 0]);
  if (fault === 'deployment') expect(counts.ecs['UpdateService'] ?? 0).toBe(survivals.length);
}

describe.each(FAULTS)('$fault, its runner killed', (fault) => {
  test('around any of its calls, and at lines between them: resumed to its verdict, and everything is as before', async () => {
    await inFolder(async (folder) => {
      const whole = await played(folder, fault, ['after:9999']);
      const [uninterrupted] = whole.survivals;
      if (uninterrupted === undefined) throw new Error('nothing was run');
      expect([uninterrupted.reason, whole.places], row(uninterrupted)).toEqual(['drained', [fault.asBefore]]);
      const { events } = uninterrupted;
      const turns = TURNS.map((code) => `before:${code}`);
      const exact = [...aroundCalls(events), ...turns];
      const kills = [...exact, ...looksOf(events, fault.looks)];
      const { shares, survivals, places } = await played(folder, fault, kills);
      expect(survivals).toHaveLength(kills.length);
      expect(shown(survivals.filter(({ reason }) => reason !== 'drained'))).toEqual([]);
      expect(new Set(places)).toEqual(new Set([fault.asBefore]));
      // A line that is named by its code is there each time; looks come as they come.
      const spared = survivals.filter(({ at, left }) => left === null && exact.includes(at));
      expect(spared.map(({ at }) => at)).toEqual([]);
      for (const one of shares) calledOnce(fault, one);
    });
  });

  test('around its calls: aborted, and everything is as before', async () => {
    await inFolder(async (folder) => {
      const kills = [
        'after:GD_FAULT_INTENDED',
        'after:GD_FAULT_SENT',
        ...Array.from({ length: fault.calls - 1 }, (_, index) => index + 2).flatMap((n) => [
          `after:GD_FAULT_INTENDED#${String(n)}`,
          `half:GD_FAULT_SENT#${String(n)}`,
        ]),
        // What is undone is undone by calls too.
        ...(fault.fault === 'deployment' ? [] : ['after:GD_UNDO_INTENDED', 'half:GD_UNDO_SENT']),
      ];
      const { survivals, places } = await played(folder, fault, kills, 'abort');
      expect(shown(survivals.filter(({ left }) => left === null))).toEqual([]);
      expect(new Set(places)).toEqual(new Set([fault.asBefore]));
      // Only a drill whose watch was over before has a verdict; any other proves nothing.
      const proven = survivals.filter(({ outcome }) => !['refused', 'aborted'].includes(outcome));
      expect(proven.filter(({ at }) => !at.includes('GD_UNDO')).map(row)).toEqual([]);
      expect(shown(proven.filter(({ reason }) => reason !== 'drained'))).toEqual([]);
    });
  });
});
