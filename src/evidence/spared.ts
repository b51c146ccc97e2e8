import type { Job } from '../model/entities/job.ts';
import { hasJobEnded } from '../model/entities/job.ts';
import { isGoingDown, type Protection, type Service } from '../model/entities/task.ts';
import { byEcs, byRunner, clocksOf, isSentAfter, shiftStamp, type Order } from './clocks.ts';
import { hasTrulyPassed } from './attempts.ts';
import type { Evidence, Sighting } from './evidence.ts';
import {
  findDecisiveCall,
  findNewDeployment,
  findServiceBefore,
  isAfterCall,
  primaryOf,
  type Decisive,
} from './hits.ts';
import { findEndTime } from './job-times.ts';

/** The last hook of a job lifts the protection before the agent reports the job's end: a stop in between meets no work, milliseconds. */
const LAST_HOOK = 5_000;
/** So long the scheduler must have been free to take the worker while its job ran, milliseconds. */
const IN_DANGER_FOR = 5_000;
/** ECS counts a new task as healthy when it has run for a while; a rig does so at once, milliseconds. */
const HEALTHY_AFTER = 40_000;

/** The first look after our call that shows what it set. */
export function findInForce(evidence: Evidence): Sighting<Service> | undefined {
  const decisive = findDecisiveCall(evidence);
  if (decisive === null || decisive.result === 'refused') return undefined;
  const name = evidence.plan.scenario.cluster.service ?? '';
  const shows = showsOurs(evidence, decisive);
  return evidence.firstLook('service', name, shows, decisive.intendedSeq, (look) =>
    isAfterCall(decisive, look),
  );
}

function showsOurs(evidence: Evidence, decisive: Decisive): (service: Service) => boolean {
  const { call } = decisive;
  if (call.kind === 'set-desired-count') return ({ desired }) => desired === call.desired;
  const ours = findNewDeployment(evidence, decisive);
  return (service) => ours !== null && primaryOf(service)?.id === ours;
}

/** The target's protection as it was read last before our call. */
export function findProtectionBefore(evidence: Evidence): Sighting<Protection> | undefined {
  const { target } = evidence;
  const before = findDecisiveCall(evidence)?.intendedSeq;
  return evidence.lastLook('protection', target?.taskArn ?? '', () => true, before);
}

/**
 * The job that the target's agent has since its own ended, where the task is protected anew for it: then the scheduler may
 * find no moment to take it. A protection that nobody lifted still ends when it did before, and is none.
 */
export function findNextJob(evidence: Evidence): Sighting<Job> | undefined {
  const { target } = evidence;
  const over = evidence.firstLook('job', target?.jobId ?? '', hasJobEnded);
  const protection = evidence.last('protection', target?.taskArn ?? '');
  const before = findProtectionBefore(evidence);
  if (over === undefined || protection === null || before === undefined) return undefined;
  if (!protection.value.enabled || protection.value.expiresAt === before.value.expiresAt) return undefined;
  return evidence
    .every('job')
    .find(
      ({ id, value, seq }) =>
        id !== target?.jobId &&
        value.agentId === target?.agentId &&
        value.state === 'running' &&
        seq > over.seq,
    );
}

/** The last read that shows the target's job running there, sent after a look. */
export function findRunningAfter(evidence: Evidence, from: Sighting<unknown>): Sighting<Job> | undefined {
  const { target } = evidence;
  const shows = (job: Job): boolean => job.state === 'running' && job.agentId === target?.agentId;
  const look = evidence.lastLook('job', target?.jobId ?? '', shows);
  if (look === undefined || !isSentAfter(evidence, look, { at: from.answeredAt, seq: from.seq }))
    return undefined;
  // A replica may show it running after its end: then the clocks contradict the read.
  const job = evidence.last('job', target?.jobId ?? '')?.value;
  const end = job === undefined ? null : findEndTime(job);
  if (end === null) return look;
  const seen = byRunner(evidence, from.answeredAt, from.seq);
  return clocksOf(evidence).orderAsMeasured(end, seen) === 'before' ? undefined : look;
}

/** Since when the scheduler was free to take the target, and for how long its job ran on from then, milliseconds. */
export interface Danger {
  readonly look: Sighting<Service>;
  readonly ms: number;
  readonly isEnough: boolean;
}

/** The look that shows the target in danger: one task too many for the count, or enough new ones without it; null where none does. */
export function findDanger(evidence: Evidence): Danger | null {
  const decisive = findDecisiveCall(evidence);
  const inForce = findInForce(evidence);
  if (decisive === null || inForce === undefined) return null;
  const name = evidence.plan.scenario.cluster.service ?? '';
  const shows = (service: Service): boolean =>
    showsOurs(evidence, decisive)(service) && isOneTooMany(evidence, decisive, service);
  const look = evidence.firstLook('service', name, shows, inForce.seq - 1);
  const running = look === undefined ? undefined : findRunningAfter(evidence, look);
  if (look === undefined || running === undefined) return null;
  // What did not change is seldom written down: the end of the job tells more, as far as the clocks do.
  const ms = Math.max(running.sentAt - look.answeredAt, measureToEnd(evidence, look));
  const waits = decisive.call.kind === 'force-deployment' && evidence.plan.rig === null ? HEALTHY_AFTER : 0;
  const isEnough = ms >= IN_DANGER_FOR + waits && stoodUntil(evidence, look, running.seq, decisive);
  return { look, ms, isEnough };
}

/** From a look to the end of the target's job, at least; 0 where the clocks do not tell. */
function measureToEnd(evidence: Evidence, look: Sighting<unknown>): number {
  const job = evidence.last('job', evidence.target?.jobId ?? '')?.value;
  const end = job === undefined ? null : findEndTime(job);
  if (end === null) return 0;
  const { ms, error } = clocksOf(evidence).distance(byRunner(evidence, look.answeredAt, look.seq), end);
  return Number.isFinite(error) ? Math.round(ms - error) : 0;
}

/** For a scale-in: more tasks run than are wanted. For a deployment: the new ones alone are as many as must be healthy. */
function isOneTooMany(evidence: Evidence, { call, intendedSeq }: Decisive, service: Service): boolean {
  if (call.kind === 'set-desired-count') return service.running > service.desired;
  const before = findServiceBefore(evidence, service.name, intendedSeq);
  const least = before?.minimumHealthyPercent ?? 100;
  return (primaryOf(service)?.running ?? 0) >= Math.ceil((service.desired * least) / 100);
}

/** Whether no look in between shows that the scheduler had no need of the target any more. */
function stoodUntil(evidence: Evidence, from: Sighting<Service>, until: number, decisive: Decisive): boolean {
  if (decisive.call.kind !== 'set-desired-count') return true;
  return evidence
    .values('service', from.value.name, from.seq - 1, until)
    .every((service) => isOneTooMany(evidence, decisive, service));
}

/**
 * How a stop lies to the end of the job that its task had, whose last hook counts as its end; null where the task was not
 * stopped. The clocks of ECS and Buildkite tell, else the order of our own reads.
 */
export function orderOfStop(evidence: Evidence, taskArn: string, job: Job): Order | null {
  const task = evidence.last('task', taskArn)?.value;
  const at = task?.stoppingAt ?? task?.stoppedAt ?? null;
  if (task === undefined || !isGoingDown(task) || at === null) return null;
  // One that has not ended runs on.
  if (!hasJobEnded(job)) return 'before';
  const end = findEndTime(job);
  if (end === null) return orderOfLooks(evidence, taskArn, job.id);
  const clocks = clocksOf(evidence);
  const stop = shiftStamp(byEcs(at), LAST_HOOK);
  const told = clocks.order(stop, end);
  if (told !== 'cannot tell') return told;
  const seen = orderOfLooks(evidence, taskArn, job.id);
  const doubted = clocks.orderAsMeasured(stop, end);
  return doubted === 'cannot tell' || doubted === seen ? seen : 'cannot tell';
}

/** Whether a stopped task may have been taken from its job, seen from its stop: else it was left alone, and how it leaves is not asked. */
export function mayBeTakenAtWork(stopped: Evidence): boolean {
  const job = stopped.last('job', stopped.target?.jobId ?? '')?.value;
  if (job === undefined) return true;
  return orderOfStop(stopped, stopped.target?.taskArn ?? '', job) !== 'after' || !hasTrulyPassed(job);
}

/** The task was seen to go on shortly before the job was seen to be over; or to go down long before the job was still seen to run. */
function orderOfLooks(evidence: Evidence, taskArn: string, jobId: string): Order {
  const { firstLook, lastLook } = evidence;
  const over = firstLook('job', jobId, hasJobEnded);
  const up = lastLook('task', taskArn, (task) => !isGoingDown(task));
  if (over !== undefined && up !== undefined && isWithinHook(evidence, up, over)) return 'after';
  const down = firstLook('task', taskArn, isGoingDown);
  const ran = lastLook('job', jobId, ({ state }) => state === 'running');
  if (down === undefined || ran === undefined) return 'cannot tell';
  return isSentAfter(evidence, ran, { at: down.answeredAt + LAST_HOOK, seq: down.seq })
    ? 'before'
    : 'cannot tell';
}

function isWithinHook(evidence: Evidence, up: Sighting<unknown>, over: Sighting<unknown>): boolean {
  return isSentAfter(evidence, up, { at: over.answeredAt - LAST_HOOK, seq: over.seq });
}
