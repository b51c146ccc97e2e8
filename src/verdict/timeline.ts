import type { Evidence } from '../evidence/evidence.ts';
import { attemptsOf, isJudged, type Attempt } from '../evidence/attempts.ts';
import { agentContainer } from '../evidence/agent-container.ts';
import type { Moment } from './result.ts';
import { callMoments } from './sent.ts';

function moment(
  at: number | null | undefined,
  said: string,
  clock: Moment['clock'],
  event: number | null,
): Moment[] {
  return at === null || at === undefined ? [] : [{ at, said, clock, event: event ?? 0 }];
}

function ofAttempt(attempt: Attempt): readonly Moment[] {
  const { job, seen } = attempt;
  const which = `${job.stepKey ?? 'job'} attempt ${String(attempt.number)}`;
  const event = (type: string): number | null =>
    (job.events ?? []).find((one) => one.type === type)?.at ?? null;
  const lost = event('AGENT_LOST') ?? event('AGENT_DISCONNECTED');
  const ended = event('FINISHED') ?? job.finishedAt;
  const status = `exit status ${job.exitStatus ?? 'none'}${job.signalReason === null ? '' : `, ${job.signalReason}`}`;
  return [
    ...moment(job.startedAt, `${which} started`, 'agent', seen.seq),
    ...moment(lost, `${which}: Buildkite gave the agent up as lost`, 'buildkite', seen.seq),
    ...moment(
      ended,
      `${which} ended ${job.rawState}${job.passed ? ', passed' : ''}, ${status}`,
      event('FINISHED') === null ? 'agent' : 'buildkite',
      seen.seq,
    ),
  ];
}

/** What happened, in order, each moment with the clock it was read from. */
export function timelineOf(evidence: Evidence): readonly Moment[] {
  const build = evidence.buildId === null ? null : evidence.last('build', evidence.buildId);
  const agent = evidence.target === null ? null : evidence.last('agent', evidence.target.agentId);
  const container = agentContainer(evidence);
  // Of an idle worker that is to leave by itself, its end is what happened.
  const isWatched = evidence.strike !== null || evidence.target?.jobId === null;
  const task = isWatched ? container?.task : null;
  const code = container?.container?.exitCode ?? null;
  const exit = code === null ? '' : `; the agent's container: exit ${String(code)}`;
  const strike = evidence.strike;
  const moments: Moment[] = [
    ...moment(
      build?.value.createdAt,
      `build ${String(build?.value.number)} created`,
      'buildkite',
      build?.seq ?? null,
    ),
    ...attemptsOf(evidence)
      .filter((attempt) => isJudged(attempt) || attempt.role === 'retry' || attempt.role === 'late')
      .flatMap(ofAttempt),
    ...moment(
      strike?.by === 'stop-task' ? strike.sentAt : null,
      'StopTask sent',
      'runner',
      strike?.sentSeq ?? null,
    ),
    ...callMoments(evidence.journal),
    ...moment(
      strike === null ? null : task?.value.stoppingAt,
      'the task was told to stop: SIGTERM',
      'ecs',
      task?.seq ?? null,
    ),
    ...moment(
      task?.value.executionStoppedAt,
      `its first essential container ended${container?.onlyEssential === true ? exit : ''}`,
      'ecs',
      task?.seq ?? null,
    ),
    ...moment(
      task?.value.stoppedAt,
      `the task was STOPPED${container?.onlyEssential === true ? '' : exit}`,
      'ecs',
      task?.seq ?? null,
    ),
    ...moment(agent?.value.disconnectedAt, 'the agent disconnected', 'buildkite', agent?.seq ?? null),
    ...moment(agent?.value.lostAt, 'the agent was marked lost', 'buildkite', agent?.seq ?? null),
    ...moment(
      build?.value.finishedAt,
      `build ${String(build?.value.number)} ended ${build?.value.rawState ?? ''}`,
      'buildkite',
      build?.seq ?? null,
    ),
  ];
  return moments.sort((a, b) => a.at - b.at);
}
