import { byEcs, byRunner, clocksOf, type Stamp } from '../../evidence/clocks.ts';
import { endedAt } from '../../evidence/job-times.ts';
import { jobEnded } from '../../model/entities/job.ts';
import type { CauseMoment } from '../../model/cause.ts';
import { decisiveCall } from '../../evidence/hits.ts';
import { elapsed, exitCode, lostAt, type Grounds } from './grounds.ts';

interface Bare extends Pick<CauseMoment, 'moment' | 'said'> {
  readonly at: Stamp;
}

/** The five moments by which the causes differ, in order, counted from the request to stop. */
export function momentsOf(grounds: Grounds): readonly CauseMoment[] {
  const moments = [requested(grounds), signalled(grounds), jobOver(grounds), exited(grounds), lost(grounds)];
  const seen = moments.filter((one) => one !== null);
  const from = seen.find(({ moment }) => moment === 'stop requested')?.at ?? null;
  const first = seen[0]?.at;
  return seen
    .map((one) => ({
      ...one,
      at: one.at.at,
      after: from === null ? null : sinceRequest(grounds, from, one.at),
      order: first === undefined ? 0 : elapsed(grounds, first, one.at),
    }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ moment, at, after, said }) => ({ moment, at, after, said }));
}

/** Milliseconds since the request; 0 if the clocks cannot show that the moment came before it. */
function sinceRequest(grounds: Grounds, from: Stamp, at: Stamp): number {
  const ms = elapsed(grounds, from, at);
  return ms < 0 && clocksOf(grounds.evidence).order(at, from) !== 'before' ? 0 : ms;
}

function requested({ evidence }: Grounds): Bare | null {
  const { strike } = evidence;
  if (strike === null) return null;
  const call = strike.by === 'scheduler' ? decisiveCall(evidence) : null;
  const sentAt = call?.sentAt ?? strike.sentAt;
  if (sentAt === null) return null;
  const at = byRunner(evidence, sentAt, call?.intendedSeq ?? strike.intendedSeq);
  return { moment: 'stop requested', at, said: 'stop requested' };
}

function signalled({ agent, evidence }: Grounds): Bare | null {
  const at = agent?.task.value.stoppingAt ?? null;
  return at === null || evidence.strike === null
    ? null
    : { moment: 'signal', at: byEcs(at), said: 'SIGTERM' };
}

function jobOver({ hurt }: Grounds): Bare | null {
  if (hurt === null || hurt.loss !== null || !jobEnded(hurt.job)) return null;
  const at = endedAt(hurt.job);
  if (at === null) return null;
  const how = hurt.job.passed ? 'job passed' : `job ended, exit status ${hurt.job.exitStatus ?? 'none'}`;
  return { moment: 'job end', at, said: how };
}

function exited(grounds: Grounds): Bare | null {
  const { end } = grounds;
  const code = exitCode(grounds);
  if (end === null) return null;
  return { moment: 'exit', at: end, said: code === null ? 'container ended' : `exit ${String(code)}` };
}

function lost(grounds: Grounds): Bare | null {
  const at = lostAt(grounds);
  return at === null ? null : { moment: 'lost', at, said: 'lost' };
}
