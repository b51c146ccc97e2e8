import type { Call } from '../drill/call.ts';
import type { Instant } from '../drill/entities/build.ts';
import { goingDown, type Task } from '../drill/entities/task.ts';
import type { Evidence, Sighting } from './evidence.ts';
import { eventsOf } from './events.ts';
import { asStruck } from './found.ts';

/** The call by which a fault makes the scheduler stop tasks; protections before it only steer. */
export interface Decisive {
  readonly call: Call;
  readonly intendedSeq: number;
  readonly intendedAt: Instant;
  readonly sentSeq: number | null;
  readonly sentAt: Instant;
  readonly answeredAt: Instant;
  readonly result: 'ok' | 'refused' | 'unknown' | 'unsent';
}

const DECIDE: ReadonlySet<Call['kind']> = new Set([
  'set-desired-count',
  'force-deployment',
  'set-instance-state',
]);
const BY_ITSELF: ReadonlySet<string> = new Set(['EssentialContainerExited', 'TaskFailedToStart']);

/** The last decisive call of the drill, or null while there is none. */
export function decisiveCall({ journal }: Evidence): Decisive | null {
  const intent = eventsOf(journal, 'GD_FAULT_INTENDED').findLast(({ payload }) =>
    DECIDE.has(payload.call.kind),
  );
  if (intent === undefined) return null;
  const sent = eventsOf(journal, 'GD_FAULT_SENT').find(
    ({ seq, payload }) => seq > intent.seq && payload.attempt === intent.payload.attempt,
  );
  return {
    call: intent.payload.call,
    intendedSeq: intent.seq,
    intendedAt: intent.at,
    sentSeq: sent?.seq ?? null,
    sentAt: sent?.payload.sentAt ?? intent.at,
    answeredAt: sent?.payload.answeredAt ?? intent.at,
    result: sent?.payload.result ?? 'unsent',
  };
}

/** ARNs of the tasks that the fault could reach: every one that was listed for its service or host before the decisive call. */
export function reachOf(evidence: Evidence): readonly string[] {
  const decisive = decisiveCall(evidence);
  const listings = [...evidence.every('tasks-of'), ...evidence.every('tasks-on')].map(({ id }) => id);
  const before = listings.flatMap((id) =>
    [...evidence.sightings('tasks-of', id), ...evidence.sightings('tasks-on', id)].filter(
      ({ seq }) => decisive === null || seq < decisive.intendedSeq,
    ),
  );
  return [...new Set(before.flatMap(({ value }) => value.arns))];
}

/** The tasks among them that went down after the decisive call, not by themselves, in the order in which that was seen. */
export function hitsOf(evidence: Evidence): readonly Sighting<Task>[] {
  const decisive = decisiveCall(evidence);
  if (decisive === null) return [];
  const first = (arn: string): number =>
    evidence.sightings('task', arn).find(({ value }) => goingDown(value))?.seq ?? Infinity;
  return reachOf(evidence)
    .map((arn) => evidence.last('task', arn))
    .filter((seen) => seen !== null)
    .filter(({ value }) => goingDown(value) && !BY_ITSELF.has(value.stopCode ?? ''))
    .filter(({ value }) => first(value.arn) > decisive.intendedSeq)
    .sort((a, b) => first(a.value.arn) - first(b.value.arn));
}

/** The journal as seen from each task that was hit and held a job; hits that held none are left out. */
export function struckByScheduler(evidence: Evidence): readonly Evidence[] {
  const decisive = decisiveCall(evidence);
  if (decisive === null) return [];
  const { intendedSeq } = decisive;
  return hitsOf(evidence)
    .map((hit) => asStruck(evidence, hit, { by: 'scheduler', intendedSeq }))
    .filter((struck) => struck !== null);
}
