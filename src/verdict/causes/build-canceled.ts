import type { Cause, Said } from './cause.ts';
import type { Grounds } from './grounds.ts';

/** Buildkite ended it, or somebody by Buildkite: no stop was why. */
export const buildCanceled: Cause = {
  name: 'build-canceled',
  means:
    'Buildkite ended the job or the build: a newer build, a time-out of the step, somebody whom it names.',
  judge(grounds) {
    return ofBuild(grounds) ?? ofJob(grounds);
  },
};

function ofJob({ hurt }: Grounds): Said | null {
  if (hurt === null || hurt.loss !== null) return null;
  const { job, seen } = hurt;
  const common = { weight: 'proven' as const, events: [seen.seq], experiment: null };
  if (job.state === 'timed_out' || job.state === 'timing_out')
    return {
      ...common,
      said: `Buildkite ended job ${job.id} at its step's own time-out (timeout_in_minutes)`,
      saves: 'a longer `timeout_in_minutes` of the step, or a shorter step',
    };
  if (job.state === 'canceled' || job.state === 'canceling' || job.signalReason === 'cancel')
    return {
      ...common,
      said: `Buildkite canceled job ${job.id}; who asked for it its record does not say`,
      saves: 'a drill on a branch on which nothing cancels running builds',
    };
  return null;
}

/** Only where the verdict says so: a build is canceled after a proven loss as well. */
function ofBuild({ evidence, reason }: Grounds): Said | null {
  if (reason !== 'build-canceled' || evidence.buildId === null) return null;
  const seen = evidence.last('build', evidence.buildId);
  if (seen === null || !['canceled', 'canceling'].includes(seen.value.state)) return null;
  const { number, canceledBy, cancelReason } = seen.value;
  const who =
    canceledBy === null
      ? 'by Buildkite itself (a newer build of the branch, or a rule)'
      : `by ${canceledBy}, as Buildkite shows`;
  return {
    weight: 'proven',
    said: `build ${String(number)} was canceled ${who}${cancelReason === null ? '' : `: ${cancelReason}`}`,
    events: [seen.seq],
    saves:
      canceledBy === null
        ? 'a branch of its own for drills, or a pipeline that does not cancel intermediate builds'
        : 'nobody cancels the build while the drill runs',
    experiment: null,
  };
}
