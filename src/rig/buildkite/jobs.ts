import { fillMatrix } from './matrix.ts';
import { newToken, newUuid } from './ids.ts';
import { serverNow, taskArnOf, tell } from './model.ts';
import type { Actor, Agent, Build, Exit, Job, JobEvent, JobState, User, World } from './model.ts';
import { isSoftFailure, matchingRule } from './retry.ts';
import type { Permutation, RetryRule, Step } from './steps.ts';

const OVER: readonly JobState[] = [
  ...(['FINISHED', 'CANCELED', 'TIMED_OUT', 'BROKEN'] as const),
  ...(['SKIPPED', 'WAITING_FAILED', 'BLOCKED_FAILED', 'UNBLOCKED'] as const),
];

/** Whether nothing more will happen to this attempt by itself. */
export function isOver(job: Job): boolean {
  return OVER.includes(job.state);
}

/** Whether an agent has this job, from its acceptance to its end. */
export function isHeld(job: Job): boolean {
  return ['ACCEPTED', 'RUNNING', 'CANCELING', 'TIMING_OUT'].includes(job.state);
}

/** What makes one job of a step differ from its siblings and from the attempt before it. */
export interface JobOptions {
  readonly stepUuid: string;
  readonly matrix?: Permutation | null;
  readonly parallelIndex?: number | null;
  readonly retryOf?: {
    readonly job: Job;
    readonly type: 'AUTOMATIC' | 'MANUAL';
    readonly ruleUses: readonly number[];
  };
}

/** Adds one attempt to a build; it waits until progress finds its dependencies met. */
export function addJob(world: World, build: Build, step: Step, options: JobOptions): Job {
  const { matrix = null, retryOf } = options;
  const fill = (text: string): string => fillMatrix(text, matrix);
  const isRun = step.kind === 'command';
  const env = isRun ? Object.entries(step.env).map(([key, value]) => [key, fill(value)] as const) : [];
  const isSkipped = ((isRun || step.kind === 'trigger') && step.skip) || matrix?.skip === true;
  const state = isSkipped ? 'SKIPPED' : step.kind === 'block' ? 'BLOCKED' : 'WAITING';
  const job: Job = {
    uuid: newUuid(),
    build,
    step,
    stepUuid: options.stepUuid,
    command: isRun ? fill(step.command) : null,
    label: step.label === null ? null : numberLabel(fill(step.label), step, options.parallelIndex ?? null),
    env: Object.fromEntries(env),
    matrix,
    rules: isRun ? step.agents.map(fill) : [],
    triggered: null,
    parallelIndex: options.parallelIndex ?? null,
    parallelTotal: 'parallelism' in step && options.parallelIndex !== null ? step.parallelism : null,
    token: newToken('bkaj'),
    createdAt: serverNow(world),
    queuedAs: world.nextInQueue++,
    ...{ state, passed: state === 'SKIPPED' },
    ...{ agent: null, assignedAt: null, scheduledAt: null },
    ...{ runnableAt: null, startedAt: null, finishedAt: null },
    ...{ canceledAt: null, timeout: null, exit: null, softFailed: false },
    ...{ retried: false, retriedBy: null, unblockedAt: null, unblockedBy: null },
    retriesCount: retryOf === undefined ? 0 : retryOf.job.retriesCount + 1,
    retrySource: retryOf?.job ?? null,
    retryType: retryOf?.type ?? null,
    ruleUses: retryOf?.ruleUses ?? [],
    ...{ events: [], chunks: [] },
  };
  build.jobs.push(job);
  world.jobs.set(job.uuid, job);
  return job;
}

/** The label of a parallel job may hold its number and how many there are (tutorials/parallel-builds). */
function numberLabel(label: string, step: Step, index: number | null): string {
  if (index === null || !('parallelism' in step)) return label;
  const numbers = { n: index, N: index + 1, t: step.parallelism };
  return label.replace(/%([nNt])/g, (_, name: 'n' | 'N' | 't') => String(numbers[name]));
}

/** Writes a line of a job's history. */
export function addEvent(
  world: World,
  job: Job,
  type: string,
  actor: Actor,
  more: Partial<
    Pick<JobEvent, 'typename' | 'exit' | 'assignedAgent' | 'automaticRule' | 'retriedInJob'>
  > = {},
): void {
  const base = { uuid: newUuid(), at: serverNow(world), type, typename: 'JobEventGeneric', actor };
  job.events.push({ ...base, ...more });
}

/** The job may run: it waits for an agent, or first for a place in its concurrency group. */
export function makeRunnable(world: World, job: Job, state: 'SCHEDULED' | 'LIMITED'): void {
  job.state = state;
  job.scheduledAt ??= serverNow(world);
  if (state === 'SCHEDULED') job.runnableAt ??= serverNow(world);
  addEvent(world, job, state, { type: 'SYSTEM' });
}

/** The job is given to an agent, which has yet to accept it. */
export function assign(world: World, job: Job, agent: Agent): void {
  job.state = 'ASSIGNED';
  job.agent = agent;
  job.assignedAt = Date.now();
  agent.job = job;
  agent.jobs.push(job);
  addEvent(
    world,
    job,
    'ASSIGNED',
    { type: 'DISPATCH' },
    { typename: 'JobEventAssigned', assignedAgent: agent },
  );
}

/** The job goes back into the queue: its agent never started it. */
export function unassign(world: World, job: Job, event: 'ASSIGNED_EXPIRED' | 'ACCEPTED_EXPIRED'): void {
  const { agent } = job;
  addEvent(world, job, event, { type: 'SYSTEM' });
  if (agent !== null) {
    agent.job = null;
    agent.idleSince = Date.now();
    agent.jobs.splice(agent.jobs.indexOf(job), 1);
  }
  job.agent = null;
  job.assignedAt = null;
  makeRunnable(world, job, 'SCHEDULED');
}

/** The agent took the job. */
export function accept(world: World, job: Job, agent: Agent): void {
  job.state = 'ACCEPTED';
  addEvent(world, job, 'ACCEPTED', { type: 'AGENT', agent });
}

/** The agent called start: the job is in flight. */
export function start(world: World, job: Job, agent: Agent, startedAt: string): void {
  job.startedAt = startedAt;
  if (job.state === 'ACCEPTED') job.state = 'RUNNING';
  job.build.startedAt ??= serverNow(world);
  addEvent(world, job, 'STARTED', { type: 'AGENT', agent });
  tell(world, 'job-started', factsOf(job));
}

/** The job has an end; what the server says of it depends on what was going on before. */
export function finish(world: World, job: Job, exit: Exit, finishedAt: string, actor: Actor): void {
  close(world, job, exit, finishedAt);
  const was = job.state;
  const { type, typename, next } =
    was === 'CANCELING'
      ? ({ type: 'CANCELED', typename: 'JobEventCanceled', next: 'CANCELED' } as const)
      : was === 'TIMING_OUT'
        ? ({ type: 'TIMED_OUT', typename: 'JobEventTimedOut', next: 'TIMED_OUT' } as const)
        : ({ type: 'FINISHED', typename: 'JobEventFinished', next: 'FINISHED' } as const);
  job.state = next;
  job.passed = next === 'FINISHED' && exit.exitStatus === '0';
  if (job.passed && job.agent !== null) job.agent.lastSuccessAt = Date.now();
  addEvent(world, job, type, actor, { typename, exit });
  tell(world, 'job-finished', { ...factsOf(job), passed: job.passed });
  settleFailure(world, job);
}

/** The job's agent is gone without a word (or disconnected under it): the server ends the job for it. */
export function loseJob(world: World, job: Job, event: 'AGENT_LOST' | 'AGENT_DISCONNECTED'): void {
  const exit: Exit = { exitStatus: '-1', signal: null, signalReason: null };
  close(world, job, exit, new Date(serverNow(world)).toISOString());
  job.state = job.state === 'CANCELING' ? 'CANCELED' : 'FINISHED';
  addLossEvent(world, job, event, exit);
  tell(world, 'job-lost', { ...factsOf(job), passed: false });
  settleFailure(world, job);
}

/** Writes the loss of a job's agent into its history, as the knobs of a loss have it. */
export function addLossEvent(
  world: World,
  job: Job,
  event: 'AGENT_LOST' | 'AGENT_DISCONNECTED',
  exit?: Exit,
): void {
  const { lossEvent, agentLostType } = world.knobs;
  if (lossEvent === 'none') return;
  const shown = event === 'AGENT_LOST' ? lossEvent : event;
  const typename = agentLostType === 'finished' ? 'JobEventFinished' : 'JobEventGeneric';
  addEvent(world, job, shown, { type: 'SYSTEM' }, { typename, ...(exit && { exit }) });
}

function close(world: World, job: Job, exit: Exit, finishedAt: string): void {
  if (job.timeout !== null) clearTimeout(job.timeout);
  job.timeout = null;
  job.exit = exit;
  job.finishedAt = finishedAt;
  if (job.state === 'CANCELING') job.canceledAt ??= serverNow(world);
  if (job.agent === null) return;
  job.agent.job = null;
  job.agent.idleSince = Date.now();
}

function settleFailure(world: World, job: Job): void {
  if (job.passed || job.exit === null || job.step.kind !== 'command') return;
  job.softFailed =
    job.state !== 'CANCELED' && isSoftFailure(job.matrix?.softFail ?? job.step.softFail, job.exit);
  // A canceled job is never retried by a rule.
  if (job.state === 'CANCELED' || job.build.canceledAt !== null) return;
  const match = matchingRule(job.step, job, world.knobs.rulesWithoutExitStatus);
  if (match !== undefined) retryJob(world, job, { type: 'AUTOMATIC', ...match });
}

/** Runs the job's step once more; the old attempt stays, marked as retried. */
export function retryJob(
  world: World,
  job: Job,
  how:
    | { readonly type: 'AUTOMATIC'; readonly rule: RetryRule; readonly index: number }
    | { readonly type: 'MANUAL'; readonly user: User },
): Job {
  const ruleUses = [...job.ruleUses];
  if (how.type === 'AUTOMATIC') ruleUses[how.index] = (ruleUses[how.index] ?? 0) + 1;
  const { stepUuid, matrix, parallelIndex } = job;
  const retryOf = { job, type: how.type, ruleUses };
  const next = addJob(world, job.build, job.step, { stepUuid, matrix, parallelIndex, retryOf });
  job.retried = true;
  job.retriedBy = how.type === 'MANUAL' ? how.user : null;
  const actor: Actor = how.type === 'MANUAL' ? { type: 'USER', user: how.user } : { type: 'SYSTEM' };
  const rule = how.type === 'AUTOMATIC' ? { automaticRule: how.rule } : {};
  addEvent(world, job, 'RETRIED', actor, { typename: 'JobEventRetried', retriedInJob: next, ...rule });
  return next;
}

/** Cancels one attempt: at once where no agent has it, through the agent otherwise. */
export function cancelJob(world: World, job: Job, actor: Actor): void {
  if (isOver(job) || job.state === 'CANCELING') return;
  job.canceledAt = serverNow(world);
  addEvent(world, job, 'CANCELATION', actor);
  if (isHeld(job) && job.step.kind !== 'trigger') {
    job.state = 'CANCELING';
    return;
  }
  if (job.agent !== null) {
    job.agent.job = null;
    job.agent.idleSince = Date.now();
  }
  job.state = 'CANCELED';
}

/** The job ran longer than its step allows: the agent is told at its next look. */
export function timeOutJob(job: Job): void {
  if (job.state === 'RUNNING') job.state = 'TIMING_OUT';
}

function factsOf(job: Job): Readonly<Record<string, unknown>> {
  const taskArn = job.agent === null ? undefined : taskArnOf(job.agent);
  return {
    step: job.step.key ?? job.label,
    jobId: job.uuid,
    buildId: job.build.uuid,
    buildNumber: job.build.number,
    agentId: job.agent?.uuid,
    retriesCount: job.retriesCount,
    ...(taskArn === undefined ? {} : { taskArn }),
  };
}
