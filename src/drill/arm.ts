import { TRIGGERS } from '../triggers/list.ts';
import type { Aim, Fired, Trigger } from '../triggers/trigger.ts';
import type { Target } from '../journal/events.ts';
import { TASK_ARN_TAG, type Agent } from '../model/entities/agent.ts';
import type { Instant } from '../model/instants.ts';
import { ownBuildAsks, ownBuilds, ownSubjects, unsoundOne } from './own-builds.ts';
import { startWithinOf, type Plan } from '../scenario/plan.ts';
import { hasBuild } from '../scenario/schema.ts';
import { markOf, readSince, type DrillState } from '../state/state.ts';
import { askNow, fresh, halt, paced, QUIET_FOR, type Ask, type Step } from '../state/step.ts';
import { chooseTarget, taskOfAgent } from '../triggers/target.ts';
import { awayFor, lasting } from '../state/trouble.ts';
import { all, keyOf, seen } from '../model/world.ts';

/** How long Buildkite or ECS may be away while the step is waited for, milliseconds. */
const PATIENCE = 120_000;

/** Wait until the trigger fires; learn meanwhile, ahead of time, on which agent and task its candidate lives. */
export function decideArmed(state: DrillState, now: Instant): Step {
  const trigger = triggerOf(state.plan);
  const builds = ownSubjects(state);
  const before = [...builds, ...(trigger?.before(state) ?? [])];
  const trouble = lasting(state, before, now, PATIENCE);
  if (trouble !== null) return halt(trouble.reason, trouble.said);
  const unread = before.filter(({ kind, id }) => !readSince(state, kind, id, state.takenUpAt));
  if (unread.length > 0) return askNow(state, unread, now);
  if (trigger === null) return watchFrom('every stop that ECS shows is judged', null);
  const fired = trigger.fire(state, now);
  if (fired.fires === 'never') return notRun(state, fired.said);
  if (state.deadline !== null && now >= state.deadline)
    return timeIsOver(state, trigger, fired, state.deadline, now);
  const halted = all(state.world, 'halt').find((condition) => condition.halted);
  if (halted !== undefined) return halt('halted', `condition ${halted.name}: ${halted.said}`);
  if (fired.fires === 'later') return waitFor(state, trigger, fired, now);
  if (state.plan.mode === 'baseline' && fired.aim.job !== null)
    return watchFrom(`${fired.why} (job ${fired.aim.job.id})`, null);
  const hurt = unsoundOne(state);
  if (hurt !== null) return halt('unsound-baseline', hurt);
  return aimAt(state, fired.aim, fired.why, now);
}

/** What the drill waits for; null where it judges what somebody else stopped. */
function triggerOf(plan: Plan): Trigger | null {
  return plan.mode === 'assert' ? null : TRIGGERS[plan.scenario.when.trigger];
}

/** That nothing was in flight in time is known only where the services answered until then: one that is away, or limits us, is why the drill could not run. */
function timeIsOver(
  state: DrillState,
  trigger: Trigger,
  fired: Fired,
  deadline: Instant,
  now: Instant,
): Step {
  const { limits } = state.plan.scenario;
  const builds = ownSubjects(state);
  const looked = [
    ...builds,
    ...trigger.before(state),
    ...trigger.asks(state, limits.pollEvery).map(({ subject }) => subject),
    ...(fired.fires === 'now' ? chain(state, fired.aim, 0).map(({ subject }) => subject) : []),
  ];
  const within = `within ${String(startWithinOf(state.plan))} ms`;
  const silent = awayFor(state, looked);
  if (silent !== null)
    return halt(silent.reason, `${silent.said}; so what was in flight ${within} is not known`);
  const unread = builds.filter(({ kind, id }) => !readSince(state, kind, id, deadline));
  if (unread.length > 0) return askNow(state, unread, now);
  return halt('step-never-ran', `${trigger.waitedFor(state)} ${within}`);
}

function ask(asks: readonly Ask[], by: Instant): Step {
  return { do: 'observe', asks, by };
}

function notRun(state: DrillState, said: string): Step {
  const hurt = unsoundOne(state);
  const passed = ownBuilds(state).every((build) => build.state === 'passed');
  return hurt !== null && !passed
    ? halt('unsound-baseline', `${said}; ${hurt}`)
    : halt('step-never-ran', said);
}

function waitFor(
  state: DrillState,
  trigger: Trigger,
  fired: Extract<Fired, { fires: 'later' }>,
  now: Instant,
): Step {
  const { plan } = state;
  const every = plan.scenario.limits.pollEvery;
  const haltWhen = plan.mode === 'assert' ? [] : plan.scenario.safety.haltWhen;
  // A baseline of a build aims at nobody.
  const aims = plan.mode === 'baseline' && hasBuild(plan.scenario) ? [] : fired.candidates.slice(0, 1);
  // One build is looked at as often as the scenario says: the moment hangs on it.
  const builds =
    state.buildIds.length > 1
      ? ownBuildAsks(state, every)
      : ownSubjects(state).map((subject) => paced(subject, every));
  const byKey = new Map<string, Ask>();
  for (const one of [
    ...builds,
    ...trigger.asks(state, every),
    ...aims.flatMap((aim) => chain(state, aim, every)),
    ...haltWhen.map(({ name }) => paced({ kind: 'halt', id: name }, every)),
  ])
    if (!byKey.has(keyOf(one.subject))) byKey.set(keyOf(one.subject), one);
  const by = Math.min(fired.at ?? Infinity, state.deadline ?? Infinity, now + QUIET_FOR);
  return ask([...byKey.values()], by);
}

/** Agent, its task, the agents of that task and the task definition: each as soon as the one before names it. */
function chain(state: DrillState, { agentId }: Aim, every: number): readonly Ask[] {
  const { world } = state;
  if (agentId === null) return [];
  const agent = seen(world, 'agent', agentId);
  if (agent === undefined) return [paced({ kind: 'agent', id: agentId }, every)];
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

function aimAt(state: DrillState, aim: Aim, why: string, now: Instant): Step {
  const missing = chain(state, aim, 0).map(({ subject }) => subject);
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
  const chosen = chooseTarget(state.world, aim, state.plan, why);
  if (!chosen.ok) return halt('agent-not-mapped', chosen.said);
  if (state.plan.mode === 'baseline') return watchFrom(why, chosen.target);
  return {
    do: 'conclude',
    event: { code: 'GD_TARGET_CHOSEN', payload: { target: chosen.target, attempt: state.aims + 1 } },
  };
}

/** Nothing is injected: the drill watches the build, or the idle worker, until it ends. */
function watchFrom(said: string, target: Target | null): Step {
  return { do: 'conclude', event: { code: 'GD_WATCH_BEGUN', payload: { said, target } } };
}
