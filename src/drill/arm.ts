import { evidenceOf } from '../evidence/evidence.ts';
import { TRIGGERS } from '../triggers/list.ts';
import type { Aim, Fired, Trigger } from '../triggers/trigger.ts';
import type { Target } from '../journal/events.ts';
import { TASK_ARN_TAG, type Agent } from '../model/entities/agent.ts';
import { formatSpan, type Instant } from '../model/instants.ts';
import {
  findUnsoundBuild,
  isAtRest,
  listBuildSubjects,
  listOwnBuildAsks,
  listOwnBuilds,
  listNeededListings,
  listUnlistedBuilds,
} from './own-builds.ts';
import {
  adoptTriggeredBuild,
  listStaleTriggeredSubjects,
  listTriggeredAsks,
  listTriggeredSubjects,
} from './follow.ts';
import { awaitEveryCanary } from '../triggers/canaries.ts';
import { faultNameOf, startWithinOf, type Plan } from '../scenario/plan.ts';
import { hasBuild } from '../scenario/schema.ts';
import { BUDGET } from '../scenario/subjects.ts';
import { markOf, hasReadSince, type DrillState } from '../state/state.ts';
import { askNow, fresh, haltDrill, paced, QUIET_FOR, type Ask, type Step } from '../state/step.ts';
import { findWait, listSettlingAsks } from './settling.ts';
import { chooseTarget, taskOfAgent } from '../triggers/target.ts';
import { findAwayService, findLastingTrouble } from '../state/trouble.ts';
import { listFacts, keyOf, findFact, type Subject } from '../model/world.ts';

/** How long Buildkite or ECS may be away while the step is waited for, milliseconds. */
const PATIENCE = 120_000;
/** A listing of all jobs that failed is tried again after so many polls. */
const LISTED_AGAIN = 5;
/** How old what is known of Buildkite's budget may be when a target is chosen, milliseconds. */
const BUDGET_KNOWN_FOR = 5_000;

/** Wait until the trigger fires; learn meanwhile, ahead of time, on which agent and task its candidate lives. */
export function decideArmed(state: DrillState, now: Instant): Step {
  const trigger = triggerOf(state.plan);
  const builds = listBuildSubjects(state);
  const before = [
    ...builds,
    ...listTriggeredSubjects(state),
    ...listNeededListings(state),
    ...(trigger?.before(state) ?? []),
  ];
  const trouble = findLastingTrouble(state, before, now, PATIENCE);
  if (trouble !== null) return haltDrill(trouble.reason, trouble.said);
  const unread = before.filter(({ kind, id }) => !hasReadSince(state, kind, id, state.takenUpAt));
  if (unread.length > 0) return askNow(state, unread, now);
  const adopted = adoptTriggeredBuild(state);
  if (adopted !== null) return adopted;
  if (trigger === null) return beginWatch('every stop that ECS shows is judged', null);
  const fired = trigger.fire(state, now);
  if (fired.fires === 'never') {
    const stale = listStaleSubjects(state);
    return stale.length > 0 ? askNow(state, stale, now) : haltNotRun(state, fired.said);
  }
  if (state.deadline !== null && now >= state.deadline)
    return haltOverTime(state, trigger, fired, state.deadline, now);
  const halted = listFacts(state.world, 'halt').find((condition) => condition.halted);
  if (halted !== undefined) return haltDrill('halted', `condition ${halted.name}: ${halted.said}`);
  if (fired.fires === 'later') return waitForTrigger(state, trigger, fired, now);
  if (state.plan.mode === 'baseline' && fired.aim.job !== null)
    return beginWatch(`${fired.why} (job ${fired.aim.job.id})`, null);
  const hurt = findUnsoundBuild(state);
  if (hurt !== null) return haltDrill('unsound-baseline', hurt);
  return aimAt(state, trigger, fired, now);
}

/** What must be read once more before it is said that the step will not run: its job may have come, and gone, since the last look. */
function listStaleSubjects(state: DrillState): readonly Subject[] {
  const { firstLook } = evidenceOf(state.index);
  const unlisted = listNeededListings(state).filter(
    ({ kind, id }) => !hasReadSince(state, kind, id, firstLook('build', id, isAtRest)?.answeredAt ?? 0),
  );
  return [...listStaleTriggeredSubjects(state), ...unlisted];
}

/** What the drill waits for; null where it judges what somebody else stopped. */
function triggerOf(plan: Plan): Trigger | null {
  if (plan.mode === 'assert') return null;
  const trigger = TRIGGERS[plan.scenario.when.trigger];
  return faultNameOf(plan) === 'command' && plan.scenario.build.count > 1
    ? awaitEveryCanary(trigger)
    : trigger;
}

/** That nothing was in flight in time is known only where the services answered until then: one that is away, or limits us, is why the drill could not run. */
function haltOverTime(
  state: DrillState,
  trigger: Trigger,
  fired: Fired,
  deadline: Instant,
  now: Instant,
): Step {
  const { limits } = state.plan.scenario;
  const builds = listBuildSubjects(state);
  const looked = [
    ...builds,
    ...listNeededListings(state),
    ...trigger.before(state),
    ...trigger.asks(state, limits.pollEvery).map(({ subject }) => subject),
    ...(fired.fires === 'now' ? listChainAsks(state, fired.aim, 0).map(({ subject }) => subject) : []),
  ];
  const within = `within ${formatSpan(startWithinOf(state.plan))}`;
  const silent = findAwayService(state, looked);
  if (silent !== null)
    return haltDrill(silent.reason, `${silent.said}; so what was in flight ${within} is not known`);
  if (state.held !== null)
    return haltDrill(state.held.reason, `${state.held.said}; waited for in vain ${within}`);
  const unread = [...builds, ...listNeededListings(state)].filter(
    ({ kind, id }) => !hasReadSince(state, kind, id, deadline),
  );
  if (unread.length > 0) return askNow(state, unread, now);
  return haltDrill('step-never-ran', `${trigger.waitedFor(state)} ${within}`);
}

function makeObserveStep(asks: readonly Ask[], by: Instant): Step {
  return { do: 'observe', asks, by };
}

function haltNotRun(state: DrillState, said: string): Step {
  // The step was in flight: what was waited for meanwhile is why nothing was sent.
  if (state.held !== null)
    return haltDrill(state.held.reason, `${state.held.said}; the step ended meanwhile`);
  const hurt = findUnsoundBuild(state);
  const passed = listOwnBuilds(state).every((build) => build.state === 'passed');
  return hurt !== null && !passed
    ? haltDrill('unsound-baseline', `${said}; ${hurt}`)
    : haltDrill('step-never-ran', said);
}

function waitForTrigger(
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
  // All jobs are listed once ahead of the injection, as soon as a worker has one of the step: nothing waits for it then.
  const isNear = plan.mode === 'inject' && fired.candidates.some(({ agentId }) => agentId !== null);
  const unlisted = isNear ? listUnlistedBuilds(state, state.armedAt ?? now) : [];
  const byKey = new Map<string, Ask>();
  for (const one of [
    ...listOwnBuildAsks(state, every),
    ...unlisted.map((subject) => paced(subject, every * LISTED_AGAIN)),
    ...listSettlingAsks(state, now),
    ...listTriggeredAsks(state, every),
    ...trigger.asks(state, every),
    ...aims.flatMap((aim) => listChainAsks(state, aim, every)),
    ...haltWhen.map(({ name }) => paced({ kind: 'halt', id: name }, every)),
  ])
    if (!byKey.has(keyOf(one.subject))) byKey.set(keyOf(one.subject), one);
  const by = Math.min(fired.at ?? Infinity, state.deadline ?? Infinity, now + QUIET_FOR);
  return makeObserveStep([...byKey.values()], by);
}

/** Agent, its task, the agents of that task and the task definition: each as soon as the one before names it. */
function listChainAsks(state: DrillState, { agentId }: Aim, every: number): readonly Ask[] {
  const { world } = state;
  if (agentId === null) return [];
  const agent = findFact(world, 'agent', agentId);
  if (agent === undefined) return [paced({ kind: 'agent', id: agentId }, every)];
  const hosts = listHostAsks(state, agent, every);
  if (hosts.length > 0) return hosts;
  const mapped = taskOfAgent(world, agent, state.plan);
  if (!mapped.ok) return [];
  const { arn } = mapped;
  const task = findFact(world, 'task', arn);
  const asks: Ask[] = [];
  if (task === undefined) asks.push(paced({ kind: 'task', id: arn }, every));
  else if (findFact(world, 'task-definition', task.definition) === undefined)
    asks.push(paced({ kind: 'task-definition', id: task.definition }, every));
  if (findFact(world, 'agents-of-task', arn) === undefined)
    asks.push(paced({ kind: 'agents-of-task', id: arn }, every));
  return asks;
}

/** An agent without a tag is looked for among tasks that were listed after it was first seen, for its own may be new. */
function listHostAsks(state: DrillState, agent: Agent, every: number): readonly Ask[] {
  const { plan } = state;
  if (agent.tags[TASK_ARN_TAG] !== undefined || plan.scenario.cluster.mapping !== 'hostname') return [];
  const known = markOf(state, 'agent', agent.id)?.okSentAt ?? 0;
  return hasReadSince(state, 'tasks-of', plan.lockKey, known)
    ? []
    : [paced({ kind: 'tasks-of', id: plan.lockKey }, every)];
}

function aimAt(
  state: DrillState,
  trigger: Trigger,
  { aim, why }: Extract<Fired, { fires: 'now' }>,
  now: Instant,
): Step {
  const missing = [
    ...listChainAsks(state, aim, 0).map(({ subject }) => subject),
    ...(state.plan.mode === 'inject' ? listUnlistedBuilds(state, state.armedAt ?? now) : []),
    ...(hasReadSince(state, BUDGET.kind, BUDGET.id, now - BUDGET_KNOWN_FOR) ? [] : [BUDGET]),
  ];
  const trouble = findLastingTrouble(state, missing, now, PATIENCE / 4);
  if (trouble !== null)
    return haltDrill(
      trouble.reason === 'no-such-cluster' ? 'agent-not-mapped' : trouble.reason,
      trouble.said,
    );
  if (missing.length > 0) {
    const failing = missing.some((subject) => markOf(state, subject.kind, subject.id)?.trouble != null);
    if (failing)
      return makeObserveStep(
        missing.map((subject) => paced(subject, state.plan.scenario.limits.pollEvery)),
        now + state.plan.scenario.limits.pollEvery,
      );
    return makeObserveStep(missing.map(fresh), now);
  }
  const chosen = chooseTarget(state.world, aim, state.plan, why);
  if (!chosen.ok) return haltDrill('agent-not-mapped', chosen.said);
  if (state.plan.mode === 'baseline') return beginWatch(why, chosen.target);
  const wait = findWait({ ...state, target: chosen.target }, now);
  if (wait !== null && state.held?.said !== wait.said)
    return { do: 'conclude', event: { code: 'GD_INJECTION_HELD', payload: wait } };
  if (wait !== null)
    return waitForTrigger(state, trigger, { fires: 'later', at: null, candidates: [aim] }, now);
  return {
    do: 'conclude',
    event: { code: 'GD_TARGET_CHOSEN', payload: { target: chosen.target, attempt: state.aims + 1 } },
  };
}

/** Nothing is injected: the drill watches the build, or the idle worker, until it ends. */
function beginWatch(said: string, target: Target | null): Step {
  return { do: 'conclude', event: { code: 'GD_WATCH_BEGUN', payload: { said, target } } };
}
