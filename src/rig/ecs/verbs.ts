import { invalid } from './errors.ts';
import { runsAgent } from './container-definition.ts';
import type { Scheduler } from './scheduler.ts';
import { newDeployment } from './service.ts';
import type { EcsState } from './state.ts';
import type { EcsTask } from './task.ts';
import { commandOf, sendSignal } from '../workers/procfs.ts';
import type { SignalName } from '../workers/executor.ts';

/** Something that the world does to the cluster. */
export interface EcsAction {
  readonly do: string;
  readonly taskArn?: string | undefined;
  readonly reason?: string | undefined;
  readonly signal?: string | undefined;
  readonly to?: string | undefined;
  readonly count?: number | undefined;
  readonly service?: string | undefined;
}

/** Performs an action on the cluster. */
export type EcsVerb = (action: EcsAction) => Promise<unknown>;

const signals: readonly SignalName[] = [
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGKILL',
];

const betweenSignalsMs = 100;

/** The names of the verbs that act on ECS. */
export const ecsVerbs: readonly string[] = [
  'stop-task',
  'spot-interruption',
  'signal',
  'oom',
  'restart-container',
  'start-deployment',
];

/** The verbs of a rig file's script that act on ECS. */
export function createVerbs(state: EcsState, scheduler: Scheduler): EcsVerb {
  return async (action) => {
    switch (action.do) {
      case 'stop-task':
        return stopTask(requireTask(state, action), action.reason);
      case 'spot-interruption':
        return interrupt(requireTask(state, action));
      case 'signal':
        return signal(requireTask(state, action), action);
      case 'oom':
        return outOfMemory(requireTask(state, action));
      case 'restart-container':
        return restart(requireTask(state, action));
      case 'start-deployment':
        return startDeployment(state, scheduler, action.service);
      default:
        throw invalid(`no such verb: ${action.do}`);
    }
  };
}

function requireTask(state: EcsState, action: EcsAction): EcsTask {
  const task = state.findTask(action.taskArn ?? '');
  if (!task) throw invalid(`${action.do}: no such task`);
  return task;
}

/** Somebody else's StopTask; the request itself is not counted, for no client sent it. */
function stopTask(task: EcsTask, reason: string | undefined): unknown {
  task.stop('UserInitiated', reason ?? 'Task stopped by user', 'other');
  return { stopped: task.seed.arn };
}

/** A reclaimed Fargate Spot task: StopTask's signal path under another name (ECS-29). */
function interrupt(task: EcsTask): unknown {
  task.stop('SpotInterruption', 'Your Spot Task was interrupted.', 'spot');
  return { interrupted: task.seed.arn };
}

/** The container that runs the agent, or the first one. */
function agentContainer(task: EcsTask): string {
  const containers = task.seed.definition.containers;
  return (containers.find(runsAgent) ?? containers[0])?.name ?? '';
}

async function signal(task: EcsTask, action: EcsAction): Promise<unknown> {
  const name = signals.find((each) => each === `SIG${action.signal ?? 'TERM'}`);
  if (!name) throw invalid(`no such signal: ${action.signal ?? ''}`);
  const container = agentContainer(task);
  for (let sent = 0; sent < (action.count ?? 1); sent += 1) {
    // The same signal twice in one moment is delivered once.
    if (sent > 0) await new Promise((resolve) => setTimeout(resolve, betweenSignalsMs));
    if ((action.to ?? 'pid1') === 'pid1') task.worker?.signal(container, name);
    else for (const pid of innerProcesses(task, container, action.to ?? '')) sendSignal(pid, name);
  }
  return { signaled: task.seed.arn };
}

function innerProcesses(task: EcsTask, container: string, to: string): readonly number[] {
  const pids = task.worker?.processes().find((each) => each.container === container)?.pids ?? [];
  if (to === 'all') return pids;
  const agents = pids.filter((pid) => {
    const [program = '', ...rest] = commandOf(pid);
    return (
      [program, rest[0] ?? ''].some((part) => /buildkite-agent|stand-in-agent/.test(part)) &&
      rest.includes('start')
    );
  });
  return agents.slice(0, 1);
}

function outOfMemory(task: EcsTask): unknown {
  task.worker?.outOfMemory(agentContainer(task));
  return { killed: task.seed.arn };
}

async function restart(task: EcsTask): Promise<unknown> {
  await task.worker?.startAgain(agentContainer(task));
  return { restarted: task.seed.arn };
}

function startDeployment(state: EcsState, scheduler: Scheduler, name: string | undefined): unknown {
  const service = name === undefined ? [...state.services.values()][0] : state.findService(name);
  const current = service?.deployments[0];
  if (!service || !current) throw invalid(`no such service: ${name ?? ''}`);
  service.deployments = [newDeployment(current.definition), ...service.deployments];
  scheduler.reconcile();
  return { deployment: service.deployments[0]?.id };
}
