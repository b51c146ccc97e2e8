import { stepInFlight, type Fired } from '../triggers/step-in-flight.ts';
import { TASK_ARN_TAG, type Agent } from './entities/agent.ts';
import type { Instant } from './entities/build.ts';
import type { Job } from './entities/job.ts';
import { markOf, readSince, type DrillState } from './state.ts';
import { askNow, fresh, halt, paced, QUIET_FOR, type Ask, type Step } from './step.ts';
import { unsound } from './soundness.ts';
import { chooseTarget, taskOfAgent } from './target.ts';
import { lasting } from './trouble.ts';
import { all, seen, type Subject } from './world.ts';

/** How long Buildkite or ECS may be away while the step is waited for, milliseconds. */
const PATIENCE = 120_000;

/** Wait until the trigger fires; learn meanwhile, ahead of time, on which agent and task its candidate lives. */
export function decideArmed(state: DrillState, now: Instant): Step {
  const buildId = state.buildId ?? '';
  const build = seen(state.world, 'build', buildId);
  const trouble = lasting(state, [{ kind: 'build', id: buildId }], now, PATIENCE);
  if (trouble !== null) return halt(trouble.reason, trouble.said);
  if (build === undefined || !readSince(state, 'build', buildId, state.takenUpAt))
    return askNow(state, [{ kind: 'build', id: buildId }], now);
  if (state.plan.scenario.inject.fault === 'found') return watchFrom('every stop that ECS shows is judged');
  const jobs = all(state.world, 'job').filter((job) => job.buildId === buildId);
  const { when, inject } = state.plan.scenario;
  const fired = stepInFlight(when, { build, jobs, inFlightSince: state.inFlightSince }, now);
  if (fired.fires === 'never') return notRun(fired.said, build, jobs);
  if (state.deadline !== null && now >= state.deadline)
    return halt(
      'step-never-ran',
      `step ${when.step} was not in flight for ${String(when.inFlightFor)} ms within ${String(when.startWithin)} ms`,
    );
  const halted = all(state.world, 'halt').find((condition) => condition.halted);
  if (halted !== undefined) return halt('halted', `condition ${halted.name}: ${halted.said}`);
  if (fired.fires === 'later') return waitFor(state, fired, now);
  if (inject.fault === 'none') return watchFrom(`${fired.why} (job ${fired.job.id})`);
  const hurt = unsound(build, jobs);
  if (hurt !== null) return halt('unsound-baseline', hurt);
  return aimAt(state, fired.job, fired.why, now);
}

function ask(asks: readonly Ask[], by: Instant): Step {
  return { do: 'observe', asks, by };
}

function notRun(said: string, build: Parameters<typeof unsound>[0], jobs: readonly Job[]): Step {
  const hurt = unsound(build, jobs);
  return hurt !== null && build.state !== 'passed'
    ? halt('unsound-baseline', `${said}; ${hurt}`)
    : halt('step-never-ran', said);
}

function waitFor(state: DrillState, fired: Extract<Fired, { fires: 'later' }>, now: Instant): Step {
  const every = state.plan.scenario.limits.pollEvery;
  const build: Subject = { kind: 'build', id: state.buildId ?? '' };
  const ahead =
    state.plan.scenario.inject.fault === 'none'
      ? []
      : fired.candidates.slice(0, 1).flatMap((job) => chain(state, job, every));
  const by = Math.min(fired.at ?? Infinity, state.deadline ?? Infinity, now + QUIET_FOR);
  const halts = state.plan.scenario.safety.haltWhen.map(({ name }) =>
    paced({ kind: 'halt', id: name }, every),
  );
  return ask([paced(build, every), ...ahead, ...halts], by);
}

/** Agent, its task, the agents of that task and the task definition: each as soon as the one before names it. */
function chain(state: DrillState, job: Job, every: number): readonly Ask[] {
  const { world } = state;
  if (job.agentId === null) return [];
  const agent = seen(world, 'agent', job.agentId);
  if (agent === undefined) return [paced({ kind: 'agent', id: job.agentId }, every)];
  const hosts = hostsAsked(state, agent, every);
  if (hosts.length > 0) return hosts;
  const mapped = taskOfAgent(world, agent, state.plan);
  if (!mapped.ok) return [];
  const { arn } = mapped;
  const task = seen(world, 'task', arn);
  const asks: Ask[] = [];
  if (task === undefined) asks.push(paced({ kind: 'task', id: arn }, every));
  else if (seen(world, 'task-definition', task.definition) === undefined)
    asks.push(paced({ kind: 'task-definition', id: task.definition }, every));
  if (seen(world, 'agents-of-task', arn) === undefined)
    asks.push(paced({ kind: 'agents-of-task', id: arn }, every));
  return asks;
}

/** An agent without a tag is looked for among tasks that were listed after it was first seen, for its own may be new. */
function hostsAsked(state: DrillState, agent: Agent, every: number): readonly Ask[] {
  const { plan } = state;
  if (agent.tags[TASK_ARN_TAG] !== undefined || plan.scenario.cluster.mapping !== 'hostname') return [];
  const known = markOf(state, 'agent', agent.id)?.okSentAt ?? 0;
  return readSince(state, 'tasks-of', plan.lockKey, known)
    ? []
    : [paced({ kind: 'tasks-of', id: plan.lockKey }, every)];
}

function aimAt(state: DrillState, job: Job, why: string, now: Instant): Step {
  const missing = job.agentId === null ? [] : chain(state, job, 0).map(({ subject }) => subject);
  const trouble = lasting(state, missing, now, PATIENCE / 4);
  if (trouble !== null)
    return halt(trouble.reason === 'no-such-cluster' ? 'agent-not-mapped' : trouble.reason, trouble.said);
  if (missing.length > 0) {
    const failing = missing.some((subject) => markOf(state, subject.kind, subject.id)?.trouble != null);
    if (failing)
      return ask(
        missing.map((subject) => paced(subject, state.plan.scenario.limits.pollEvery)),
        now + state.plan.scenario.limits.pollEvery,
      );
    return ask(missing.map(fresh), now);
  }
  const chosen = chooseTarget(state.world, job, state.plan, why);
  if (!chosen.ok) return halt('agent-not-mapped', chosen.said);
  return {
    do: 'conclude',
    event: { code: 'GD_TARGET_CHOSEN', payload: { target: chosen.target, attempt: state.aims + 1 } },
  };
}

/** Nothing is aimed at: the build is watched to its end. */
function watchFrom(said: string): Step {
  return { do: 'conclude', event: { code: 'GD_WATCH_BEGUN', payload: { said } } };
}
