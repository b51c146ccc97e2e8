import { launchOfTask } from '../worker/launch.ts';
import { listStoppedBefore } from '../worker/stop-window.ts';
import type { Task } from '../model/entities/task.ts';
import type { Instant } from '../model/instants.ts';
import { findSignalPath, workerOf } from './agent-container.ts';
import { byEcs, byRunner, clocksOf, isSentAfter, shiftStamp, type Stamp } from './clocks.ts';
import type { Evidence, Sighting, Injection } from './evidence.ts';

/** ECS needs up to so long after `stoppingAt` to signal a container (one recorded case on Fargate: 13 s), milliseconds. */
const LAG_ON_FARGATE = 20_000;
const LAG_ELSEWHERE = 10_000;
/** If the signal is not known to reach the agent, a report later than this after the stop does not count as an answer to it, milliseconds. */
const PROMPT = 5_000;

/** When ECS began to stop the task: its `stoppingAt`, else the time when our call was sent. Null if nothing was stopped. */
export function stopOf(evidence: Evidence): Stamp | null {
  const { injection } = evidence;
  if (injection === null) return null;
  const shown = evidence
    .values('task', injection.taskArn, injection.intendedSeq)
    .map(({ stoppingAt }) => stoppingAt);
  const stops = [...shown, injection.answer?.stoppingAt ?? null].filter((at) => at !== null);
  if (stops.length > 0) return byEcs(Math.max(...stops));
  return injection.sentAt === null
    ? null
    : byRunner(evidence, injection.sentAt, injection.sentSeq ?? injection.intendedSeq);
}

/** When the agent's container can have got its stop signal (verdict rule 3). The error of the clocks comes on top. */
export interface SignalWindow {
  readonly from: Stamp;
  readonly to: Stamp;
  /** A report after this is not taken for the answer to our stop. Before `to` where the start is not known to pass a signal on. */
  readonly reportBy: Stamp;
  /** When nothing but ECS's lag stands before the signal any more, at the latest. */
  readonly due: Stamp;
  /** When the signal had come at the latest, if the lag was as long as it may have been: no agent is to blame before. */
  readonly signalledBy: Stamp;
  /** How long the containers that depend on the agent's may take before it is signalled, milliseconds. */
  readonly dependants: number;
  readonly behindLoadBalancer: boolean;
}

/**
 * From the stop to the stop plus the time-outs of the containers that depend on the agent's plus ECS's lag. Behind a load
 * balancer the task is DEACTIVATING first, and the signal comes only after that.
 */
export function findSignalWindow(evidence: Evidence): SignalWindow | null {
  const stop = stopOf(evidence);
  const { injection } = evidence;
  if (stop === null || injection === null) return null;
  const dependants = readDependantsTime(evidence);
  const balanced = findDeregistration(evidence, injection);
  const from = balanced?.last ?? stop;
  const due = (since: Stamp): Stamp => findSignalDue(evidence, injection, shiftStamp(since, dependants));
  const latest = due(balanced?.past ?? stop);
  const to = shiftStamp(latest, readSignalLag(evidence));
  const sure = findSignalPath(evidence);
  // What only may have held the signal up is no reason to wait longer for a report that anybody can have caused.
  const earliest = findLastUnsignalled(evidence, injection) ?? stop;
  return {
    ...{ from, to, dependants, due: latest },
    signalledBy: shiftStamp(latest, readLagBound(evidence).ms),
    reportBy: sure.reaches === 'yes' ? to : shiftStamp(earliest, Math.min(PROMPT, readSignalLag(evidence))),
    behindLoadBalancer: balanced !== null,
  };
}

/** The last look that shows the signal still held up: the task DEACTIVATING, or a container that depends on the agent's not STOPPED. */
function findLastUnsignalled(evidence: Evidence, { taskArn, intendedSeq }: Injection): Stamp | null {
  const before = dependantsOf(evidence);
  const look = evidence.lastLook(
    'task',
    taskArn,
    ({ status, desired, containers }) =>
      desired === 'STOPPED' &&
      (status === 'DEACTIVATING' ||
        containers.some((one) => before.includes(one.name) && one.status !== 'STOPPED')),
  );
  return look === undefined || look.seq <= intendedSeq ? null : byRunner(evidence, look.sentAt, look.seq);
}

/** When nothing but ECS's lag stands before the signal: the dependants' time-outs are over, or a look that came earlier shows them STOPPED. */
function findSignalDue(evidence: Evidence, injection: Injection, latest: Stamp): Stamp {
  const shown = dependantsOf(evidence).length > 0 ? findDependantsOver(evidence, injection) : undefined;
  if (shown === undefined) return latest;
  const seen = byRunner(evidence, shown.answeredAt, shown.seq);
  return clocksOf(evidence).orderAsMeasured(seen, latest) === 'before' ? seen : latest;
}

/** The first look at the task past DEACTIVATING that shows every container STOPPED that depends on the agent's. */
function findDependantsOver(
  evidence: Evidence,
  { taskArn, intendedSeq }: Injection,
): Sighting<Task> | undefined {
  const before = dependantsOf(evidence);
  return evidence.firstLook(
    'task',
    taskArn,
    ({ desired, containers }) =>
      desired === 'STOPPED' &&
      before.every((name) => containers.find((one) => one.name === name)?.status === 'STOPPED'),
    Math.max(intendedSeq, findLastDeactivating(evidence, taskArn)?.seq ?? -1),
  );
}

function isDeactivating({ status }: Task): boolean {
  return status === 'DEACTIVATING';
}

function findLastDeactivating({ lastLook }: Evidence, taskArn: string): Sighting<Task> | undefined {
  return lastLook('task', taskArn, isDeactivating);
}

function readSignalLag(evidence: Evidence): number {
  const set = evidence.plan.scenario.limits.signalLag;
  if (set !== null) return set;
  const task = taskOf(evidence)?.value;
  return task !== undefined && launchOfTask(task, false).kind === 'fargate' ? LAG_ON_FARGATE : LAG_ELSEWHERE;
}

/** How long ECS may have taken to signal the container, and who says so. */
export interface LagBound {
  readonly ms: number;
  readonly by: string;
}

/**
 * The longest lag that the service may have caused: nobody is failed for it. The scenario bounds it, a rig of our own by its
 * knob, else what is known of the platform. A rig's facts are trusted for this alone: they never make a pass.
 */
export function readLagBound(evidence: Evidence): LagBound {
  const { embeddedRig, rig, scenario } = evidence.plan;
  const ms = readSignalLag(evidence);
  if (scenario.limits.signalLag !== null) return { ms, by: 'limits.signalLag' };
  if (!embeddedRig || rig === null) return { ms, by: 'the most that is known of ECS' };
  // A rig tells only the knobs that were turned, durations in milliseconds.
  const knob = rig.knobs['signalLag'] ?? 0;
  return { ms: typeof knob === 'number' ? knob : ms, by: 'the knob signalLag of the rig' };
}

function taskOf({ injection, last }: Evidence): Sighting<Task> | null {
  return injection === null ? null : last('task', injection.taskArn);
}

/** Containers that depend on the agent's are stopped before it, one after another along the chain. */
export function readDependantsTime(evidence: Evidence): number {
  return workerOf(evidence)?.stop.agent.signalled ?? 0;
}

/** The last look that showed the task DEACTIVATING, and the first one past that; null where none showed it, and none can have missed it. */
function findDeregistration(
  evidence: Evidence,
  injection: Injection,
): { readonly last: Stamp | null; readonly past: Stamp } | null {
  const shown = findLastDeactivating(evidence, injection.taskArn);
  const last = shown === undefined || shown.seq <= injection.intendedSeq ? null : shown;
  const past =
    last === null
      ? findUnseenPassage(evidence, injection)
      : (evidence.firstLook('task', injection.taskArn, (task) => !isDeactivating(task), last.seq) ?? last);
  if (past === undefined) return null;
  return {
    last: last === null ? null : byRunner(evidence, last.sentAt, last.seq),
    past: byRunner(evidence, past.answeredAt, past.seq),
  };
}

/** States of a stopping task in which its containers are not signalled yet. */
const UNSIGNALLED: ReadonlySet<string> = new Set(['RUNNING', 'DEACTIVATING']);

/**
 * The first look past the states without a signal, where a read before it failed, or was sent after StopTask's answer and yet
 * showed the task as if nobody had told it: a deregistration may have gone unseen.
 */
function findUnseenPassage(evidence: Evidence, injection: Injection): Sighting<Task> | undefined {
  const { taskArn, intendedSeq } = injection;
  const isPast = ({ status }: Task): boolean => !UNSIGNALLED.has(status);
  const past = evidence.firstLook('task', taskArn, isPast, intendedSeq);
  if (past === undefined) return undefined;
  const failed = evidence.reads('task', taskArn).firstFailedAfter(intendedSeq);
  if (failed !== undefined && failed.seq < past.seq) return past;
  const old = evidence.firstLook(
    'task',
    taskArn,
    ({ desired }) => desired === 'RUNNING',
    intendedSeq,
    (look) => isSentAfterCall(evidence, injection, look),
  );
  return old !== undefined && old.seq < past.seq ? past : undefined;
}

/** Whether a read was sent when StopTask had been answered. */
function isSentAfterCall(evidence: Evidence, injection: Injection, read: Sighting<Task>): boolean {
  const { result, answeredAt, sentSeq } = injection;
  if (result !== 'ok' || answeredAt === null || sentSeq === null) return false;
  return isSentAfter(evidence, read, { at: answeredAt, seq: sentSeq });
}

/**
 * From this answer on a read of the job shows what was in flight at the signal: our call's, or the first that showed the task
 * told to stop; behind a load balancer, and where containers depend on the agent's, the one that shows these over. Null while
 * there is none.
 */
export function findSignalledLook(
  evidence: Evidence,
): { readonly at: Instant; readonly seq: number; readonly stamp: Stamp } | null {
  const { injection } = evidence;
  if (injection === null) return null;
  const { taskArn, intendedSeq } = injection;
  const from = (look: Sighting<Task> | undefined) =>
    look === undefined
      ? null
      : { at: look.answeredAt, seq: look.seq, stamp: byRunner(evidence, look.answeredAt, look.seq) };
  const deactivating = (findLastDeactivating(evidence, taskArn)?.seq ?? -1) > intendedSeq;
  if (deactivating || dependantsOf(evidence).length > 0) return from(findDependantsOver(evidence, injection));
  const passage = findUnseenPassage(evidence, injection);
  if (passage !== undefined) return from(passage);
  if (injection.result !== 'ok' || injection.answeredAt === null)
    return from(evidence.firstLook('task', taskArn, ({ desired }) => desired === 'STOPPED', intendedSeq));
  const seq = injection.sentSeq ?? injection.intendedSeq;
  return { at: injection.answeredAt, seq, stamp: byRunner(evidence, injection.answeredAt, seq) };
}

/** Names of the containers that are stopped before the agent's. */
function dependantsOf(evidence: Evidence): readonly string[] {
  const worker = workerOf(evidence);
  return worker === null ? [] : listStoppedBefore(worker.agent.name, worker.containers);
}
