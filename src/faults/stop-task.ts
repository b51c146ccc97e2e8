import { hasOurStop } from '../checks/landed.ts';
import { evidenceOf, type Sighting } from '../evidence/evidence.ts';
import type { CallOf } from '../model/call.ts';
import type { Task } from '../model/entities/task.ts';
import type { Instant } from '../model/instants.ts';
import { findFact, type Subject } from '../model/world.ts';
import { markOf, hasReadSince, type DrillState, type Sending } from '../state/state.ts';
import { endWatch, fresh, haltDrill, paced, type Step } from '../state/step.ts';
import {
  aimAgain,
  countSent,
  deliverCall,
  haltRefused,
  findLooksStart,
  RETRY_AFTER_MS,
  type Look,
} from './delivery.ts';
import { makeInjectStep, type Fault } from './fault.ts';

/** Verdict §5: a second StopTask needs two looks this far apart, both this long after the first one was sent, milliseconds. */
const SECOND_AFTER_MS = 10_000;
/** At most two are sent, and at most one lands. */
const AT_MOST = 2;

/** The reason under which our stop is found again in ECS (`stoppedReason`). */
export function makeStopReason(drill: string): string {
  return `gameday ${drill}`;
}

function callOf(state: DrillState): CallOf<'stop-task'> {
  return {
    kind: 'stop-task',
    cluster: state.plan.scenario.cluster.name,
    taskArn: state.target?.taskArn ?? '',
    reason: makeStopReason(state.drill),
  };
}

/** Fault `stop-task`: one StopTask for the task that hosts the job. It has no undo: a service starts another task by itself. */
export const stopTask: Fault = {
  name: 'stop-task',
  needs: () => ({ calls: ['stop-task'], reads: [] }),
  subjects: () => [],
  reach: (state) => (state.target === null ? [] : [state.target.taskArn]),
  inert: () => null,
  describeCalls: (state) => [`StopTask will be sent for ${state.target?.taskArn ?? 'the task'}`],
  touches: (tasks, target) => [`StopTask: one task of ${tasks}, ${target}`],
  inject: (state, now) =>
    state.phase === 'aiming' ? makeInjectStep(callOf(state)) : deliverStop(state, now),
  restore: () => null,
  undo: () => null,
  describeLeft: () => [],
  hasFinished: () => true,
};

/** The stop was sent, or may have been: prove that it landed, or that it may be sent once more, or that it is not known. */
function deliverStop(state: DrillState, now: Instant): Step {
  const { injections: sendings } = state;
  const stop = sendings.at(-1)?.call;
  if (stop?.kind !== 'stop-task') return haltDrill('internal', 'no stop was sent');
  const left = sendings.filter(({ result }) => result !== 'refused').length;
  const step = deliverCall(
    state,
    {
      sendings,
      retryAfter: RETRY_AFTER_MS,
      send: () => aimAgain(state),
      isProvenBy: ({ task }) => task !== null && hasOurStop(task, stop.reason),
      finish: ({ task }) =>
        task !== null && hasOurStop(task, stop.reason)
          ? concludeLanded('answer', stop.taskArn, task)
          : endShownStop(state, stop),
      look: (sending) => lookAtTask(state, stop, sending, now),
      mayRepeat: ({ result }) =>
        result === 'refused'
          ? countSent(sendings) < AT_MOST
          : result !== 'ok' && left < AT_MOST && isTargetUnchanged(state),
      refuse: ({ trouble }) => haltRefused(stop, trouble),
      giveUp: () => giveUpStop(state, stop.taskArn, now),
    },
    now,
  );
  return step ?? haltDrill('internal', 'the stop has no end');
}

/** Step: the stop is proven, by its own answer or by a look at the task. */
export function concludeLanded(by: 'answer' | 'observation', taskArn: string, task: Task): Step {
  const said = `desired ${task.desired}, stopCode ${task.stopCode ?? 'none'}, stoppedReason "${task.stoppedReason ?? ''}"`;
  return { do: 'conclude', event: { code: 'GD_FAULT_LANDED', payload: { taskArn, by, said } } };
}

/** The task is going down: for our stop, or for another reason. */
function endShownStop(state: DrillState, { taskArn, reason }: CallOf<'stop-task'>): Step {
  const task = findFact(state.world, 'task', taskArn);
  return task !== undefined && hasOurStop(task, reason)
    ? concludeLanded('observation', taskArn, task)
    : endWatch('settled', `the task is going down for another reason: "${task?.stoppedReason ?? ''}"`);
}

/** Two looks at the task, ten seconds apart, show that it was not stopped; meanwhile what the target holds is watched too. */
function lookAtTask(
  state: DrillState,
  { taskArn }: CallOf<'stop-task'>,
  sending: Sending,
  now: Instant,
): Look {
  const { isMissing, first, second } = findLooksAfter(state, sending, taskArn);
  const isRead = hasReadSince(state, 'task', taskArn, sending.sentAt ?? sending.intendedAt);
  if (isRead && findFact(state.world, 'task', taskArn)?.desired === 'STOPPED') return { shows: 'happened' };
  if (isMissing)
    return makeUnclearLook(
      endWatch(
        'gap',
        'ECS does not know the task any more, so the stop can neither be proven nor sent again',
      ),
    );
  if (second !== undefined) return { shows: 'nothing' };
  const subjects: readonly Subject[] = [{ kind: 'task', id: taskArn }, ...listHeldSubjects(state)];
  const readNow: Step = { do: 'observe', asks: subjects.map(fresh), by: now };
  const { triedAt = 0, trouble = null } = markOf(state, 'task', taskArn) ?? {};
  if (triedAt < findLooksStart(state, sending)) return makeUnclearLook(readNow);
  if (state.deadline !== null && now >= state.deadline)
    return makeUnclearLook(endWatch('deadline', 'limits.verdictWithin ended before the stop was proven'));
  const every = Math.min(state.plan.scenario.limits.pollEvery, SECOND_AFTER_MS / 2);
  const due = (first?.sentAt ?? sending.answeredAt ?? sending.intendedAt) + SECOND_AFTER_MS;
  if (now >= due && now - triedAt >= every && trouble === null) return makeUnclearLook(readNow);
  const by = now < due ? Math.min(due, now + every) : Math.max(now, triedAt) + every;
  return makeUnclearLook({ do: 'observe', asks: subjects.map((one) => paced(one, every)), by });
}

function makeUnclearLook(step: Step): Look {
  return { shows: 'unclear', step };
}

interface LooksAfter {
  /** ECS did not know the task once after the call was sent. */
  readonly isMissing: boolean;
  /** The first look at it ten seconds after the call was sent, and the first one ten seconds after that. */
  readonly first: Sighting<Task> | undefined;
  readonly second: Sighting<Task> | undefined;
}

function findLooksAfter({ index }: DrillState, sending: Sending, taskArn: string): LooksAfter {
  const { events, reads, firstLook } = evidenceOf(index);
  const intended = events('GD_FAULT_INTENDED').at(-1)?.seq ?? 0;
  const sent = sending.sentAt ?? sending.intendedAt;
  const lookFrom = (at: Instant): Sighting<Task> | undefined =>
    firstLook(
      'task',
      taskArn,
      () => true,
      intended,
      (look) => look.sentAt >= at,
    );
  const first = lookFrom(sent + SECOND_AFTER_MS);
  return {
    isMissing: reads('task', taskArn).some(
      ({ sentAt, error }) => error?.kind === 'not-found' && sentAt >= sent,
      intended,
    ),
    first,
    second: first === undefined ? undefined : lookFrom(first.sentAt + SECOND_AFTER_MS),
  };
}

/** What shows whether the target is still what was aimed at: its job, or the agent that is to have none. */
function listHeldSubjects({ target }: DrillState): readonly Subject[] {
  if (target === null) return [];
  return [target.jobId === null ? { kind: 'agent', id: target.agentId } : { kind: 'job', id: target.jobId }];
}

function isTargetUnchanged({ target, world, idleSince }: DrillState): boolean {
  if (target === null) return false;
  if (target.jobId === null) return idleSince[target.agentId] !== undefined;
  const job = findFact(world, 'job', target.jobId);
  return job?.state === 'running' && job.agentId === target.agentId;
}

function giveUpStop(state: DrillState, taskArn: string, now: Instant): Step {
  if (markOf(state, 'task', taskArn)?.trouble != null && (state.deadline ?? now) > now)
    return { do: 'observe', asks: [paced({ kind: 'task', id: taskArn }, 1_000)], by: now + 1_000 };
  return endWatch('settled', 'two reads of the task, ten seconds apart, show that ECS did not stop it');
}
