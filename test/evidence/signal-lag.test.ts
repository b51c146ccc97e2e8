import { describe, expect, it } from 'vitest';
import { measureSignalLag } from '../../src/evidence/signal-lag.ts';
import { caseOf } from '../support/asking.ts';
import { EXEC, OLDER, T, type Told } from '../support/journal-builders.ts';

const killed = (after: number, more: Told = {}): Told => ({
  ...{ agent: OLDER, definition: { ...EXEC, stopTimeout: 30_000 }, container: { exitCode: 137 } },
  task: { executionStoppedAt: T.landed + after },
  ...more,
});

describe('the lag of the signal', () => {
  it.each<[string, Told, string]>([
    [
      "is measured by the agent's report",
      { definition: EXEC, agent: { stoppedGracefullyAt: T.landed + 15_000 } },
      "15.0 s to its signal (measured, by the agent's report of its stop)",
    ],
    [
      "is measured by the end of a container that was killed at its time-out, by AWS's clock",
      killed(45_000),
      "15.0 s to its signal (measured, by the container's end at its stopTimeout)",
    ],
    [
      'is bounded where that container is on EC2, whose clock nobody knows',
      killed(45_000, {
        task: { executionStoppedAt: T.landed + 45_000, instanceArn: 'i', launchType: 'EC2' },
      }),
      '10.0 s at most to its signal (bounded, by the most that is known of ECS)',
    ],
    [
      'is bounded where a person stopped the agent',
      { definition: EXEC, agent: { stoppedGracefullyAt: T.landed + 900, stoppedGracefullyBy: 'Ada' } },
      '20.0 s at most to its signal (bounded, by the most that is known of ECS)',
    ],
    [
      'is bounded where the report came after the disconnect',
      { definition: EXEC, agent: { stoppedGracefullyAt: T.landed + 900, disconnectedAt: T.landed + 800 } },
      '20.0 s at most to its signal (bounded, by the most that is known of ECS)',
    ],
    [
      'is bounded by the scenario',
      { agent: OLDER, scenario: { limits: { signalLag: 3_000 } } },
      '3.0 s at most to its signal (bounded, by limits.signalLag)',
    ],
  ])('%s', (_title, told, said) => {
    expect(measureSignalLag(caseOf(told).evidence)?.said).toBe(`ECS took ${said}`);
  });

  it('is none where nothing was stopped', () => {
    expect(measureSignalLag(caseOf({ stop: null }).evidence)).toBeNull();
  });
});
