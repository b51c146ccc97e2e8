import { findIdleStart } from '../checks/idle-timer.ts';
import { seconds } from '../checks/times.ts';
import { hasAgentLeft } from '../model/entities/agent.ts';
import { hasBuildEnded } from '../model/entities/build.ts';
import { hasTaskEnded } from '../model/entities/task.ts';
import { attemptsOf } from '../evidence/attempts.ts';
import { byBuildkite, byRunner, clocksOf } from '../evidence/clocks.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Target, Verdict } from '../journal/events.ts';
import { rankVerdict, verdictOf } from './made.ts';
import type { Reason } from '../model/reasons.ts';

function makeBaselineVerdict(reason: Reason, said: string, events: readonly number[]): Verdict {
  const finding = {
    check: 'baseline' as const,
    holds: reason === 'baseline' ? ('yes' as const) : ('no' as const),
    raises: null,
    said,
    notes: [],
  };
  return verdictOf(reason, said, { findings: [{ ...finding, events: [...events] }] });
}

/** `fault: none`: nothing is injected and the build must pass; a baseline, never proof. */
export function judgeBaseline(evidence: Evidence): Verdict {
  const { target } = evidence;
  if (target?.jobId === null) return judgeIdle(evidence, target);
  const [worst, ...others] = (evidence.buildIds.length === 0 ? [null] : evidence.buildIds)
    .map((id) => judgeBaselineBuild(evidence, id))
    .sort((a, b) => rankVerdict(a) - rankVerdict(b));
  if (worst === undefined || others.length === 0) return worst ?? judgeBaselineBuild(evidence, null);
  const findings = [worst, ...others].flatMap((one) => one.findings);
  const none = `none of ${String(others.length + 1)} builds failed; nothing was injected`;
  return { ...worst, findings, said: worst.reason === 'baseline' ? none : worst.said };
}

function judgeBaselineBuild(evidence: Evidence, buildId: string | null): Verdict {
  const seen = buildId === null ? null : evidence.last('build', buildId);
  if (seen === null) return makeBaselineVerdict('observation-gap', 'the build was never read', []);
  const build = seen.value;
  const said = `build ${String(build.number)} is ${build.rawState}; nothing was injected`;
  const lost = attemptsOf(evidence).find(({ loss, job }) => loss !== null && job.buildId === build.id);
  // A baseline that loses jobs by itself is unsound, even if a retry made the build green.
  if (lost !== undefined)
    return makeBaselineVerdict(
      'unsound-baseline',
      `job ${lost.job.id} was lost (${lost.loss?.by ?? ''}) although nothing was injected; build ${String(build.number)} is ${build.rawState}`,
      [lost.seen.seq, seen.seq],
    );
  if (build.state === 'passed') return makeBaselineVerdict('baseline', said, [seen.seq]);
  if (build.state === 'canceled' || build.state === 'canceling')
    return makeBaselineVerdict('build-canceled', said, [seen.seq]);
  if (hasBuildEnded(build)) return makeBaselineVerdict('unsound-baseline', said, [seen.seq]);
  if (build.state === 'blocked') return makeBaselineVerdict('baseline', said, [seen.seq]);
  const { last } = evidence.reads('build', build.id);
  if (last?.ok === false)
    return makeBaselineVerdict(
      'observation-gap',
      `the last read of the build failed: ${last.error?.message ?? ''}`,
      [last.seq],
    );
  return makeBaselineVerdict(
    'verdict-timeout',
    `build ${String(build.number)} was still ${build.rawState} when limits.verdictWithin ended`,
    [seen.seq],
  );
}

/** Nothing is injected and there is no build: the idle worker must leave by itself, and its task must end. */
function judgeIdle(evidence: Evidence, target: Target): Verdict {
  const agent = evidence.last('agent', target.agentId);
  const task = evidence.last('task', target.taskArn);
  if (agent === null || task === null)
    return makeBaselineVerdict('observation-gap', 'the worker was never read completely', []);
  const seqs = [agent.seq, task.seq];
  const { name, rawConnection, lostAt, disconnectedAt } = agent.value;
  if (agent.value.connection === 'lost' || lostAt !== null)
    return makeBaselineVerdict('not-drained', `agent ${name} did not leave: Buildkite marked it lost`, seqs);
  const from = findIdleStart(evidence, agent.value);
  if (!hasAgentLeft(agent.value) || disconnectedAt === null) {
    const waited =
      from === null
        ? null
        : clocksOf(evidence).distance(from, byRunner(evidence, agent.answeredAt, agent.seq)).ms;
    return judgeUnfinishedIdle(
      evidence,
      `agent ${name} was still ${rawConnection}`,
      ['agent', target.agentId],
      waited,
      seqs,
    );
  }
  const took = from === null ? null : clocksOf(evidence).distance(from, byBuildkite(disconnectedAt)).ms;
  const left = `agent ${name} left by itself${took === null ? '' : ` after ${seconds(took)} without a job`}`;
  if (!hasTaskEnded(task.value))
    return judgeUnfinishedIdle(
      evidence,
      `${left}, and its task was still ${task.value.status}`,
      ['task', target.taskArn],
      took,
      seqs,
    );
  const { stopCode, stoppedReason, containers } = task.value;
  if (stopCode !== null && stopCode !== 'EssentialContainerExited')
    return makeBaselineVerdict(
      'stopped-by-other',
      `its task was stopped: ${stopCode}, "${stoppedReason ?? ''}"`,
      seqs,
    );
  const code = containers.find(({ name: one }) => one === target.container)?.exitCode ?? null;
  if (code === null)
    return makeBaselineVerdict('evidence-missing', `${left}; its container shows no exit code`, seqs);
  if (code !== 0)
    return makeBaselineVerdict(
      'not-drained',
      `${left}, and its container exited ${String(code)}, not 0`,
      seqs,
    );
  const within = evidence.plan.scenario.expect.idle.within;
  if (within !== null && took === null)
    return makeBaselineVerdict('evidence-missing', `${left}; it is not known since when it was idle`, seqs);
  if (within !== null && took !== null && took > within)
    return makeBaselineVerdict('idle-too-slow', `${left}; limit ${seconds(within)}`, seqs);
  return makeBaselineVerdict(
    'baseline',
    `${left}, its container exited 0, and its task ended; nothing was injected`,
    seqs,
  );
}

/** The worker had not ended when the watch did: too slow if its limit was exceeded, else a gap or a watch that was too short. */
function judgeUnfinishedIdle(
  evidence: Evidence,
  said: string,
  [kind, id]: readonly ['agent' | 'task', string],
  waited: number | null,
  seqs: readonly number[],
): Verdict {
  const { last } = evidence.reads(kind, id);
  if (last?.ok === false)
    return makeBaselineVerdict(
      'observation-gap',
      `the last read of the ${kind} failed: ${last.error?.message ?? ''}`,
      [last.seq],
    );
  const within = evidence.plan.scenario.expect.idle.within;
  if (within !== null && waited !== null && waited > within)
    return makeBaselineVerdict(
      'idle-too-slow',
      `${said} after ${seconds(waited)} without a job; limit ${seconds(within)}`,
      seqs,
    );
  return makeBaselineVerdict('verdict-timeout', `${said} when limits.verdictWithin ended`, seqs);
}
