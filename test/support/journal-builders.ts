import { NOON, TASK_ARN, AGENT_ID, BUILD_ID, JOB_ID } from './builders.ts';
import {
  aBuild,
  aContainer,
  aContainerDefinition,
  aJob,
  anAgent,
  aTask,
  aTaskDefinition,
} from './builders.ts';
import { planOf, type ScenarioOver } from './plans.ts';
import type { Call } from '../../src/model/call.ts';
import type { Trouble } from '../../src/model/answer.ts';
import type { Agent } from '../../src/model/entities/agent.ts';
import type { Build } from '../../src/model/entities/build.ts';
import type { Job, JobEvent } from '../../src/model/entities/job.ts';
import type { Container, ContainerDefinition, Task, TaskDefinition } from '../../src/model/entities/task.ts';
import type { Plan } from '../../src/scenario/plan.ts';
import type { Fact, FactKind } from '../../src/model/world.ts';
import type { DrillEvent, NewEvent, Read, Target } from '../../src/journal/events.ts';
import { sealEvent } from '../../src/journal/line.ts';

export const DRILL = '20261124-120000-abcd';
export const REASON = `gameday ${DRILL}`;

/** A fact under its own name. */
export function fact<K extends FactKind>(kind: K, value: (Fact & { kind: K })['value'], id?: string): Fact {
  const own = value as { readonly id?: string; readonly arn?: string };
  return { kind, id: id ?? own.id ?? own.arn ?? '', value } as Fact;
}

/** A good read, sent and answered at the same instant unless told otherwise. */
export function read(kind: FactKind, id: string, at: number, answeredAt = at): Read {
  return { subject: { kind, id }, sentAt: at, answeredAt, ok: true, error: null };
}

/** A read that failed. */
export function failed(
  kind: FactKind,
  id: string,
  at: number,
  trouble: Trouble['kind'] = 'unreachable',
): Read {
  const error: Trouble = { kind: trouble, message: `scripted: ${trouble}`, retryAfter: null };
  return { subject: { kind, id }, sentAt: at, answeredAt: at, ok: false, error };
}

/** Seals events into a journal, each at its own instant. */
export function journalOf(events: readonly (readonly [number, NewEvent])[]): DrillEvent[] {
  const journal: DrillEvent[] = [];
  for (const [at, event] of events)
    journal.push(
      sealEvent(event, { seq: journal.length + 1, at, drill: DRILL, previousSum: journal.at(-1)?.sum ?? '' })
        .event,
    );
  return journal;
}

export const TARGET: Target = {
  jobId: JOB_ID,
  agentId: AGENT_ID,
  taskArn: TASK_ARN,
  container: 'agent',
  containerBy: 'tag',
  why: 'step integration is in flight',
};

/** What `Date` headers told: how far each service's clock is ahead of ours, and by how much that may be wrong, milliseconds. */
export function clocks(buildkite: number, ecs: number, uncertainty = 100): readonly Fact[] {
  return [
    fact('clock', { offset: buildkite, uncertainty }, 'buildkite'),
    fact('clock', { offset: ecs, uncertainty }, 'ecs'),
  ];
}

/** Instants of the clean drain that every story starts from. */
export const T = {
  planned: NOON,
  running: NOON + 5_000,
  stop: NOON + 10_000,
  landed: NOON + 10_050,
  proof: NOON + 10_060,
  finished: NOON + 30_000,
  left: NOON + 31_000,
  exited: NOON + 31_500,
  stopped: NOON + 33_000,
  looked: NOON + 40_000,
} as const;

/** One entry of a job's history. */
export function jobEvent(type: string, at: number, over: Partial<JobEvent> = {}): JobEvent {
  return { type, at, actor: 'agent', exitStatus: null, signal: null, signalReason: null, ...over };
}

export const STARTED = jobEvent('STARTED', T.running);
export const FINISHED = jobEvent('FINISHED', T.finished, { exitStatus: '0' });
export const AGENT_LOST = jobEvent('AGENT_LOST', T.finished + 200_000, { actor: 'system' });

/** What a job looks like that its agent finished and that passed. */
export const PASSED: Partial<Job> = {
  state: 'finished',
  rawState: 'FINISHED',
  passed: true,
  exitStatus: '0',
  finishedAt: T.finished,
  events: [STARTED, FINISHED],
};

/** What a job looks like whose agent Buildkite gave up. */
export const LOST: Partial<Job> = {
  state: 'finished',
  rawState: 'FINISHED',
  passed: false,
  exitStatus: '-1',
  finishedAt: T.finished + 200_000,
  events: [STARTED, AGENT_LOST],
};

/** What an agent looks like that left because it was told to. */
export const LEFT: Partial<Agent> = {
  connection: 'disconnected',
  rawConnection: 'disconnected',
  stoppedGracefullyAt: T.stop + 500,
  disconnectedAt: T.left,
  isRunningJob: false,
  jobs: [JOB_ID],
};

/** What is different about an agent of a version that reports no stop (before 3.138): Buildkite's one clock does not decide. */
export const OLDER: Partial<Agent> = { version: '3.120.0', stoppedGracefullyAt: null };

/** A definition whose entry point is the agent itself, so that its signal is known to arrive. */
export const EXEC: Partial<ContainerDefinition> = { entryPoint: ['buildkite-agent', 'start'], command: [] };

/** What an agent looks like that Buildkite gave up. */
export const AGENT_GONE: Partial<Agent> = {
  connection: 'lost',
  rawConnection: 'lost',
  lostAt: AGENT_LOST.at,
  stoppedGracefullyAt: null,
  disconnectedAt: null,
  isRunningJob: false,
  jobs: [JOB_ID],
};

/** How a story differs from the clean drain: parts that are given replace those of the drain, null leaves one out. */
export interface Told {
  readonly scenario?: ScenarioOver;
  readonly plan?: Partial<Omit<Plan, 'scenario'>>;
  readonly target?: Partial<Target>;
  readonly definition?: Partial<ContainerDefinition> | null;
  readonly otherContainers?: readonly ContainerDefinition[];
  /** Clock facts instead of those of services whose clocks go like ours. */
  readonly clocks?: readonly Fact[];
  /** Facts that were known before the stop. */
  readonly before?: readonly Fact[];
  readonly stop?: {
    readonly result?: 'ok' | 'refused' | 'unknown';
    /** What StopTask's answer showed; null: nothing came back. */
    readonly answer?: Partial<Task> | null;
    readonly sentAt?: number;
  } | null;
  /** The read of the job right after the stop; null: none was made, `failed`: it failed. */
  readonly proof?: Partial<Job> | 'failed' | null;
  readonly proofAt?: number;
  readonly job?: Partial<Job> | null;
  readonly agent?: Partial<Agent> | null;
  readonly container?: Partial<Container>;
  readonly task?: Partial<Task> | null;
  readonly build?: Partial<Build> | null;
  /** Further facts of the last look. */
  readonly after?: readonly Fact[];
  /** Reads of the last look that failed. */
  readonly failures?: readonly Read[];
  readonly ended?: 'settled' | 'deadline' | 'gap' | null;
}

const GOING: Partial<Task> = {
  desired: 'STOPPED',
  stopCode: 'UserInitiated',
  stoppedReason: REASON,
  stoppingAt: T.landed,
  version: 4,
};
const GONE: Partial<Task> = {
  ...GOING,
  status: 'STOPPED',
  executionStoppedAt: T.exited,
  stoppedAt: T.stopped,
  version: 6,
};

function definitionOf(told: Told): TaskDefinition {
  const own = aContainerDefinition(told.definition ?? {});
  return aTaskDefinition({ containers: [own, ...(told.otherContainers ?? [])] });
}

function before(told: Told): readonly [number, NewEvent][] {
  const facts = [
    fact('build', aBuild({ jobs: [JOB_ID], metaData: { 'gameday-drill': DRILL } })),
    fact('job', aJob({ events: [STARTED], startedAt: T.running })),
    fact('agent', anAgent({ jobs: [JOB_ID] })),
    fact('task', aTask()),
    ...(told.definition === null ? [] : [fact('task-definition', definitionOf(told))]),
    fact('agents-of-task', { taskArn: TASK_ARN, agents: [AGENT_ID], complete: true }, TASK_ARN),
    ...(told.clocks ?? clocks(0, 0)),
    ...(told.before ?? []),
  ];
  const reads = facts.map(({ kind, id }) => read(kind, id, T.running + 3_000));
  const target = { ...TARGET, ...told.target };
  return [
    [T.planned, { code: 'GD_DRILL_PLANNED', payload: { plan: planOf(told.scenario, told.plan) } }],
    [T.planned + 500, { code: 'GD_BUILD_KNOWN', payload: { buildId: BUILD_ID, by: 'created' } }],
    [T.running + 3_000, { code: 'GD_OBSERVED', payload: { reads, facts } }],
    [T.running + 3_010, { code: 'GD_TARGET_CHOSEN', payload: { target, attempt: 1 } }],
    [T.running + 3_020, { code: 'GD_TARGET_REVERIFIED', payload: { target } }],
  ];
}

function stopped(told: Told): readonly [number, NewEvent][] {
  const { stop } = told;
  if (stop === null) return [];
  const { result = 'ok', answer = {}, sentAt = T.stop } = stop ?? {};
  const call: Call = { kind: 'stop-task', cluster: 'build-prod', taskArn: TASK_ARN, reason: REASON };
  const trouble: Trouble = { kind: 'timeout', message: 'scripted: timeout', retryAfter: null };
  const sent = { sentAt, answeredAt: T.landed, result, trouble: result === 'ok' ? null : trouble };
  const task = result !== 'ok' || answer === null ? null : aTask({ ...GOING, ...answer });
  return [
    [sentAt, { code: 'GD_FAULT_INTENDED', payload: { call, attempt: 1 } }],
    [T.landed, { code: 'GD_FAULT_SENT', payload: { ...sent, attempt: 1, task } }],
  ];
}

function proven(told: Told): readonly [number, NewEvent][] {
  const at = told.proofAt ?? T.proof;
  if (told.proof === null) return [];
  if (told.proof === 'failed')
    return [[at, { code: 'GD_OBSERVED', payload: { reads: [failed('job', JOB_ID, at)], facts: [] } }]];
  const facts =
    told.proof === undefined
      ? []
      : [fact('job', aJob({ events: [STARTED], startedAt: T.running, ...told.proof }))];
  return [[at, { code: 'GD_OBSERVED', payload: { reads: [read('job', JOB_ID, at)], facts } }]];
}

function lastLook(told: Told): readonly [number, NewEvent][] {
  const gone = aTask({
    ...GONE,
    containers: [aContainer({ status: 'STOPPED', exitCode: 0, ...told.container })],
  });
  const facts = [
    ...(told.job === null ? [] : [fact('job', aJob({ startedAt: T.running, ...PASSED, ...told.job }))]),
    ...(told.agent === null ? [] : [fact('agent', anAgent({ ...LEFT, ...told.agent }))]),
    ...(told.task === null ? [] : [fact('task', { ...gone, ...told.task })]),
    ...(told.build === null
      ? []
      : [fact('build', aBuild({ state: 'passed', rawState: 'PASSED', jobs: [JOB_ID], ...told.build }))]),
    ...(told.after ?? []),
  ];
  const at = lookedAt(told);
  const reads = [...facts.map(({ kind, id }) => read(kind, id, at)), ...(told.failures ?? [])];
  return [[at, { code: 'GD_OBSERVED', payload: { reads, facts } }]];
}

/** The last look comes after all that it shows. */
function lookedAt({ task, job, agent }: Told): number {
  const shown = [task?.stoppedAt, job?.finishedAt, agent?.disconnectedAt, agent?.lostAt];
  return Math.max(T.looked, ...shown.map((at) => (at ?? 0) + 1_000));
}

/** The journal of a clean drain, but for what is told. */
export function story(told: Told = {}): DrillEvent[] {
  const why = told.ended === undefined ? 'settled' : told.ended;
  return journalOf([
    ...before(told),
    ...stopped(told),
    ...proven(told),
    ...lastLook(told),
    ...(why === null
      ? []
      : [[lookedAt(told) + 10, { code: 'GD_WATCH_ENDED', payload: { why, said: 'told' } }] as const]),
  ]);
}
