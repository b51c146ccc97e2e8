import { describe, test } from 'vitest';
import { play } from '../e2e/support/case.ts';
import type { Expected } from '../e2e/support/case.ts';
import { SHELL } from '../e2e/support/files.ts';
import { ENDLESS, held } from '../e2e/support/gates.ts';

interface Knob {
  readonly knob: string;
  readonly value: unknown;
  /** The answer to a clean drain, where it is not `drained`. */
  readonly drain?: Expected;
  /** Whether what a loss came of cannot be told without it. */
  readonly hidesCause?: true;
}

/**
 * What no public source settles is a knob of the rig: whatever its value, a loss stays a loss, a masked one stays masked,
 * and a drain is passed or has the name that the missing evidence gives it.
 */
const knobs: readonly Knob[] = [
  { knob: 'retriedJobsListed', value: false },
  { knob: 'connectionState', value: 'lower' },
  { knob: 'drainedAgentEnds', value: 'stopped' },
  { knob: 'lostDisconnectedAt', value: 'set' },
  { knob: 'lostAgentBySlug', value: 'null' },
  { knob: 'agentLostType', value: 'finished' },
  { knob: 'lossEvent', value: 'AGENT_DISCONNECTED' },
  { knob: 'lossEvent', value: 'none' },
  { knob: 'gracefulReport', value: 'off' },
  {
    knob: 'disconnectCall',
    value: 'fail',
    drain: { exit: 11, outcome: 'inconclusive', reason: 'disconnect-not-received' },
  },
  { knob: 'containerBatch', value: '10s' },
  { knob: 'staleDescribe', value: 3 },
  {
    knob: 'exitCode',
    value: 'absent',
    drain: { exit: 11, outcome: 'inconclusive', reason: 'evidence-missing' },
    hidesCause: true,
  },
  { knob: 'secondStopTask', value: 'overwrites' },
  { knob: 'secondStopTask', value: 'refused' },
  { knob: 'dispatch', value: 'longest-idle' },
  { knob: 'dispatch', value: 'latest-idle' },
  { knob: 'agentFilter', value: 'nothing' },
  { knob: 'agentFilter', value: 'ignored' },
  { knob: 'agentFilter', value: 'partial' },
  { knob: 'rulesWithoutExitStatus', value: 'leave-out-minus-one' },
  { knob: 'clockOffset', value: '90s' },
  { knob: 'clockOffset', value: '-90s' },
];
const drained: Expected = { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 };
const lost = { exit: 10, outcome: 'failed', reason: 'lost', cause: 'signal-eaten', sent: 1 } as const;

describe.concurrent.each(knobs)('knob $knob: $value', ({ knob, value, drain = drained, hidesCause }) => {
  const loss: Expected = { ...lost, decided: hidesCause !== true };
  const rig = { lostAfter: '4s', knobs: { [knob]: value } };
  const container = { argv: SHELL, stopTimeout: 3 };

  test(`a drain is ${drain.reason}`, async () => {
    await play({ steps: [{ key: 'integration', command: held('struck', 'sleep 3') }], rig, expected: drain });
  });

  test('a loss is lost', async () => {
    await play({ container, steps: [{ key: 'integration', command: ENDLESS }], rig, expected: loss });
  });

  test('a loss behind a retry is masked-loss', async () => {
    const command = `if [ "$BUILDKITE_RETRY_COUNT" = 0 ]; then ${ENDLESS}; fi`;
    const retry = { automatic: [{ exit_status: -1, limit: 2 }] };
    await play({
      container,
      steps: [{ key: 'integration', command, retry }],
      rig,
      expected: { ...loss, reason: 'masked-loss' },
    });
  });
});
