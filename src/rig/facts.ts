import type { Agent } from './agent.ts';
import type { EcsState } from './ecs/state.ts';
import type { ReadRigFile } from './file.ts';
import type { RigLog } from './log.ts';
import type { Executor } from './workers/executor.ts';
import type { Machine } from './workers/machine.ts';
import { whyNoPid1 } from './workers/no-pid1.ts';

interface Here {
  readonly agent: Agent;
  readonly machine: Machine;
  readonly log: RigLog;
  /** Which services run processes for some of their tasks, or for none. */
  readonly services: Pick<EcsState, 'tasksWithProcesses' | 'agentsInProcess'>;
}

/** What the rig says of itself, so that nobody takes its results for more than they are. */
export function factsOf(file: ReadRigFile, executor: Executor, here: Here): Record<string, unknown> {
  const { machine, log } = here;
  const { kind, path, version } = here.agent;
  const { tasksWithProcesses, agentsInProcess } = here.services;
  const noPid1 = whyNoPid1(executor, machine.namespaces !== undefined);
  return {
    executor: executor.kind,
    pid1: executor.pid1,
    ...(noPid1 === undefined ? {} : { noPid1 }),
    ...(executor.image === undefined
      ? { agent: { kind, path, version }, shell: machine.shell }
      : { agent: agentInImage(log), shell: null }),
    ...(tasksWithProcesses.size === 0 ? {} : { tasksWithProcesses: Object.fromEntries(tasksWithProcesses) }),
    ...(agentsInProcess.size === 0 ? {} : { agentsInProcess: [...agentsInProcess] }),
    knobs: file.turnedKnobs,
    lostAfterMs: file.rig.lostAfter,
  };
}

/** An image brings its own agent, which is known by what it said when it came. */
function agentInImage(log: RigLog): Record<string, unknown> {
  const version = log.events.find(({ event }) => event === 'agent-connected')?.['version'];
  return { kind: 'real', path: null, version: typeof version === 'string' ? version : null };
}
