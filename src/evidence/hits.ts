import { CALLS, hostIn, MARKED, type Call } from '../model/call.ts';
import type { Instant } from '../model/instants.ts';
import { isGoingDown, type Service, type Task } from '../model/entities/task.ts';
import type { FactOf } from '../model/world.ts';
import type { Evidence, Sighting } from './evidence.ts';
import { mayBeByExperiment } from './experiment.ts';
import { viewFromStop } from './found.ts';

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

const BY_ITSELF: ReadonlySet<string> = new Set(['EssentialContainerExited', 'TaskFailedToStart']);

/** The decisive call of the drill, or null while there is none: of one that was sent again the last, from the first on that may have happened. */
export function findDecisiveCall({ events }: Evidence): Decisive | null {
  const intents = events('GD_FAULT_INTENDED').filter(({ payload }) => {
    const { stops } = CALLS[payload.call.kind];
    return stops === 'service' || stops === 'host';
  });
  const sents = events('GD_FAULT_SENT');
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

/** Whether what the call makes happen may have stopped it: mostly it is the scheduler that stops tasks for it. */
export function mayBeBy({ call }: Pick<Decisive, 'call'>, task: Task): boolean {
  return call.kind === 'start-experiment' ? mayBeByExperiment(call, task) : mayBeByScheduler(task);
}

/** Whether the scheduler stopped it, or nothing says yet who did. */
export function mayBeByScheduler({ stopCode }: Task): boolean {
  return stopCode === null || stopCode === 'ServiceSchedulerInitiated';
}

/** Which list shows whom the fault can take: those on the drained host, else those of the service. */
export function listOf(evidence: Evidence): 'tasks-on' | 'tasks-of' {
  const decisive = findDecisiveCall(evidence);
  return decisive !== null && hostIn(decisive.call) !== null ? 'tasks-on' : 'tasks-of';
}

/** ARNs of the tasks that the fault could reach: every one that was listed for its service or host before the decisive call. */
export function reachOf(evidence: Evidence): readonly string[] {
  const decisive = findDecisiveCall(evidence);
  const list = listOf(evidence);
  const before = evidence
    .every(list)
    .flatMap(({ id }) => evidence.values(list, id, undefined, decisive?.intendedSeq));
  return [...new Set(before.flatMap(({ arns }) => arns))];
}

/**
 * The tasks among them that the scheduler took after the decisive call, in the order in which that was seen. One that
 * somebody else stopped is no hit of ours; but the target must be told of, and beside a command every worker, for none is
 * its target more than another.
 */
export function hitsOf(evidence: Evidence): readonly Sighting<Task>[] {
  const decisive = findDecisiveCall(evidence);
  if (decisive === null) return [];
  const first = (arn: string): number => evidence.firstLook('task', arn, isGoingDown)?.seq ?? Infinity;
  return reachOf(evidence)
    .map((arn) => evidence.last('task', arn))
    .filter((seen) => seen !== null)
    .filter(({ value }) => isGoingDown(value) && !BY_ITSELF.has(value.stopCode ?? ''))
    .filter(
      ({ value }) =>
        mayBeBy(decisive, value) ||
        value.arn === evidence.target?.taskArn ||
        decisive.call.kind === 'run-command',
    )
    .filter(({ value }) => first(value.arn) > decisive.intendedSeq)
    .sort((a, b) => first(a.value.arn) - first(b.value.arn));
}

/** The deployment that a service wants to run. */
export function primaryOf({ deployments }: Service): Service['deployments'][number] | null {
  return deployments.find(({ status }) => status === 'PRIMARY') ?? null;
}

/** Id of the deployment that a force-deployment call began: the first that was seen after it and not before. */
export function findNewDeployment(evidence: Evidence, { call, intendedSeq }: Decisive): string | null {
  if (call.kind !== 'force-deployment') return null;
  const before = findServiceBefore(evidence, call.service, intendedSeq);
  const former = before === undefined ? null : primaryOf(before)?.id;
  const after = evidence.values('service', call.service, intendedSeq);
  const ids = after.map((service) => primaryOf(service)?.id ?? null);
  return ids.find((id) => id !== null && id !== former) ?? null;
}

/** The newest thing that the service itself said since our call, with what stands before it in a sentence; empty where it said nothing. */
export function quoteServiceEvent(evidence: Evidence): string {
  const decisive = findDecisiveCall(evidence);
  const name = evidence.plan.scenario.cluster.service ?? '';
  const before = findServiceBefore(evidence, name, decisive?.intendedSeq);
  const known = new Set(before?.events.map(({ id }) => id) ?? []);
  const event = evidence.last('service', name)?.value.events.find(({ id }) => !known.has(id));
  return event === undefined ? '' : `; the service says: ${event.message}`;
}

/** Somebody else's hand: what a look showed, and which. */
export interface Overtaken {
  readonly said: string;
  readonly seq: number;
  readonly at: Instant;
}

/**
 * A look between our call and the stop that shows somebody else's hand (verdict rule 4): the stop code does not tell
 * whose it was. What we set must stand in every look from the first that shows it, and nobody may have scaled in or
 * deployed beside it.
 */
export function findOvertaking(evidence: Evidence, decisive: Decisive, last: number): Overtaken | null {
  // What a command does is its own affair: whose a stop was is told by when its cause began.
  if (decisive.call.kind === 'run-command') return null;
  const found = [
    findUndoneChange(evidence, decisive, last),
    findOtherChange(evidence, decisive, last),
  ].filter((one) => one !== null);
  return found.toSorted((a, b) => a.seq - b.seq)[0] ?? null;
}

type IsLater = (look: Sighting<unknown>) => boolean;

function makeIsLater(evidence: Evidence, decisive: Decisive, last: number): IsLater {
  // After the watch, or after a signal, it is we who bring it back.
  const back = evidence.events('GD_UNDO_INTENDED').find(({ payload }) => MARKED.has(payload.call.kind));
  const until = Math.min(last, evidence.watchEnded?.seq ?? Infinity, back?.seq ?? Infinity);
  return (look) => look.seq <= until && isAfterCall(decisive, look);
}

/** What we set, and stands no more. */
function findUndoneChange(evidence: Evidence, decisive: Decisive, last: number): Overtaken | null {
  const { call } = decisive;
  const when = { after: decisive.intendedSeq, isLater: makeIsLater(evidence, decisive, last) };
  if (call.kind === 'set-instance-state')
    return findFirstUnlike(evidence, ['instance', call.instance], when, ({ status }) =>
      status === call.status ? null : `the instance was ${status}, not ${call.status}`,
    );
  if (call.kind === 'set-desired-count')
    return findFirstUnlike(evidence, ['service', call.service], when, (service) =>
      explainUnlikeCount(service, call.desired),
    );
  const ours = findNewDeployment(evidence, decisive);
  if (call.kind !== 'force-deployment' || ours === null) return null;
  const before = findServiceBefore(evidence, call.service, decisive.intendedSeq);
  const former = before === undefined ? undefined : primaryOf(before)?.id;
  return findFirstUnlike(evidence, ['service', call.service], when, (service) =>
    explainReplaced(service, ours, former),
  );
}

/** A deployment that ECS rolls back is FAILED, and the one before it, or one that resembles it, is the primary again. */
function explainReplaced(service: Service, ours: string, former: string | undefined): string | null {
  const id = primaryOf(service)?.id ?? 'none';
  if (id === ours) return null;
  const failed = service.deployments.find((each) => each.id === ours)?.rolloutState === 'FAILED';
  return failed || id === former
    ? `our deployment ${ours} failed and was rolled back to ${id}`
    : `deployment ${id} took the place of ours (${ours})`;
}

/** The look that shows our deployment FAILED: ECS starts no further task of it, and so stops no other for it. Null while none does. */
export function findFailedDeployment(evidence: Evidence, decisive: Decisive): Overtaken | null {
  const ours = findNewDeployment(evidence, decisive);
  const name = evidence.plan.scenario.cluster.service ?? '';
  const explain = ({ deployments }: Service): string | null =>
    deployments.find(({ id }) => id === ours)?.rolloutState === 'FAILED'
      ? `our deployment ${ours ?? ''} failed, so that ECS starts no further task of it`
      : null;
  const look = evidence.firstLook('service', name, (now) => explain(now) !== null, decisive.intendedSeq);
  return makeOvertaken(look, explain);
}

/** What makes the scheduler stop tasks as well: a smaller count, a deployment, or more tasks stopped than our count asked for. */
function findOtherChange(evidence: Evidence, decisive: Decisive, last: number): Overtaken | null {
  const { call, intendedSeq } = decisive;
  const name = evidence.plan.scenario.cluster.service ?? '';
  const before = findServiceBefore(evidence, name, intendedSeq);
  if (before === undefined) return null;
  const unlike =
    call.kind === 'set-minimum-capacity'
      ? (now: Service) => explainDeployment(before, now)
      : call.kind === 'set-desired-count'
        ? (now: Service) => explainExtraStops(before, now, call.former - call.desired)
        : (now: Service) =>
            explainScaleIn(before, now) ??
            (call.kind === 'force-deployment' ? null : explainDeployment(before, now));
  const isLater = makeIsLater(evidence, decisive, last);
  return makeOvertaken(
    evidence.firstLook('service', name, (now) => unlike(now) !== null, intendedSeq, isLater),
    unlike,
  );
}

function makeOvertaken<T>(
  look: Sighting<T> | undefined,
  unlike: (value: T) => string | null,
): Overtaken | null {
  const said = look === undefined ? null : unlike(look.value);
  return look === undefined || said === null ? null : { said, seq: look.seq, at: look.answeredAt };
}

/** The service as it was seen last before an event. */
export function findServiceBefore(
  { lastLook }: Evidence,
  name: string,
  before: number | undefined,
): Service | undefined {
  return lastLook('service', name, () => true, before)?.value;
}

/** A count that was lowered and raised again between two looks is seen in the service's events alone. */
function explainExtraStops(before: Service, now: Service, ours: number): string | null {
  const known = new Set(before.events.map(({ id }) => id));
  const stopped = now.events
    .filter(({ id }) => !known.has(id))
    .map(({ message }) => Number(/has stopped (\d+) running tasks/.exec(message)?.[1] ?? 0))
    .reduce((sum, count) => sum + count, 0);
  return stopped <= ours
    ? null
    : `the service's events show ${String(stopped)} stopped tasks; our count asked for ${String(ours)}`;
}

function explainScaleIn(before: Service, { desired }: Service): string | null {
  if (desired >= before.desired) return null;
  return `somebody set the desired count from ${String(before.desired)} to ${String(desired)} meanwhile`;
}

function explainDeployment(before: Service, now: Service): string | null {
  const [former, id] = [primaryOf(before)?.id, primaryOf(now)?.id];
  return id === undefined || id === former ? null : `somebody began deployment ${id} meanwhile`;
}

/** The call's own answer, or a look that was sent after it: one that was on its way before shows what was before. */
export function isAfterCall(
  { intendedSeq, sentSeq, answeredAt }: Decisive,
  { seq, sentAt }: Sighting<unknown>,
): boolean {
  return (sentSeq !== null && seq > intendedSeq && seq === sentSeq - 1) || sentAt > answeredAt;
}

/** The first look that does not show what we set, after one that showed it. */
function findFirstUnlike<K extends 'service' | 'instance'>(
  { firstLook }: Evidence,
  [kind, id]: readonly [K, string],
  { after, isLater }: { readonly after: number; readonly isLater: IsLater },
  unlike: (value: FactOf<K>) => string | null,
): Overtaken | null {
  const stood = firstLook(kind, id, (value) => unlike(value) === null, after, isLater);
  if (stood === undefined) return null;
  return makeOvertaken(
    firstLook(kind, id, (value) => unlike(value) !== null, stood.seq, isLater),
    unlike,
  );
}

function explainUnlikeCount({ desired, deployments }: Service, ours: number): string | null {
  if (desired !== ours) return `the desired count was ${String(desired)}, not our ${String(ours)}`;
  return deployments.length > 1 ? 'somebody else was deploying the service' : null;
}

/** The journal as seen from each task that was hit and held a job; hits that held none are left out. */
export function viewFromHits(evidence: Evidence): readonly Evidence[] {
  const decisive = findDecisiveCall(evidence);
  if (decisive === null) return [];
  const { intendedSeq } = decisive;
  return hitsOf(evidence)
    .map((hit) => viewFromStop(evidence, hit, { by: 'scheduler', intendedSeq }))
    .filter((stopped) => stopped !== null);
}
