import { hasBuildEnded } from '../model/entities/build.ts';
import { no, unasked, unknown, yes, type Check } from './check.ts';
import { isExcused } from './handover.ts';
import { hasJobEnded, isJobMoving } from '../model/entities/job.ts';
import { isJudged, hasTrulyPassed, type Attempt } from '../evidence/attempts.ts';

export const targetPassed: Check = {
  name: 'target-passed',
  asks: 'Did the target attempt itself pass?',
  needed: true,
  judge(about) {
    const { evidence, attempts } = about;
    if (evidence.injection === null) return unasked('nothing was injected');
    const stopped = attempts.find((attempt) => attempt.role === 'target');
    if (stopped === undefined) return unasked('the drill aimed at no job');
    const { job, seen } = stopped;
    if (isExcused(about)) return unasked('handed over: its automatic retry passed elsewhere');
    if (!hasJobEnded(job)) return unknown(`it was ${job.rawState} when it was last read`, [seen.seq]);
    const retry = attempts.find((attempt) => attempt.job.retryOf === job.id);
    if (hasTrulyPassed(job) && job.exitStatus === '0' && !job.retried && retry === undefined)
      return yes(
        `attempt ${String(stopped.number)} ended ${job.rawState}, passed, exit status "0", not retried`,
        [seen.seq],
      );
    if (hasTrulyPassed(job) && job.exitStatus === '0')
      return unknown('it passed, but was retried all the same', [seen.seq], 'evidence-missing');
    if (hasTrulyPassed(job))
      return unknown('it passed, and Buildkite shows no exit status', [seen.seq], 'evidence-missing');
    if (stopped.loss !== null || job.signalReason === 'agent_stop' || job.state !== 'finished')
      return unknown(`it ended ${job.rawState}, exit status ${job.exitStatus ?? 'none'}`, [seen.seq]);
    const soft = job.softFailed ? ', soft-failed' : '';
    return no(
      'build-failed',
      `the target attempt failed: exit status ${job.exitStatus ?? 'none'}${soft}; cause undecided`,
      [seen.seq],
    );
  },
};

/** A job of a blocked build that comes before the block and has not ended. */
export function findJobBeforeBlock(buildId: string, attempts: readonly Attempt[]): Attempt | undefined {
  return attempts.find(({ job }) => job.buildId === buildId && isJobMoving(job));
}

export const buildPassed: Check = {
  name: 'build-passed',
  asks: 'Did the build pass?',
  needed: true,
  judge({ evidence, attempts }) {
    const { scenario } = evidence.plan;
    if (evidence.buildId === null) return unasked('there was no build');
    if (scenario.expect.build === 'any')
      return unasked('the scenario does not ask for it (expect.build: any)');
    const seen = evidence.last('build', evidence.buildId);
    if (seen === null) return unknown('the build was never read');
    const { state, rawState, number } = seen.value;
    if (state === 'passed') return yes(`build ${String(number)} is ${rawState}`, [seen.seq]);
    const moving = findJobBeforeBlock(evidence.buildId, attempts);
    if (state === 'blocked' && moving !== undefined)
      return unknown(`build ${String(number)} is ${rawState}, and job ${moving.job.id} is not over`, [
        seen.seq,
        moving.seen.seq,
      ]);
    if (state === 'blocked')
      return yes(`build ${String(number)} is ${rawState}: all its jobs before the block are over`, [
        seen.seq,
      ]);
    if (state === 'canceled' || state === 'canceling')
      return unknown(`build ${String(number)} is ${rawState}`, [seen.seq]);
    if (!hasBuildEnded(seen.value))
      return unknown(`build ${String(number)} is still ${rawState}`, [seen.seq]);
    const lost = attempts.some((attempt) => isJudged(attempt) && attempt.loss !== null);
    const why = lost
      ? 'a judged job was lost'
      : 'the cause is undecided: run the scenario with `fault: none`';
    return no('build-failed', `build ${String(number)} is ${rawState}; ${why}`, [seen.seq]);
  },
};
