import { commandOf, leavesWith, sendSignal } from '../workers/procfs.ts';
import type { SignalName } from '../workers/executor.ts';
import { runsAgent } from './container-definition.ts';
import { invalid } from './errors.ts';
import type { ContainerInstance } from './instances.ts';
import { changeStatus, terminate } from './operations-instances.ts';
import type { FisEngine } from '../fis/engine.ts';
import { isPaused } from './shift.ts';
import type { EcsState } from './state.ts';
import type { EcsTask } from './task.ts';

/** Something that the world does to the cluster. */
export interface EcsAction {
  readonly do: string;
  readonly taskArn?: string | undefined;
  readonly reason?: string | undefined;
  readonly signal?: string | undefined;
  readonly to?: string | undefined;
  readonly count?: number | undefined;
  readonly service?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly minutes?: number | undefined;
}

/** Performs an action on the cluster. */
export type EcsVerb = (action: EcsAction) => Promise<unknown>;

/** What the verbs act on. */
export interface VerbGround {
  readonly state: EcsState;
  readonly fis: FisEngine;
  /** Performs an operation that no client of the rig sent. */
  request(operation: string, input: unknown): Record<string, unknown>;
  /** Does something later, unless the rig is closed by then. */
  later(delayMs: number, action: () => void): void;
}

const signals: readonly SignalName[] = [
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGSTOP',
  'SIGKILL',
];

const betweenSignalsMs = 100;

type Verb = (ground: VerbGround, action: EcsAction) => unknown;

const verbs: Readonly<Record<string, Verb>> = {
  'stop-task': stopTask,
  'spot-interruption': interrupt,
  'host-gone': hostGone,
  'drain-instance': drainInstance,
  signal,
  oom: outOfMemory,
  'mark-oom': markOutOfMemory,
  'restart-container': restart,
  'start-deployment': startDeployment,
  'continue-deployment': continueDeployment,
  'set-desired-count': setDesiredCount,
  'set-scaling': setScaling,
  protect,
  'raise-alarm': raiseAlarm,
  'engage-safety-lever': engageSafetyLever,
};

/** The names of the verbs that act on ECS. */
export const ecsVerbs: readonly string[] = Object.keys(verbs);

/** The verbs of a rig file's script that act on ECS. */
export function createVerbs(ground: VerbGround): EcsVerb {
  return async (action) => {
    const verb = verbs[action.do];
    if (!verb) throw invalid(`no such verb: ${action.do}`);
    return verb(ground, action);
  };
}

function requireTask({ state }: VerbGround, action: EcsAction): EcsTask {
  const task = state.findTask(action.taskArn ?? '');
  if (!task) throw invalid(`${action.do}: no such task`);
  return task;
}

function requireHost(ground: VerbGround, action: EcsAction): ContainerInstance {
  const task = requireTask(ground, action);
  const host = ground.state.findInstance(task.instanceArn ?? '-');
  if (!host) throw invalid(`${action.do}: the task runs on no container instance`);
  return host;
}

function requireService({ state }: VerbGround, action: EcsAction): string {
  const first = [...state.services.values()][0];
  const service = action.service === undefined ? first : state.findService(action.service);
  if (!service) throw invalid(`no such service: ${action.service ?? ''}`);
  return service.name;
}

/** Somebody else's StopTask; the request itself is not counted, for no client sent it. */
function stopTask(ground: VerbGround, action: EcsAction): unknown {
  const task = requireTask(ground, action);
  task.stop('UserInitiated', action.reason ?? 'Task stopped by user', 'other');
  return { stopped: task.seed.arn };
}

/**
 * Spot capacity is taken back: on Fargate by StopTask's signal path under another name (ECS-29); on EC2 the host drains,
 * and when its notice is over it is gone (ECS-68).
 */
function interrupt(ground: VerbGround, action: EcsAction): unknown {
  const task = requireTask(ground, action);
  if (task.seed.launchType === 'FARGATE') {
    task.stop('SpotInterruption', 'Your Spot Task was interrupted.', 'spot');
    return { interrupted: task.seed.arn };
  }
  const host = requireHost(ground, action);
  changeStatus(ground.state, host, 'DRAINING');
  ground.later(ground.state.knobs.spotNoticeMs, () => {
    terminate(ground.state, host);
  });
  return { interrupted: host.ec2InstanceId };
}

function hostGone(ground: VerbGround, action: EcsAction): unknown {
  const host = requireHost(ground, action);
  terminate(ground.state, host);
  return { terminated: host.ec2InstanceId };
}

/** Somebody else's draining, or the end of it. */
function drainInstance(ground: VerbGround, action: EcsAction): unknown {
  const host = requireHost(ground, action);
  return ground.request('UpdateContainerInstancesState', {
    cluster: ground.state.cluster.name,
    containerInstances: [host.arn],
    status: action.enabled === false ? 'ACTIVE' : 'DRAINING',
  });
}

/** The container that runs the agent, or the first one. */
function agentContainer(task: EcsTask): string {
  const containers = task.seed.definition.containers;
  return (containers.find(runsAgent) ?? containers[0])?.name ?? '';
}

async function signal(ground: VerbGround, action: EcsAction): Promise<unknown> {
  const task = requireTask(ground, action);
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

function outOfMemory(ground: VerbGround, action: EcsAction): unknown {
  const task = requireTask(ground, action);
  const container = agentContainer(task);
  if (action.to === 'job') killJobForMemory(task, container);
  else task.worker?.outOfMemory(container);
  return { killed: task.seed.arn };
}

/** The kernel takes a process of the job; the container goes on, and bears the mark at its end (ECS-27). */
function killJobForMemory(task: EcsTask, container: string): void {
  const pids = task.worker?.processes().find((each) => each.container === container)?.pids ?? [];
  const processes = leavesWith('BUILDKITE_JOB_ID', pids);
  if (processes.length === 0) throw invalid('oom: no process of a job runs in the task');
  for (const pid of processes) sendSignal(pid, 'SIGKILL');
  task.worker?.markOutOfMemory(container);
}

/** Something in the container was killed for memory long ago. */
function markOutOfMemory(ground: VerbGround, action: EcsAction): unknown {
  const task = requireTask(ground, action);
  task.worker?.markOutOfMemory(agentContainer(task));
  return { marked: task.seed.arn };
}

async function restart(ground: VerbGround, action: EcsAction): Promise<unknown> {
  const task = requireTask(ground, action);
  await task.worker?.startAgain(agentContainer(task));
  return { restarted: task.seed.arn };
}

function startDeployment(ground: VerbGround, action: EcsAction): unknown {
  const service = requireService(ground, action);
  ground.request('UpdateService', {
    cluster: ground.state.cluster.name,
    service,
    forceNewDeployment: true,
  });
  return { deployment: ground.state.findService(service)?.deployments[0]?.id };
}

/** Somebody calls ContinueServiceDeployment for a deployment that a PAUSE hook holds. */
function continueDeployment(ground: VerbGround, action: EcsAction): unknown {
  const service = ground.state.findService(requireService(ground, action));
  const primary = service?.deployments[0];
  if (!service || !primary || !isPaused(service, primary)) throw invalid(`${action.do}: nothing is paused`);
  primary.continued.push(primary.stage);
  ground.state.events.emit('event', { at: Date.now(), event: 'service-updated', service: service.name });
  return { deployment: primary.id, stage: primary.stage };
}

/** Somebody else, or an auto-scaling policy, changes how many there are to be. */
function setDesiredCount(ground: VerbGround, action: EcsAction): unknown {
  if (action.count === undefined) throw invalid('set-desired-count: which count?');
  const service = requireService(ground, action);
  ground.request('UpdateService', {
    cluster: ground.state.cluster.name,
    service,
    desiredCount: action.count,
  });
  return { service, desiredCount: action.count };
}

/** Somebody else suspends or resumes Application Auto Scaling (`enabled`), or sets another minimum (`count`). */
function setScaling(ground: VerbGround, { enabled, count, ...action }: EcsAction): unknown {
  const service = requireService(ground, action);
  const isSuspended = enabled === false;
  return ground.request('RegisterScalableTarget', {
    ServiceNamespace: 'ecs',
    ResourceId: `service/${ground.state.cluster.name}/${service}`,
    ScalableDimension: 'ecs:service:DesiredCount',
    ...(count === undefined ? {} : { MinCapacity: count }),
    ...(enabled === undefined
      ? {}
      : {
          SuspendedState: {
            DynamicScalingInSuspended: isSuspended,
            DynamicScalingOutSuspended: isSuspended,
            ScheduledScalingSuspended: isSuspended,
          },
        }),
  });
}

/** Somebody else, or the task itself, turns a task's protection on or off. */
function protect(ground: VerbGround, action: EcsAction): unknown {
  return ground.request('UpdateTaskProtection', {
    cluster: ground.state.cluster.name,
    tasks: [requireTask(ground, action).seed.arn],
    protectionEnabled: action.enabled ?? true,
    expiresInMinutes: action.minutes,
  });
}

/** An alarm of CloudWatch goes off: experiments with it among their stop conditions are stopped (FIS-9). */
function raiseAlarm({ fis }: VerbGround): unknown {
  const watches = 'aws:cloudwatch:alarm';
  const stopped = fis.stopAll('Experiment halted by stop condition.', ({ template }) =>
    template.input.stopConditions.some(({ source }) => source === watches),
  );
  return { stopped };
}

/** Somebody engages the account's safety lever: experiments are stopped, and new ones cancelled (FIS-9). */
function engageSafetyLever({ fis }: VerbGround, { reason, enabled = true }: EcsAction): unknown {
  fis.lever = { status: enabled ? 'engaged' : 'disengaged', reason: reason ?? '' };
  return { stopped: enabled ? fis.stopAll('Safety lever is engaged.', () => true) : 0 };
}
