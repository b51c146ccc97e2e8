import { join } from 'node:path';
import { eventsOf } from '../../../src/journal/events.ts';
import type { DrillEvent } from '../../../src/journal/events.ts';
import type { Task } from '../../../src/model/entities/task.ts';
import { ROOT } from '../../support/cli.ts';
import type { Expected, Played } from './case.ts';
import { EXEC } from './files.ts';
import type { CaseFiles, Entries } from './files.ts';
import { provenInFlight } from './gates.ts';

/** An agent with a gateway beside it, and what has to come of a stop while a call is in flight. */
export interface GatewayRow {
  /** Whether the agent depends on the gateway. */
  readonly ordered: boolean;
  readonly onStop: 'flush' | 'cut';
  readonly inFlight: 'answered' | 'cut';
  readonly next: 'answered' | 'refused';
  readonly gatewayExit: number;
  readonly expected: Expected;
}

const DRAINED: Expected = { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 };
const CUT: Expected = {
  ...{ exit: 10, outcome: 'failed', reason: 'sidecar-cut', cause: 'sidecar-first', sent: 1 },
  says: [/container gateway was STOPPED while agent still ran/, /nothing orders the stop/],
};

/** Every way to stop the two. */
export const gatewayRows: readonly GatewayRow[] = [
  {
    ordered: true,
    onStop: 'flush',
    inFlight: 'answered',
    next: 'answered',
    gatewayExit: 0,
    expected: DRAINED,
  },
  { ordered: true, onStop: 'cut', inFlight: 'answered', next: 'answered', gatewayExit: 0, expected: DRAINED },
  { ordered: false, onStop: 'flush', inFlight: 'answered', next: 'refused', gatewayExit: 0, expected: CUT },
  // That it exited 1 may be why it was gone first, or come of the same signal: nothing that ECS shows tells the two apart.
  {
    ordered: false,
    onStop: 'cut',
    inFlight: 'cut',
    next: 'refused',
    gatewayExit: 1,
    expected: { ...CUT, decided: false },
  },
];

/** What a row is called. */
export function gatewayName({ ordered, onStop }: GatewayRow): string {
  return `${ordered ? 'the agent depends on it' : 'nothing orders the stop'}, --on-stop ${onStop}`;
}

/** A row of the documentation's table. */
export function gatewayLine(row: GatewayRow): string {
  const { ordered, onStop, inFlight, next, gatewayExit, expected } = row;
  const verdict = `${expected.outcome}: ${expected.reason}`;
  const cells = [ordered ? 'yes' : 'no', `\`${onStop}\``, inFlight, next, String(gatewayExit), verdict];
  return `| ${cells.join(' | ')} |`;
}

/**
 * The files of a row. The step makes a call that outlasts the injection, waits until its gate is opened, and makes another; its
 * exit status says which of them failed: 1 the first, 2 the second, 3 both.
 */
export function gatewayCase(
  { ordered, onStop }: GatewayRow,
  gate: string,
  images: { readonly agent: string; readonly gateway: string } = { agent: 'a:1', gateway: 'b:1' },
): CaseFiles {
  const step = [
    'status=0',
    'until ask /ready; do sleep 0.2; done',
    "ask '/complete?in=6' || status=1",
    gate,
    "ask '/complete?in=0' || status=$((status + 2))",
    'exit "$status"',
  ];
  const agent = { name: 'agent', image: images.agent, entryPoint: EXEC, stopTimeout: 60 };
  const gateway = {
    ...{ name: 'gateway', image: images.gateway, stopTimeout: 30 },
    entryPoint: ['gateway.mjs', '--on-stop', onStop],
  };
  const dependsOn = [{ containerName: 'gateway', condition: 'START' }];
  const definition: Entries = {
    family: 'build-agent',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '1024',
    memory: '2048',
    containerDefinitions: [{ ...agent, ...(ordered ? { dependsOn } : {}) }, gateway],
  };
  return {
    steps: [{ key: 'integration', command: step.join('\n') }],
    files: { 'agent.json': definition },
    rig: { programs: join(ROOT, 'scenarios', 'programs') },
    scenario: {
      // The first call is in flight by then.
      when: { inFlightFor: '3s' },
      expect: { containers: { gateway: { exit: 0, outlives: 'agent' } } },
    },
  };
}

/** Whether the step may go on: it was seen in flight, and a gateway that nothing holds back was seen gone. */
export function mayGoOn({ ordered }: GatewayRow, events: readonly DrillEvent[]): boolean {
  if (!provenInFlight(events)) return false;
  return ordered || lookAt(events).some((task) => task.containers.some(isGoneGateway));
}

function isGoneGateway({ name, status }: Task['containers'][number]): boolean {
  return name === 'gateway' && status === 'STOPPED';
}

function lookAt(events: readonly DrillEvent[]): readonly Task[] {
  const target = eventsOf(events, 'GD_TARGET_CHOSEN').at(-1)?.payload.target.taskArn;
  return eventsOf(events, 'GD_OBSERVED')
    .flatMap(({ payload }) => payload.facts)
    .flatMap((fact) => (fact.kind === 'task' && fact.value.arn === target ? [fact.value] : []));
}

/** What was measured of a row: the two calls, by the step's exit status, and the gateway's exit code. */
export function measured({ drill, journal }: Played): Pick<GatewayRow, 'inFlight' | 'next'> & {
  readonly gatewayExit: number | null;
} {
  const status = Number(drill.attempts.find(({ judged }) => judged)?.exitStatus ?? Number.NaN);
  const gateway = lookAt(journal)
    .at(-1)
    ?.containers.find(({ name }) => name === 'gateway');
  return {
    inFlight: status % 2 === 0 ? 'answered' : 'cut',
    next: status < 2 ? 'answered' : 'refused',
    gatewayExit: gateway?.exitCode ?? null,
  };
}
