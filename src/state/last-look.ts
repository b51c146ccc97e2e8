import { evidenceOf } from '../evidence/evidence.ts';
import { isHeldBack } from '../model/answer.ts';
import type { Instant } from '../model/instants.ts';
import type { Subject } from '../model/world.ts';
import { markOf, type DrillState } from './state.ts';

/**
 * How old the last look at the target may be when a call of the injection goes out, milliseconds. A worker whose job ended
 * takes the next one within seconds: what runs there later than this is not known, and it may be somebody's release.
 */
export const LOOK_HOLDS_FOR = 5_000;
/** How often one target is aimed at, at the most, while every look at it is too old when the call shall go out. */
const AIMS_AT_MOST = 4;

/**
 * When the oldest of the reads was sent that show that the target stands: its job, its agent and its task. Null where it was
 * not looked at since the target was chosen, or not by this process.
 */
function findOldestLook(state: DrillState): Instant | null {
  const { target, reverifiedAt, takenUpAt } = state;
  if (target === null || reverifiedAt === null || reverifiedAt < takenUpAt) return null;
  const subjects: readonly Subject[] = [
    ...(target.jobId === null ? [] : [{ kind: 'job', id: target.jobId } as const]),
    { kind: 'agent', id: target.agentId },
    { kind: 'task', id: target.taskArn },
  ];
  const looks = subjects.map(({ kind, id }) => markOf(state, kind, id)?.okSentAt ?? -Infinity);
  return Math.min(reverifiedAt, ...looks);
}

/** Why the last look at the target says nothing of it any more, as a clause; null while it holds. */
export function explainOutdatedLook(state: DrillState, now: Instant): string | null {
  const at = findOldestLook(state);
  if (at === null || at === -Infinity) return 'the target was not read since it was chosen';
  const age = now - at;
  if (age <= LOOK_HOLDS_FOR) return null;
  return `the last read of the target was ${formatSeconds(age)} old, limit ${formatSeconds(LOOK_HOLDS_FOR)}`;
}

/** Whether the target was chosen again and again, and each time the last look was too old before a call was sent. */
export function isAlwaysLate({ index, takenUpAt, aims }: DrillState): boolean {
  const { events } = evidenceOf(index);
  const left = events('GD_FAULT_SENT').findLast(({ payload }) => !isHeldBack(payload));
  const since = events('GD_TARGET_CHOSEN').filter(
    ({ seq, at, payload }) => seq > (left?.seq ?? 0) && at >= takenUpAt && payload.attempt === aims,
  );
  return since.length >= AIMS_AT_MOST;
}

function formatSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
