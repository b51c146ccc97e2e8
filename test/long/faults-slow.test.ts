import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { meets, play } from '../e2e/support/case.ts';
import { held, provenInFlight } from '../e2e/support/gates.ts';
import type { Opens } from '../e2e/support/gates.ts';
import { hostedDefinition, hostedService, onHosts } from '../e2e/support/hosts.ts';
import { placesIn } from '../e2e/support/places.ts';
import { standing } from '../e2e/support/standing.ts';

const NOTICE = 120_000;

/** Opens the gate so long after it was seen that the stop landed, milliseconds. */
function after(ms: number): Opens {
  let isOver: boolean | null = null;
  return (events) => {
    if (isOver === null && provenInFlight(events)) {
      isOver = false;
      void pause(ms).then(() => (isOver = true));
    }
    return isOver === true ? ['struck'] : [];
  };
}

const given = {
  steps: [{ key: 'integration', command: held() }],
  scenario: {
    inject: { fault: 'spot-reclaim' },
    limits: { verdictWithin: '240s', pollEvery: '700ms' },
    expect: { drain: { within: '220s' } },
  },
};

// EC2 would let the container drain for years; a reclaim would not.
test.concurrent(
  'a spot reclaim on EC2 that takes longer than two minutes is too slow, whatever else allows it',
  async () => {
    const { drill } = await play({
      ...given,
      ...onHosts(3, { container: { stopTimeout: 220 } }),
      opens: after(NOTICE),
      expected: {
        exit: 10,
        outcome: 'failed',
        reason: 'drain-too-slow',
        cause: 'slow-drain',
        says: [/after the notice of the reclaim: .* limit 2 min 0 s/],
        notes: [/^spot-equivalent: /m],
      },
    });
    expect(drill.drain?.ms).toBeGreaterThan(NOTICE);
  },
);

// All hosts are full: there is room for a replacement only when a good part of the notice is over, and the worker has
// what is left of it.
test.concurrent(
  'a spot reclaim on EC2 has its two minutes from the notice on, not from the signal',
  async () => {
    const filler = hostedDefinition({ environment: { BUILDKITE_AGENT_TAGS: 'queue=none' } }, 'filler');
    const fillers = hostedService({ name: 'fillers', taskDefinition: 'filler.json', desiredCount: 1 });
    const hosts = onHosts(3, {
      container: { stopTimeout: 220 },
      services: [hostedService(), fillers],
      files: { 'filler.json': filler },
    });
    await standing({ ...given, ...hosts }, async (stage) => {
      let isSent = false;
      const landed = after(60_000);
      const opens: Opens = (events) => {
        if (!isSent && eventsOf(events, 'GD_FAULT_SENT').length > 0) {
          isSent = true;
          void pause(65_000).then(() => stage.act({ do: 'set-desired-count', service: 'fillers', count: 0 }));
        }
        return landed(events);
      };
      const played = await stage.run({ opens });
      meets(played, {
        exit: 10,
        outcome: 'failed',
        reason: 'drain-too-slow',
        cause: 'slow-drain',
        says: [/1 min \d+ s until ECS signalled the task, .* limit 2 min 0 s/],
      });
      expect(played.drill.drain?.ms).toBeLessThan(NOTICE);
      expect((await placesIn(stage.env)).hosts).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE']);
    });
  },
);
