import type { CallOf } from '../model/call.ts';
import { formatCommand } from '../model/entities/command.ts';
import type { Service } from '../model/entities/task.ts';
import { formatSpan, type Instant } from '../model/instants.ts';
import { findFact } from '../model/world.ts';
import { evidenceOf } from '../evidence/evidence.ts';
import {
  findDecisiveCall,
  findServiceBefore,
  hitsOf,
  mayBeByScheduler,
  primaryOf,
  reachOf,
} from '../evidence/hits.ts';
import { COMMAND } from '../scenario/subjects.ts';
import type { Scenario } from '../scenario/schema.ts';
import { hasReadSince, markOf, type DrillState } from '../state/state.ts';
import { endWatch, fresh, QUIET_FOR, type Ask, type Step } from '../state/step.ts';
import type { Fault } from './fault.ts';
import { makeChanges, type Change } from './change.ts';
import { deployment, explainLong, listServiceTasks, serviceIn, serviceOf } from './deployment.ts';
import {
  explainCutList,
  listCommandEndAsks,
  listFollowAsks,
  listMissingTasks,
  listUnreadSubjects,
} from './rollout.ts';

/** How long after the command's end the service is looked at before it is said that nothing was changed, milliseconds. */
const SURE_AFTER = 5_000;

type Inject = Scenario['inject'];
type CommandSpec = Extract<Inject, { fault: 'command' }>;

function specOf(inject: Inject): CommandSpec | null {
  return inject.fault === 'command' ? inject : null;
}

function specIn({ plan }: DrillState): CommandSpec | null {
  return plan.mode === 'inject' ? specOf(plan.scenario.inject) : null;
}

/** Run once: what is not known to have been started may have been, and is not started again. */
function changeOf(state: DrillState): Change {
  const spec = specIn(state);
  const call: CallOf<'run-command'> = {
    kind: 'run-command',
    cluster: state.plan.scenario.cluster.name,
    service: serviceOf(state),
    command: spec?.command ?? [],
    limit: spec?.limit ?? 0,
  };
  return {
    call,
    seenIn: [COMMAND],
    hasHappened: () => true,
    otherChange: () => null,
    idempotent: false,
  };
}

/** A service that stands still: one deployment, rolled out, with as many tasks as are wanted. */
function isSteady({ deployments, desired, running, pending }: Service): boolean {
  const rolled = (deployments[0]?.rolloutState ?? 'COMPLETED') === 'COMPLETED';
  return deployments.length === 1 && rolled && running === desired && pending === 0;
}

/** What shows that the whole is over, and since when it must be looked at; null while the command runs. */
function findEnd(state: DrillState): { readonly since: Instant; readonly isNew: boolean } | null {
  const run = findFact(state.world, COMMAND.kind, COMMAND.id);
  const service = serviceIn(state);
  if (run === undefined || run.state === 'running' || service === undefined) return null;
  const evidence = evidenceOf(state.index);
  const before = findServiceBefore(evidence, service.name, findDecisiveCall(evidence)?.intendedSeq);
  const isNew = primaryOf(service)?.id !== (before === undefined ? undefined : primaryOf(before)?.id);
  const isChanged = isNew || service.desired !== before?.desired;
  return { since: (run.endedAt ?? state.takenUpAt) + (isChanged ? 0 : SURE_AFTER), isNew };
}

/** When the service was first seen to stand still as it does now; null where it does not. */
function findSteadySince(state: DrillState, since: Instant): Instant | null {
  const { lastLook, firstLook } = evidenceOf(state.index);
  const name = serviceOf(state);
  const moved = lastLook('service', name, (service) => !isSteady(service))?.seq ?? 0;
  const look = firstLook('service', name, isSteady, moved, ({ sentAt }) => sentAt >= since);
  return look?.answeredAt ?? null;
}

/** Over once the command has ended, and the service stands still; a new deployment also once every task from before it is gone. */
function hasFinished(state: DrillState): boolean {
  const end = findEnd(state);
  const steadySince = end === null ? null : findSteadySince(state, end.since);
  const tasks = findFact(state.world, 'tasks-of', state.plan.lockKey);
  // Counts may come before the list of tasks: what that shows counts where it was read after them.
  if (end === null || steadySince === null || tasks === undefined) return false;
  if (!hasReadSince(state, 'tasks-of', state.plan.lockKey, steadySince)) return false;
  if (listMissingTasks(state).length > 0) return false;
  const former = reachOf(evidenceOf(state.index));
  return !end.isNew || (tasks.complete && !tasks.arns.some((arn) => former.includes(arn)));
}

/** The service, then the list of its tasks, if nobody tried to read them since the command ended: a service that stands still is read seldom. */
function listEndAsks(state: DrillState, now: Instant): readonly Ask[] {
  const end = findEnd(state);
  if (end === null || now < end.since) return [];
  const steadySince = findSteadySince(state, end.since);
  const [subject, since] =
    steadySince === null
      ? [{ kind: 'service', id: serviceOf(state) } as const, end.since]
      : [{ kind: 'tasks-of', id: state.plan.lockKey } as const, steadySince];
  return (markOf(state, subject.kind, subject.id)?.triedAt ?? 0) < since ? [fresh(subject)] : [];
}

/** The command was started: wait for the first task that the scheduler stops, or until the whole is over without one. */
function awaitEffect(state: DrillState, now: Instant): Step {
  const hit = hitsOf(evidenceOf(state.index)).find(({ value }) => mayBeByScheduler(value))?.value;
  if (hit !== undefined) {
    const said = `the scheduler stops ${hit.arn}: ${hit.stopCode ?? 'no stop code'}, "${hit.stoppedReason ?? ''}"`;
    const payload = { taskArn: hit.arn, by: 'observation', said } as const;
    return { do: 'conclude', event: { code: 'GD_FAULT_LANDED', payload } };
  }
  if (hasFinished(state))
    return endWatch('settled', 'the command is over, and the scheduler stopped no task');
  const deadline = state.deadline ?? now;
  const asks = listFollowAsks(state, state.plan.scenario.limits.pollEvery);
  const last = [...listCommandEndAsks(state), ...listEndAsks(state, now)];
  if (last.length > 0 && now < deadline) return { do: 'observe', asks: last, by: now };
  const since = findEnd(state)?.since ?? now;
  const look = since > now ? since : now + QUIET_FOR;
  if (now < deadline) return { do: 'observe', asks, by: Math.min(deadline, now + QUIET_FOR, look) };
  const unread = listUnreadSubjects(state, asks);
  if (unread.length > 0) return { do: 'observe', asks: unread.map(fresh), by: now };
  return endWatch('deadline', 'limits.verdictWithin ended, and the scheduler had stopped no task');
}

function describeCommand({ command, limit }: CommandSpec): string {
  return `${formatCommand(command ?? [])} (limit ${formatSpan(limit)})`;
}

/** Fault `command`: the user's own command, such as a deployment. What it makes the scheduler stop is judged; it has no undo. */
export const command: Fault = {
  ...deployment,
  name: 'command',
  needs: () => ({ calls: ['run-command'], reads: ['service', 'tasks-of', 'task'] }),
  inert(state) {
    const service = serviceIn(state);
    if (service === undefined) return 'a command needs a service to watch: cluster.service names none';
    if (service.controller !== 'ECS')
      return `the service is deployed by ${service.controller}: ECS does not show which deployment stops a task`;
    return explainLong(state, service) ?? explainCutList(state, 'tasks-of', state.plan.lockKey);
  },
  describeCalls(state) {
    const spec = specIn(state);
    const size = listServiceTasks(state).length || (serviceIn(state)?.running ?? 0);
    return [
      `this command is run: ${spec === null ? '' : describeCommand(spec)}`,
      `it may replace each of the ${String(size)} tasks of service ${serviceOf(state)}`,
    ];
  },
  touches(tasks, _target, inject) {
    const spec = specOf(inject);
    return [
      `command ${spec === null ? '' : describeCommand(spec)}, which may replace every task of ${tasks}`,
    ];
  },
  inject: (state, now) => makeChanges(state, [changeOf(state)], now) ?? awaitEffect(state, now),
  describeLeft(state) {
    const isStarted = state.injections.some(
      ({ call, result }) => call.kind === 'run-command' && result !== 'refused',
    );
    // One that this process started has been ended by now.
    if (!isStarted || findFact(state.world, COMMAND.kind, COMMAND.id)?.state === 'ended') return [];
    return ['the command may still run where the runner died that had started it'];
  },
  hasFinished,
};
