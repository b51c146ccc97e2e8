import { describe, expect, test } from 'vitest';
import { play, playOpen } from '../e2e/support/case.ts';
import type { Expected } from '../e2e/support/case.ts';
import { SHELL } from '../e2e/support/files.ts';
import { ENDLESS, held, whenTold } from '../e2e/support/gates.ts';
import { onHosts } from '../e2e/support/hosts.ts';
import { DRAINED, skewed } from '../e2e/support/worlds.ts';
import type { OffClock } from '../e2e/support/worlds.ts';

const integration = { key: 'integration', command: held() };

const skews = (['runner', 'host', 'instance'] as const).flatMap((clock) =>
  ['7s', '-7s', '60s', '-60s', '5m', '-5m'].map((offset) => ({ clock, offset })),
);

/** What differs from the usual case where that clock is off: an instance's needs an instance. */
function worldOf(clock: OffClock, offset: string, standInAgent: string): Parameters<typeof playOpen>[0] {
  const knobs = { standInAgent, knobs: skewed(clock, offset) };
  const steps = [integration];
  return clock === 'instance' ? { steps, ...onHosts(3, { rig: knobs }) } : { steps, rig: knobs };
}

describe.concurrent.each(skews)('the clock of the $clock is off by $offset', ({ clock, offset }) => {
  test('an agent that reports its stops drains', async () => {
    await play({
      ...worldOf(clock, offset, 'reporting'),
      expected: { ...DRAINED, proof: { inFlight: 'one-clock', heard: 'report' } },
    });
  });

  test('an agent that reports none drains, or nothing is told', async () => {
    const { code, drill } = await playOpen(worldOf(clock, offset, 'silent'));
    expect([0, 11], `${drill.reason}: ${drill.said}`).toContain(code);
    expect(['drained', 'drain-not-proven', 'evidence-missing', 'finished-before-stop']).toContain(
      drill.reason,
    );
    expect(code === 0, drill.reason).toBe(drill.reason === 'drained');
  });
});

describe.concurrent('a late job is cut', () => {
  const cut: Expected = {
    ...{ exit: 10, outcome: 'failed', reason: 'not-drained', cause: 'signal-eaten' },
    says: [/took job .* \(late\) after the stop, and it was lost/],
  };

  test.each([
    ['host', '7s'],
    ['host', '-7s'],
    ['runner', '7s'],
    ['runner', '-7s'],
  ] as const)('while the clock of the %s is off by %s', async (clock, offset) => {
    await play({
      standalone: 1,
      container: { argv: SHELL, stopTimeout: 9 },
      steps: [integration, { key: 'late', command: ENDLESS }],
      rig: { lostAfter: '4s', knobs: skewed(clock, offset) },
      expected: cut,
    });
  });
});

test.concurrent.each(['7s', '60s'])(
  "a scale-in loses the job while the agent's clock is %s ahead",
  async (hostClockOffset) => {
    await play({
      container: { argv: SHELL, stopTimeout: 3 },
      steps: [{ key: 'integration', command: ENDLESS }],
      scenario: { inject: { fault: 'scale-in' } },
      rig: { lostAfter: '4s', knobs: { hostClockOffset } },
      opens: whenTold,
      expected: { exit: 10, outcome: 'failed', reason: 'lost', cause: 'signal-eaten' },
    });
  },
);
