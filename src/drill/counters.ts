import { followCounter } from '../evidence/counters.ts';
import type { Case } from '../checks/check.ts';
import type { Fault } from '../faults/fault.ts';
import type { Instant } from '../model/instants.ts';
import { findFact, type Subject } from '../model/world.ts';
import { traitsOf } from '../scenario/plan.ts';
import { counterSubject, listCounted, readStillFor } from '../scenario/subjects.ts';
import { markOf, mayHaveInjected, type DrillState } from '../state/state.ts';
import { fresh, type Step } from '../state/step.ts';

/** After the end of its task a counter is waited for so long, and for twice the time that it must stand still, milliseconds. */
const PATIENCE = 60_000;
/** How soon a counter that cannot be read is asked again, milliseconds. */
const AGAIN = 1_000;

/**
 * The counters to read before the injection: of the target, and of every task that is taken along with its host, if it has such
 * a container. Once a stop may have been sent none is read for this any more: it may show what the stop did.
 */
export function listCountersBefore(state: DrillState, fault: Fault): readonly Subject[] {
  const { target, plan, world } = state;
  if (target === null || mayHaveInjected(state)) return [];
  const reach = traitsOf(plan)?.takes === 'host' ? fault.reach(state) : [];
  const others = reach.filter((arn) => arn !== target.taskArn);
  return listCounted(plan).flatMap((name) => {
    const alike = others.filter((arn) =>
      findFact(world, 'task', arn)?.containers.some((one) => one.name === name),
    );
    return [target.taskArn, ...alike].map((arn) => counterSubject(name, arn));
  });
}

/** Step: the counters of a stopped task are read until they stand still; null where none is waited for. */
export function awaitCounters(state: DrillState, cases: readonly Case[], now: Instant): Step | null {
  const open = cases.flatMap((about) => listOpenCounters(state, about, now));
  if (open.length === 0) return null;
  const due = open.filter(({ at }) => at <= now).map(({ subject }) => fresh(subject));
  if (due.length > 0) return { do: 'observe', asks: due, by: now };
  const next = Math.min(...open.map(({ at }) => at));
  return { do: 'observe', asks: [], by: Math.min(next, state.deadline ?? next) };
}

interface OpenCounter {
  readonly subject: Subject;
  /** When it is to be read. */
  readonly at: Instant;
}

function listOpenCounters(state: DrillState, { evidence }: Case, now: Instant): readonly OpenCounter[] {
  const taskArn = evidence.injection?.taskArn ?? '';
  return listCounted(evidence.plan).flatMap((name) => {
    const stillFor = readStillFor(evidence.plan, name);
    const { before, endedAt, after, isStill } = followCounter(evidence, taskArn, name);
    // One that was not read before the stop tells nothing after it.
    if (before === null || endedAt === null || isStill || now >= endedAt + PATIENCE + 2 * stillFor) return [];
    const subject = counterSubject(name, taskArn);
    const { triedAt = 0, trouble = null } = markOf(state, subject.kind, subject.id) ?? {};
    if (triedAt < endedAt || triedAt < state.takenUpAt) return [{ subject, at: now }];
    const readAt = trouble === null ? (after?.answeredAt ?? triedAt) + stillFor : triedAt + AGAIN;
    return [{ subject, at: readAt }];
  });
}

/** What a drill that must end still waited for. */
export function describeOpenCounters(step: Step | null): readonly string[] {
  return step === null ? [] : ['the counters of sidecars to stand still'];
}
