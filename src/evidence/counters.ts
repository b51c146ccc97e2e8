import { isOnlySteering } from '../model/call.ts';
import type { Counter } from '../model/entities/counter.ts';
import { hasTaskEnded } from '../model/entities/task.ts';
import type { Instant } from '../model/instants.ts';
import { counterSubject, readStillFor } from '../scenario/subjects.ts';
import type { Evidence, Sighting } from './evidence.ts';

/** What is known of a sidecar's counter around the stop of its task. */
export interface Flush {
  /** Its last read before the first call of the injection that may have had an effect; null where there is none. */
  readonly before: Sighting<Counter> | null;
  /** When its task was first seen STOPPED; null where it was not. */
  readonly endedAt: Instant | null;
  /** Its last good read that was sent after that; null where there is none. */
  readonly after: Sighting<Counter> | null;
  /** Whether `after` has stood still for as long as the scenario asks for. */
  readonly isStill: boolean;
  /** Whether it only grew from `before` on. One that did not was started anew, or is another one. */
  readonly hasOnlyGrown: boolean;
}

/** The counter of a container in a task that was stopped, before and after. */
export function followCounter(evidence: Evidence, taskArn: string, container: string): Flush {
  const { kind, id } = counterSubject(container, taskArn);
  const { last, firstLook, lastLook } = evidence;
  const before = lastLook(kind, id, () => true, findFirstIntent(evidence)) ?? null;
  const endedAt = firstLook('task', taskArn, hasTaskEnded)?.answeredAt ?? null;
  const latest = last(kind, id);
  if (endedAt === null || latest === null || latest.sentAt < endedAt)
    return { before, endedAt, after: null, isStill: false, hasOnlyGrown: true };
  const isSame = (value: Counter): boolean => isSameCounter(value, latest.value);
  const changed = lastLook(kind, id, (value) => !isSame(value))?.seq;
  const first = firstLook(kind, id, isSame, changed, ({ sentAt }) => sentAt >= endedAt);
  const isStill =
    first !== undefined && latest.sentAt - first.answeredAt >= readStillFor(evidence.plan, container);
  const shown = evidence.values(kind, id, before?.seq);
  const hasOnlyGrown = shown.every((value, at) =>
    isGrown((at === 0 ? before?.value : shown[at - 1]) ?? value, value),
  );
  return { before, endedAt, after: latest, isStill, hasOnlyGrown };
}

/** Calls that were refused did nothing, and those that only steer stop nothing; of any later one it is not known that the counter was read before the stop. */
function findFirstIntent({ events }: Evidence): number {
  const refused = events('GD_FAULT_SENT')
    .filter(({ payload }) => payload.result === 'refused')
    .map(({ payload }) => payload.attempt);
  const intent = events('GD_FAULT_INTENDED').find(
    ({ payload }) => !isOnlySteering(payload.call) && !refused.includes(payload.attempt),
  );
  return intent?.seq ?? 0;
}

function isSameCounter(a: Counter, b: Counter): boolean {
  return a.begun === b.begun && a.finished === b.finished && a.cut === b.cut;
}

/** Calls that were begun and never finished since the first read, those that were in flight then among them; what was cut before is not held against the stop. */
export function countHalfFinished(before: Counter, after: Counter): number {
  return after.begun - after.finished - before.cut;
}

function isGrown(before: Counter, after: Counter): boolean {
  return after.begun >= before.begun && after.finished >= before.finished && after.cut >= before.cut;
}
