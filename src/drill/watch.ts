import { listUnreadSubjects } from '../faults/rollout.ts';
import { attemptsOf } from '../evidence/attempts.ts';
import { evidenceOf, type Evidence } from '../evidence/evidence.ts';
import { findDecisiveCall } from '../evidence/hits.ts';
import type { Case } from '../checks/check.ts';
import { isSentAfter } from '../evidence/clocks.ts';
import { findSignalledLook } from '../evidence/stop.ts';
import { findingsOf } from '../verdict/case.ts';
import { explainLostAccess } from './access.ts';
import { asksOf, findNextLook } from './asks.ts';
import type { Target } from '../journal/events.ts';
import { hasAgentLeft } from '../model/entities/agent.ts';
import type { Instant } from '../model/instants.ts';
import { hasTaskEnded } from '../model/entities/task.ts';
import { awaitCounters, describeOpenCounters } from './counters.ts';
import { describeOpenWork } from './ending.ts';
import { decideFound } from './found.ts';
import { isAtRest, listOwnBuildAsks, listOwnBuilds, listUnlistedBuilds } from './own-builds.ts';
import { decideScheduled } from './scheduled.ts';
import { type DrillState } from '../state/state.ts';
import { endWatch, fresh, paced, QUIET_FOR, type Ask, type Step } from '../state/step.ts';
import { describeSubject, sweepOf, untriedOf } from './sweep.ts';
import { askWithinShare } from './with-budget.ts';
import { listFacts, keyOf, findFact, type Subject } from '../model/world.ts';

/** After the stop: read the job at once, then everything, until nothing can change the outcome or the time is over. */
export function decideObserving(state: DrillState, now: Instant): Step {
  if (state.plan.mode === 'baseline') return watchBaseline(state, now);
  if (state.plan.mode === 'assert') return decideFound(state, now);
  const evidence = evidenceOf(state.index);
  if (findDecisiveCall(evidence) !== null) return decideScheduled(state, evidence, now);
  const proof = listProofAsks(state, evidence);
  if (proof.length > 0) return { do: 'observe', asks: proof, by: now };
  const about: Case = { evidence, attempts: attemptsOf(evidence) };
  const findings = findingsOf(about);
  const open = [...describeOpenWork(about, findings, now), ...describeOpenOthers(state)];
  const lost = explainLostAccess(state);
  if (lost !== null) return endWatch('gap', `${lost}; not seen any more: ${open.join(', ') || 'the end'}`);
  const deadline = state.deadline ?? now;
  const sweep = open.length === 0 ? sweepOf(state, about, findings) : [];
  if (sweep.length > 0 && now < deadline) return askWithinShare(state, sweep, now, deadline);
  const counters = open.length === 0 && sweep.length === 0 ? awaitCounters(state, [about], now) : null;
  if (counters !== null && now < deadline) return counters;
  if (open.length === 0 && sweep.length === 0 && counters === null)
    return endWatch('settled', 'nothing more can change the outcome');
  const unread =
    now < deadline
      ? []
      : [...listUnreadSubjects(state, asksOf(state, about)), ...untriedOf(state, about, sweep)];
  if (unread.length > 0) return { do: 'observe', asks: unread.map(fresh), by: now };
  if (now >= deadline)
    return endWatch(
      'deadline',
      `limits.verdictWithin ended while the drill waited for ${[...open, ...sweep.map(describeSubject), ...describeOpenCounters(counters)].join(', ')}`,
    );
  return {
    do: 'observe',
    asks: asksOf(state, about),
    by: Math.min(deadline, now + QUIET_FOR, findNextLook(state, now)),
  };
}

/** The read that proves the job in flight is sent right after the stop is proven, before anything else. */
function listProofAsks(state: DrillState, evidence: Evidence): readonly Ask[] {
  const { injection, target } = evidence;
  if (injection === null || target === null) return [];
  if (!state.landed) return [];
  // Where the answer was lost, only what is sent after the task was first seen going down counts; and after the signal.
  const from = findSignalledLook(evidence) ?? {
    at: injection.answeredAt ?? 0,
    seq: injection.sentSeq ?? injection.intendedSeq,
  };
  const held: Subject =
    target.jobId === null ? { kind: 'agent', id: target.agentId } : { kind: 'job', id: target.jobId };
  const tried = evidence
    .reads(held.kind, held.id)
    .some((read) => isSentAfter(evidence, read, from), injection.intendedSeq);
  return tried ? [] : [fresh(held), fresh({ kind: 'task', id: target.taskArn })];
}

/** Builds of the drill beside the stopped one: each of them is judged by its colour. */
function describeOpenOthers(state: DrillState): readonly string[] {
  if (state.plan.scenario.expect.build !== 'passed') return [];
  return listOwnBuilds(state)
    .filter((build) => build.id !== state.buildId && !isAtRest(build))
    .map(({ number }) => `build ${String(number)} to end`);
}

function watchBaseline(state: DrillState, now: Instant): Step {
  if (state.target !== null) return watchIdle(state, state.target, now);
  const several = state.buildIds.length > 1;
  const builds = listOwnBuilds(state);
  const over = builds.length === state.buildIds.length && builds.every(isAtRest);
  const untold = over ? listUntold(state) : [];
  if (untold.length > 0 && now < (state.deadline ?? now))
    return askWithinShare(state, untold, now, state.deadline ?? now);
  if (over) return endWatch('settled', several ? 'all builds are over' : 'the build is over');
  const deadline = state.deadline ?? now;
  if (now >= deadline)
    return endWatch(
      'deadline',
      `limits.verdictWithin ended before ${several ? 'all builds were' : 'the build was'} over`,
    );
  const asks = listOwnBuildAsks(state, state.plan.scenario.limits.pollEvery);
  return { do: 'observe', asks, by: Math.min(deadline, now + QUIET_FOR) };
}

/** When all builds are over, their jobs are listed once more; then what that shows is read. */
function listUntold(state: DrillState): readonly Subject[] {
  const { firstLook } = evidenceOf(state.index);
  const ends = state.buildIds.map((id) => firstLook('build', id, isAtRest)?.answeredAt ?? 0);
  const unlisted = listUnlistedBuilds(state, Math.max(...ends));
  return unlisted.length > 0 ? unlisted : listUnreadAttempts(state);
}

/** Attempts that did not pass, and those that a retry names and no list showed: each is read once with its history, for it may have been lost. */
function listUnreadAttempts({ world, buildIds, marks }: DrillState): readonly Subject[] {
  const own = listFacts(world, 'job').filter(({ buildId }) => buildIds.includes(buildId));
  const hidden = own.map(({ retryOf }) => retryOf).filter((id) => id !== null);
  const ids = [
    ...own.filter(({ passed, agentId }) => !passed && agentId !== null).map(({ id }) => id),
    ...hidden,
  ];
  return [...new Set(ids)]
    .map((id): Subject => ({ kind: 'job', id }))
    .filter((subject) => marks[keyOf(subject)] === undefined);
}

/** An idle worker is to leave by itself: until its agent has left and its task has ended with its exit code. */
function watchIdle(state: DrillState, target: Target, now: Instant): Step {
  const agent = findFact(state.world, 'agent', target.agentId);
  const task = findFact(state.world, 'task', target.taskArn);
  const container = task?.containers.find(({ name }) => name === target.container);
  const gone = agent !== undefined && hasAgentLeft(agent);
  if (gone && task !== undefined && hasTaskEnded(task) && container?.exitCode != null)
    return endWatch('settled', 'the worker has left, and its task has ended');
  const deadline = state.deadline ?? now;
  if (now >= deadline) return endWatch('deadline', 'limits.verdictWithin ended before the worker had left');
  const every = state.plan.scenario.limits.pollEvery;
  const asks = [
    paced({ kind: 'agent', id: target.agentId }, every),
    paced({ kind: 'task', id: target.taskArn }, every),
  ];
  return { do: 'observe', asks, by: Math.min(deadline, now + QUIET_FOR) };
}
