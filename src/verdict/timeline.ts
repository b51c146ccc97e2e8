import { attemptsOf, isJudged, type Attempt } from '../evidence/attempts.ts';
import { findAgentContainer } from '../evidence/agent-container.ts';
import { byAgent, byBuildkite, byEcs, byInstance, type Stamp } from '../evidence/clocks.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { findStartTime } from '../evidence/job-times.ts';
import type { BuildkiteInstant } from '../model/instants.ts';
import { deadlinesOf, lanesOf } from './lanes.ts';
import type { DrillResult } from './result.ts';
import { clockOf, placeAfter, type Scale } from './scale.ts';
import { momentsOfCalls, momentsOfStop, type Bare } from './sent.ts';

/** None where the service gave no time. */
function momentsAt(at: Stamp | null, moment: Omit<Bare, 'at'>): readonly Bare[] {
  return at === null ? [] : [{ at, ...moment }];
}

/** Nothing where the service gave no time. */
function makeStamp<T>(at: T | null | undefined, by: (at: T) => Stamp): Stamp | null {
  return at === null || at === undefined ? null : by(at);
}

function momentsOfAttempt(attempt: Attempt): readonly Bare[] {
  const { job, seen } = attempt;
  const { id: of, agentId } = job;
  const which = `${job.stepKey ?? 'job'} attempt ${String(attempt.number)}`;
  const event = (type: string): BuildkiteInstant | null =>
    (job.events ?? []).find((one) => one.type === type)?.at ?? null;
  const byHost = agentId === null ? null : makeStamp(job.finishedAt, (at) => byAgent(at, agentId));
  const lost = event('AGENT_LOST') ?? event('AGENT_DISCONNECTED');
  const status = `exit status ${job.exitStatus ?? 'none'}${job.signalReason === null ? '' : `, ${job.signalReason}`}`;
  const rest = { of, event: seen.seq };
  return [
    ...momentsAt(findStartTime(job), { ...rest, what: 'job-started', said: `${which} started` }),
    ...momentsAt(makeStamp(lost, byBuildkite), {
      ...rest,
      what: 'job-lost',
      said: `${which}: Buildkite gave the agent up as lost`,
    }),
    ...momentsAt(makeStamp(event('FINISHED'), byBuildkite) ?? byHost, {
      ...rest,
      what: 'job-ended',
      said: `${which} ended ${job.rawState}${job.passed ? ', passed' : ''}, ${status}`,
    }),
  ];
}

function momentsOfBuild({ buildId, last }: Evidence): readonly Bare[] {
  const build = buildId === null ? null : last('build', buildId);
  if (build === null) return [];
  const { id: of, number, createdAt, finishedAt, rawState } = build.value;
  const which = `build ${String(number)}`;
  const rest = { of, event: build.seq };
  return [
    ...momentsAt(makeStamp(createdAt, byBuildkite), {
      ...rest,
      what: 'build-created',
      said: `${which} created`,
    }),
    ...momentsAt(makeStamp(finishedAt, byBuildkite), {
      ...rest,
      what: 'build-ended',
      said: `${which} ended ${rawState}`,
    }),
  ];
}

function momentsOfTask(evidence: Evidence): readonly Bare[] {
  const { injection, target } = evidence;
  const container = findAgentContainer(evidence);
  // For an idle worker that should leave by itself, the end of its task is what happened.
  if (container === null || (injection === null && target?.jobId !== null)) return [];
  const { task, onlyEssential } = container;
  const { stoppingAt, executionStoppedAt, stoppedAt } = task.value;
  const code = container.container?.exitCode ?? null;
  const exit = code === null ? '' : `; the agent's container: exit ${String(code)}`;
  const ended = code === null ? {} : { exitCode: code };
  const rest = { of: task.value.arn, event: task.seq };
  return [
    ...momentsAt(injection === null ? null : makeStamp(stoppingAt, byEcs), {
      ...rest,
      what: 'signal',
      said: 'ECS began to stop the task: SIGTERM',
    }),
    ...momentsAt(
      makeStamp(executionStoppedAt, (at) => byInstance(at, task.value)),
      {
        ...{ ...rest, what: 'exit', ...(onlyEssential ? ended : {}) },
        said: `its first essential container ended${onlyEssential ? exit : ''}`,
      },
    ),
    ...momentsAt(makeStamp(stoppedAt, byEcs), {
      ...{ ...rest, what: 'task-stopped', ...(onlyEssential ? {} : ended) },
      said: `the task was STOPPED${onlyEssential ? '' : exit}`,
    }),
  ];
}

function momentsOfAgent({ target, last }: Evidence): readonly Bare[] {
  const agent = target === null ? null : last('agent', target.agentId);
  if (agent === null) return [];
  const { id: of, disconnectedAt, lostAt } = agent.value;
  const rest = { of, event: agent.seq };
  return [
    ...momentsAt(makeStamp(disconnectedAt, byBuildkite), {
      ...rest,
      what: 'agent-disconnected',
      said: 'the agent disconnected',
    }),
    ...momentsAt(makeStamp(lostAt, byBuildkite), {
      ...rest,
      what: 'agent-lost',
      said: 'the agent was marked lost',
    }),
  ];
}

/** What happened, in order, each moment with the clock it was read from; and how everybody went through it. */
export function summarizeTimes(evidence: Evidence): Pick<DrillResult, 'timeline' | 'lanes' | 'deadlines'> {
  const followed = attemptsOf(evidence).filter(
    (attempt) => isJudged(attempt) || attempt.role === 'retry' || attempt.role === 'late',
  );
  const [created, ...ended] = momentsOfBuild(evidence);
  return alignMoments(evidence, [
    ...(created === undefined ? [] : [created]),
    ...followed.flatMap(momentsOfAttempt),
    ...momentsOfStop(evidence),
    ...momentsOfCalls(evidence),
    ...momentsOfTask(evidence),
    ...momentsOfAgent(evidence),
    ...ended,
  ]);
}

/** Orders the moments. Clocks that were not seen to differ count as equal; a moment before the first one by an unknown clock gets no `since`. */
function alignMoments(
  evidence: Evidence,
  moments: readonly Bare[],
): Pick<DrillResult, 'timeline' | 'lanes' | 'deadlines'> {
  const [reference] = moments;
  if (reference === undefined) return { timeline: [], lanes: [], deadlines: [] };
  const placed = moments.map((one) => ({ ...one, ...placeAfter(evidence, reference.at, one.at) }));
  const start = Math.min(...placed.filter(({ isKnown }) => isKnown).map(({ after }) => after));
  const timeline = placed
    .toSorted((a, b) => a.after - b.after)
    .map(({ at, after, isKnown: _known, ...rest }) => ({
      ...{ at: at.at, ...rest, clock: clockOf(at) },
      since: after < start ? null : Math.round(after - start),
    }));
  const scale: Scale = (at) => {
    const { after } = placeAfter(evidence, reference.at, at);
    return after < start ? null : Math.round(after - start);
  };
  return { timeline, lanes: lanesOf(evidence, scale), deadlines: deadlinesOf(evidence, scale) };
}
