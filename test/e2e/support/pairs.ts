import type { Bundle } from '../../preflight/fixtures.ts';
import type { Expected, MatrixCase } from './case.ts';
import { EXEC, SHELL, taskDefinition } from './files.ts';
import type { Entries } from './files.ts';
import { ENDLESS, GATES, held } from './gates.ts';
import { hostedDefinition, hostedService, onHosts } from './hosts.ts';
import { gatewayCase, mayGoOn } from './gateway.ts';
import type { GatewayRow } from './gateway.ts';

/** One side of a pair. What no drill reads, such as an image's configuration, is given to the rules beside it. */
export type Side = MatrixCase & { readonly beside?: Bundle };

/** A rule that predicts what a drill shows, the definition that it finds wrong, and the fixed one. */
export interface Pair {
  readonly rule: string;
  readonly bad: Side;
  readonly mended: Side;
}

const endless = { key: 'integration', command: ENDLESS };
const integration = { key: 'integration', command: held() };
/** A job that goes on for some seconds after the stop was seen. */
const longer = (seconds: number): Entries => ({
  key: 'integration',
  command: held('struck', `sleep ${String(seconds)}`),
});
/** A job that is canceled ends when its gate is opened: it was seen in flight then. */
const slowToCancel: Entries = {
  key: 'integration',
  command: `trap 'until [ -e "${GATES}/struck" ]; do sleep 0.2; done; exit 1' TERM\n${ENDLESS} & wait`,
};
const rig = { lostAfter: '4s' };
const drained: Expected = { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 };
const lost = { exit: 10, outcome: 'failed', reason: 'lost', cause: 'signal-eaten', sent: 1 } as const;
const outrun = { ...lost, cause: 'step-over-window' } as const;
const told = (...flags: readonly string[]): readonly string[] => [...EXEC, ...flags];
const inShell = (...flags: readonly string[]): readonly string[] => [
  ...SHELL.slice(0, 2),
  told(...flags).join(' '),
];

const once = `if [ "$BUILDKITE_RETRY_COUNT" = 0 ]; then ${ENDLESS}; fi`;
const retried = (automatic: unknown): Entries => ({
  key: 'integration',
  command: once,
  retry: { automatic },
});

/** The stop, its signal and its time. */
const STOP: readonly Pair[] = [
  {
    rule: 'shell-form',
    bad: {
      agent: 'real',
      container: { argv: SHELL, stopTimeout: 3 },
      steps: [endless],
      rig,
      expected: { ...lost, says: [/SIGTERM was eaten/] },
    },
    mended: { agent: 'real', container: {}, steps: [integration], expected: drained },
  },
  {
    rule: 'init-with-shell',
    bad: {
      agent: 'real',
      container: { argv: SHELL, init: true },
      steps: [endless],
      rig,
      expected: { ...lost, cause: 'init-killed-wrapper', says: [/exited 143/] },
    },
    mended: { agent: 'real', container: { init: true }, steps: [integration], expected: drained },
  },
  {
    rule: 'step-over-window',
    bad: {
      agent: 'real',
      container: { stopTimeout: 3 },
      steps: [endless],
      rig,
      expected: { ...outrun, says: [/longer than stopTimeout/] },
    },
    mended: {
      agent: 'real',
      container: { stopTimeout: 60 },
      steps: [longer(5)],
      expected: drained,
    },
  },
  {
    rule: 'stop-timeout-short',
    bad: {
      agent: 'real',
      container: { stopTimeout: 2 },
      steps: [longer(5)],
      rig,
      expected: { ...outrun, says: [/exited 137/] },
    },
    mended: { agent: 'real', container: { stopTimeout: 120 }, steps: [longer(5)], expected: drained },
  },
  {
    // A namespace's stop is SIGTERM whatever the image says, so the image's own signal comes by the script.
    rule: 'stop-signal',
    bad: {
      agent: 'real',
      container: { argv: told('--cancel-grace-period', '50') },
      steps: [slowToCancel],
      rig: { ...rig, script: [{ on: 'stop-requested', task: 'struck', do: 'signal', signal: 'QUIT' }] },
      beside: imageWith('SIGQUIT'),
      expected: {
        ...{ exit: 10, outcome: 'failed', reason: 'canceled-by-agent', sent: 1 },
        ...{ cause: 'told-twice', decided: 'by-version' },
      },
    },
    mended: { agent: 'real', steps: [integration], beside: imageWith('SIGTERM'), expected: drained },
  },
  {
    rule: 'kubernetes-exec',
    bad: {
      container: { argv: told('--kubernetes-exec', '--cancel-grace-period', '50') },
      steps: [slowToCancel],
      rig,
      expected: { exit: 10, outcome: 'failed', reason: 'canceled-by-agent', cause: 'told-twice', sent: 1 },
    },
    mended: { steps: [integration], expected: drained },
  },
  {
    rule: 'fargate-spot-notice',
    bad: onSpot(2, { ...outrun, notes: [/^spot-equivalent: /m] }),
    mended: onSpot(120, { ...drained, notes: [/^spot-equivalent: /m] }),
  },
  {
    // The job does not heed its cancelation: who waits longer for it than the container lives never reports it.
    rule: 'cancel-grace-over-stop',
    bad: canceled('60', { ...outrun, says: [/got a second signal would look the same/] }),
    mended: canceled('1', {
      exit: 10,
      outcome: 'failed',
      reason: 'canceled-by-agent',
      cause: 'told-twice',
      // Of a stand-in's version nobody knows that it ends with an error where its heartbeats are refused.
      decided: false,
      sent: 1,
    }),
  },
  {
    // It bounds no drain: the job has longer to go than the flag says, and is finished with it as without it.
    rule: 'cancel-grace-no-drain',
    bad: {
      agent: 'real',
      container: { argv: told('--cancel-grace-period', '2') },
      steps: [longer(5)],
      expected: drained,
    },
    mended: { agent: 'real', steps: [longer(5)], expected: drained },
  },
];

/** What is around the agent: its sidecars, its flags, its service. */
const AROUND: readonly Pair[] = [
  {
    rule: 'sidecar-before-agent',
    bad: besideGateway({
      ordered: false,
      inFlight: 'cut',
      next: 'refused',
      expected: {
        exit: 10,
        outcome: 'failed',
        reason: 'sidecar-cut',
        cause: 'sidecar-first',
        decided: false,
        sent: 1,
      },
    }),
    mended: besideGateway({ ordered: true, inFlight: 'answered', next: 'answered', expected: drained }),
  },
  {
    rule: 'sidecar-flush',
    bad: flushing(2, { exit: 10, outcome: 'failed', reason: 'sidecar-cut', cause: 'sidecar-broke', sent: 1 }),
    mended: flushing(10, drained),
  },
  {
    // A child that the job left behind and that has ended stays a zombie where PID 1 reaps none.
    rule: 'entry-point-bypasses-init',
    bad: official(
      { entryPoint: EXEC },
      {
        exit: 10,
        outcome: 'failed',
        reason: 'build-failed',
        cause: 'failed-by-itself',
        decided: false,
        sent: 1,
      },
    ),
    mended: official({ command: EXEC.slice(1) }, drained),
  },
  {
    rule: 'no-ecs-tags',
    bad: {
      container: { argv: EXEC.slice(0, 2) },
      steps: [integration],
      expected: { exit: 4, outcome: 'could-not-run', reason: 'agent-not-mapped', sent: 0 },
    },
    mended: { container: {}, steps: [integration], expected: drained },
  },
  {
    rule: 'spawn-many',
    bad: {
      container: { argv: told('--spawn', '2') },
      steps: [integration],
      expected: { exit: 3, outcome: 'refused', reason: 'shared-task', sent: 0 },
    },
    mended: { container: { argv: told('--spawn', '1') }, steps: [integration], expected: drained },
  },
  {
    // The same shell eats the signal on both sides. Who leaves after the job looks drained all the same.
    rule: 'disconnect-after-job',
    bad: {
      agent: 'real',
      container: { argv: inShell('--disconnect-after-job'), stopTimeout: 6 },
      steps: [integration],
      expected: { exit: 0, outcome: 'outlasted', reason: 'outlasted', notes: [/one-shot/], sent: 1 },
    },
    mended: {
      agent: 'real',
      container: { argv: inShell(), stopTimeout: 6 },
      steps: [integration],
      expected: {
        exit: 10,
        outcome: 'failed',
        reason: 'not-drained',
        cause: 'signal-eaten',
        says: [/exited 137/],
        sent: 1,
      },
    },
  },
  {
    rule: 'idle-timeout',
    bad: idle([], {
      ...{ exit: 10, outcome: 'failed', reason: 'idle-too-slow', cause: 'idle-too-long', sent: 0 },
      says: [/was still CONNECTED after/],
    }),
    mended: idle(['--disconnect-after-idle-timeout', '2'], {
      ...{ exit: 0, outcome: 'baseline', reason: 'baseline', sent: 0 },
      says: [/left by itself after/],
    }),
  },
  {
    rule: 'deployment-percentages',
    bad: replaced(100, {
      ...{ exit: 3, outcome: 'refused', reason: 'inert-fault', sent: 0 },
      says: [/no task/],
    }),
    mended: replaced(200, { exit: 0, outcome: 'passed', reason: 'drained' }),
  },
];

/** What the pipeline says. */
const PIPELINE: readonly Pair[] = [
  {
    rule: 'missing-step-key',
    bad: {
      steps: [{ label: 'integration', command: held() }],
      expected: { exit: 4, outcome: 'could-not-run', reason: 'no-such-step', sent: 0 },
    },
    mended: { steps: [integration], expected: drained },
  },
  {
    rule: 'retry-misses-lost-agent',
    bad: { container: { argv: SHELL, stopTimeout: 3 }, steps: [retried(true)], rig, expected: lost },
    mended: {
      container: { argv: SHELL, stopTimeout: 3 },
      steps: [retried([{ exit_status: -1, limit: 2 }])],
      rig,
      expected: { ...lost, reason: 'masked-loss' },
    },
  },
  {
    // The build is green and hides a loss; without the rule the same loss is seen.
    rule: 'retry-masks-loss',
    bad: {
      container: { argv: SHELL, stopTimeout: 3 },
      steps: [retried([{ exit_status: -1, limit: 2 }])],
      rig,
      expected: { ...lost, reason: 'masked-loss' },
    },
    mended: {
      container: { argv: SHELL, stopTimeout: 3 },
      steps: [{ key: 'integration', command: once }],
      rig,
      expected: lost,
    },
  },
];

export const PAIRS: readonly Pair[] = [...STOP, ...AROUND, ...PIPELINE];

/** Those that need Fargate's and the host's own half minute, or the two minutes of the ceiling. */
export const SLOW_PAIRS: readonly Pair[] = [
  {
    rule: 'stop-timeout-missing',
    bad: { ...withoutTimeout(taskDefinition({})), expected: { ...outrun, says: [/30/] } },
    mended: { container: { stopTimeout: 120 }, steps: [longer(35)], expected: drained },
  },
  {
    rule: 'stop-timeout-host-default',
    bad: {
      ...onHosts(2, { rig }),
      ...withoutTimeout(hostedDefinition()),
      ...{ rig: { ...onHosts(2).rig, ...rig } },
      expected: { ...outrun, says: [/30/] },
    },
    mended: { ...onHosts(2, { container: { stopTimeout: 120 } }), steps: [longer(35)], expected: drained },
  },
  {
    rule: 'fargate-ceiling',
    bad: {
      container: { stopTimeout: 120 },
      steps: [longer(600)],
      rig,
      // At the usual pace of a case two minutes would cost more points than Buildkite gives in five.
      scenario: { limits: { verdictWithin: '240s', pollEvery: '1s' } },
      expected: outrun,
    },
    mended: {
      container: { stopTimeout: 120 },
      steps: [{ ...longer(20), timeout_in_minutes: 2 }],
      expected: drained,
    },
  },
];

function withoutTimeout(definition: Entries): Pick<Side, 'steps' | 'files' | 'rig'> {
  const [agent] = definition['containerDefinitions'] as readonly Entries[];
  const { stopTimeout: _, ...rest } = agent ?? {};
  return {
    steps: [longer(35)],
    rig,
    files: { 'agent.json': { ...definition, containerDefinitions: [rest] } },
  };
}

function imageWith(signal: string): Bundle {
  return {
    taskDefinition: taskDefinition({}) as Bundle['taskDefinition'],
    imageConfig: { Entrypoint: [...EXEC], StopSignal: signal },
  };
}

function onSpot(stopTimeout: number, expected: Expected): Side {
  return {
    container: { stopTimeout },
    steps: [longer(5)],
    rig: {
      ...rig,
      services: [
        {
          name: 'build-agents',
          desiredCount: 2,
          taskDefinition: 'agent.json',
          launchType: 'FARGATE_SPOT',
        },
      ],
    },
    scenario: { inject: { fault: 'spot-reclaim' } },
    expected,
  };
}

function canceled(grace: string, expected: Expected): Side {
  return {
    container: { argv: told('--cancel-grace-period', grace), stopTimeout: 10 },
    steps: [{ key: 'integration', command: `trap '' TERM\n${ENDLESS} & wait; ${ENDLESS}` }],
    rig: {
      ...rig,
      script: [{ on: 'stop-requested', task: 'struck', do: 'signal', signal: 'TERM', after: '4s' }],
    },
    expected,
  };
}

function besideGateway(row: Pick<GatewayRow, 'ordered' | 'inFlight' | 'next' | 'expected'>): Side {
  const whole: GatewayRow = { ...row, onStop: 'cut', gatewayExit: 0 };
  return {
    agent: 'real',
    ...gatewayCase(whole, held()),
    opens: (events) => (mayGoOn(whole, events) ? ['struck'] : []),
    expected: row.expected,
  };
}

/** A sidecar that takes five seconds to pass on what it holds. */
function flushing(stopTimeout: number, expected: Expected): Side {
  const flush =
    "process.on('SIGTERM', () => setTimeout(() => process.exit(0), 5000)); setInterval(() => {}, 1000)";
  const definition = taskDefinition({});
  const [agent] = definition['containerDefinitions'] as readonly Entries[];
  const router = { name: 'router', image: 'b:1', entryPoint: ['node', '-e', flush], stopTimeout };
  const dependsOn = [{ containerName: 'router', condition: 'START' }];
  return {
    steps: [integration],
    files: {
      'agent.json': { ...definition, containerDefinitions: [{ ...agent, dependsOn }, router] },
    },
    scenario: { expect: { containers: { router: { exit: 0 } } } },
    expected,
  };
}

function official(start: Entries, expected: Expected): Side {
  const definition = taskDefinition({});
  const [agent] = definition['containerDefinitions'] as readonly Entries[];
  const { entryPoint: _, ...rest } = agent ?? {};
  const left = '(sleep 0.2 &)\nsleep 1\n';
  const look = "if grep -qs ') Z 1 ' /proc/[0-9]*/stat; then exit 9; fi";
  return {
    agent: 'real',
    steps: [{ key: 'integration', command: held('struck', `${left}${look}`) }],
    files: {
      'agent.json': {
        ...definition,
        containerDefinitions: [{ ...rest, image: 'buildkite/agent:3.138.0', ...start }],
      },
    },
    expected,
  };
}

function idle(flags: readonly string[], expected: Expected): Side {
  return {
    agent: 'real',
    container: { argv: told(...flags) },
    steps: [integration],
    // Where nothing is injected no drill looks beforehand.
    beside: { taskDefinition: taskDefinition({ argv: told(...flags) }) as Bundle['taskDefinition'] },
    scenario: {
      build: { pipeline: null },
      when: { trigger: 'agent-idle', step: null, inFlightFor: null },
      inject: { fault: 'none' },
      expect: { build: null, idle: { within: '12s' } },
      limits: { verdictWithin: '40s' },
    },
    expected,
  };
}

/** A host is drained: its task may go before another runs, or another may run beside it, or neither. */
function replaced(maximumPercent: number, expected: Expected): Side {
  const deploymentConfiguration = { minimumHealthyPercent: 100, maximumPercent };
  const service = { serviceName: 'build-agents', desiredCount: 2, launchType: 'EC2' };
  return {
    steps: [integration],
    ...onHosts(3, {
      services: [hostedService({ service: 'service.json' })],
      files: { 'service.json': { ...service, deploymentConfiguration } },
    }),
    scenario: { inject: { fault: 'drain-instance' } },
    expected,
  };
}
