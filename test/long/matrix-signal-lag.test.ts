import { describe, test } from 'vitest';
import { play } from '../e2e/support/case.ts';
import type { Expected } from '../e2e/support/case.ts';
import { EXEC, SHELL, type Entries } from '../e2e/support/files.ts';
import { held } from '../e2e/support/gates.ts';
import { DRAINED, inconclusive, NOT_PROVEN } from '../e2e/support/worlds.ts';

/*
 * ECS may signal a container long after `stoppingAt` (one recorded case on Fargate: 13 s). Whoever did not hear a signal that
 * had not come yet is not to blame: no answer here is `not-drained` or `idle-too-slow` for that.
 */
const LAGS = ['0s', '5s', '15s'] as const;
const RETIRED: Expected = { exit: 0, outcome: 'passed', reason: 'retired' };
const TOO_LATE: Expected = inconclusive('finished-before-stop');
const withTimer = (argv: readonly string[], seconds: number): readonly string[] => {
  const timer = `--disconnect-after-idle-timeout ${String(seconds)}`;
  return argv === SHELL
    ? [...SHELL.slice(0, 2), `${EXEC.join(' ')} ${timer}`]
    : [...EXEC, ...timer.split(' ')];
};

/** An injection into a worker without a job; it may take `within` to leave. */
const idle = (within: string | null): Readonly<Record<string, Entries>> => ({
  build: { pipeline: null },
  when: { trigger: 'agent-idle', step: null, inFlightFor: null },
  expect: { build: null, ...(within === null ? {} : { idle: { within } }) },
});
const noJob = [{ key: 'integration', command: 'true' }];

describe.concurrent('an idle worker is signalled late', () => {
  test.each(LAGS)(
    'by %s: a reporting agent leaves in time, by the time that it was told',
    async (signalLag) => {
      await play({
        steps: noJob,
        scenario: idle('3s'),
        rig: { standInAgent: 'reporting', knobs: { signalLag } },
        expected: { ...RETIRED, says: [/signal \(measured, by the agent's report/] },
      });
    },
  );

  test.each([
    ['0s', RETIRED],
    ['5s', inconclusive('evidence-missing')],
    ['15s', inconclusive('evidence-missing')],
  ] as const)(
    'by %s: of an agent that reports nothing nobody knows when it was told',
    async (signalLag, expected) => {
      await play({
        steps: noJob,
        scenario: idle('3s'),
        rig: { standInAgent: 'silent', knobs: { signalLag } },
        expected: { ...expected, says: [signalLag === '0s' ? /after the stop/ : /bounded/] },
      });
    },
  );

  test.each(LAGS)('by %s: without a limit an agent that reports nothing retires', async (signalLag) => {
    await play({
      steps: noJob,
      scenario: idle(null),
      rig: { standInAgent: 'silent', knobs: { signalLag } },
      expected: RETIRED,
    });
  });

  test.each(['silent', 'reporting'] as const)(
    'by 15s: its own idle time-out runs out before: %s agent',
    async (standInAgent) => {
      await play({
        steps: noJob,
        container: { argv: withTimer(SHELL, 17) },
        scenario: idle(null),
        rig: { standInAgent, knobs: { signalLag: '15s' } },
        expected: NOT_PROVEN,
      });
    },
  );
});

describe.concurrent('a worker with a job is signalled late', () => {
  const integration = { key: 'integration', command: held() };
  test.each(['silent', 'reporting'] as const)('by 5s, while the job runs: %s agent', async (standInAgent) => {
    await play({
      steps: [{ key: 'integration', command: held('struck', 'sleep 8') }],
      rig: { standInAgent, knobs: { signalLag: '5s' } },
      expected: DRAINED,
    });
  });

  test.each(['5s', '15s'])('by %s, when the job is over: a reporting agent', async (signalLag) => {
    await play({
      steps: [integration],
      rig: { standInAgent: 'reporting', knobs: { signalLag } },
      expected: TOO_LATE,
    });
  });

  test.each([
    ['exec form', EXEC],
    ['shell form', SHELL],
  ])(
    'by 15s, after its idle time-out had made it leave: an agent that reports nothing, %s',
    async (_form, argv) => {
      await play({
        steps: [integration],
        container: { argv: withTimer(argv, 8) },
        rig: { standInAgent: 'silent', knobs: { signalLag: '15s' } },
        expected: NOT_PROVEN,
      });
    },
  );
});
