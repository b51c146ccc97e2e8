import type { Agent } from '../model/entities/agent.ts';
import { findAgentContainer, findSignalPath } from '../evidence/agent-container.ts';
import type { Attempt } from '../evidence/attempts.ts';
import { byBuildkite, clocksOf, shiftStamp, type Stamp } from '../evidence/clocks.ts';
import type { Evidence, Sighting } from '../evidence/evidence.ts';
import { findFinishTime } from '../evidence/job-times.ts';
import { describeLongLag, measureSignalLag } from '../evidence/signal-lag.ts';
import { findSignalWindow, type SignalWindow } from '../evidence/stop.ts';
import { witnessOf } from '../evidence/witness.ts';
import { no, unknown, yes, type Answered, type Case } from './check.ts';
import { findIdleStart, leavingFlagsIn } from './idle-timer.ts';
import { describeOffset, formatClockTime, seconds } from './times.ts';
import { judgeWrongContainer } from './wrong-container.ts';

/** An agent that leaves because of the stop does so within this time of its last job's end, or of the signal (verdict rule 5). */
const AT_ONCE = 5_000;
/** The agent's timers and Buildkite's clock may disagree by a little. */
const TIMER_SLACK = 500;

const PROVES =
  'Any of these would show it: agent 3.138 or later (which reports its stop), the exec form, `cluster.imageConfig`, or a worker of this definition that has no job for 10 s';

/** Whether all agents of this version report their stops: v3 from 3.138 on. */
export function isKnownToReportStops(version: string): boolean {
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(version) ?? [];
  return Number(major) === 3 && Number(minor) >= 138;
}

/** Whether an agent of this version reports its stops: v3 from 3.138 on, and any version of which one agent was seen to report. */
export function isReportingStops(evidence: Evidence, { version }: Agent): boolean {
  if (isKnownToReportStops(version ?? '')) return true;
  return evidence
    .every('agent')
    .some(
      ({ value }) =>
        value.version === version && value.stoppedGracefullyAt !== null && value.stoppedGracefullyBy === null,
    );
}

/** Whether an agent that has left is proven to have heard our stop and to have left because of it (verdict rule 5). */
export function judgeHeardStop(about: Case, seen: Sighting<Agent>): Answered {
  const { evidence } = about;
  const window = findSignalWindow(evidence);
  if (window === null) return unknown('nothing was stopped', [seen.seq]);
  const report = seen.value.stoppedGracefullyAt;
  if (report !== null) return judgeStopReport(evidence, seen, byBuildkite(report), window);
  if (isReportingStops(evidence, seen.value))
    return unknown(
      `agent ${seen.value.version ?? ''} reports the stops that it hears, and this one left without a report: it did not hear our stop, or its report was lost`,
      [seen.seq],
      'drain-not-proven',
    );
  if (evidence.target?.jobId === null) return judgeIdleByTimes(evidence, seen, window);
  return isOneShot(evidence) ? judgeOneShot(seen) : judgeOlderAgent(about, seen);
}

/** Whether the agent is known to leave after its one job in any case. */
export function isOneShot(evidence: Evidence): boolean {
  return leavingFlagsIn(evidence).oneShot;
}

function judgeStopReport(
  evidence: Evidence,
  { seq, value }: Sighting<Agent>,
  report: Stamp,
  window: SignalWindow,
): Answered {
  const { order } = clocksOf(evidence);
  const events = [evidence.injection?.sentSeq ?? null, seq];
  const at = formatClockTime(value.stoppedGracefullyAt ?? 0);
  if (order(report, window.from) === 'before')
    return unknown(
      `the agent reported a graceful stop at ${at}, before our stop: somebody else stopped it`,
      events,
      'drain-not-proven',
    );
  if (order(report, window.reportBy) === 'after')
    return unknown(
      `the agent reported a graceful stop at ${at}, too late for our stop, whose report comes by ${formatClockTime(window.reportBy.at)}: somebody else stopped it. ${PROVES}`,
      events,
      'drain-not-proven',
    );
  return yes(
    `the agent reported its graceful stop at ${at} and left${describeLongLag(evidence)}`,
    events,
    [],
    'report',
  );
}

function judgeOneShot({ seq, value }: Sighting<Agent>): Answered {
  return yes(
    `the agent left (${value.rawConnection}) after its one job`,
    [seq],
    [
      'one-shot: this agent leaves after its job in any case, so the job survived, but nothing shows that the agent hears the signal; an injection into an idle worker would show it',
    ],
  );
}

/** Agents before 3.138 report no stop: the time of their leaving and what is known of their start decide. */
function judgeOlderAgent(about: Case, seen: Sighting<Agent>): Answered {
  const { evidence } = about;
  const { idleTimeout: idle, uptime } = leavingFlagsIn(evidence);
  const end = findLastJobEnd(about.attempts, seen.value.id);
  const at = seen.value.disconnectedAt;
  if (end === null || at === null)
    return unknown(
      'why the agent left is not known: Buildkite shows no time of its disconnect or of the end of its last job',
      [seen.seq],
      'drain-not-proven',
    );
  const { ms } = clocksOf(evidence).distance(end, byBuildkite(at));
  const left = describeOffset(ms, 'the end of its last job');
  const byTimer = idle !== null && ms >= idle - TIMER_SLACK;
  if (byTimer && ms <= AT_ONCE)
    return unknown(
      `the agent left ${left}, when its own idle time-out (${seconds(idle)}) had run out too: either may be the cause`,
      [seen.seq],
      'drain-not-proven',
    );
  if (byTimer) return judgeTimer(about, seen, byBuildkite(at), `(${seconds(idle)}), ${left}`);
  if (ms > AT_ONCE || (idle !== null && ms >= idle / 2))
    return unknown(
      `the agent left ${left}: neither at once nor by an idle time-out, so the stop is not proven to be the cause`,
      [seen.seq],
      'drain-not-proven',
    );
  if (uptime !== null && hasRunOut(evidence, seen.value, uptime, at))
    return unknown(
      `the agent left ${left}, when its --disconnect-after-uptime (${seconds(uptime)}) had run out too: either may be the cause`,
      [seen.seq],
      'drain-not-proven',
    );
  return judgeByStart(about, seen, `the agent disconnected ${left}, at ${formatClockTime(at)}`);
}

/** Its own timer made the agent leave. Only after the signal must have come does that show that the agent did not hear it. */
function judgeTimer(about: Case, { seq }: Sighting<Agent>, at: Stamp, said: string): Answered {
  const left = `the agent left by its own idle time-out ${said}`;
  const early = findUnsignalledTime(about.evidence, at);
  if (early === null) return no('not-drained', `${left}: it never heard the stop`, [seq]);
  return unknown(`${left}; ${early}`, [seq], 'drain-not-proven');
}

/** Why an agent that left then may not have been signalled yet; null if it must have been, or if its start keeps the signal anyway. */
function findUnsignalledTime(evidence: Evidence, at: Stamp): string | null {
  const window = findSignalWindow(evidence);
  if (window === null || findSignalPath(evidence).reaches === 'no') return null;
  if (clocksOf(evidence).order(at, shiftStamp(window.signalledBy, AT_ONCE)) === 'after') return null;
  return `the signal may not have come before: ${measureSignalLag(evidence)?.said ?? ''}. An agent that reports its stops would show it, a longer idle time-out, or a limits.signalLag that fits your hosts`;
}

function hasRunOut(
  evidence: Evidence,
  { connectedAt }: Agent,
  uptime: number,
  left: NonNullable<Agent['disconnectedAt']>,
): boolean {
  // Without the time of the connection the uptime may have run out.
  if (connectedAt === null) return true;
  return clocksOf(evidence).distance(byBuildkite(connectedAt), byBuildkite(left)).ms >= uptime - TIMER_SLACK;
}

/** The agent left at once. A timer that gameday cannot see may be the cause, so the signal must also be known to reach it. */
function judgeByStart(about: Case, seen: Sighting<Agent>, left: string): Answered {
  const { evidence } = about;
  const other = judgeWrongContainer(about);
  if (other !== null) return other;
  const agent = findAgentContainer(evidence);
  const path = findSignalPath(evidence);
  const events = [seen.seq, agent?.task.seq ?? null];
  if (path.reaches === 'yes') return yes(`${left}; ${path.said}`, events, [], 'entry-point');
  if (agent?.container?.exitCode === 143)
    return yes(
      `${left}; its container exited 143 after that: a trap passed the signal on`,
      events,
      [],
      'exit-code',
    );
  const witness = path.reaches === 'no' ? null : witnessOf(evidence);
  if (witness !== null) return yes(`${left}; ${witness.said}`, [...events, ...witness.events], [], 'witness');
  return unknown(
    `${left}, but nothing shows that it heard the stop: ${path.said}, and a flag that gameday cannot see may have made it leave. ${PROVES}`,
    events,
    'drain-not-proven',
  );
}

/** End of the agent's last job, by Buildkite's clock. */
function findLastJobEnd(attempts: readonly Attempt[], agentId: string): Stamp | null {
  const ends = attempts
    .filter(({ job }) => job.agentId === agentId)
    .map(({ job }) => findFinishTime(job))
    .filter((end) => end !== null);
  return ends.toSorted((a, b) => b.at - a.at)[0] ?? null;
}

/** An idle agent that hears the stop leaves at once; an agent that leaves when its own timer runs out may have heard nothing. */
function judgeIdleByTimes(evidence: Evidence, seen: Sighting<Agent>, window: SignalWindow): Answered {
  const { disconnectedAt } = seen.value;
  if (disconnectedAt === null)
    return unknown('when the agent left is not known', [seen.seq], 'drain-not-proven');
  const { order, distance } = clocksOf(evidence);
  const at = byBuildkite(disconnectedAt);
  const left = `the idle agent left ${describeOffset(distance(window.from, at).ms, 'the stop')}`;
  const atOnce =
    order(at, window.from) !== 'before' && order(at, shiftStamp(window.reportBy, AT_ONCE)) !== 'after';
  const idle = leavingFlagsIn(evidence).idleTimeout;
  const from = findIdleStart(evidence, seen.value);
  if (idle !== null && (from === null || distance(from, at).ms >= idle - TIMER_SLACK)) {
    const said = `${left}, when its own idle time-out (${seconds(idle)}) had run out`;
    if (atOnce || from === null)
      return unknown(`${said}: either may be the cause`, [seen.seq], 'drain-not-proven');
    const early = findUnsignalledTime(evidence, at);
    return early === null
      ? no('not-drained', `${said}: it never heard the stop`, [seen.seq])
      : unknown(`${said}; ${early}`, [seen.seq], 'drain-not-proven');
  }
  if (atOnce) return yes(`${left}, at ${formatClockTime(disconnectedAt)}`, [seen.seq], [], 'disconnect');
  return unknown(
    `${left}: not at once, so the stop is not proven to be the cause`,
    [seen.seq],
    'drain-not-proven',
  );
}
