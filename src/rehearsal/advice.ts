import { FARGATE_CEILING } from '../worker/stop-window.ts';
import { formatSpan } from '../model/instants.ts';
import type { Arm } from './document.ts';
import type { Play, Unplayable, Work } from './play.ts';

/** The definition with the advice applied: its drills, why it cannot be rehearsed, or null. */
export type Other = { readonly play: Play; readonly arm: Arm } | { readonly unfit: Unplayable } | null;

/** Advice after a failed drill, or on what a pass does not show; null where nothing is left to do. */
export function adviceOn(given: Arm, play: Play, other: Other, work: Work): string | null {
  if (!given.drills.some(({ outcome }) => outcome === 'failed'))
    return given.drills.every(({ outcome }) => SURVIVED.includes(outcome))
      ? adviseOnChosen(play, work)
      : null;
  if (other === null)
    return `No preflight rule suggests a change of the definition. ${adviseOnLength(play, work)}`.trim();
  if ('unfit' in other) return `The fixed definition cannot be rehearsed: ${other.unfit.why}.`;
  const left = other.arm.drills.filter(({ outcome }) => outcome !== 'passed');
  if (left.length === 0) return adviseOnChosen(other.play, work);
  const which = left.map(({ drill, reason }) => `${drill} (${reason})`).join(', ');
  return `The fixed definition does not pass either: ${which}. ${adviseOnLength(other.play, work)}`.trim();
}

/** Outcomes of drills whose job was not lost. */
const SURVIVED: readonly Arm['outcome'][] = ['passed', 'outlasted'];

/** A length that was chosen to fit shows how the worker leaves, and says nothing of the jobs that it really runs. */
function adviseOnChosen({ window }: Play, { job }: Work): string | null {
  if (job.stated) return null;
  return `A job that has more than ${formatSpan(window)} left when its worker is stopped is killed all the same. To rehearse the length of yours: --job-length, as in --job-length 10m.`;
}

/** Advice for a step that is longer than the window. */
function adviseOnLength({ window, copy }: Play, { job, steps }: Work): string {
  if (job.ms <= window) return 'See the result and the journal of each drill.';
  const step = `Step ${steps.step} works for ${String(job.ms / 1000)} s, but the agent has only ${String(window / 1000)} s to finish it`;
  if (copy.launchType === 'EC2') return `${step}: give the agent a longer stopTimeout.`;
  if (window < FARGATE_CEILING)
    return `${step}: give the agent a longer stopTimeout, up to ${String(FARGATE_CEILING / 1000)} s on Fargate.`;
  return `${step}, Fargate's limit: make the step shorter or let it continue from a checkpoint, retry exit status -1 as a backstop, or run it on EC2, where stopTimeout has no limit.`;
}
