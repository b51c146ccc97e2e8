import type { Expected } from './case.ts';
import { EXEC, SHELL } from './files.ts';
import type { CaseFiles, Entries } from './files.ts';
import { GATES } from './gates.ts';

/** The usual answers of worlds that lie. */
export const DRAINED: Expected = { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 };
export const OUTLASTED: Expected = { exit: 0, outcome: 'outlasted', reason: 'outlasted', sent: 1 };

/** It ran and proves nothing. */
export function inconclusive(reason: string, ...says: readonly RegExp[]): Expected {
  return { exit: 11, outcome: 'inconclusive', reason, says };
}

/** A drain that nothing shows. */
export const NOT_PROVEN: Expected = {
  ...inconclusive('drain-not-proven'),
  ...{ sent: 1, proof: { heard: null } },
};

/** A shell that nobody knows to exec the agent, which it starts with these words more. */
export function throughShell(...more: readonly string[]): readonly string[] {
  return [...SHELL.slice(0, 2), [...EXEC, ...more].join(' ')];
}

/** An agent's configuration in its image: no definition shows it. */
export function hiddenSettings(...lines: readonly string[]): {
  readonly texts: Readonly<Record<string, string>>;
  readonly knobs: Entries;
} {
  return {
    texts: { 'agent.cfg': `${lines.join('\n')}\n` },
    knobs: { imageEnvironment: { BUILDKITE_AGENT_CONFIG: 'agent.cfg' } },
  };
}

/** Lines of a shell's script that wait for a gate. */
export function waitFor(gate: string): string {
  return `until [ -e ${GATES}/${gate} ]; do sleep 0.2; done`;
}

/** StopTask reaches ECS so much later than it was sent. */
export function lateStop(delay: string): Entries {
  return { ecs: [{ operation: 'StopTask', do: { delay } }] };
}

/** The clocks of the machines around the runner, which alone is right. */
export type OffClock = 'runner' | 'host' | 'instance';

/** Knobs of a world in which that clock is off. One of the runner is all others the other way. */
export function skewed(clock: OffClock, offset: string): Entries {
  const other = offset.startsWith('-') ? offset.slice(1) : `-${offset}`;
  switch (clock) {
    case 'runner':
      return {
        ...{ clockOffset: other, ecsClockOffset: other },
        ...{ hostClockOffset: other, instanceClockOffset: other },
      };
    case 'host':
      return { hostClockOffset: offset };
    case 'instance':
      return { instanceClockOffset: offset };
  }
}

/** Past jobs of the step on the workers that are there, each so long after the one before. */
export function pastJobs(gap: string): Pick<CaseFiles, 'rig'> {
  return {
    rig: {
      history: { canary: [{ step: 'integration', took: ['40s', '40s', '40s', '40s'], onWorkers: { gap } }] },
    },
  };
}
