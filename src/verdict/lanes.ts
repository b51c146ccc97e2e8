import { findAgentContainer, findLatestEnd, workerOf } from '../evidence/agent-container.ts';
import { attemptsOf, isJudged, type Attempt } from '../evidence/attempts.ts';
import { byBuildkite, byEcs, shiftStamp, type Stamp } from '../evidence/clocks.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { findEndTime, findStartTime } from '../evidence/job-times.ts';
import { hasJobEnded } from '../model/entities/job.ts';
import type { Container, Task } from '../model/entities/task.ts';
import type { Deadline, Lane, LaneMark } from '../model/lane.ts';
import { formatSpan } from '../model/instants.ts';
import { listStoppedBefore } from '../worker/stop-window.ts';
import { momentsOfCalls, momentsOfStop } from './sent.ts';
import { clockOf, type Scale } from './scale.ts';

/** The exit code of a process that SIGKILL ended: 128 and the signal's number. */
const KILLED = 137;

interface Mark extends Pick<LaneMark, 'sign' | 'said'> {
  readonly at: Stamp | null;
  readonly atLatest?: boolean;
}

interface Bare extends Pick<Lane, 'of' | 'name'> {
  readonly from: Stamp | null;
  readonly signal: Stamp | null;
  /** Since when nothing of it runs any more, though Buildkite still shows it. */
  readonly gone: Stamp | null;
  readonly to: Stamp | null;
  readonly marks: readonly Mark[];
}

/** Who went through the drill and how: our calls, the jobs, the agent, the containers and the task of the stop that decided. */
export function lanesOf(evidence: Evidence, scale: Scale): Lane[] {
  const agent = findAgentContainer(evidence);
  const task = agent?.task.value ?? null;
  const stop = evidence.injection === null || task?.stoppingAt == null ? null : byEcs(task.stoppingAt);
  const gone = agent?.endedBy ?? null;
  const attempts = attemptsOf(evidence).filter(
    (attempt) => isJudged(attempt) || attempt.role === 'retry' || attempt.role === 'late',
  );
  const held = { signal: stop, gone };
  const worker = agentLane(evidence, attempts, held);
  return [
    callLane(evidence),
    ...attempts.map((one) => jobLane(evidence, one, isJudged(one) ? held : { signal: null, gone: null })),
    ...(worker === null ? [] : [worker]),
    ...(task === null ? [] : [...containerLanes(evidence, task, stop, scale), taskLane(task, stop)]),
  ]
    .map((bare) => placeLane(bare, scale))
    .filter(({ spans, marks }) => spans.length + marks.length > 0);
}

/** When the target's agent must be gone: SIGKILL at its stopTimeout, and the end of spot capacity. */
export function deadlinesOf(evidence: Evidence, scale: Scale): Deadline[] {
  const stop = workerOf(evidence)?.stop;
  const began = findAgentContainer(evidence)?.task.value.stoppingAt ?? null;
  if (stop === undefined || began === null || evidence.injection === null) return [];
  const { killed, signalled } = stop.agent;
  const lines = [
    {
      of: 'stop-timeout' as const,
      ms: killed,
      said: `stopTimeout ${formatSpan(killed - signalled)}: SIGKILL`,
    },
    ...(stop.limit === null
      ? []
      : [
          {
            of: 'spot-limit' as const,
            ms: stop.limit,
            said: `spot capacity ends: ${formatSpan(stop.limit)}`,
          },
        ]),
  ];
  return lines.flatMap(({ of, ms, said }) => {
    const at = scale(shiftStamp(byEcs(began), ms));
    return at === null || at < 0 ? [] : [{ of, at, said }];
  });
}

function callLane(evidence: Evidence): Bare {
  const calls = [...momentsOfStop(evidence), ...momentsOfCalls(evidence)];
  const marks = calls.map(({ at, said }): Mark => ({ sign: 'call', at, said }));
  return { of: 'gameday', name: 'gameday', from: null, signal: null, gone: null, to: null, marks };
}

/** When the worker was told to stop, and when nothing of it ran any more. */
type Held = Pick<Bare, 'signal' | 'gone'>;

function jobLane(evidence: Evidence, attempt: Attempt, held: Held): Bare {
  const { job, number } = attempt;
  const from = findStartTime(job);
  const lost = findLossTime(evidence, attempt);
  const to = lost ?? (hasJobEnded(job) ? findEndTime(job) : null);
  const status = `exit status ${job.exitStatus ?? 'none'}`;
  const end = {
    lost: `lost, ${status}`,
    passed: 'passed',
    failed: `failed, ${status}`,
  };
  const sign = lost !== null ? 'lost' : job.passed ? 'passed' : 'failed';
  return {
    ...{ of: 'job', name: `${job.stepKey ?? 'job'} attempt ${String(number)}`, from, to, ...held },
    marks: [
      { sign: 'start', at: from, said: 'started' },
      { sign, at: to, said: end[sign] },
    ],
  };
}

/** When Buildkite gave the attempt's agent up; null where it did not, or shows no time. */
function findLossTime({ last }: Evidence, { job, loss }: Attempt): Stamp | null {
  if (loss === null) return null;
  const event = (job.events ?? []).find(({ type }) => type === 'AGENT_LOST')?.at ?? null;
  const agent = job.agentId === null ? null : (last('agent', job.agentId)?.value ?? null);
  const at = event ?? agent?.lostAt ?? null;
  return at === null ? null : byBuildkite(at);
}

function agentLane(evidence: Evidence, attempts: readonly Attempt[], held: Held): Bare | null {
  const { target, last } = evidence;
  const agent = target === null ? null : (last('agent', target.agentId)?.value ?? null);
  if (agent === null) return null;
  const [byJob] = attempts
    .filter(({ job }) => job.agentId === agent.id)
    .flatMap((attempt) => findLossTime(evidence, attempt) ?? []);
  const lost = agent.lostAt === null ? (byJob ?? null) : byBuildkite(agent.lostAt);
  const left = agent.disconnectedAt === null || lost !== null ? null : byBuildkite(agent.disconnectedAt);
  return {
    ...{ of: 'agent', name: agent.name, ...held, to: lost ?? left },
    from: agent.connectedAt === null ? null : byBuildkite(agent.connectedAt),
    marks: [
      { sign: 'left', at: left, said: 'disconnected' },
      { sign: 'lost', at: lost, said: 'given up as lost' },
    ],
  };
}

/** The agent's container first, as the others are beside it. */
function containerLanes(evidence: Evidence, task: Task, stop: Stamp | null, scale: Scale): readonly Bare[] {
  const definitions = evidence.last('task-definition', task.definition)?.value.containers ?? [];
  const own = evidence.target?.container;
  const exact = findAgentContainer(evidence)?.end ?? null;
  const endOf = (name: string): Stamp | null =>
    name === own && exact !== null ? exact : findLatestEnd(evidence, task, name);
  return task.containers
    .toSorted((a, b) => Number(b.name === own) - Number(a.name === own))
    .map((container) => {
      const end = endOf(container.name);
      const signal =
        stop === null
          ? null
          : findSignal(stop, listStoppedBefore(container.name, definitions).map(endOf), scale);
      return {
        ...{ of: 'container', name: container.name, gone: null, to: end },
        from: task.startedAt === null ? null : byEcs(task.startedAt),
        signal: signal?.at ?? null,
        marks: [
          ...(signal === null ? [] : [signal]),
          { ...sayEnd(container), at: end, atLatest: !(container.name === own && exact !== null) },
        ],
      };
    });
}

/** ECS signals a container when all that depend on it have ended. */
function findSignal(stop: Stamp, endsBefore: readonly (Stamp | null)[], scale: Scale): Mark | null {
  const ends = endsBefore.filter((end) => end !== null);
  if (ends.length < endsBefore.length) return null;
  const last = ends.toSorted((a, b) => (scale(a) ?? 0) - (scale(b) ?? 0)).at(-1);
  return { sign: 'signal', at: last ?? stop, atLatest: last !== undefined, said: 'SIGTERM' };
}

function sayEnd({ exitCode }: Container): Pick<Mark, 'sign' | 'said'> {
  if (exitCode === null) return { sign: 'exit', said: 'ended' };
  if (exitCode === KILLED) return { sign: 'kill', said: 'SIGKILL, exit 137' };
  return { sign: 'exit', said: `exit ${String(exitCode)}` };
}

function taskLane({ arn, startedAt, stoppedAt }: Task, signal: Stamp | null): Bare {
  const to = stoppedAt === null ? null : byEcs(stoppedAt);
  return {
    ...{ of: 'task', name: arn.slice(arn.lastIndexOf('/') + 1), signal, gone: null, to },
    from: startedAt === null ? null : byEcs(startedAt),
    marks: [{ sign: 'stopped', at: to, said: 'STOPPED' }],
  };
}

function placeLane({ of, name, from, signal, gone, to, marks }: Bare, scale: Scale): Lane {
  const onScale = (at: Stamp | null): number | null => {
    const placed = at === null ? null : scale(at);
    return placed === null || placed < 0 ? null : placed;
  };
  return {
    ...{ of, name },
    spans: of === 'gameday' ? [] : spansBetween(onScale(from), onScale(signal), onScale(gone), onScale(to)),
    marks: marks
      .flatMap(({ sign, at, said, atLatest = false }) => {
        const placed = onScale(at);
        return at === null || placed === null
          ? []
          : [{ sign, at: placed, clock: clockOf(at), atLatest, said }];
      })
      .toSorted((a, b) => a.at - b.at),
  };
}

/** From start to end, cut where the stop signal came and where what Buildkite shows was gone. */
function spansBetween(
  from: number | null,
  signal: number | null,
  gone: number | null,
  to: number | null,
): Lane['spans'] {
  const cuts = [
    { how: 'running' as const, from },
    ...(signal === null ? [] : [{ how: 'stopping' as const, from: Math.max(signal, from ?? 0) }]),
    ...(gone === null ? [] : [{ how: 'silent' as const, from: Math.max(gone, signal ?? 0, from ?? 0) }]),
  ];
  return cuts
    .map((cut, index) => ({ ...cut, to: cuts[index + 1]?.from ?? to }))
    .map((span) => ({ ...span, to: span.to === null || to === null ? span.to : Math.min(span.to, to) }))
    .filter((span) => span.to === null || span.to > (span.from ?? -1));
}
