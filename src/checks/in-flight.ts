import { jobEnded, type Job } from '../model/entities/job.ts';
import type { Evidence, Strike } from '../evidence/evidence.ts';
import type { Attempt } from '../evidence/attempts.ts';
import { no, unasked, unknown, yes, type Answered, type Check } from './check.ts';
import { clockTime } from './times.ts';

const LOSSES: ReadonlySet<string> = new Set(['AGENT_LOST', 'AGENT_DISCONNECTED']);
/** What two servers' clocks may be apart before an order between them means something, milliseconds. */
export const CLOCKS = 2_000;
const IN_HAND: ReadonlySet<string> = new Set(['running', 'canceling', 'timing_out']);

/** From this instant on (the runner's clock) a read of the job proves that it was in flight after the stop. */
export function provenFrom(evidence: Evidence, strike: Strike): { at: number; seq: number | null } | null {
  if (strike.result === 'ok') return { at: strike.answeredAt, seq: strike.sentSeq };
  const stopped = evidence
    .sightings('task', strike.taskArn)
    .find((seen) => seen.seq > strike.intendedSeq && seen.value.desired === 'STOPPED');
  return stopped === undefined ? null : { at: stopped.answeredAt, seq: stopped.seq };
}

/** The earliest of the job's ends: FINISHED events by Buildkite's clock, `finishedAt` by the agent's. Null unless both kinds are there. */
function endOf(job: Job): number | null {
  const finished = (job.events ?? [])
    .filter((event) => event.type === 'FINISHED')
    .map(({ at }) => at)
    .filter((at) => at !== null);
  return finished.length === 0 || job.finishedAt === null ? null : Math.min(job.finishedAt, ...finished);
}

/** When Buildkite gave the agent up, by its own clock; null where it shows no time. */
function lossTime(evidence: Evidence, job: Job): number | null {
  const event = (job.events ?? []).find(({ type }) => LOSSES.has(type));
  const agent = job.agentId === null ? null : evidence.last('agent', job.agentId);
  return event?.at ?? agent?.value.lostAt ?? null;
}

/** The latest instant that ECS gave for the stop; null where it gave none. */
function stopOf(evidence: Evidence, strike: Strike): number | null {
  const shown = evidence
    .sightings('task', strike.taskArn)
    .filter(({ seq }) => seq > strike.intendedSeq)
    .map(({ value }) => value.stoppingAt);
  const stops = [...shown, strike.answer?.stoppingAt ?? null].filter((at) => at !== null);
  return stops.length === 0 ? null : Math.max(...stops);
}

/** Uncertainty of comparing two servers' clocks: at least 2 s plus both round trips (verdict rule 3). */
function uncertainty(evidence: Evidence, strike: Strike, attempt: Attempt): number {
  const trips = strike.answeredAt - strike.sentAt + (attempt.seen.answeredAt - attempt.seen.sentAt);
  const offsets = ['ecs', 'buildkite'].map((clock) => evidence.last('clock', clock)?.value.offset ?? 0);
  return CLOCKS + trips + Math.abs((offsets[0] ?? 0) - (offsets[1] ?? 0));
}

/** An agent that Buildkite had given up before the stop was not lost by it, even where its job still showed RUNNING. */
function lostBefore(evidence: Evidence, strike: Strike, attempt: Attempt): Answered | null {
  const stop = stopOf(evidence, strike);
  const lostAt = attempt.loss === null ? null : lossTime(evidence, attempt.job);
  if (lostAt !== null && stop !== null && lostAt + uncertainty(evidence, strike, attempt) < stop)
    return no(
      'finished-before-stop',
      `the job was lost at ${clockTime(lostAt)}, before the stop (${clockTime(stop)})`,
      [strike.sentSeq, attempt.loss?.seq ?? null],
    );
  return null;
}

function judge(evidence: Evidence, strike: Strike, attempt: Attempt): Answered {
  const gone = lostBefore(evidence, strike, attempt);
  if (gone !== null) return gone;
  const from = provenFrom(evidence, strike);
  const agentId = evidence.target?.agentId ?? null;
  if (from !== null) {
    const proof = evidence
      .sightings('job', attempt.job.id)
      .find(
        (seen) => seen.sentAt >= from.at && IN_HAND.has(seen.value.state) && seen.value.agentId === agentId,
      );
    if (proof !== undefined)
      return yes(
        `read at ${clockTime(proof.sentAt)}, after the stop was answered at ${clockTime(from.at)}: the same attempt was ${proof.value.rawState} on the same agent`,
        [from.seq, proof.seq],
      );
  }
  if (attempt.loss !== null && attempt.loss.seq > strike.intendedSeq)
    return yes('it was lost after the stop, so it was unfinished when the stop landed', [
      strike.sentSeq,
      attempt.loss.seq,
    ]);
  if (['canceled', 'timed_out'].includes(attempt.job.state))
    return unknown(`the job was ${attempt.job.rawState} before it could be read in flight`, [
      attempt.seen.seq,
    ]);
  return byClocks(evidence, strike, attempt);
}

function byClocks(evidence: Evidence, strike: Strike, attempt: Attempt): Answered {
  const stoppingAt = stopOf(evidence, strike);
  const u = uncertainty(evidence, strike, attempt);
  const end = endOf(attempt.job);
  if (stoppingAt !== null && end !== null) {
    if (stoppingAt + u < end)
      return yes(
        `no read showed it in flight, but the stop (${clockTime(stoppingAt)}) lies more than ${String(u)} ms before its end (${clockTime(end)})`,
        [strike.sentSeq, attempt.seen.seq],
      );
    return no(
      'finished-before-stop',
      `the job's end (${clockTime(end)}) cannot be proven to lie after the stop (${clockTime(stoppingAt)}, ± ${String(u)} ms)`,
      [strike.sentSeq, attempt.seen.seq],
    );
  }
  // A listing shows the end before the history does: as long as that was not read, it may still prove the order.
  const told = evidence
    .sightings('job', attempt.job.id)
    .some((one) => one.value.events !== null && jobEnded(one.value));
  if (told && attempt.job.state === 'finished')
    return no(
      'finished-before-stop',
      'the job was over when it was read after the stop, and when it ended cannot be told by both clocks',
      [strike.sentSeq, attempt.seen.seq],
    );
  const failed = evidence
    .reads('job', attempt.job.id)
    .findLast((one) => one.seq > strike.intendedSeq && !one.ok);
  if (failed !== undefined)
    return unknown('the job could not be read after the stop', [failed.seq], 'observation-gap');
  return unknown('no read after the stop shows the job', [attempt.seen.seq]);
}

export const inFlight: Check = {
  name: 'in-flight',
  asks: 'Was the job in flight when the stop landed?',
  needed: true,
  judge({ evidence, attempts }) {
    if (evidence.strike === null) return unasked('nothing was injected');
    const struck = attempts.find((attempt) => attempt.role === 'struck');
    if (struck === undefined) return unasked('no job was aimed at');
    return judge(evidence, evidence.strike, struck);
  },
};
