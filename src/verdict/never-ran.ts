import { formatSpan } from '../model/instants.ts';
import { hasBuildEnded } from '../model/entities/build.ts';
import { hasJobEnded, type Job } from '../model/entities/job.ts';
import { matchesStep } from '../model/step-name.ts';
import { stepOf } from '../scenario/when.ts';
import type { Evidence } from '../evidence/evidence.ts';

/** What to do about a step that was never in flight for long enough, by what was seen of it; null where nothing of it was. */
export function adviseNeverRan(evidence: Evidence): string | null {
  const { plan, buildIds } = evidence;
  const haltedAt = evidence.events('GD_HALTED').at(-1)?.seq;
  if (plan.mode === 'assert' || haltedAt === undefined) return null;
  const { build, when } = plan.scenario;
  if (when.trigger === 'agent-idle')
    return 'Check that the service has a worker without a job (gameday doctor FILE shows whether its tasks lead to agents), or raise when.startWithin.';
  const first =
    build.number === null ? undefined : evidence.firstLook('build', buildIds[0] ?? '', () => true);
  if (first !== undefined && hasBuildEnded(first.value))
    return `Build ${String(first.value.number)} was over before the drill began: name one that runs, or leave build.number out.`;
  const step = stepOf(when);
  const jobs = evidence
    .every('job')
    // A drill that was cut short cancels its build, and its jobs with it.
    .map(({ value }) => evidence.lastLook('job', value.id, () => true, haltedAt)?.value)
    .filter((job) => job !== undefined)
    .filter((job) => buildIds.includes(job.buildId) && (step === null || matchesStep(step, job)));
  return adviseOn(jobs, when.trigger === 'step-in-flight' ? when.inFlightFor : null);
}

function adviseOn(jobs: readonly Job[], inFlightFor: number | null): string | null {
  const open = jobs.find((job) => !hasJobEnded(job));
  if (open?.state === 'scheduled')
    return `Its job was ${open.rawState}, so no agent had taken it: check its queue (agents: in the pipeline), and that an agent of that queue is free.`;
  if (open !== undefined || jobs.length === 0 || jobs.some(({ startedAt }) => startedAt === null))
    return null;
  return inFlightFor === null
    ? 'The step ran too short a time: use a longer step, or inject earlier.'
    : `The step ran shorter than when.inFlightFor (${formatSpan(inFlightFor)}): lower it, or use a longer step.`;
}
