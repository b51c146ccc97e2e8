import { agentLeft } from '../../checks/agent-left.ts';
import { idleFrom } from '../../checks/idle-timer.ts';
import { seconds } from '../../checks/times.ts';
import { jobEnded } from '../../model/entities/job.ts';
import { byBuildkite, clocksOf, later } from '../../evidence/clocks.ts';
import { endedAt, startedAt } from '../../evidence/job-times.ts';
import { fromTo } from './clocks.ts';
import { exitCode, hasLeft, type Grounds } from './grounds.ts';

/** An agent that hears the stop without a job leaves within this time (verdict rule 5). */
const AT_ONCE = 5_000;

/** Whether the agent heard the stop, as far as what it did shows. */
export interface Heard {
  readonly heard: 'yes' | 'no' | 'unknown';
  readonly said: string;
  readonly events: readonly (number | null)[];
}

const UNKNOWN: Heard = { heard: 'unknown', said: '', events: [] };

/** What the agent did after the stop tells whether it heard it, whatever the definition says. */
export function heardStop(grounds: Grounds): Heard {
  return reported(grounds) ?? byTimer(grounds) ?? tookJob(grounds) ?? idleUntilKilled(grounds) ?? UNKNOWN;
}

/** Agents from 3.138 on report their stop to Buildkite. */
function reported({ worker, stop, evidence }: Grounds): Heard | null {
  const told = worker?.value.stoppedGracefullyAt ?? null;
  if (worker === null || told === null || stop === null) return null;
  if (worker.value.stoppedGracefullyBy !== null) return null;
  if (clocksOf(evidence).order(byBuildkite(told), stop) === 'before') return null;
  return {
    heard: 'yes',
    said: `the agent reported its stop ${seconds(Math.max(0, fromTo(evidence, stop, byBuildkite(told))))} after ECS asked for it`,
    events: [worker.seq],
  };
}

/** It left when its own timer ran out, not when it was told. */
function byTimer(grounds: Grounds): Heard | null {
  const answer = agentLeft.judge(grounds);
  if (answer.raises !== 'not-drained') return null;
  return { heard: 'no', said: answer.said, events: answer.events };
}

/** It took a job so long after the stop that the signal must have come before. */
function tookJob({ attempts, worker, stop, evidence }: Grounds): Heard | null {
  if (worker === null || stop === null) return null;
  const late = later(stop, AT_ONCE);
  const { order } = clocksOf(evidence);
  const taken = attempts.find(({ job }) => {
    const began = job.agentId === worker.value.id ? startedAt(job) : null;
    return began !== null && order(began, late) === 'after';
  });
  if (taken === undefined) return null;
  const after = seconds(fromTo(evidence, stop, startedAt(taken.job) ?? stop));
  return {
    heard: 'no',
    said: `the agent took job ${taken.job.id} ${after} after the stop, which one that heard it does not`,
    events: [taken.seen.seq],
  };
}

/** It had no job for longer than an agent takes to leave, and stayed until SIGKILL. */
function idleUntilKilled(grounds: Grounds): Heard | null {
  const { evidence, attempts, agent, worker, stop, end } = grounds;
  if (agent === null || worker === null || stop === null || end === null) return null;
  if (exitCode(grounds) !== 137 || !agent.atTimeout || hasLeft(grounds)) return null;
  const own = attempts.filter(({ job }) => job.agentId === worker.value.id);
  const isOver = own.every(({ job, loss }) => loss === null && jobEnded(job) && endedAt(job) !== null);
  const from = idleFrom(evidence, worker.value);
  if (!isOver || from === null) return null;
  // A job that was given to it and never read may have kept it.
  if (worker.value.jobs === null || worker.value.jobs.some((id) => evidence.last('job', id) === null))
    return null;
  const idle = Math.min(fromTo(evidence, stop, end), fromTo(evidence, from, end));
  const { order } = clocksOf(evidence);
  if ([stop, from].some((since) => order(later(since, AT_ONCE), end) !== 'before')) return null;
  return {
    heard: 'no',
    said: `the agent had no job for the last ${seconds(idle)} before SIGKILL, and one that hears the stop then leaves at once`,
    events: [agent.task.seq, ...own.map(({ seen }) => seen.seq)],
  };
}
