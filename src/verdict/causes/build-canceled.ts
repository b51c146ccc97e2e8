import { findCanceler } from '../../checks/undisturbed.ts';
import { NO_FAULT, type Cause, type Said } from './cause.ts';
import type { Grounds } from './grounds.ts';

/** Buildkite, or a user through Buildkite, ended the job or build: the stop was not the cause. */
export const buildCanceled: Cause = {
  name: 'build-canceled',
  means:
    'Buildkite ended the job or the build: for a newer build, for a time-out of the step, or for a user.',
  explains: 'a cancelation',
  judge(grounds) {
    return judgeCanceledBuild(grounds) ?? judgeCanceledJob(grounds);
  },
};

function judgeCanceledJob({ hurt, evidence }: Grounds): Said | null {
  if (hurt === null || hurt.loss !== null) return null;
  const { job, seen } = hurt;
  const common = { weight: 'proven' as const, events: [seen.seq], experiment: NO_FAULT };
  if (job.state === 'timed_out' || job.state === 'timing_out')
    return {
      ...common,
      said: `Buildkite ended job ${job.id} at its step's own time-out (timeout_in_minutes)`,
      saves: 'a longer `timeout_in_minutes` of the step, or a shorter step',
    };
  if (job.state === 'canceled' || job.state === 'canceling' || job.signalReason === 'cancel') {
    const who = findCanceler(evidence, job.buildId);
    return {
      ...common,
      said: `job ${job.id} was canceled through Buildkite; ${who === null ? 'its record does not say who asked for that' : `${who} asked for that`}`,
      saves: 'a drill on a branch on which nothing cancels running builds',
    };
  }
  return null;
}

/** Only if the verdict is build-canceled: a build may also be canceled after a proven loss. */
function judgeCanceledBuild({ evidence, reason }: Grounds): Said | null {
  if (reason !== 'build-canceled' || evidence.buildId === null) return null;
  const seen = evidence.last('build', evidence.buildId);
  if (seen === null || !['canceled', 'canceling'].includes(seen.value.state)) return null;
  const { id, number, cancelReason } = seen.value;
  const who = findCanceler(evidence, id);
  return {
    weight: 'proven',
    said: `build ${String(number)} was canceled ${who === null ? 'by Buildkite itself (a newer build of the branch, or a rule)' : `by ${who}, as Buildkite shows`}${cancelReason === null ? '' : `: ${cancelReason}`}`,
    events: [seen.seq],
    saves:
      who === null
        ? 'a branch of its own for drills, or a pipeline that does not cancel intermediate builds'
        : 'nobody cancels the build while the drill runs',
    experiment: NO_FAULT,
  };
}
