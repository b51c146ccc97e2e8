import { FARGATE_CEILING } from '../worker/stop-window.ts';
import type { Arm } from './document.ts';
import type { Play, Unplayable, Work } from './play.ts';

/** The definition with the advice taken: played, not playable, or none. */
export type Other = { readonly play: Play; readonly arm: Arm } | { readonly unfit: Unplayable } | null;

/** What is left to say where a drill failed; null where the mended definition says it all, or where nothing failed. */
export function adviceOn(given: Arm, play: Play, other: Other, work: Work): string | null {
  if (!given.drills.some(({ outcome }) => outcome === 'failed')) return null;
  if (other === null)
    return `No rule has a change of the definition that would help. ${longer(play, work)}`.trim();
  if ('unfit' in other) return `The mended definition cannot be rehearsed: ${other.unfit.why}.`;
  const left = other.arm.drills.filter(({ outcome }) => outcome !== 'passed');
  if (left.length === 0) return null;
  const which = left.map(({ drill, reason }) => `${drill} (${reason})`).join(', ');
  return `The mended definition does not pass either: ${which}. ${longer(other.play, work)}`.trim();
}

/** A step that no window holds is mended elsewhere. */
function longer({ window, copy }: Play, { job, steps }: Work): string {
  if (job.ms <= window) return 'What each drill says, and its journal, tell more.';
  const step = `Step ${steps.step} works for ${String(job.ms / 1000)} s, and the agent has ${String(window / 1000)} s to finish it`;
  if (copy.launchType === 'EC2') return `${step}: give the agent a longer stopTimeout.`;
  if (window < FARGATE_CEILING)
    return `${step}: give the agent a longer stopTimeout, up to ${String(FARGATE_CEILING / 1000)} s on Fargate.`;
  return `${step}, the most that Fargate gives: make the step shorter or let it go on from a checkpoint, retry exit status -1 as a backstop, or run it on EC2, where stopTimeout has no ceiling.`;
}
