import type { Call } from '../drill/call.ts';
import type { Instant } from '../drill/entities/build.ts';
import { goingDown, type Service, type Task } from '../drill/entities/task.ts';
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

/** The decisive call of the drill, or null while there is none: of one that was sent again the last, from the first on that may have happened. */
export function decisiveCall({ journal }: Evidence): Decisive | null {
  const intents = eventsOf(journal, 'GD_FAULT_INTENDED').filter(({ payload }) =>
    DECIDE.has(payload.call.kind),
  );
  const sents = eventsOf(journal, 'GD_FAULT_SENT');
  const sentOf = (attempt: number) => sents.find(({ payload }) => payload.attempt === attempt);
  const first = intents.find(({ payload }) => sentOf(payload.attempt)?.payload.result !== 'refused');
  const last = intents.at(-1);
  if (last === undefined) return null;
  const began = first ?? last;
  const sent = sentOf(last.payload.attempt);
  return {
    call: last.payload.call,
    intendedSeq: began.seq,
    intendedAt: began.at,
    sentSeq: sent?.seq ?? null,
    sentAt: sentOf(began.payload.attempt)?.payload.sentAt ?? began.at,
    answeredAt: sent?.payload.answeredAt ?? last.at,
    result: sent?.payload.result ?? 'unsent',
  };
}

/** Whether the scheduler stopped it, or nothing says yet who did. */
export function byScheduler({ stopCode }: Task): boolean {
  return stopCode === null || stopCode === 'ServiceSchedulerInitiated';
}

/** Which list shows whom the fault can take: those on the drained host, else those of the service. */
export function listOf(evidence: Evidence): 'tasks-on' | 'tasks-of' {
  return decisiveCall(evidence)?.call.kind === 'set-instance-state' ? 'tasks-on' : 'tasks-of';
}

/** ARNs of the tasks that the fault could reach: every one that was listed for its service or host before the decisive call. */
export function reachOf(evidence: Evidence): readonly string[] {
  const decisive = decisiveCall(evidence);
  const list = listOf(evidence);
  const before = evidence
    .every(list)
    .flatMap(({ id }) => evidence.sightings(list, id))
    .filter(({ seq }) => decisive === null || seq < decisive.intendedSeq);
  return [...new Set(before.flatMap(({ value }) => value.arns))];
}

/**
 * The tasks among them that the scheduler took after the decisive call, in the order in which that was seen. One that
 * somebody else stopped is no hit of ours, but for the target: it must be told of.
 */
export function hitsOf(evidence: Evidence): readonly Sighting<Task>[] {
  const decisive = decisiveCall(evidence);
  if (decisive === null) return [];
  const first = (arn: string): number =>
    evidence.sightings('task', arn).find(({ value }) => goingDown(value))?.seq ?? Infinity;
  return reachOf(evidence)
    .map((arn) => evidence.last('task', arn))
    .filter((seen) => seen !== null)
    .filter(({ value }) => goingDown(value) && !BY_ITSELF.has(value.stopCode ?? ''))
    .filter(({ value }) => byScheduler(value) || value.arn === evidence.target?.taskArn)
    .filter(({ value }) => first(value.arn) > decisive.intendedSeq)
    .sort((a, b) => first(a.value.arn) - first(b.value.arn));
}

/** The deployment that a service wants to run. */
export function primaryOf({ deployments }: Service): Service['deployments'][number] | null {
  return deployments.find(({ status }) => status === 'PRIMARY') ?? null;
}

/** Id of the deployment that a force-deployment call began: the first that was seen after it and not before. */
export function newDeployment(evidence: Evidence, { call, intendedSeq }: Decisive): string | null {
  if (call.kind !== 'force-deployment') return null;
  const looks = evidence.sightings('service', call.service);
  const before = looks.findLast(({ seq }) => seq < intendedSeq)?.value;
  const former = before === undefined ? null : primaryOf(before)?.id;
  const ids = looks.filter(({ seq }) => seq > intendedSeq).map(({ value }) => primaryOf(value)?.id ?? null);
  return ids.find((id) => id !== null && id !== former) ?? null;
}

/** Somebody else's hand: what a look showed, and which. */
export interface Overtaken {
  readonly said: string;
  readonly seq: number;
  readonly at: Instant;
}

/**
 * A look between our call and the stop that shows somebody else's hand (verdict rule 4): the stop code does not tell
 * whose it was. What we set must stand in every look from the first that shows it.
 */
export function overtaken(evidence: Evidence, decisive: Decisive, last: number): Overtaken | null {
  const { call } = decisive;
  // After the watch it is we who bring it back.
  const until = Math.min(last, evidence.watchEnded?.seq ?? Infinity);
  const isLater = (look: Sighting<unknown>): boolean => look.seq <= until && isAfter(decisive, look);
  if (call.kind === 'set-instance-state')
    return firstUnlike(evidence.sightings('instance', call.instance).filter(isLater), ({ status }) =>
      status === call.status ? null : `the instance was ${status}, not ${call.status}`,
    );
  if (call.kind === 'set-desired-count')
    return firstUnlike(evidence.sightings('service', call.service).filter(isLater), (service) =>
      unlikeCount(service, call.desired),
    );
  const ours = newDeployment(evidence, decisive);
  if (call.kind !== 'force-deployment' || ours === null) return null;
  return firstUnlike(evidence.sightings('service', call.service).filter(isLater), (service) => {
    const id = primaryOf(service)?.id ?? 'none';
    return id === ours ? null : `deployment ${id} took the place of ours (${ours})`;
  });
}

/** The call's own answer, or a look that was sent after it: one that was on its way before shows what was before. */
function isAfter(
  { intendedSeq, sentSeq, answeredAt }: Decisive,
  { seq, sentAt }: Sighting<unknown>,
): boolean {
  return (sentSeq !== null && seq > intendedSeq && seq === sentSeq - 1) || sentAt > answeredAt;
}

function firstUnlike<T>(
  looks: readonly Sighting<T>[],
  unlike: (value: T) => string | null,
): Overtaken | null {
  const stood = looks.findIndex(({ value }) => unlike(value) === null);
  for (const { value, seq, answeredAt } of stood < 0 ? [] : looks.slice(stood)) {
    const said = unlike(value);
    if (said !== null) return { said, seq, at: answeredAt };
  }
  return null;
}

function unlikeCount({ desired, deployments }: Service, ours: number): string | null {
  if (desired !== ours) return `the desired count was ${String(desired)}, not our ${String(ours)}`;
  return deployments.length > 1 ? 'somebody else was deploying the service' : null;
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
