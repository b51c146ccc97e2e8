import { showsOurStop } from '../checks/landed.ts';
import { evidenceOf, type Sighting } from '../evidence/evidence.ts';
import type { Instant } from '../model/instants.ts';
import type { Task } from '../model/entities/task.ts';
import { neverLeft } from '../model/call.ts';
import { isAlwaysLate } from './last-look.ts';
import { markOf, mayHaveStruck, readSince, type DrillState, type Sending } from './state.ts';
import { fresh, halt, paced, type Step } from './step.ts';
import { seen, type Subject } from '../model/world.ts';

/** Verdict §5: a second StopTask needs two looks this far apart, both this long after the first send, milliseconds. */
export const SECOND_AFTER = 10_000;
/** At most two are sent, and at most one lands. */
const AT_MOST = 2;

/** The stop was sent, or may have been: prove that it landed, or that it may be sent once more, or that it is not known. */
export function decideInjecting(state: DrillState, now: Instant): Step {
  const sending = state.strikes.at(-1);
  if (sending === undefined || sending.call.kind !== 'stop-task') return halt('internal', 'no stop was sent');
  const { taskArn, reason } = sending.call;
  if (sending.result === 'refused') return afterRefusal(state, sending, now);
  if (sending.result === 'ok' && sending.task !== null && showsOurStop(sending.task, reason))
    return landedBy('answer', taskArn, sending.task);
  const task = seen(state.world, 'task', taskArn);
  const looked =
    task !== undefined && readSince(state, 'task', taskArn, sending.sentAt ?? sending.intendedAt);
  if (looked && task.desired === 'STOPPED')
    return showsOurStop(task, reason)
      ? landedBy('observation', taskArn, task)
      : endWatch('settled', `the task is going down for another reason: "${task.stoppedReason ?? ''}"`);
  return watchForIt(state, sending, taskArn, now);
}

/** Step: the stop is proven, by its own answer or by a look at the task. */
export function landedBy(by: 'answer' | 'observation', taskArn: string, task: Task): Step {
  const said = `desired ${task.desired}, stopCode ${task.stopCode ?? 'none'}, stoppedReason "${task.stoppedReason ?? ''}"`;
  return { do: 'conclude', event: { code: 'GD_FAULT_LANDED', payload: { taskArn, by, said } } };
}

/** Refused means that nothing happened. What was held back is aimed again, a throttled call once more; anything else could not run. */
function afterRefusal(state: DrillState, sending: Sending, now: Instant): Step {
  const { trouble } = sending;
  if (trouble?.kind === 'outdated') return aimAfterLate(state, trouble.message);
  if (trouble?.kind === 'aborted') return aimAgain(state);
  if (trouble?.kind === 'rate-limited' && triedOnes(state) < AT_MOST) {
    const again = (sending.answeredAt ?? now) + (trouble.retryAfter ?? 1_000);
    if (now < again) return { do: 'observe', asks: [], by: again };
    return aimAgain(state);
  }
  const said = `StopTask was refused: ${trouble?.message ?? 'no reason given'}`;
  if (trouble?.kind === 'denied') return halt('aws-denied', said);
  if (trouble?.kind === 'unauthorized') return halt('aws-unauthorized', said);
  if (trouble?.kind === 'unreachable') return halt('aws-unreachable', said);
  return halt('fault-refused', said);
}

/** Stops that went out, or may have. */
function sentOnes({ strikes }: DrillState): number {
  return strikes.filter(({ result }) => result !== 'refused').length;
}

/** Stops that reached ECS, refused ones too. */
function triedOnes({ strikes }: DrillState): number {
  return strikes.filter((one) => !neverLeft(one)).length;
}

/** Step: everything is read and every guard is asked again before a call goes out. */
export function aimAgain({ target, aims }: DrillState): Step {
  if (target === null) return halt('internal', 'the target was lost');
  return { do: 'conclude', event: { code: 'GD_TARGET_CHOSEN', payload: { target, attempt: aims } } };
}

/** Step: the look was too old for a call to be sent, so the drill aims again; not for ever. */
export function aimAfterLate(state: DrillState, why: string): Step {
  if (!isAlwaysLate(state)) return aimAgain(state);
  const said = `the runner or the services are too slow to stop anything safely: ${why}, again and again`;
  return mayHaveStruck(state) ? endWatch('gap', said) : halt('observation-gap', said);
}

function watchForIt(state: DrillState, sending: Sending, taskArn: string, now: Instant): Step {
  const every = Math.min(state.plan.scenario.limits.pollEvery, SECOND_AFTER / 2);
  const task: Subject = { kind: 'task', id: taskArn };
  const held = heldSubject(state);
  const { missing, first, second } = looksAfter(state, sending, taskArn);
  if (missing)
    return endWatch(
      'gap',
      'ECS does not know the task any more, so the stop can neither be proven nor sent again',
    );
  if (second !== undefined) return afterTwoLooks(state, sending, task, now);
  const since = Math.max(sending.answeredAt ?? sending.intendedAt, state.takenUpAt);
  if ((markOf(state, 'task', taskArn)?.triedAt ?? 0) < since)
    return { do: 'observe', asks: [fresh(task), ...held.map(fresh)], by: now };
  if (state.deadline !== null && now >= state.deadline)
    return endWatch('deadline', 'limits.verdictWithin ended before the stop was proven');
  const due =
    (first === undefined ? (sending.answeredAt ?? sending.intendedAt) : first.sentAt) + SECOND_AFTER;
  const tried = state.marks[`task:${taskArn}`]?.triedAt ?? 0;
  const failing = state.marks[`task:${taskArn}`]?.trouble != null;
  if (now >= due && now - tried >= every && !failing)
    return { do: 'observe', asks: [fresh(task), ...held.map(fresh)], by: now };
  const next = now < due ? Math.min(due, now + every) : Math.max(now, tried) + every;
  return { do: 'observe', asks: [paced(task, every), ...held.map((one) => paced(one, every))], by: next };
}

interface LooksAfter {
  /** ECS did not know the task once after the send. */
  readonly missing: boolean;
  /** The first look at it ten seconds after the send, and the first one ten seconds after that. */
  readonly first: Sighting<Task> | undefined;
  readonly second: Sighting<Task> | undefined;
}

function looksAfter({ index }: DrillState, sending: Sending, taskArn: string): LooksAfter {
  const { events, reads, firstLook } = evidenceOf(index);
  const intended = events('GD_FAULT_INTENDED').at(-1)?.seq ?? 0;
  const sent = sending.sentAt ?? sending.intendedAt;
  const lookFrom = (at: Instant) =>
    firstLook(
      'task',
      taskArn,
      () => true,
      intended,
      (look) => look.sentAt >= at,
    );
  const first = lookFrom(sent + SECOND_AFTER);
  return {
    missing: reads('task', taskArn).some(
      ({ sentAt, error }) => error?.kind === 'not-found' && sentAt >= sent,
      intended,
    ),
    first,
    second: first === undefined ? undefined : lookFrom(first.sentAt + SECOND_AFTER),
  };
}

/** What shows whether the target is still what was aimed at: its job, or the agent that is to have none. */
function heldSubject({ target }: DrillState): readonly Subject[] {
  if (target === null) return [];
  return [target.jobId === null ? { kind: 'agent', id: target.agentId } : { kind: 'job', id: target.jobId }];
}

function stillStands({ target, world, idleSince }: DrillState): boolean {
  if (target === null) return false;
  if (target.jobId === null) return idleSince[target.agentId] !== undefined;
  const job = seen(world, 'job', target.jobId);
  return job?.state === 'running' && job.agentId === target.agentId;
}

function afterTwoLooks(state: DrillState, sending: Sending, task: Subject, now: Instant): Step {
  if (sending.result !== 'ok' && stillStands(state) && sentOnes(state) < AT_MOST) return aimAgain(state);
  const mark = state.marks[`${task.kind}:${task.id}`];
  if (mark?.trouble != null && (state.deadline ?? now) > now)
    return { do: 'observe', asks: [paced(task, 1_000)], by: now + 1_000 };
  return endWatch('settled', 'two looks at the task, ten seconds apart, show that it was never told to stop');
}

/** Step: the watch is over. */
export function endWatch(why: 'settled' | 'deadline' | 'gap', said: string): Step {
  return { do: 'conclude', event: { code: 'GD_WATCH_ENDED', payload: { why, said } } };
}
