import type { Case } from '../checks/check.ts';
import { faultOf } from '../faults/list.ts';
import { followAsks, missing, unreadSince } from '../faults/rollout.ts';
import { attemptsOf } from '../evidence/attempts.ts';
import type { Evidence, Sighting } from '../evidence/evidence.ts';
import { hitsOf, struckByScheduler } from '../evidence/hits.ts';
import { findingsOf } from '../verdict/case.ts';
import { asksOf, nextLook } from './asks.ts';
import { TASK_ARN_TAG } from '../model/entities/agent.ts';
import type { Instant } from '../model/instants.ts';
import { goingDown, taskEnded, type Task } from '../model/entities/task.ts';
import { stillOpen } from './ending.ts';
import { isAtRest, ownBuildAsks, ownBuilds } from './own-builds.ts';
import type { DrillState } from '../state/state.ts';
import { askNow, endWatch, fresh, paced, QUIET_FOR, type Ask, type Step } from '../state/step.ts';
import { inWords, sweepOf, untriedOf } from './sweep.ts';
import { keyOf, seen } from '../model/world.ts';

/** After a fault that makes the scheduler stop tasks: every task that it takes is followed like a struck one, until the whole is over. */
export function decideScheduled(state: DrillState, evidence: Evidence, now: Instant): Step {
  const hits = hitsOf(evidence);
  const proof = [...unreadAgents(evidence, hits), ...unreadJobs(evidence)];
  if (proof.length > 0) return { do: 'observe', asks: proof, by: now };
  const cases = struckByScheduler(evidence).map((struck): Case => ({
    evidence: struck,
    attempts: attemptsOf(struck),
  }));
  const open = [
    ...openWhole(state, hits),
    ...cases.flatMap((about) => stillOpen(about, findingsOf(about), now)),
  ];
  const deadline = state.deadline ?? now;
  const sweeps =
    open.length > 0 ? [] : cases.map((about) => ({ about, of: sweepOf(state, about, findingsOf(about)) }));
  const first = sweeps.find(({ of }) => of.length > 0);
  const sweep = first?.of ?? [];
  if (sweep.length > 0 && now < deadline) return askNow(state, sweep, now);
  if (open.length === 0 && sweep.length === 0)
    return endWatch('settled', 'nothing more can change the outcome');
  const asks = new Map<string, Ask>();
  for (const one of [
    ...generalAsks(state, hits),
    ...cases.flatMap((about) => asksOf(state, about, cases.length)),
  ])
    asks.set(keyOf(one.subject), one);
  const untried = first === undefined ? [] : untriedOf(state, first.about, sweep);
  const unread = now < deadline ? [] : [...unreadSince(state, [...asks.values()]), ...untried];
  if (unread.length > 0) return { do: 'observe', asks: unread.map(fresh), by: now };
  if (now >= deadline)
    return endWatch(
      'deadline',
      `limits.verdictWithin ended while the drill waited for ${[...open, ...sweep.map(inWords)].join(', ')}`,
    );
  return {
    do: 'observe',
    asks: [...asks.values()],
    by: Math.min(deadline, now + QUIET_FOR, nextLook(state, now)),
  };
}

/** When a task is first seen going down its agents are read at once: only then is it known what they held. */
function unreadAgents(evidence: Evidence, hits: readonly Sighting<Task>[]): readonly Ask[] {
  return hits.flatMap(({ value: task }) => {
    const from = evidence.firstLook('task', task.arn, goingDown)?.answeredAt ?? 0;
    const listed = evidence.values('agents-of-task', task.arn).flatMap(({ agents }) => agents);
    const tagged = evidence.every('agent').filter(({ value }) => value.tags[TASK_ARN_TAG] === task.arn);
    const own = new Set([...listed, ...tagged.map(({ id }) => id)]);
    return [...own]
      .filter((id) => !evidence.reads('agent', id).some(({ sentAt }) => sentAt >= from))
      .map((id) => fresh({ kind: 'agent', id }));
  });
}

/** And so is the job that it held: the read after the stop that proves it in flight. */
function unreadJobs(evidence: Evidence): readonly Ask[] {
  return struckByScheduler(evidence).flatMap(({ target }) => {
    if (target?.jobId == null) return [];
    const from = evidence.firstLook('task', target.taskArn, goingDown)?.answeredAt ?? 0;
    const read = evidence.reads('job', target.jobId).some(({ sentAt }) => sentAt >= from);
    return read ? [] : [fresh({ kind: 'job', id: target.jobId })];
  });
}

function openWhole(state: DrillState, hits: readonly Sighting<Task>[]): readonly string[] {
  const fault = faultOf(state.plan);
  const over =
    fault === null ||
    fault.over(
      state,
      hits.map(({ value }) => value),
    );
  const moving = ownBuilds(state).filter((build) => !isAtRest(build));
  const wanted = state.plan.scenario.expect.build === 'passed' ? moving : [];
  return [
    ...(over ? [] : [`the ${fault.name} to be over`]),
    // Off the list and not yet seen going down: what it held may be lost.
    ...missing(state).map((arn) => `task ${arn} to be seen again`),
    ...hits.filter(({ value }) => !taskEnded(value)).map(({ value }) => `task ${value.arn} to be STOPPED`),
    ...wanted.map(({ number }) => `build ${String(number)} to end`),
  ];
}

function generalAsks(state: DrillState, hits: readonly Sighting<Task>[]): readonly Ask[] {
  const every = state.plan.scenario.limits.pollEvery;
  return [
    ...followAsks(state, every),
    ...ownBuildAsks(state, every),
    ...hits
      .filter(({ value }) => !taskEnded(value))
      .map(({ value }) => paced({ kind: 'task', id: value.arn }, every)),
    ...hits
      .filter(({ value }) => seen(state.world, 'task-definition', value.definition) === undefined)
      .map(({ value }) => paced({ kind: 'task-definition', id: value.definition }, every)),
  ];
}
