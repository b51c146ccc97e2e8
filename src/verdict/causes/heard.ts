import { agentLeft } from '../../checks/agent-left.ts';
import { judgeHeardStop as leftBecauseOfStop, isReportingStops } from '../../checks/heard.ts';
import { findIdleStart } from '../../checks/idle-timer.ts';
import { seconds } from '../../checks/times.ts';
import { hasJobEnded } from '../../model/entities/job.ts';
import { byBuildkite, clocksOf, shiftStamp, type Stamp } from '../../evidence/clocks.ts';
import { findEndTime, findGotTime } from '../../evidence/job-times.ts';
import { findSignalWindow } from '../../evidence/stop.ts';
import { measureElapsed, readAgentExitCode, hasLeft, saySinceStop, type Grounds } from './grounds.ts';

/** An agent without a job that hears the stop leaves within this time, milliseconds (verdict rule 5). */
const AT_ONCE = 5_000;
/** Buildkite marks an agent lost three minutes after its last heartbeat, and notices within one more minute (agent life cycle). */
const GIVEN_UP_WITHIN = 240_000;

/** Whether the agent heard the stop, as far as what it did shows. */
export interface Heard {
  readonly heard: 'yes' | 'no' | 'unknown';
  /** Nothing else explains what it did. */
  readonly sure: boolean;
  readonly said: string;
  readonly events: readonly (number | null)[];
}

const UNKNOWN: Heard = { heard: 'unknown', sure: false, said: '', events: [] };

/** Whether the agent heard the stop, from what the agent did after it and not from the definition. */
export function judgeHeard(grounds: Grounds): Heard {
  return (
    judgeByReport(grounds) ??
    judgeByJob(grounds) ??
    judgeByTimer(grounds) ??
    judgeByIdleness(grounds) ??
    UNKNOWN
  );
}

/** Whether an agent that reports its stops reported none: it did not hear the stop, or the report was lost. */
export function isSilent({ evidence, worker }: Grounds): boolean {
  return (
    worker !== null && worker.value.stoppedGracefullyAt === null && isReportingStops(evidence, worker.value)
  );
}

/** Agents from 3.138 on report their stop to Buildkite. */
function judgeByReport(grounds: Grounds): Heard | null {
  const { worker, evidence } = grounds;
  const at = worker?.value.stoppedGracefullyAt ?? null;
  if (worker === null || at === null || worker.value.stoppedGracefullyBy !== null) return null;
  if (evidence.injection === null || leftBecauseOfStop(grounds, worker).proof !== 'report') return null;
  const said = `the agent reported its stop${saySinceStop(grounds, byBuildkite(at))}`;
  return { heard: 'yes', sure: true, said, events: [worker.seq] };
}

/** The agent left when its own timer ran out, not when it was signalled. An agent that left late for another reason looks the same. */
function judgeByTimer(grounds: Grounds): Heard | null {
  const answer = agentLeft.judge(grounds);
  if (answer.raises !== 'not-drained') return null;
  return { heard: 'no', sure: false, said: answer.said, events: answer.events };
}

/** The agent got a job after the latest time at which the signal can have come. */
function judgeByJob(grounds: Grounds): Heard | null {
  const { attempts, worker, evidence } = grounds;
  const window = findSignalWindow(evidence);
  if (worker === null || window === null) return null;
  const { order } = clocksOf(evidence);
  for (const { job, seen } of attempts) {
    const got = job.agentId === worker.value.id ? findGotTime(job) : null;
    if (got === null || order(got, window.to) !== 'after') continue;
    const said = `the agent took job ${job.id}${saySinceStop(grounds, got)}, which an agent that heard the stop does not do`;
    return { heard: 'no', sure: true, said, events: [seen.seq] };
  }
  return null;
}

/** The time that the agent spent without a job before it was killed at its time-out. */
export interface IdleBeforeKill {
  readonly from: Stamp;
  readonly ms: number;
  readonly events: readonly number[];
}

/** Null if the agent had a job, had left, or may have been about to leave. */
export function findIdleBeforeKill(grounds: Grounds): IdleBeforeKill | null {
  const { evidence, attempts, agent, worker, stop, end } = grounds;
  if (agent === null || worker === null || stop === null || end === null) return null;
  if (readAgentExitCode(grounds) !== 137 || !agent.atTimeout || hasLeft(grounds)) return null;
  const own = attempts.filter(({ job }) => job.agentId === worker.value.id);
  const isOver = own.every(({ job, loss }) => loss === null && hasJobEnded(job) && findEndTime(job) !== null);
  const from = findIdleStart(evidence, worker.value);
  if (!isOver || from === null) return null;
  // A job that the agent got and that was never read may have kept it.
  if (worker.value.jobs === null || worker.value.jobs.some((id) => evidence.last('job', id) === null))
    return null;
  const { order } = clocksOf(evidence);
  if ([stop, from].some((since) => order(shiftStamp(since, AT_ONCE), end) !== 'before')) return null;
  const ms = Math.min(measureElapsed(grounds, stop, end), measureElapsed(grounds, from, end));
  return { from, ms, events: [agent.task.seq, ...own.map(({ seen }) => seen.seq)] };
}

/**
 * The agent had no job for longer than an agent takes to leave, and stayed until SIGKILL. An agent whose disconnect
 * hung looks the same except for its heartbeats, which end before the disconnect (agent_worker.go, AgentWorker.Start).
 */
function judgeByIdleness(grounds: Grounds): Heard | null {
  const idle = findIdleBeforeKill(grounds);
  if (idle === null) return null;
  const had = `the agent had no job for the last ${seconds(idle.ms)} before SIGKILL`;
  const beat = hasBeatAfter(grounds, idle);
  return beat
    ? {
        heard: 'no',
        sure: true,
        said: `${had} and kept sending heartbeats; an agent that hears the stop then ends them and leaves`,
        events: [...idle.events, grounds.worker?.seq ?? null],
      }
    : {
        heard: 'no',
        sure: false,
        said: `${had}; an agent that hears the stop then leaves at once`,
        events: idle.events,
      };
}

/** Whether Buildkite lost the agent so late that a heartbeat must have come after an agent that heard the stop would have left. */
function hasBeatAfter({ evidence, worker }: Grounds, { from }: IdleBeforeKill): boolean {
  const window = findSignalWindow(evidence);
  const lost = worker?.value.lostAt ?? null;
  if (window === null || lost === null) return false;
  const beat = shiftStamp(byBuildkite(lost), -Math.min(evidence.plan.lostAfter, GIVEN_UP_WITHIN));
  const { order } = clocksOf(evidence);
  return [window.to, from].every((since) => order(shiftStamp(since, AT_ONCE), beat) === 'before');
}
