import { goingDown, type Task } from '../model/entities/task.ts';
import type { Evidence, Strike } from '../evidence/evidence.ts';
import { decisiveCall, overtaken } from '../evidence/hits.ts';
import { no, unasked, unknown, yes, type Answered, type Check } from './check.ts';
import { byEcs, byRunner, clocksOf } from '../evidence/clocks.ts';
import { clockTime } from './times.ts';

/** Whether a task shows our stop: our reason, stopped by a call (verdict rule 4). */
export function showsOurStop(task: Task, reason: string): boolean {
  if (task.desired !== 'STOPPED' || task.stoppedReason !== reason) return false;
  return task.stopCode === null || task.stopCode === 'UserInitiated';
}

function showsAnotherStop(task: Task, reason: string): boolean {
  return task.desired === 'STOPPED' && task.stoppedReason !== null && !showsOurStop(task, reason);
}

/** The first answer or read after the call that shows such a task. */
function firstShown(
  { firstLook }: Evidence,
  { taskArn, answer, intendedSeq, sentSeq }: Strike,
  shows: (task: Task) => boolean,
): { readonly seq: number; readonly task: Task } | undefined {
  if (answer !== null && sentSeq !== null && shows(answer)) return { seq: sentSeq, task: answer };
  const look = firstLook('task', taskArn, shows, intendedSeq);
  return look === undefined ? undefined : { seq: look.seq, task: look.value };
}

/** A stop that began clearly before ours was sent is somebody else's. */
function beganBefore(evidence: Evidence, strike: Strike, task: Task): boolean {
  if (task.stoppingAt === null || strike.sentAt === null) return false;
  const sent = byRunner(evidence, strike.sentAt, strike.intendedSeq);
  return clocksOf(evidence).order(byEcs(task.stoppingAt), sent) === 'before';
}

function judge(evidence: Evidence, strike: Strike): Answered {
  const ours = firstShown(evidence, strike, (task) => showsOurStop(task, strike.reason));
  const other = firstShown(evidence, strike, (task) => showsAnotherStop(task, strike.reason));
  // ECS keeps the reason of the first stop: one that was shown before ours came first.
  if (ours !== undefined && (other === undefined || other.seq > ours.seq)) {
    if (beganBefore(evidence, strike, ours.task))
      return no('stopped-by-other', 'the task was already stopping when our StopTask was sent', [
        strike.sentSeq,
        ours.seq,
      ]);
    const at = ours.task.stoppingAt === null ? '' : ` at ${clockTime(ours.task.stoppingAt)}`;
    return yes(
      `StopTask landed${at}: stopCode ${ours.task.stopCode ?? 'not shown'}, stoppedReason "${ours.task.stoppedReason ?? ''}"`,
      [strike.intendedSeq, strike.sentSeq, ours.seq],
    );
  }
  if (other !== undefined)
    return no(
      'stopped-by-other',
      `the task stopped for another reason: ${other.task.stopCode ?? 'no stop code'}, "${other.task.stoppedReason ?? ''}"`,
      [strike.sentSeq, other.seq],
    );
  const { last } = evidence.reads('task', strike.taskArn);
  const gone = last !== null && last.seq > strike.intendedSeq ? last : null;
  const look = evidence.last('task', strike.taskArn);
  const latest = look !== null && look.seq > strike.intendedSeq ? look.seq : null;
  const isUnseen = latest === null && (strike.answer === null || strike.sentSeq === null);
  if (isUnseen || gone?.ok === false)
    return unknown(
      `ECS could not be read after the stop was sent: ${gone?.error?.message ?? 'no read was made'}`,
      [strike.sentSeq, gone?.seq ?? null],
      'observation-gap',
    );
  return no('stop-not-confirmed', 'ECS answers and shows the task unchanged after our StopTask', [
    strike.sentSeq,
    latest ?? strike.sentSeq,
  ]);
}

/** `gameday assert` judges the stop that ECS shows, no matter who asked for it. */
function shownStop(evidence: Evidence, strike: Strike): Answered {
  const seen = evidence.last('task', strike.taskArn);
  if (seen === null) return unknown('the task was never read', [], 'observation-gap');
  return yes(
    `ECS shows a stop at ${clockTime(seen.value.stoppingAt ?? seen.value.stoppedAt ?? 0)}: ${seen.value.stopCode ?? 'no stop code'}, "${strike.reason}"`,
    [seen.seq],
  );
}

/** Service faults (verdict rule 4): every read from our call to the stop must show what we set; the stop code does not show who caused it. */
function byScheduler(evidence: Evidence, strike: Strike): Answered {
  const seen = evidence.last('task', strike.taskArn);
  const decisive = decisiveCall(evidence);
  if (seen === null || decisive === null) return unknown('the task was never read', [], 'observation-gap');
  const { stopCode, stoppedReason } = seen.value;
  if (stopCode !== null && stopCode !== 'ServiceSchedulerInitiated')
    return no(
      'stopped-by-other',
      `the task stopped for another reason: ${stopCode}, "${stoppedReason ?? ''}"`,
      [seen.seq],
    );
  const down = evidence.firstLook('task', strike.taskArn, goingDown);
  const fallen = overtaken(evidence, decisive, down?.seq ?? seen.seq);
  if (fallen !== null) return no('stopped-by-other', fallen.said, [decisive.sentSeq, fallen.seq]);
  const code = stopCode ?? 'no stop code';
  return yes(
    `the scheduler stopped the task at ${clockTime(seen.value.stoppingAt ?? seen.value.stoppedAt ?? 0)} after our ${decisive.call.kind}: ${code}, "${stoppedReason ?? ''}"`,
    [decisive.intendedSeq, decisive.sentSeq, seen.seq],
  );
}

export const landed: Check = {
  name: 'landed',
  asks: 'Did our stop land?',
  needed: true,
  judge({ evidence }) {
    if (evidence.strike === null) return unasked('nothing was injected');
    if (evidence.strike.by === 'found') return shownStop(evidence, evidence.strike);
    if (evidence.strike.by === 'scheduler') return byScheduler(evidence, evidence.strike);
    return judge(evidence, evidence.strike);
  },
};
