import { hasJobEnded } from '../model/entities/job.ts';
import { byBuildkite, byRunner, clocksOf, isSentAfter, type Stamp } from '../evidence/clocks.ts';
import type { Evidence, Sighting } from '../evidence/evidence.ts';
import type { Attempt } from '../evidence/attempts.ts';
import type { Job } from '../model/entities/job.ts';
import {
  findRecordedEnd,
  endsOf,
  findFinishTime,
  findGotTime,
  findStartTime,
} from '../evidence/job-times.ts';
import { findSignalledLook, findSignalWindow, stopOf, type SignalWindow } from '../evidence/stop.ts';
import { no, unasked, unknown, yes, type Answered, type Case, type Check } from './check.ts';
import { formatClockTime } from './times.ts';

const LOSSES: ReadonlySet<string> = new Set(['AGENT_LOST', 'AGENT_DISCONNECTED']);
const IN_HAND: ReadonlySet<string> = new Set(['running', 'canceling', 'timing_out']);

/** When Buildkite lost the agent, by Buildkite's clock; null where it shows no time. */
function findLossTime(evidence: Evidence, job: Job): Stamp | null {
  const event = (job.events ?? []).find(({ type }) => LOSSES.has(type));
  const agent = job.agentId === null ? null : evidence.last('agent', job.agentId);
  const at = event?.at ?? agent?.value.lostAt ?? null;
  return at === null ? null : byBuildkite(at);
}

/** A read that was sent after the signal could have come and shows the job on the target's agent; one that is proven stale does not count. */
export function findInFlightRead(evidence: Evidence, { job }: Attempt): Sighting<Job> | null {
  const from = findSignalledLook(evidence);
  if (from === null) return null;
  const agentId = evidence.target?.agentId ?? null;
  const end = findFinishTime(job);
  const { orderAsMeasured } = clocksOf(evidence);
  const look = evidence.firstLook(
    'job',
    job.id,
    (shown) => IN_HAND.has(shown.state) && shown.agentId === agentId,
    evidence.injection?.intendedSeq,
    (seen) =>
      isSentAfter(evidence, seen, from) &&
      (end === null || orderAsMeasured(end, byRunner(evidence, seen.sentAt, seen.seq)) !== 'before'),
  );
  return look ?? null;
}

/** (a) of verdict rule 3: the agent's report lies between the job's start and end, all by Buildkite's clock. Null if the agent reported nothing in the window. */
function judgeInFlightByReport(about: Case, attempt: Attempt, window: SignalWindow): Answered | null {
  const { evidence } = about;
  const agent = evidence.last('agent', evidence.target?.agentId ?? '');
  const at = agent?.value.stoppedGracefullyAt ?? null;
  if (agent === null || at === null || agent.value.stoppedGracefullyBy !== null) return null;
  const { order } = clocksOf(evidence);
  const report = byBuildkite(at);
  if (order(report, window.from) === 'before' || order(report, window.reportBy) === 'after') return null;
  const [start, end] = [
    findStartTime(attempt.job),
    attempt.loss === null ? findRecordedEnd(attempt.job) : null,
  ];
  const events = [evidence.injection?.sentSeq ?? null, agent.seq, attempt.seen.seq];
  if (start === null || order(start, report) !== 'before') return null;
  if (end === null ? hasJobEnded(attempt.job) && attempt.loss === null : order(report, end) !== 'before')
    return judgeEndedJob(
      about,
      `the job had ended before the agent reported the stop, at ${formatClockTime(at)} by Buildkite's own clock`,
      events,
    );
  return yes(
    `the agent reported the stop at ${formatClockTime(at)}, between the start and the end of the job: all by Buildkite's own clock`,
    events,
    [],
    'one-clock',
  );
}

/** The job had ended before the stop: the finding names first the job that the worker held instead (verdict rule 16). */
function judgeEndedJob(about: Case, said: string, events: readonly (number | null)[]): Answered {
  const held = findHeldInstead(about);
  if (held === null) return no('finished-before-stop', said, events);
  const { job, loss, seen } = held;
  const name = `job ${job.id} (${job.stepKey ?? job.label ?? 'no step key'})`;
  const came =
    loss !== null
      ? `was lost (${loss.by})`
      : hasJobEnded(job)
        ? `ended ${job.rawState}, exit status ${job.exitStatus ?? 'none'}${job.passed ? ', passed' : ''}`
        : `was ${job.rawState} when it was last read`;
  return no('missed-target', `the worker held ${name} instead, which ${came}; ${said}`, [
    ...events,
    seen.seq,
  ]);
}

/** Another job that the target's agent may have held when the signal came; null where there was none. */
export function findHeldInstead({ evidence, attempts }: Case): Attempt | null {
  const window = findSignalWindow(evidence);
  const { order } = clocksOf(evidence);
  const held = attempts.filter(({ role, job }) => {
    if (!['late', 'neighbour'].includes(role) || job.agentId !== evidence.target?.agentId) return false;
    const got = findGotTime(job);
    return got === null || window === null || order(got, window.to) !== 'after';
  });
  return held.find(({ loss, job }) => loss !== null || !job.passed) ?? held[0] ?? null;
}

function judge(about: Case, attempt: Attempt): Answered {
  const { evidence } = about;
  const window = findSignalWindow(evidence);
  const stop = stopOf(evidence);
  if (window === null || stop === null) return unknown('the time of the stop is not known');
  const told = judgeInFlightByReport(about, attempt, window);
  if (told !== null) return told;
  const early = judgeEarlyEnd(about, attempt, stop);
  if (early !== null) return early;
  const proof = findInFlightRead(evidence, attempt);
  const from = findSignalledLook(evidence);
  if (proof !== null)
    return yes(
      `a read at ${formatClockTime(proof.sentAt)}, after ECS had answered the stop at ${formatClockTime(from?.at ?? 0)}, shows the same attempt ${proof.value.rawState} on the same agent`,
      [from?.seq ?? null, proof.seq],
      [],
      'read',
    );
  if (attempt.loss !== null && attempt.loss.seq > (evidence.injection?.intendedSeq ?? 0))
    return yes(
      'the job was lost after the stop, so it was in flight when the stop landed',
      [evidence.injection?.sentSeq ?? null, attempt.loss.seq],
      [],
      'loss',
    );
  if (['canceled', 'timed_out'].includes(attempt.job.state))
    return unknown(`the job was ${attempt.job.rawState} before it could be read in flight`, [
      attempt.seen.seq,
    ]);
  return judgeInFlightByClocks(about, attempt, window);
}

/** By all clocks the job had ended, or its agent was lost, before the stop: a read that shows the job RUNNING is stale. */
function judgeEarlyEnd(about: Case, attempt: Attempt, stop: Stamp): Answered | null {
  const { evidence } = about;
  const { order } = clocksOf(evidence);
  const lost = attempt.loss === null ? null : findLossTime(evidence, attempt.job);
  const events = [evidence.injection?.sentSeq ?? null, attempt.loss?.seq ?? null, attempt.seen.seq];
  if (lost !== null && order(lost, stop) === 'before')
    return judgeEndedJob(
      about,
      `the job was lost at ${formatClockTime(lost.at)}, before the stop (${formatClockTime(stop.at)})`,
      events,
    );
  const end = findFinishTime(attempt.job);
  if (end === null || order(end, stop) !== 'before') return null;
  return judgeEndedJob(
    about,
    `the job had ended at ${formatClockTime(end.at)}, before the stop (${formatClockTime(stop.at)})`,
    events,
  );
}

/** (c) of verdict rule 3: the whole signal window lies before the job's end, by Buildkite's and by the agent's clock. */
function judgeInFlightByClocks(about: Case, attempt: Attempt, window: SignalWindow): Answered {
  const { evidence } = about;
  const { order } = clocksOf(evidence);
  const ends = endsOf(attempt.job);
  const events = [evidence.injection?.sentSeq ?? null, attempt.seen.seq];
  if (ends.length > 0 && ends.every((end) => order(window.to, end) === 'before'))
    return yes(
      `no read showed the job in flight, but the signal came by ${formatClockTime(window.to.at)} at the latest, and the job ended after that, at ${formatClockTime(ends[0]?.at ?? 0)}`,
      events,
      [],
      'clocks',
    );
  const reads = evidence.reads('job', attempt.job.id);
  const intended = evidence.injection?.intendedSeq ?? 0;
  // The read that was sent right after the stop would have shown the job.
  const first = reads.firstAfter(intended);
  if (first?.ok === false)
    return unknown('the job could not be read after the stop', [first.seq], 'observation-gap');
  // A listing shows the end before the history does; until the history is read, it may still prove the order.
  const told = evidence.firstLook(
    'job',
    attempt.job.id,
    (shown) => shown.events !== null && hasJobEnded(shown),
  );
  if (told !== undefined && attempt.job.state === 'finished')
    return judgeEndedJob(
      about,
      ends.length === 0
        ? 'the job was over when it was read after the stop, and the clocks do not show when it ended'
        : `the job's end (${formatClockTime(ends[0]?.at ?? 0)}) cannot be proven to lie after the signal (${formatClockTime(window.from.at)} to ${formatClockTime(window.to.at)})`,
      events,
    );
  const last = reads.lastFailed;
  if (last !== null && last.seq > intended)
    return unknown('the job could not be read after the stop', [last.seq], 'observation-gap');
  return unknown('no read after the stop shows the job', [attempt.seen.seq]);
}

export const inFlight: Check = {
  name: 'in-flight',
  asks: 'Was the job in flight when the stop landed?',
  needed: true,
  judge(about) {
    const { evidence, attempts } = about;
    if (evidence.injection === null) return unasked('nothing was injected');
    const stopped = attempts.find((attempt) => attempt.role === 'target');
    if (stopped === undefined) return unasked('the drill aimed at no job');
    return judge(about, stopped);
  },
};
