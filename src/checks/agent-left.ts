import { agentLeft as hasLeft, type Agent } from '../model/entities/agent.ts';
import type { Evidence, Sighting, Strike } from '../evidence/evidence.ts';
import type { Attempt } from '../evidence/attempts.ts';
import { no, unasked, unknown, yes, type Answered, type Case, type Check } from './check.ts';
import { agentContainer, agentSetting } from './container.ts';
import { excused } from './handover.ts';
import { endOfJob, idleFrom, idleTimeout } from './idle-timer.ts';
import { clockTime, seconds } from './times.ts';

/** An agent that leaves of the stop does so within this time of its last job's end (verdict rule 5). */
const AT_ONCE = 5_000;
/** The agent's timer and Buildkite's clock may disagree by a little. */
const TIMER_SLACK = 500;
/** What two clocks may be apart before an order between them means something. */
const CLOCKS = 2_000;

/** End of the agent's last job by Buildkite's clock. */
function lastJobEnd(attempts: readonly Attempt[], agentId: string): number | null {
  const ends = attempts
    .filter((attempt) => attempt.job.agentId === agentId)
    .map(({ job }) => endOfJob(job))
    .filter((end) => end !== null);
  return ends.length === 0 ? null : Math.max(...ends);
}

function oneShot(evidence: Evidence): boolean {
  const definition = agentContainer(evidence)?.definition ?? null;
  const after = agentSetting(definition, '--disconnect-after-job', 'BUILDKITE_AGENT_DISCONNECT_AFTER_JOB');
  const acquired = agentSetting(definition, '--acquire-job', 'BUILDKITE_AGENT_ACQUIRE_JOB');
  return (after !== null && after !== 'false' && after !== '0') || acquired !== null;
}

function ofUser(agent: Agent): string | null {
  return agent.stoppedGracefullyBy ?? agent.stopForcedBy;
}

function left(about: Case, strike: Strike, seen: Sighting<Agent>): Answered {
  const { evidence, attempts } = about;
  const agent = seen.value;
  const isIdle = evidence.target?.jobId === null;
  if (!isIdle && oneShot(evidence))
    return yes(
      `the agent left (${agent.rawConnection}) after its one job`,
      [seen.seq],
      [
        'one-shot: this agent leaves after its job anyhow; only an idle strike shows whether it hears the signal',
      ],
    );
  const stop = evidence.last('task', strike.taskArn)?.value.stoppingAt ?? strike.sentAt;
  const told = agent.stoppedGracefullyAt;
  if (told !== null && told < stop - CLOCKS)
    return unknown(
      `the agent reported a graceful stop at ${clockTime(told)}, before ours`,
      [strike.sentSeq, seen.seq],
      'drain-not-proven',
    );
  if (told !== null)
    return yes(`the agent reported its graceful stop at ${clockTime(told)} and left`, [
      strike.sentSeq,
      seen.seq,
    ]);
  return isIdle ? idleByTimes(evidence, seen, stop) : byTimes(about, seen, lastJobEnd(attempts, agent.id));
}

/** An idle agent that hears the stop leaves at once; one that leaves when its own timer runs out need not have heard anything. */
function idleByTimes(evidence: Evidence, seen: Sighting<Agent>, stop: number): Answered {
  const at = seen.value.disconnectedAt;
  if (at === null) return unknown('it cannot be told when the agent left', [seen.seq], 'drain-not-proven');
  const after = at - stop;
  const idle = idleTimeout(evidence);
  const from = idleFrom(evidence, seen.value);
  const atOnce = after >= -CLOCKS && after <= AT_ONCE;
  if (idle !== null && (from === null || at >= from + idle - TIMER_SLACK)) {
    const said = `the agent left ${seconds(after)} after the stop, when its own idle time-out (${seconds(idle)}) had run out`;
    return atOnce || from === null
      ? unknown(`${said}: either may be why`, [seen.seq], 'drain-not-proven')
      : no('not-drained', `${said}: it never heard the stop`, [seen.seq]);
  }
  if (atOnce)
    return yes(`the idle agent disconnected ${seconds(after)} after the stop, at ${clockTime(at)}`, [
      seen.seq,
    ]);
  return unknown(
    `the idle agent left ${seconds(after)} after the stop: not at once, so the stop is not proven to be why`,
    [seen.seq],
    'drain-not-proven',
  );
}

/** Agents before 3.138 report no stop: only the time between the last job's end and the disconnect tells why they left. */
function byTimes({ evidence }: Case, seen: Sighting<Agent>, end: number | null): Answered {
  const at = seen.value.disconnectedAt;
  const idle = idleTimeout(evidence);
  if (end === null || at === null)
    return unknown(
      'it cannot be told why the agent left: no time of its disconnect or of its last job',
      [seen.seq],
      'drain-not-proven',
    );
  const after = at - end;
  if (idle !== null && after >= idle - TIMER_SLACK)
    return no(
      'not-drained',
      `the agent left by its own idle time-out (${seconds(idle)}), ${seconds(after)} after its last job: it never heard the stop`,
      [seen.seq],
    );
  if (after >= -CLOCKS && after <= AT_ONCE && (idle === null || after < idle / 2))
    return yes(`the agent disconnected ${seconds(after)} after its last job's end, at ${clockTime(at)}`, [
      seen.seq,
    ]);
  return unknown(
    `the agent left ${seconds(after)} after its last job: neither at once nor by an idle time-out, so the stop is not proven to be why`,
    [seen.seq],
    'drain-not-proven',
  );
}

function notLeft(about: Case, seen: Sighting<Agent>): Answered {
  const { evidence } = about;
  const container = agentContainer(evidence);
  const clean = container?.container?.exitCode === 0;
  if (seen.value.connection === 'lost' || seen.value.lostAt !== null) {
    if (!clean)
      return unknown(`the agent was marked lost at ${clockTime(seen.value.lostAt ?? seen.answeredAt)}`, [
        seen.seq,
      ]);
    return unknown(
      "its container ended 0, but Buildkite got no disconnect and marked the agent lost after its job's end",
      [seen.seq, container.task.seq],
      'disconnect-not-received',
    );
  }
  if (clean && evidence.watchEnded !== null)
    return unknown(
      `its container ended 0, but the agent still shows ${seen.value.rawConnection}`,
      [seen.seq],
      'disconnect-not-received',
    );
  return unknown(`the agent had not left when it was last read (${seen.value.rawConnection})`, [seen.seq]);
}

export const agentLeft: Check = {
  name: 'agent-left',
  asks: 'Did the agent leave because of the stop?',
  needed: true,
  judge(about) {
    const { evidence, attempts } = about;
    const strike = evidence.strike;
    if (strike === null || evidence.target === null) return unasked('nothing was injected');
    const seen = evidence.last('agent', evidence.target.agentId);
    if (seen === null) return unknown('the agent was never read');
    const user = ofUser(seen.value);
    if (user !== null) return no('stopped-by-other', `${user} stopped the agent by hand`, [seen.seq]);
    if (excused(about))
      return unasked('handed over: the attempt was lost or stopped, so no drain is asked for');
    if (attempts.some((attempt) => attempt.role === 'struck' && attempt.loss !== null))
      return unknown('the agent was lost together with its job', [seen.seq]);
    if (!hasLeft(seen.value) || seen.value.connection === 'lost' || seen.value.lostAt !== null)
      return notLeft(about, seen);
    return left(about, strike, seen);
  },
};
