import { hasOurStop } from '../checks/landed.ts';
import { aimAfterLate } from '../faults/delivery.ts';
import { faultOf } from '../faults/list.ts';
import type { Fault } from '../faults/fault.ts';
import { concludeLanded, makeStopReason } from '../faults/stop-task.ts';
import { GUARDS } from '../safety/list.ts';
import { answersOf, isRefusal } from '../safety/guard.ts';
import { TASK_ARN_TAG } from '../model/entities/agent.ts';
import { isJobHeld } from '../model/entities/job.ts';
import type { Instant } from '../model/instants.ts';
import { isGoingDown } from '../model/entities/task.ts';
import type { Target } from '../journal/events.ts';
import { isToBeSpared } from '../scenario/plan.ts';
import { explainOutdatedLook } from '../state/last-look.ts';
import {
  isInjecting,
  mayHaveInjected,
  hasReadSince,
  type DrillState,
  type ScenarioState,
} from '../state/state.ts';
import { askNow, endWatch, haltDrill, type Step } from '../state/step.ts';
import { explainShortCredentials, listCredentialAsks } from './access.ts';
import { listCountersBefore } from './counters.ts';
import { describeInjection } from './describe-injection.ts';
import { noticeBeforeInjection } from './notice.ts';
import { listBuildSubjects, findUnsoundBuild } from './own-builds.ts';
import { BUDGET, listSurroundingSubjects } from '../scenario/subjects.ts';
import { findLastingTrouble, isServiceFact } from '../state/trouble.ts';
import { listFacts, keyOf, findFact, type Subject } from '../model/world.ts';

/** How long the last reads are tried while a service does not answer, milliseconds: the job is running out meanwhile. */
const PATIENCE = 10_000;

/** The last instant: ask the person, read everything again, look at the target, ask every guard, then inject. */
export function decideAiming(state: DrillState, now: Instant): Step {
  const { target } = state;
  const fault = faultOf(state.plan);
  if (target === null || fault === null || !isInjecting(state))
    return haltDrill('internal', 'there is no target to aim at');
  const shown = listShownProtections(state, target);
  if (state.confirmedAt === null && shown.length > 0) return askNow(state, shown, now);
  if (state.confirmedAt === null) return askConsent(state, fault, target, now);
  const notice = noticeBeforeInjection(state, target, () => describeInjection(state, fault, target, now));
  if (notice !== null) return { do: 'notify', notice, to: state.plan.scenario.notify };
  const since = findLastInstantStart(state);
  const subjects = [
    ...listTargetSubjects(state, target),
    ...listSurroundingSubjects(state.plan),
    BUDGET,
    ...listOtherAgents(state, fault),
    ...fault.subjects(state),
    ...(isToBeSpared(state.plan) ? [{ kind: 'protection', id: target.taskArn } as const] : []),
  ];
  const credentials = listCredentialAsks(state, since, now);
  const counters = listCountersBefore(state, fault);
  const trouble = findLastingTrouble(state, [...credentials, ...counters, ...subjects], now, PATIENCE);
  if (trouble !== null)
    // A stop of unknown fate went out before: from then on a service that is away is a gap in the evidence.
    return mayHaveInjected(state) ? endWatch('gap', trouble.said) : haltDrill(trouble.reason, trouble.said);
  if (credentials.length > 0) return askNow(state, credentials, now);
  const short = mayHaveInjected(state) ? null : explainShortCredentials(state, now);
  if (short !== null) return haltDrill('aws-unauthorized', short);
  // A slow counter must not stand between the last look and the call: it is read first.
  const uncounted = counters.filter(({ kind, id }) => !hasReadSince(state, kind, id, since));
  if (uncounted.length > 0) return askNow(state, uncounted, now);
  const open = subjects.filter((subject) => !isAnsweredSince(state, subject, since));
  if (open.length > 0) return askNow(state, open, now);
  const fallen = lookAtTarget(state, target);
  if (fallen !== null) return fallen;
  if (state.lastInstantAt === null || state.lastInstantAt < since) return askGuards(state, now);
  const unmet = haltOrHold(state);
  if (unmet !== null) return unmet;
  if (state.reverifiedAt === null || state.reverifiedAt < since)
    return { do: 'conclude', event: { code: 'GD_TARGET_REVERIFIED', payload: { target } } };
  const late = explainOutdatedLook(state, now);
  if (late !== null) return aimAfterLate(state, late);
  return fault.inject(state, now);
}

/** Everything must have been read after the person answered, after this process took over, and after a refused first try. */
function findLastInstantStart(state: DrillState): Instant {
  const tried = state.injections.at(-1)?.answeredAt ?? 0;
  return Math.max(state.confirmedAt ?? 0, state.takenUpAt, tried);
}

function askConsent(state: DrillState, fault: Fault, target: Target, now: Instant): Step {
  const shown = describeInjection(state, fault, target, now);
  if (state.plan.consent === 'ask') return { do: 'confirm', shown };
  const answer = state.plan.embeddedRig ? 'rig' : state.plan.consent === 'yes' ? 'beforehand' : 'nobody';
  return {
    do: 'conclude',
    event: { code: 'GD_CONFIRMED', payload: { answer, shown: shown.join('\n') } },
  };
}

/** Whether the target is protected is read before the person is asked; once, for it may be denied. */
function listShownProtections(state: DrillState, { taskArn }: Target): readonly Subject[] {
  if (!isToBeSpared(state.plan)) return [];
  const tried = state.marks[keyOf({ kind: 'protection', id: taskArn })]?.triedAt ?? 0;
  return tried >= (state.targetChosenAt ?? 0) ? [] : [{ kind: 'protection', id: taskArn }];
}

function listTargetSubjects(state: DrillState, target: Target): readonly Subject[] {
  const { mapping } = state.plan.scenario.cluster;
  const agent = findFact(state.world, 'agent', target.agentId);
  const byHost = mapping === 'hostname' && agent?.tags[TASK_ARN_TAG] === undefined;
  return [
    ...(byHost ? [{ kind: 'tasks-of', id: state.plan.lockKey } as const] : []),
    ...(target.jobId === null ? [] : [{ kind: 'job', id: target.jobId } as const]),
    { kind: 'agent', id: target.agentId },
    { kind: 'agents-of-task', id: target.taskArn },
    { kind: 'task', id: target.taskArn },
    ...listBuildSubjects(state),
  ];
}

/** The other agents of every task in reach: their jobs are stopped too, so they must be known before. */
function listOtherAgents(state: DrillState, fault: Fault): readonly Subject[] {
  const { target } = state;
  const arns = [target?.taskArn ?? '', ...fault.reach(state)];
  const agents = arns.flatMap((arn) => findFact(state.world, 'agents-of-task', arn)?.agents ?? []);
  return [...new Set(agents)].filter((id) => id !== target?.agentId).map((id) => ({ kind: 'agent', id }));
}

function isAnsweredSince(state: DrillState, subject: Subject, since: Instant): boolean {
  if (hasReadSince(state, subject.kind, subject.id, since)) return true;
  const mark = state.marks[keyOf(subject)];
  return mark !== undefined && mark.triedAt >= since && !isServiceFact(subject.kind);
}

/** The target is looked at before the guards: what is going down or over is not stopped, and has its own name. */
function lookAtTarget(state: ScenarioState, target: Target): Step | null {
  const task = findFact(state.world, 'task', target.taskArn);
  if (task !== undefined && mayHaveInjected(state) && hasOurStop(task, makeStopReason(state.drill)))
    return concludeLanded('observation', task.arn, task);
  if (task !== undefined && isGoingDown(task))
    return haltDrill(
      'stopped-by-other',
      `the task is already going down: ${task.stopCode ?? 'no stop code'}, "${task.stoppedReason ?? ''}"`,
    );
  const told = mayHaveInjected(state) ? null : explainEarlierStop(state, target);
  if (told !== null) return haltDrill('stopped-by-other', told);
  const changed =
    target.jobId === null ? explainNotIdle(state, target) : explainNotRunning(state, target, target.jobId);
  if (changed !== null) return dropTarget(state, target, changed);
  if (task?.status !== 'RUNNING')
    return dropTarget(
      state,
      target,
      `the task was ${task?.status ?? 'gone'} at the last instant, not RUNNING`,
    );
  const hurt = findUnsoundBuild(state);
  return hurt === null ? null : haltDrill('unsound-baseline', hurt);
}

/** An agent that a person or the API already told to stop is no target: it leaves for their sake. Null where nobody did. */
function explainEarlierStop(state: DrillState, { agentId }: Target): string | null {
  const agent = findFact(state.world, 'agent', agentId);
  if (agent === undefined) return null;
  const { stoppedGracefullyAt, stopForcedAt, stoppedGracefullyBy, stopForcedBy, connection } = agent;
  if (stoppedGracefullyAt === null && stopForcedAt === null && connection !== 'stopping') return null;
  const who = stopForcedBy ?? stoppedGracefullyBy ?? 'a user whom Buildkite does not name';
  return `agent ${agent.name} was already stopped, by ${who}`;
}

/** Why the job is not in flight on its agent any more; null where it is. */
function explainNotRunning(state: DrillState, target: Target, jobId: string): string | null {
  const job = findFact(state.world, 'job', jobId);
  if (job?.state === 'running' && job.agentId === target.agentId) return null;
  return `the job was ${job?.rawState ?? 'gone'} at the last instant, not RUNNING on the same agent`;
}

/** Why the worker is not one without a job any more; null where it is. */
function explainNotIdle(state: DrillState, target: Target): string | null {
  const agent = findFact(state.world, 'agent', target.agentId);
  if (agent?.connection !== 'connected')
    return `the agent was ${agent?.rawConnection ?? 'gone'} at the last instant, not connected`;
  const held = listFacts(state.world, 'job').find((job) => job.agentId === agent.id && isJobHeld(job));
  if (held !== undefined) return `the agent had been given job ${held.id} at the last instant`;
  return agent.isRunningJob ? 'the agent ran a job at the last instant' : null;
}

/** While a first stop may still land, or others are protected for this one's sake, no other target is looked for. */
function isFree({ injections }: ScenarioState): boolean {
  return injections.every(({ call, result }) => result === 'refused' || call.kind === 'mark-service');
}

/** What the guards' answers ask for where not all of them hold: the end, or to aim again once what is waited for is there. */
function haltOrHold(state: ScenarioState): Step | null {
  const answers = state.lastInstant ?? [];
  const unmet = answers.find(isRefusal) ?? answers.find(({ holds }) => !holds);
  if (unmet === undefined) return null;
  const { guard, said, reason, waits } = unmet;
  if (waits !== true || reason === null || !isFree(state))
    return haltDrill(reason ?? 'not-allowed', `${guard}: ${said}`);
  return { do: 'conclude', event: { code: 'GD_INJECTION_HELD', payload: { guard, reason, said } } };
}

function dropTarget(state: ScenarioState, target: Target, said: string): Step {
  if (isFree(state) && state.aims - state.heldAims < state.plan.scenario.when.attempts)
    return { do: 'conclude', event: { code: 'GD_TARGET_DROPPED', payload: { said } } };
  // Nothing was stopped: a worker that got a job, or left, is none that the trigger was to yield.
  return haltDrill(target.jobId === null ? 'step-never-ran' : 'finished-before-stop', said);
}

function askGuards(state: ScenarioState, now: Instant): Step {
  const answers = answersOf(GUARDS, state, now, 'last-instant');
  return { do: 'conclude', event: { code: 'GD_GUARDS_ANSWERED', payload: { at: 'last-instant', answers } } };
}
