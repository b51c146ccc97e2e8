import type { Service, Task } from '../model/entities/task.ts';
import { COMMAND } from '../scenario/subjects.ts';
import { byEcs, byRunner, clocksOf, shiftStamp, type Clocks, type Stamp } from './clocks.ts';
import type { Evidence } from './evidence.ts';
import { findServiceBefore, primaryOf, type Decisive } from './hits.ts';

/** Something that makes the scheduler stop tasks, and how its beginning lies to the time in which the command ran. */
export interface Cause {
  readonly said: string;
  readonly began: 'before' | 'while it ran' | 'after' | 'cannot tell';
  /** The event that shows it. */
  readonly seq: number;
}

/** Clocks that may be further apart do not tell a deployment of the command from one of somebody else, milliseconds. */
const MOST_ERROR = 10_000;

type ServiceDeployment = Service['deployments'][number];

/** From the command's start to its end, or to the death of its runner where that is not known; null while it runs. */
function windowOf(
  evidence: Evidence,
  decisive: Decisive,
): { readonly start: Stamp; readonly end: Stamp | null } {
  const start = byRunner(evidence, decisive.sentAt, decisive.intendedSeq);
  const ended = evidence.firstLook(COMMAND.kind, COMMAND.id, ({ state }) => state === 'ended');
  if (ended !== undefined)
    return { start, end: byRunner(evidence, ended.value.endedAt ?? ended.sentAt, ended.seq) };
  const takenUp = evidence.events('GD_RESUMED').find(({ seq }) => seq > decisive.intendedSeq);
  if (takenUp === undefined) return { start, end: null };
  // Its end would have been written at once: it ran until the last that its runner wrote.
  const last = evidence.events('GD_OBSERVED').findLast(({ seq }) => seq < takenUp.seq);
  const isLater = last !== undefined && last.seq > decisive.intendedSeq;
  return { start, end: isLater ? byRunner(evidence, last.at, last.seq) : start };
}

/** Deployments that were not there before the command, as they were seen last, and in which event first. */
export function listNewDeployments(
  evidence: Evidence,
  { intendedSeq }: Decisive,
): readonly { readonly deployment: ServiceDeployment; readonly seq: number }[] {
  const name = evidence.plan.scenario.cluster.service ?? '';
  const known = findServiceBefore(evidence, name, intendedSeq)?.deployments.map(({ id }) => id) ?? [];
  const seen = evidence.values('service', name, intendedSeq).flatMap(({ deployments }) => deployments);
  const latest = new Map(seen.filter(({ id }) => !known.includes(id)).map((one) => [one.id, one]));
  return [...latest.values()].map((deployment) => ({
    deployment,
    seq:
      evidence.firstLook(
        'service',
        name,
        ({ deployments }) => deployments.some(({ id }) => id === deployment.id),
        intendedSeq,
      )?.seq ?? intendedSeq,
  }));
}

/** What may have made the scheduler stop the task: each deployment and scale-in of its service that began before that. */
export function findCauses(evidence: Evidence, decisive: Decisive, task: Task): readonly Cause[] {
  const scaleIn = findScaleIn(evidence, decisive, task);
  return [
    ...listNewDeployments(evidence, decisive)
      .filter(({ deployment }) => !beganAfterStop(deployment, task))
      .map(({ deployment, seq }) => ({
        said: describeDeployment(evidence, decisive, deployment),
        began: placeDeployment(evidence, decisive, deployment),
        seq,
      })),
    ...(scaleIn === null ? [] : [scaleIn]),
  ];
}

function beganAfterStop({ createdAt }: ServiceDeployment, { stoppingAt }: Task): boolean {
  return createdAt != null && stoppingAt !== null && createdAt > stoppingAt;
}

function placeDeployment(
  evidence: Evidence,
  decisive: Decisive,
  { createdAt }: ServiceDeployment,
): Cause['began'] {
  if (createdAt == null) return 'cannot tell';
  const { start, end } = windowOf(evidence, decisive);
  const { order, distance } = clocksOf(evidence);
  if (distance(start, byEcs(createdAt)).error > MOST_ERROR) return 'cannot tell';
  if (order(byEcs(createdAt), start) === 'before') return 'before';
  return end !== null && order(byEcs(createdAt), end) === 'after' ? 'after' : 'while it ran';
}

/** `deployment ecs-svc/2 (build-agent:1 -> build-agent:2)`. */
function describeDeployment(
  evidence: Evidence,
  { intendedSeq }: Decisive,
  { id, definition }: ServiceDeployment,
): string {
  const name = evidence.plan.scenario.cluster.service ?? '';
  const before = findServiceBefore(evidence, name, intendedSeq);
  const former = (before === undefined ? null : primaryOf(before))?.definition ?? null;
  if (definition == null || former === null) return `deployment ${id}`;
  const [from, to] = [shortenDefinition(former), shortenDefinition(definition)];
  return `deployment ${id} (${from === to ? `${to} again` : `${from} -> ${to}`})`;
}

/** `family:revision` of the ARN of a task definition. */
export function shortenDefinition(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

/** ECS does not date a changed count: it lies between the last look that showed the former one and the first that shows a lower one. */
function findScaleIn(evidence: Evidence, decisive: Decisive, { stoppingAt }: Task): Cause | null {
  const name = evidence.plan.scenario.cluster.service ?? '';
  const former = findServiceBefore(evidence, name, decisive.intendedSeq)?.desired ?? 0;
  const first = evidence.firstLook('service', name, ({ desired }) => desired < former, decisive.intendedSeq);
  if (first === undefined) return null;
  const last = evidence.lastLook('service', name, ({ desired }) => desired >= former, first.seq);
  if (last === undefined) return null;
  const { order } = clocksOf(evidence);
  const unchanged = byRunner(evidence, last.sentAt, last.seq);
  // The task went down while the count was still the former one: for another reason.
  if (stoppingAt !== null && order(byEcs(stoppingAt), unchanged) === 'before') return null;
  const { end } = windowOf(evidence, decisive);
  return {
    said: `a scale-in (desired count ${String(former)} -> ${String(first.value.desired)})`,
    began: placeScaleIn(clocksOf(evidence), end, unchanged, byRunner(evidence, first.answeredAt, first.seq)),
    seq: first.seq,
  };
}

/** `former`: the last look that showed the former count; `lower`: the first that showed a lower one. */
function placeScaleIn({ order }: Clocks, end: Stamp | null, former: Stamp, lower: Stamp): Cause['began'] {
  if (end === null) return 'while it ran';
  if (order(former, end) !== 'before') return 'after';
  // Nobody looked right after the command's end.
  return order(shiftStamp(end, MOST_ERROR), lower) === 'before' ? 'cannot tell' : 'while it ran';
}
