import type { ScalingActivity } from '../model/entities/scaling.ts';
import type { Task } from '../model/entities/task.ts';
import { byEcs, byRunner, clocksOf } from './clocks.ts';
import type { Evidence } from './evidence.ts';
import { findServiceBefore, type Decisive } from './hits.ts';

/** The activity that lowered the count, and the event that shows it. */
interface Found {
  readonly activity: ScalingActivity;
  readonly seq: number;
}

/**
 * What Application Auto Scaling did to lower the desired count after our call and before the task was stopped. An activity that was
 * listed before the call is not of it, nor one that began clearly earlier. Null where there is none; `unread` where no list
 * was read after the task was seen to stop.
 */
export function findScalerActivity(
  evidence: Evidence,
  { intendedSeq, sentAt }: Decisive,
  task: Task,
): Found | null | 'unread' {
  const name = evidence.plan.scenario.cluster.service ?? '';
  const down = evidence.firstLook('task', task.arn, ({ stoppingAt }) => stoppingAt !== null, intendedSeq);
  const latest = evidence.last('scaling-activities', name);
  const { last: read } = evidence.reads('scaling-activities', name);
  const isRead = read !== null && read.ok && read.sentAt >= (down?.sentAt ?? 0);
  const known = new Set(
    evidence
      .values('scaling-activities', name, undefined, intendedSeq)
      .flatMap(({ activities }) => activities.map(({ id }) => id)),
  );
  const former = findServiceBefore(evidence, name, intendedSeq)?.desired ?? Infinity;
  const { order } = clocksOf(evidence);
  const sent = byRunner(evidence, sentAt, intendedSeq);
  const activity = (latest?.value.activities ?? []).find(
    ({ id, count, startedAt }) =>
      !known.has(id) &&
      count !== null &&
      count < former &&
      order(byEcs(startedAt), sent) !== 'before' &&
      (task.stoppingAt === null || order(byEcs(startedAt), byEcs(task.stoppingAt)) !== 'after'),
  );
  if (activity !== undefined && latest !== null) return { activity, seq: latest.seq };
  return isRead ? null : 'unread';
}
