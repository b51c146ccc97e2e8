import { formatSpan, type Instant } from '../model/instants.ts';
import type { PayloadOf } from '../journal/events.ts';
import { answersOf } from '../safety/guard.ts';
import { WAITING_GUARDS } from '../safety/list.ts';
import { explainTooFewPoints } from '../safety/budget.ts';
import { explainTaking } from '../safety/settled.ts';
import { startWithinOf } from '../scenario/plan.ts';
import { BUDGET, readBuildSlug } from '../scenario/subjects.ts';
import { hasReadSince, isInjecting, type DrillState, type ScenarioState } from '../state/state.ts';
import { fresh, haltDrill, paced, QUIET_FOR, type Ask, type Step } from '../state/step.ts';
import { findLastingTrouble } from '../state/trouble.ts';
import { findFact, type Subject } from '../model/world.ts';

/** Before the trigger has fired, the service is looked at every so many polls. */
const SELDOM = 3;
/** How long ECS may be away before anything was started, milliseconds. */
const PATIENCE = 120_000;

/**
 * Step: wait before a build is started while somebody's deployment or scale-in takes tasks away (it ends without the build,
 * and would take the worker that gets its job), or while Buildkite's points are short. Null where there is nothing to wait for,
 * or where only the build can bring it.
 */
export function waitBeforeBuild(state: DrillState, now: Instant): Step | null {
  if (!isInjecting(state) || readBuildSlug(state.plan) !== null) return null;
  // The gate's own questions have shown it.
  if (!hasReadSince(state, BUDGET.kind, BUDGET.id, state.phaseSince))
    return { do: 'observe', asks: [fresh(BUDGET)], by: now };
  const wait = findWaitBeforeBuild(state);
  if (wait === null) return null;
  const { subject, ...held } = wait;
  const trouble = findLastingTrouble(state, [subject], now, PATIENCE);
  if (trouble !== null) return haltDrill(trouble.reason, trouble.said);
  const startWithin = startWithinOf(state.plan);
  const end = state.phaseSince + startWithin;
  if (now >= end)
    return haltDrill(held.reason, `${held.said}; waited for in vain within ${formatSpan(startWithin)}`);
  if (state.held?.said !== held.said)
    return { do: 'conclude', event: { code: 'GD_INJECTION_HELD', payload: held } };
  const { pollEvery } = state.plan.scenario.limits;
  return { do: 'observe', asks: [paced(subject, pollEvery)], by: Math.min(end, now + QUIET_FOR) };
}

/** What is waited for, and what shows that it has come. */
function findWaitBeforeBuild(
  state: ScenarioState,
): (PayloadOf<'GD_INJECTION_HELD'> & { readonly subject: Subject }) | null {
  const { service: name } = state.plan.scenario.cluster;
  const service = findFact(state.world, 'service', name ?? '');
  const taking = service === undefined ? null : explainTaking(service);
  if (taking !== null && name !== null)
    return { guard: 'settled', reason: 'not-settled', said: taking, subject: { kind: 'service', id: name } };
  const said = explainTooFewPoints(state);
  return said === null ? null : { guard: 'budget', reason: 'buildkite-rate-limited', said, subject: BUDGET };
}

/** What the first guard waits for, as far as the services were read; null where none waits. A refusal is decided at the last instant. */
export function findWait(state: DrillState, now: Instant): PayloadOf<'GD_INJECTION_HELD'> | null {
  if (!isInjecting(state)) return null;
  const answer = answersOf(WAITING_GUARDS, state, now, 'last-instant').find(({ waits }) => waits === true);
  if (answer?.reason == null) return null;
  const { guard, reason, said } = answer;
  return { guard, reason, said };
}

/** What shows that it has come: the service, as long as a guard waits for it. */
export function listSettlingAsks(state: DrillState, now: Instant): readonly Ask[] {
  const { service } = state.plan.scenario.cluster;
  if (service === null || findWait(state, now) === null) return [];
  const { pollEvery } = state.plan.scenario.limits;
  return [paced({ kind: 'service', id: service }, state.held === null ? pollEvery * SELDOM : pollEvery)];
}
