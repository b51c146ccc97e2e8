import { evidenceOf } from '../evidence/evidence.ts';
import { hasBuildEnded, type Build } from '../model/entities/build.ts';
import type { Instant } from '../model/instants.ts';
import { MARKED, type Call } from '../model/call.ts';
import { judge } from '../verdict/judge.ts';
import { faultOf } from '../faults/list.ts';
import { describeMarkLeft, findStandingMark, hasBeenPutBack, removeMark } from '../faults/marking.ts';
import { DRILL_KEY } from '../model/entities/mark.ts';
import type { DrillState, Sending } from '../state/state.ts';
import { fresh, type Step } from '../state/step.ts';
import { BUDGET } from '../scenario/subjects.ts';
import { markOf, mayHaveInjected, hasReadSince } from '../state/state.ts';
import { listFacts, type Subject } from '../model/world.ts';

/** Settle, then judge: a build that we created is canceled where the drill is aborted, or was cut short before anything was stopped. */
export function decideSettling(state: DrillState, now: Instant): Step {
  const unanswered = state.undos.at(-1);
  // What restores is compared anew by its fault; a build may be canceled twice.
  if (unanswered?.call.kind === 'cancel-build' && isUnsent(unanswered))
    return { do: 'call', call: unanswered.call, as: 'undo' };
  const undo = isRigGone(state) ? null : (faultOf(state.plan)?.undo(state, now) ?? removeMark(state, now));
  if (undo !== null) return undo;
  const build = listOurOpenBuilds(state)[0];
  if (build !== undefined) {
    const asked = markOf(state, 'build', build.id);
    const known =
      hasReadSince(state, 'build', build.id, state.phaseSince) || (asked?.triedAt ?? 0) >= state.phaseSince;
    if (!known) return { do: 'observe', asks: [fresh({ kind: 'build', id: build.id })], by: now };
    return { do: 'call', call: makeCancelCall(build.id, build.nodeId), as: 'undo' };
  }
  const canceled = listCanceledUnread(state);
  if (canceled.length > 0) return { do: 'observe', asks: canceled.map(fresh), by: now };
  // What the whole drill has spent.
  if (!state.settled && !hasReadSince(state, BUDGET.kind, BUDGET.id, state.phaseSince))
    return { do: 'observe', asks: [fresh(BUDGET)], by: now };
  if (!state.settled)
    return { do: 'conclude', event: { code: 'GD_SETTLED', payload: { left: [...describeLeftOver(state)] } } };
  return { do: 'conclude', event: { code: 'GD_JUDGED', payload: { verdict: judge(state.index) } } };
}

/** Whether a signal must wait for an undo: the service is marked. With its runner an embedded rig ends anyhow. */
export function mustUndoAtOnce(state: DrillState): boolean {
  return !state.plan.embeddedRig && !state.settled && mustPutBack(state);
}

/** A template is made before the service is marked with its id. */
function mustPutBack(state: DrillState): boolean {
  return (
    findStandingMark(state) !== null ||
    state.injections.some(({ call, result }) => call.kind === 'create-template' && result !== 'refused')
  );
}

/** The next step of what a signal waits for: put back what the mark names, then remove it; null where nothing more is to be done. */
export function decideUndoAtOnce(state: DrillState, now: Instant): Step | null {
  const step = faultOf(state.plan)?.restore(state, now) ?? null;
  if (step !== null || hasBeenPutBack(state)) return step ?? removeMark(state, now);
  // What may still land is left to whoever finds the mark.
  const isUnknown = state.injections.some(
    ({ call, result }) => MARKED.has(call.kind) && (result === null || result === 'unknown'),
  );
  return isUnknown ? null : removeMark(state, now);
}

/** Only the intent is written, or an interruption came before it was sent. */
function isUnsent({ result, trouble }: Sending): boolean {
  return result === null || (result === 'refused' && trouble?.kind === 'aborted');
}

function makeCancelCall(buildId: string, buildNodeId: string): Call {
  return { kind: 'cancel-build', buildId, buildNodeId };
}

/** Those that we created and that still go on, and which no call of ours has canceled. */
function listOurOpenBuilds(state: DrillState): readonly Build[] {
  const cutShort = state.aborted || (state.halted !== null && !mayHaveInjected(state));
  if (!cutShort || state.buildBy === 'named') return [];
  const canceled = new Set(
    state.undos.flatMap(({ call }) => (call.kind === 'cancel-build' ? [call.buildId] : [])),
  );
  // One that was created last may not be known yet: its mark tells that it is ours. Those of our trigger steps have none.
  return listFacts(state.world, 'build').filter(
    (build) =>
      (build.metaData?.[DRILL_KEY] === state.drill || state.buildIds.includes(build.id)) &&
      !canceled.has(build.id) &&
      !hasBuildEnded(build) &&
      build.state !== 'canceling',
  );
}

/** The builds that we canceled: each is read once more, so that its state is reported as it is now. */
function listCanceledUnread(state: DrillState): readonly Subject[] {
  if (state.settled) return [];
  return state.undos.flatMap(({ call, result, answeredAt }) => {
    if (call.kind !== 'cancel-build' || result !== 'ok' || answeredAt === null) return [];
    const triedAt = markOf(state, 'build', call.buildId)?.triedAt ?? 0;
    return triedAt >= answeredAt ? [] : [{ kind: 'build', id: call.buildId } as const];
  });
}

/** With its runner an embedded rig ended, and all that could be undone with it. */
function isRigGone({ plan, index }: DrillState): boolean {
  return plan.embeddedRig && evidenceOf(index).events('GD_RESUMED').length > 0;
}

function describeFailedUndo(call: Call): string {
  if (call.kind === 'cancel-build') return `build ${call.buildId} could not be canceled`;
  if (call.kind === 'unmark-service') return `the mark on service ${call.service} could not be removed`;
  return `${call.kind} could not be undone`;
}

/** What was left as it is, and why. */
function describeLeftOver(state: DrillState): readonly string[] {
  const left = isRigGone(state) ? [] : [...(faultOf(state.plan)?.describeLeft(state) ?? [])];
  const last = new Map(state.undos.map((undo) => [JSON.stringify(undo.call), undo]));
  const failed = [...last.values()].filter(({ result, trouble }) => result !== 'ok' && trouble !== null);
  left.push(
    ...failed.map(({ call, trouble }) => `${describeFailedUndo(call)}: ${trouble?.message ?? 'no answer'}`),
  );
  if (!isRigGone(state)) left.push(...describeMarkLeft(state));
  left.push(...describePossibleBuild(state));
  return left;
}

/** A build that was to be created and was never found: nobody can cancel it. */
function describePossibleBuild({ creating, buildIds, plan }: DrillState): readonly string[] {
  const last = creating.at(-1);
  if (last?.call.kind !== 'create-build' || last.result !== 'unknown') return [];
  if (buildIds.length >= plan.scenario.build.count) return [];
  const [key, value] = Object.entries(last.call.metaData).at(-1) ?? [];
  return [`a build with meta-data ${key ?? ''}=${value ?? ''} may exist`];
}

/** Whether something may have been injected, and no verdict is written yet: somebody is to go on with the drill. */
export function isToBeSettled(state: DrillState): boolean {
  return state.phase !== 'judged' && mayHaveInjected(state);
}
