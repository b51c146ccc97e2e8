import type { BuildkiteKnobs } from './knobs.ts';
import { admitLimited } from './concurrency.ts';
import { isCommand, isTrigger, serverNow } from './model.ts';
import type { Agent, Build, BuildState, Job, World } from './model.ts';
import { assign, isHeld, isOver, makeRunnable } from './jobs.ts';
import type { TriggerStep } from './steps.ts';

type StepOutcome = 'pending' | 'passed' | 'failed';

/** Moves a build on as far as it goes after something changed in it, then hands out jobs. */
export function advance(world: World, build: Build): void {
  if (build.state === 'SKIPPED') return;
  // A wait that ends frees what follows it, so one pass may make room for the next.
  for (let moved = true; moved;) moved = build.jobs.map((job) => judgeJob(world, job)).includes(true);
  showState(world, build);
  showInParent(world, build);
  dispatch(world);
}

function judgeJob(world: World, job: Job): boolean {
  if (job.retried || job.build.canceledAt !== null) return false;
  // Failed waiting is looked at again, since a retry of what failed reopens the way.
  if (!['WAITING', 'WAITING_FAILED', 'BROKEN', 'BLOCKED', 'BLOCKED_FAILED'].includes(job.state)) return false;
  const before = job.state;
  const outcome = dependenciesOf(job);
  if (job.step.kind === 'block') {
    job.state = outcome === 'failed' ? 'BLOCKED_FAILED' : 'BLOCKED';
  } else if (outcome === 'pending') {
    job.state = 'WAITING';
  } else if (outcome === 'failed') {
    job.state = job.step.dependsOn === undefined ? 'WAITING_FAILED' : 'BROKEN';
  } else if (isCommand(job)) {
    makeRunnable(world, job, job.step.concurrency === null ? 'SCHEDULED' : 'LIMITED');
    admitLimited(world);
  } else if (isTrigger(job)) {
    trigger(world, job);
  } else {
    job.state = 'FINISHED';
    job.passed = true;
  }
  return job.state !== before;
}

/** The build of a trigger step is started, and its job lasts as long as that does; an asynchronous one is done at once. */
function trigger(world: World, job: Job & { readonly step: TriggerStep }): void {
  job.state = 'RUNNING';
  job.build.startedAt ??= serverNow(world);
  job.triggered = world.startTriggered(world, job);
  if (job.triggered !== null && !job.step.async) return;
  job.state = 'FINISHED';
  job.passed = job.triggered !== null;
}

/** The step that started the build shows how it ended, and goes on if the build is brought back by a retry. */
function showInParent(world: World, build: Build): void {
  const job = build.triggeredFrom;
  if (job?.step.kind !== 'trigger' || job.step.async || job.state === 'CANCELED') return;
  const ended = build.finishedAt !== null;
  const passed = build.state === 'PASSED';
  const state = ended ? 'FINISHED' : 'RUNNING';
  if (job.state === state && job.passed === passed) return;
  job.state = state;
  job.passed = passed;
  job.softFailed = ended && !passed && job.step.softFail;
  advance(world, job.build);
}

/** What the steps before a job say about it; what nothing precedes may go. */
export function dependenciesOf(job: Job): StepOutcome {
  const { steps } = job.build;
  const { step } = job;
  const before = steps.slice(
    0,
    steps.findIndex(({ uuid }) => uuid === job.stepUuid),
  );
  if (step.dependsOn !== undefined) {
    const outcomes = step.dependsOn.map((dependency) => {
      const named = steps.filter((entry) => [entry.step.key, entry.step.group].includes(dependency.step));
      const outcome = worst(named.map(({ uuid }) => outcomeOf(job.build, uuid)));
      const mayFail = dependency.allowFailure || step.allowDependencyFailure;
      return outcome === 'failed' && mayFail ? 'passed' : outcome;
    });
    return worst(outcomes);
  }
  if (step.kind === 'command' || step.kind === 'trigger') {
    const holds = before.findLast((other) => other.step.kind === 'wait' || other.step.kind === 'block');
    return outcomeOf(job.build, holds?.uuid);
  }
  const outcome = worst(before.map(({ uuid }) => outcomeOf(job.build, uuid)));
  const goesOn = step.kind === 'wait' && step.continueOnFailure;
  return outcome === 'failed' && goesOn ? 'passed' : outcome;
}

function worst(outcomes: readonly StepOutcome[]): StepOutcome {
  if (outcomes.includes('pending')) return 'pending';
  return outcomes.includes('failed') ? 'failed' : 'passed';
}

function outcomeOf(build: Build, stepUuid: string | undefined): StepOutcome {
  const jobs = build.jobs.filter((job) => job.stepUuid === stepUuid && !job.retried);
  if (jobs.some((job) => !isOver(job))) return 'pending';
  return jobs.every((job) => job.passed || job.softFailed) ? 'passed' : 'failed';
}

function isHardFailure(job: Job): boolean {
  return isOver(job) && !job.retried && !job.passed && !job.softFailed;
}

function showState(world: World, build: Build): void {
  const state = stateOf(build);
  const failed = build.jobs.some(isHardFailure);
  build.failingAt = failed ? (build.failingAt ?? serverNow(world)) : null;
  const ended = state === 'PASSED' || state === 'FAILED' || state === 'CANCELED';
  // A retry after the end reopens the build, and its start may then lie after its jobs' first starts.
  if (!ended && build.finishedAt !== null) build.startedAt = null;
  build.finishedAt = ended ? (build.finishedAt ?? serverNow(world)) : null;
  const gate = state === 'BLOCKED' ? build.jobs.find(isOpenBlock) : undefined;
  build.blockedState = gate?.step.kind === 'block' ? gate.step.blockedState : null;
  build.state = state;
}

/** Whether this is a block that a person can open now. */
export function isOpenBlock(job: Job): boolean {
  return job.step.kind === 'block' && job.state === 'BLOCKED' && dependenciesOf(job) === 'passed';
}

function stateOf(build: Build): BuildState {
  const failed = build.jobs.some(isHardFailure);
  if (build.canceledAt !== null) return build.jobs.every(isOver) ? 'CANCELED' : 'CANCELING';
  const running = build.jobs.some(
    (job) => isHeld(job) || ['LIMITED', 'SCHEDULED', 'ASSIGNED'].includes(job.state),
  );
  if (running && failed) return 'FAILING';
  if (running) return build.startedAt === null ? 'SCHEDULED' : 'RUNNING';
  if (build.jobs.some(isOpenBlock)) return 'BLOCKED';
  return failed ? 'FAILED' : 'PASSED';
}

/** Gives waiting jobs to idle agents: the job of highest priority first, to the agent that comes first for it (BK-17). */
export function dispatch(world: World): void {
  admitLimited(world);
  const waiting = [...world.jobs.values()].filter((job) => job.state === 'SCHEDULED').filter(isCommand);
  waiting.sort((a, b) => b.step.priority - a.step.priority || a.queuedAs - b.queuedAs);
  for (const job of waiting) {
    const idle = [...world.agents.values()].filter((agent) => isIdle(agent) && fits(agent, job.rules));
    idle.sort((a, b) => compareAgents(world.knobs.dispatch, a, b));
    const [agent] = idle;
    if (agent !== undefined) assign(world, job, agent);
  }
}

/** Priority goes before all else, and none at all is the lowest; then the knob decides. */
function compareAgents(order: BuildkiteKnobs['dispatch'], a: Agent, b: Agent): number {
  const byPriority = descending(a.priority, b.priority);
  if (byPriority !== 0) return byPriority;
  if (order === 'latest-idle') return b.idleSince - a.idleSince;
  // Which of two comes first that never completed a job is documented nowhere: the one that has waited longer.
  const bySuccess = order === 'warmest' ? descending(a.lastSuccessAt, b.lastSuccessAt) : 0;
  return bySuccess === 0 ? a.idleSince - b.idleSince : bySuccess;
}

function descending(a: number | null, b: number | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return b - a;
}

function isIdle(agent: Agent): boolean {
  return agent.state === 'connected' && agent.job === null && !agent.stopAsked && !agent.ignoreInDispatches;
}

/** The queue that these tags name, or the one where none is named. */
export function queueOf(tags: readonly string[]): string {
  return tags.find((tag) => tag.startsWith('queue='))?.slice('queue='.length) ?? 'default';
}

/** Whether an agent's tags satisfy a step's rules; without a queue on either side, the queue is "default". */
export function fits(agent: Pick<Agent, 'tags'>, rules: readonly string[]): boolean {
  const tags = agent.tags.some((tag) => tag.startsWith('queue='))
    ? agent.tags
    : [...agent.tags, 'queue=default'];
  const wanted = rules.some((rule) => rule.startsWith('queue=')) ? rules : [...rules, 'queue=default'];
  return wanted.every((rule) => {
    if (rule.endsWith('=*')) return tags.some((tag) => tag.startsWith(rule.slice(0, -1)));
    return tags.includes(rule);
  });
}
