import { buildEnded, type Instant } from './entities/build.ts';
import type { Call } from './call.ts';
import { judge } from '../verdict/judge.ts';
import { FAULTS } from '../faults/list.ts';
import type { DrillState, Sending } from './state.ts';
import { fresh, type Step } from './step.ts';
import { markOf, mayHaveStruck, readSince } from './state.ts';
import { seen } from './world.ts';

/** Settle, then judge: a build that we created is canceled only where the drill was cut short before anything was struck. */
export function decideSettling(state: DrillState, now: Instant): Step {
  const unanswered = state.undos.at(-1);
  // What restores is compared anew by its fault; a build may be canceled twice.
  if (unanswered?.call.kind === 'cancel-build' && heldBack(unanswered))
    return { do: 'call', call: unanswered.call, as: 'undo' };
  const undo = rigIsGone(state) ? null : FAULTS[state.plan.scenario.inject.fault].undo(state, now);
  if (undo !== null) return undo;
  const build = ourOpenBuild(state);
  if (build !== null && !state.undos.some(({ call }) => call.kind === 'cancel-build')) {
    const asked = markOf(state, 'build', build.id);
    const known =
      readSince(state, 'build', build.id, state.phaseSince) || (asked?.triedAt ?? 0) >= state.phaseSince;
    if (!known) return { do: 'observe', asks: [fresh({ kind: 'build', id: build.id })], by: now };
    return { do: 'call', call: cancel(build.id, build.nodeId), as: 'undo' };
  }
  if (!state.settled)
    return { do: 'conclude', event: { code: 'GD_SETTLED', payload: { left: [...leftOver(state)] } } };
  return { do: 'conclude', event: { code: 'GD_JUDGED', payload: { verdict: judge(state.journal) } } };
}

/** Only the intent is written, or an interruption came before it was sent. */
function heldBack({ result, trouble }: Sending): boolean {
  return result === null || (result === 'refused' && trouble?.kind === 'aborted');
}

function cancel(buildId: string, buildNodeId: string): Call {
  return { kind: 'cancel-build', buildId, buildNodeId };
}

function ourOpenBuild(state: DrillState): { id: string; nodeId: string } | null {
  const cutShort = state.halted !== null && !mayHaveStruck(state);
  if (!cutShort || state.buildId === null || state.buildBy === 'named') return null;
  const build = seen(state.world, 'build', state.buildId);
  return build === undefined || buildEnded(build) || build.state === 'canceling' ? null : build;
}

/** With its runner an embedded rig ended, and all that could be undone with it. */
function rigIsGone({ plan, journal }: DrillState): boolean {
  return plan.embeddedRig && journal.some(({ code }) => code === 'GD_RESUMED');
}

function said(call: Call): string {
  return call.kind === 'cancel-build'
    ? 'the build could not be canceled'
    : `${call.kind} could not be undone`;
}

/** What was left as it is, and why. */
function leftOver(state: DrillState): readonly string[] {
  const left = rigIsGone(state) ? [] : [...FAULTS[state.plan.scenario.inject.fault].left(state)];
  const last = new Map(state.undos.map((undo) => [JSON.stringify(undo.call), undo]));
  const failed = [...last.values()].filter(({ result, trouble }) => result !== 'ok' && trouble !== null);
  left.push(...failed.map(({ call, trouble }) => `${said(call)}: ${trouble?.message ?? 'no answer'}`));
  if (state.creating.at(-1)?.result === 'unknown' && state.buildId === null)
    left.push(`a build with meta-data gameday-drill=${state.drill} may exist`);
  return left;
}
