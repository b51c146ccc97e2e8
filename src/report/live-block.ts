import { hasJobEnded } from '../model/entities/job.ts';
import { formatStep } from '../model/step-name.ts';
import { stepOfPlan } from '../scenario/plan.ts';
import type { DrillState } from '../state/state.ts';
import { findFact } from '../model/world.ts';
import { escapeControls } from '../journal/escape.ts';
import { formatSpan } from '../model/instants.ts';
import { shortenArn } from './text.ts';
import { listWaits } from './waiting.ts';

/** The lines of the live view: what is waited for, and the present state of the drill. The caller clips them. */
export function liveBlock(state: DrillState, now: number): readonly string[] {
  const lines = [
    ...listWaits(state, now),
    headLine(state, now),
    ...[buildLine(state), stepLine(state), agentLine(state), taskLine(state)].filter((line) => line !== null),
  ];
  return lines.map(escapeControls);
}

function headLine(state: DrillState, now: number): string {
  const since = formatSpan(Math.max(0, now - state.phaseSince));
  const left =
    state.deadline === null ? '' : `, at the latest in ${formatSpan(Math.max(0, state.deadline - now))}`;
  return `${state.phase} for ${since}${left}`;
}

function buildLine(state: DrillState): string | null {
  if (state.buildIds.length > 1) return buildsLine(state);
  if (state.buildId === null) return null;
  const found = findFact(state.world, 'build', state.buildId);
  return found === undefined ? null : `  build  #${found.number} ${found.state}  ${found.url}`;
}

function buildsLine({ world, buildIds }: DrillState): string {
  const counts = new Map<string, number>();
  for (const id of buildIds) {
    const now = findFact(world, 'build', id)?.state ?? 'unread';
    counts.set(now, (counts.get(now) ?? 0) + 1);
  }
  const parts = [...counts].map(([now, count]) => `${count} ${now}`);
  return `  builds ${buildIds.length}: ${parts.join(', ')}`;
}

function stepLine(state: DrillState): string | null {
  const { plan } = state;
  if (plan.mode !== 'assert' && plan.scenario.when.trigger === 'agent-idle') return null;
  const step = stepOfPlan(plan);
  const key = step === null ? 'any of the build' : formatStep(step);
  if (state.target?.jobId == null) return `  step   ${key}`;
  const job = findFact(state.world, 'job', state.target.jobId);
  if (job === undefined) return `  step   ${key}`;
  const exit = hasJobEnded(job) && job.exitStatus !== null ? ` (exit status ${job.exitStatus})` : '';
  return `  step   ${key}  ${job.state}${exit}`;
}

function agentLine(state: DrillState): string | null {
  if (state.target === null) return null;
  const found = findFact(state.world, 'agent', state.target.agentId);
  return found === undefined ? null : `  agent  ${found.name}  ${found.connection}`;
}

function taskLine(state: DrillState): string | null {
  if (state.target === null) return null;
  const found = findFact(state.world, 'task', state.target.taskArn);
  const status = found === undefined ? '' : `  ${found.status}`;
  return `  task   ${shortenArn(state.target.taskArn)}${status}`;
}
