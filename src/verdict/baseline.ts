import { idleFrom } from '../checks/idle-timer.ts';
import { seconds } from '../checks/times.ts';
import { agentLeft } from '../model/entities/agent.ts';
import { buildEnded } from '../model/entities/build.ts';
import { taskEnded } from '../model/entities/task.ts';
import { attemptsOf } from '../evidence/attempts.ts';
import { byBuildkite, byRunner, clocksOf } from '../evidence/clocks.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Target, Verdict } from '../journal/events.ts';
import { rank, verdictOf } from './made.ts';
import type { Reason } from '../model/reasons.ts';

function verdict(reason: Reason, said: string, events: readonly number[]): Verdict {
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
    .map((id) => judgeOne(evidence, id))
    .sort((a, b) => rank(a) - rank(b));
  if (worst === undefined || others.length === 0) return worst ?? judgeOne(evidence, null);
  const findings = [worst, ...others].flatMap((one) => one.findings);
  const none = `none of ${String(others.length + 1)} builds failed; nothing was injected`;
  return { ...worst, findings, said: worst.reason === 'baseline' ? none : worst.said };
}

function judgeOne(evidence: Evidence, buildId: string | null): Verdict {
  const seen = buildId === null ? null : evidence.last('build', buildId);
  if (seen === null) return verdict('observation-gap', 'the build was never read', []);
  const build = seen.value;
  const said = `build ${String(build.number)} is ${build.rawState}; nothing was injected`;
  const lost = attemptsOf(evidence).find(({ loss, job }) => loss !== null && job.buildId === build.id);
  // A baseline that loses jobs by itself is unsound, even if a retry made the build green.
  if (lost !== undefined)
    return verdict(
      'unsound-baseline',
      `job ${lost.job.id} was lost (${lost.loss?.by ?? ''}) although nothing was injected; build ${String(build.number)} is ${build.rawState}`,
      [lost.seen.seq, seen.seq],
    );
  if (build.state === 'passed') return verdict('baseline', said, [seen.seq]);
  if (build.state === 'canceled' || build.state === 'canceling')
    return verdict('build-canceled', said, [seen.seq]);
  if (buildEnded(build)) return verdict('unsound-baseline', said, [seen.seq]);
  if (build.state === 'blocked') return verdict('baseline', said, [seen.seq]);
  const { last } = evidence.reads('build', build.id);
  if (last?.ok === false)
    return verdict('observation-gap', `the last read of the build failed: ${last.error?.message ?? ''}`, [
      last.seq,
    ]);
  return verdict(
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
    return verdict('observation-gap', 'the worker was never read completely', []);
  const seqs = [agent.seq, task.seq];
  const { name, rawConnection, lostAt, disconnectedAt } = agent.value;
  if (agent.value.connection === 'lost' || lostAt !== null)
    return verdict('not-drained', `agent ${name} did not leave: Buildkite marked it lost`, seqs);
  const from = idleFrom(evidence, agent.value);
  if (!agentLeft(agent.value) || disconnectedAt === null) {
    const waited =
      from === null
        ? null
        : clocksOf(evidence).distance(from, byRunner(evidence, agent.answeredAt, agent.seq)).ms;
    return stillThere(
      evidence,
      `agent ${name} was still ${rawConnection}`,
      ['agent', target.agentId],
      waited,
      seqs,
    );
  }
  const took = from === null ? null : clocksOf(evidence).distance(from, byBuildkite(disconnectedAt)).ms;
  const left = `agent ${name} left by itself${took === null ? '' : ` after ${seconds(took)} without a job`}`;
  if (!taskEnded(task.value))
    return stillThere(
      evidence,
      `${left}, and its task was still ${task.value.status}`,
      ['task', target.taskArn],
      took,
      seqs,
    );
  const { stopCode, stoppedReason, containers } = task.value;
  if (stopCode !== null && stopCode !== 'EssentialContainerExited')
    return verdict('stopped-by-other', `its task was stopped: ${stopCode}, "${stoppedReason ?? ''}"`, seqs);
  const code = containers.find(({ name: one }) => one === target.container)?.exitCode ?? null;
  if (code === null) return verdict('evidence-missing', `${left}; its container shows no exit code`, seqs);
  if (code !== 0)
    return verdict('not-drained', `${left}, and its container exited ${String(code)}, not 0`, seqs);
  const within = evidence.plan.scenario.expect.idle.within;
  if (within !== null && took === null)
    return verdict('evidence-missing', `${left}; it is not known since when it was idle`, seqs);
  if (within !== null && took !== null && took > within)
    return verdict('idle-too-slow', `${left}; limit ${seconds(within)}`, seqs);
  return verdict(
    'baseline',
    `${left}, its container exited 0, and its task ended; nothing was injected`,
    seqs,
  );
}

/** The worker had not ended when the watch did: too slow if its limit was exceeded, else a gap or a watch that was too short. */
function stillThere(
  evidence: Evidence,
  said: string,
  [kind, id]: readonly ['agent' | 'task', string],
  waited: number | null,
  seqs: readonly number[],
): Verdict {
  const { last } = evidence.reads(kind, id);
  if (last?.ok === false)
    return verdict('observation-gap', `the last read of the ${kind} failed: ${last.error?.message ?? ''}`, [
      last.seq,
    ]);
  const within = evidence.plan.scenario.expect.idle.within;
  if (within !== null && waited !== null && waited > within)
    return verdict(
      'idle-too-slow',
      `${said} after ${seconds(waited)} without a job; limit ${seconds(within)}`,
      seqs,
    );
  return verdict('verdict-timeout', `${said} when limits.verdictWithin ended`, seqs);
}
