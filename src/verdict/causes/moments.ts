import { byEcs, byRunner, clocksOf, type Stamp } from '../../evidence/clocks.ts';
import { findEndTime } from '../../evidence/job-times.ts';
import { hasJobEnded } from '../../model/entities/job.ts';
import type { CauseMoment } from '../../model/cause.ts';
import { findDecisiveCall } from '../../evidence/hits.ts';
import { measureElapsed, readAgentExitCode, findLostAt, type Grounds } from './grounds.ts';

interface Bare extends Pick<CauseMoment, 'moment' | 'said'> {
  readonly at: Stamp;
}

/** The five moments by which the causes differ, in order, counted from the request to stop. */
export function momentsOf(grounds: Grounds): readonly CauseMoment[] {
  const moments = [
    findRequest(grounds),
    findSignal(grounds),
    findJobEnd(grounds),
    findExit(grounds),
    findLoss(grounds),
  ];
  const seen = moments.filter((one) => one !== null);
  const from = seen.find(({ moment }) => moment === 'stop requested')?.at ?? null;
  const first = seen[0]?.at;
  return seen
    .map((one) => ({
      ...one,
      at: one.at.at,
      after: from === null ? null : measureSinceRequest(grounds, from, one.at),
      order: first === undefined ? 0 : measureElapsed(grounds, first, one.at),
    }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ moment, at, after, said }) => ({ moment, at, after, said }));
}

/** Milliseconds since the request; 0 if the clocks cannot show that the moment came before it. */
function measureSinceRequest(grounds: Grounds, from: Stamp, at: Stamp): number {
  const ms = measureElapsed(grounds, from, at);
  return ms < 0 && clocksOf(grounds.evidence).order(at, from) !== 'before' ? 0 : ms;
}

function findRequest({ evidence }: Grounds): Bare | null {
  const { injection } = evidence;
  if (injection === null) return null;
  const call = injection.by === 'scheduler' ? findDecisiveCall(evidence) : null;
  const sentAt = call?.sentAt ?? injection.sentAt;
  if (sentAt === null) return null;
  const at = byRunner(evidence, sentAt, call?.intendedSeq ?? injection.intendedSeq);
  return { moment: 'stop requested', at, said: 'stop requested' };
}

function findSignal({ agent, evidence }: Grounds): Bare | null {
  const at = agent?.task.value.stoppingAt ?? null;
  return at === null || evidence.injection === null
    ? null
    : { moment: 'signal', at: byEcs(at), said: 'SIGTERM' };
}

function findJobEnd({ hurt }: Grounds): Bare | null {
  if (hurt === null || hurt.loss !== null || !hasJobEnded(hurt.job)) return null;
  const at = findEndTime(hurt.job);
  if (at === null) return null;
  const how = hurt.job.passed ? 'job passed' : `job ended, exit status ${hurt.job.exitStatus ?? 'none'}`;
  return { moment: 'job end', at, said: how };
}

function findExit(grounds: Grounds): Bare | null {
  const { end } = grounds;
  const code = readAgentExitCode(grounds);
  if (end === null) return null;
  return { moment: 'exit', at: end, said: code === null ? 'container ended' : `exit ${String(code)}` };
}

function findLoss(grounds: Grounds): Bare | null {
  const at = findLostAt(grounds);
  return at === null ? null : { moment: 'lost', at, said: 'lost' };
}
