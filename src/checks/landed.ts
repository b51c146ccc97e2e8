import { isGoingDown, type Task } from '../model/entities/task.ts';
import type { Evidence, Injection, Sighting } from '../evidence/evidence.ts';
import { COMMAND } from '../scenario/subjects.ts';
import { findCauses } from '../evidence/command-cause.ts';
import { findScalerActivity } from '../evidence/scaler-activity.ts';
import { describeExperiment, findActionStart, findExperiment } from '../evidence/experiment.ts';
import { hasExperimentEnded } from '../model/entities/experiment.ts';
import { findDecisiveCall, findOvertaking, mayBeBy, type Decisive } from '../evidence/hits.ts';
import { no, unasked, unknown, yes, type Answered, type Check } from './check.ts';
import { byEcs, byRunner, clocksOf, shiftStamp } from '../evidence/clocks.ts';
import { formatClockTime } from './times.ts';

/** Whether a task shows our stop: our reason, stopped by a call (verdict rule 4). */
export function hasOurStop(task: Task, reason: string): boolean {
  if (task.desired !== 'STOPPED' || task.stoppedReason !== reason) return false;
  return task.stopCode === null || task.stopCode === 'UserInitiated';
}

function hasAnotherStop(task: Task, reason: string): boolean {
  return task.desired === 'STOPPED' && task.stoppedReason !== null && !hasOurStop(task, reason);
}

/** The first answer or read after the call that shows such a task. */
function findFirstShown(
  { firstLook }: Evidence,
  { taskArn, answer, intendedSeq, sentSeq }: Injection,
  shows: (task: Task) => boolean,
): { readonly seq: number; readonly task: Task } | undefined {
  if (answer !== null && sentSeq !== null && shows(answer)) return { seq: sentSeq, task: answer };
  const look = firstLook('task', taskArn, shows, intendedSeq);
  return look === undefined ? undefined : { seq: look.seq, task: look.value };
}

/** A stop that began clearly before ours was sent is somebody else's. */
function hasBegunBefore(evidence: Evidence, injection: Injection, task: Task): boolean {
  if (task.stoppingAt === null || injection.sentAt === null) return false;
  const sent = byRunner(evidence, injection.sentAt, injection.intendedSeq);
  return clocksOf(evidence).order(byEcs(task.stoppingAt), sent) === 'before';
}

function judge(evidence: Evidence, injection: Injection): Answered {
  const ours = findFirstShown(evidence, injection, (task) => hasOurStop(task, injection.reason));
  const other = findFirstShown(evidence, injection, (task) => hasAnotherStop(task, injection.reason));
  // ECS keeps the reason of the first stop: one that was shown before ours came first.
  if (ours !== undefined && (other === undefined || other.seq > ours.seq)) {
    if (hasBegunBefore(evidence, injection, ours.task))
      return no('stopped-by-other', 'the task was already stopping when our StopTask was sent', [
        injection.sentSeq,
        ours.seq,
      ]);
    const at = ours.task.stoppingAt === null ? '' : ` at ${formatClockTime(ours.task.stoppingAt)}`;
    return yes(
      `StopTask landed${at}: stopCode ${ours.task.stopCode ?? 'not shown'}, stoppedReason "${ours.task.stoppedReason ?? ''}"`,
      [injection.intendedSeq, injection.sentSeq, ours.seq],
    );
  }
  if (other !== undefined)
    return no(
      'stopped-by-other',
      `the task stopped for another reason: ${other.task.stopCode ?? 'no stop code'}, "${other.task.stoppedReason ?? ''}"`,
      [injection.sentSeq, other.seq],
    );
  const { last } = evidence.reads('task', injection.taskArn);
  const gone = last !== null && last.seq > injection.intendedSeq ? last : null;
  const look = evidence.last('task', injection.taskArn);
  const latest = look !== null && look.seq > injection.intendedSeq ? look.seq : null;
  const isUnseen = latest === null && (injection.answer === null || injection.sentSeq === null);
  if (isUnseen || gone?.ok === false)
    return unknown(
      `ECS could not be read after the stop was sent: ${gone?.error?.message ?? 'no read was made'}`,
      [injection.sentSeq, gone?.seq ?? null],
      'observation-gap',
    );
  return no('stop-not-confirmed', 'ECS answers and shows the task unchanged after our StopTask', [
    injection.sentSeq,
    latest ?? injection.sentSeq,
  ]);
}

/** `gameday assert` judges the stop that ECS shows, no matter who asked for it. */
function judgeShownStop(evidence: Evidence, injection: Injection): Answered {
  const seen = evidence.last('task', injection.taskArn);
  if (seen === null) return unknown('the task was never read', [], 'observation-gap');
  return yes(
    `ECS shows a stop at ${formatClockTime(seen.value.stoppingAt ?? seen.value.stoppedAt ?? 0)}: ${seen.value.stopCode ?? 'no stop code'}, "${injection.reason}"`,
    [seen.seq],
  );
}

/** Service faults (verdict rule 4): every read from our call to the stop must show what we set; the stop code does not show who caused it. */
function judgeSchedulerStop(evidence: Evidence, injection: Injection): Answered {
  const seen = evidence.last('task', injection.taskArn);
  const decisive = findDecisiveCall(evidence);
  if (seen === null || decisive === null) return unknown('the task was never read', [], 'observation-gap');
  const { stopCode, stoppedReason } = seen.value;
  if (!mayBeBy(decisive, seen.value))
    return no(
      'stopped-by-other',
      `the task stopped for another reason: ${stopCode}, "${stoppedReason ?? ''}"`,
      [seen.seq],
    );
  if (decisive.call.kind === 'run-command') return judgeCommandStop(evidence, decisive, seen);
  if (decisive.call.kind === 'set-minimum-capacity') return judgeScalerStop(evidence, decisive, seen);
  const down = evidence.firstLook('task', injection.taskArn, isGoingDown);
  const fallen = findOvertaking(evidence, decisive, down?.seq ?? seen.seq);
  if (fallen !== null) return no('stopped-by-other', fallen.said, [decisive.sentSeq, fallen.seq]);
  const code = stopCode ?? 'no stop code';
  if (decisive.call.kind === 'start-experiment')
    return judgeExperimentStop(evidence, decisive, decisive.call.instance, seen);
  return yes(
    `the scheduler stopped the task at ${formatClockTime(seen.value.stoppingAt ?? seen.value.stoppedAt ?? 0)} after our ${decisive.call.kind}: ${code}, "${stoppedReason ?? ''}"`,
    [decisive.intendedSeq, decisive.sentSeq, seen.seq],
  );
}

/** Fault `autoscale-in`: Application Auto Scaling itself must have lowered the count, after the minimum capacity was lowered. */
function judgeScalerStop(evidence: Evidence, decisive: Decisive, { seq, value }: Sighting<Task>): Answered {
  const events = [decisive.intendedSeq, decisive.sentSeq, seq];
  const found = findScalerActivity(evidence, decisive, value);
  if (found === 'unread')
    return unknown(
      'what Application Auto Scaling did was not read after the task was seen to stop',
      events,
      'evidence-missing',
    );
  if (found === null)
    return no(
      'stopped-by-other',
      `Application Auto Scaling began no scale-in after our call, and yet the scheduler stopped the task: "${value.stoppedReason ?? ''}"`,
      events,
    );
  const fallen = findOvertaking(evidence, decisive, seq);
  if (fallen !== null) return no('stopped-by-other', fallen.said, [...events, fallen.seq]);
  const { activity } = found;
  return yes(
    `Application Auto Scaling set the desired count to ${String(activity.count)} at ${formatClockTime(activity.startedAt)} ("${activity.cause}") after our call, and the scheduler stopped the task at ${formatClockTime(value.stoppingAt ?? value.stoppedAt ?? 0)}: "${value.stoppedReason ?? ''}"`,
    [...events, found.seq],
  );
}

/** AWS's services keep their clocks together: a stop may look so much older than what made it, milliseconds. */
const AWS_ERROR = 2_000;

/** A fault by FIS: the stop came after the experiment's action began, and the host that it took was on its way out. */
function judgeExperimentStop(
  evidence: Evidence,
  decisive: Decisive,
  instance: string | null,
  { seq, value }: Sighting<Task>,
): Answered {
  const experiment = findExperiment(evidence);
  const host = instance === null ? null : evidence.last('instance', instance);
  const events = [decisive.intendedSeq, decisive.sentSeq, experiment?.seq ?? null, host?.seq ?? null, seq];
  if (experiment === undefined) return unknown('FIS never showed the experiment', events, 'observation-gap');
  const said = describeExperiment(experiment.value);
  const began = findActionStart(experiment.value);
  const isUnread = evidence.reads('experiment', experiment.value.id).last?.ok === false;
  if (began === null && isUnread && !hasExperimentEnded(experiment.value))
    return unknown(`${said}, as far as FIS could be read`, events, 'observation-gap');
  if (began === null) return no('stopped-by-other', `${said}, and none of its actions had begun`, events);
  const at = value.stoppingAt ?? value.stoppedAt;
  if (at !== null && clocksOf(evidence).order(byEcs(at), shiftStamp(byEcs(began), -AWS_ERROR)) === 'before')
    return no(
      'stopped-by-other',
      `the task was stopping at ${formatClockTime(at)}, before the experiment's action began at ${formatClockTime(began)}`,
      events,
    );
  const drained =
    instance === null || evidence.values('instance', instance, decisive.intendedSeq).some(isLeaving);
  if (!drained && value.stopCode === 'ServiceSchedulerInitiated')
    return no(
      'stopped-by-other',
      `the scheduler stopped the task, and container instance ${instance ?? ''} was not DRAINING`,
      events,
    );
  return yes(
    `the task was stopped at ${formatClockTime(at ?? 0)}, after the experiment's action began at ${formatClockTime(began)}: ${value.stopCode ?? 'no stop code'}, "${value.stoppedReason ?? ''}"; ${said}`,
    events,
  );
}

function isLeaving({ status }: { readonly status: string }): boolean {
  return status !== 'ACTIVE';
}

function describeEnd(evidence: Evidence): string {
  const isKnown = evidence.last(COMMAND.kind, COMMAND.id)?.value.state === 'ended';
  return isKnown ? 'after the command had ended' : 'after the runner had died that had started the command';
}

/** Fault `command`: what made the scheduler stop the task must have begun while the command ran, as far as the clocks tell. */
function judgeCommandStop(evidence: Evidence, decisive: Decisive, { seq, value }: Sighting<Task>): Answered {
  const causes = findCauses(evidence, decisive, value);
  const events = [decisive.intendedSeq, decisive.sentSeq, ...causes.map((cause) => cause.seq), seq];
  const open = causes.find(({ began }) => began === 'cannot tell');
  if (open !== undefined)
    return unknown(
      `it cannot be told whether ${open.said} began while the command ran: ECS gives no time, or how far the clocks are apart is not known`,
      events,
      'evidence-missing',
    );
  const other = causes.find(({ began }) => began !== 'while it ran');
  if (other !== undefined)
    return no(
      'stopped-by-other',
      `${other.said} began ${other.began === 'before' ? 'before the command was started' : describeEnd(evidence)}`,
      events,
    );
  const [cause] = causes;
  if (cause === undefined)
    return no(
      'stopped-by-other',
      `no deployment or scale-in of the service began while the command ran, and yet the scheduler stopped the task: "${value.stoppedReason ?? ''}"`,
      events,
    );
  return yes(
    `the scheduler stopped the task at ${formatClockTime(value.stoppingAt ?? value.stoppedAt ?? 0)} for ${cause.said}, which began while the command ran: "${value.stoppedReason ?? ''}"`,
    events,
  );
}

export const landed: Check = {
  name: 'landed',
  asks: 'Did our stop land?',
  needed: true,
  judge({ evidence }) {
    if (evidence.injection === null) return unasked('nothing was injected');
    if (evidence.injection.by === 'found') return judgeShownStop(evidence, evidence.injection);
    if (evidence.injection.by === 'scheduler') return judgeSchedulerStop(evidence, evidence.injection);
    return judge(evidence, evidence.injection);
  },
};
