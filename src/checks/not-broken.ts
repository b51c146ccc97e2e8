import { hasJobEnded, type Job } from '../model/entities/job.ts';
import type { Container, Task } from '../model/entities/task.ts';
import { isJudged, type Attempt } from '../evidence/attempts.ts';
import { byRunner, clocksOf } from '../evidence/clocks.ts';
import { workerOf } from '../evidence/agent-container.ts';
import { findFinishTime } from '../evidence/job-times.ts';
import { hasRunToEnd } from '../worker/stop-window.ts';
import { no, unasked, unknown, yes, type Case, type Check } from './check.ts';

const OF_SIGNALS: ReadonlySet<string> = new Set(['130', '137', '143']);

function isBrokenBySignal(job: Job): boolean {
  if (job.state !== 'finished' || job.passed || job.signalReason !== null) return false;
  return job.signal !== null || OF_SIGNALS.has(job.exitStatus ?? '');
}

/** The container that the agent's container depends on and that was seen STOPPED before the job's end. A container that has to end before the agent starts does not count. */
function findSidecarGoneBefore({ evidence }: Case, attempt: Attempt): string | null {
  const target = evidence.target;
  const end = findFinishTime(attempt.job);
  const worker = workerOf(evidence);
  if (target === null || end === null || worker === null) return null;
  const needed = worker.agent.dependsOn.filter((name) => !hasRunToEnd(name, worker.containers));
  const gone = ({ containers }: Task): Container | undefined =>
    containers.find(({ name, status }) => status === 'STOPPED' && needed.includes(name));
  const seen = evidence.firstLook(
    'task',
    target.taskArn,
    (task) => gone(task) !== undefined,
    undefined,
    (look) => clocksOf(evidence).order(byRunner(evidence, look.answeredAt, look.seq), end) === 'before',
  );
  return seen === undefined ? null : (gone(seen.value)?.name ?? null);
}

export const notBroken: Check = {
  name: 'not-broken',
  asks: 'Did the stop leave the job itself alone?',
  needed: false,
  judge(about) {
    const { evidence, attempts } = about;
    if (evidence.injection === null) return unasked('nothing was injected');
    const judged = attempts.filter(isJudged).filter((attempt) => attempt.loss === null);
    for (const attempt of judged) {
      const { job } = attempt;
      const sidecar =
        hasJobEnded(job) && !job.passed && job.signalReason === null
          ? findSidecarGoneBefore(about, attempt)
          : null;
      if (!isBrokenBySignal(job) && sidecar === null) continue;
      const how =
        sidecar === null ? `signal ${job.signal ?? 'none'}` : `after its sidecar ${sidecar} had ended`;
      return no(
        'broken-by-stop',
        `job ${job.id} ended after the stop with exit status ${job.exitStatus ?? 'none'}, ${how}, no signal reason`,
        [evidence.injection.sentSeq, attempt.seen.seq],
      );
    }
    const open = judged.find(({ job }) => !hasJobEnded(job));
    if (open !== undefined) return unknown(`job ${open.job.id} had not ended`, [open.seen.seq]);
    return yes(
      'no judged job ended by a signal of the stop',
      judged.map((attempt) => attempt.seen.seq),
    );
  },
};
