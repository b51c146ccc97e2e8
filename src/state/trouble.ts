import type { Reason } from '../model/reasons.ts';
import type { Trouble } from '../model/answer.ts';
import { startWithinOf } from '../scenario/plan.ts';
import type { Instant } from '../model/instants.ts';
import type { DrillState, ReadMark } from './state.ts';
import type { FactKind, Subject } from '../model/world.ts';
import { FACTS, keyOf } from '../model/world.ts';

/** Troubles that time does not heal: after this long they end the drill, milliseconds. */
const PATIENCE_WITH_REFUSALS = 3_000;
/** How long after the instant that a service named its answer may take, milliseconds. */
const OBEYED_WITHIN = 5_000;

/** The reason under which a service's trouble is known before anything was injected. */
export function reasonOfTrouble(subject: Subject, trouble: Trouble): Reason {
  const { from } = FACTS[subject.kind];
  if (from === 'Buildkite') return findBuildkiteReason(subject, trouble);
  if (from === 'the scenario') return 'counter-unreadable';
  switch (trouble.kind) {
    case 'unauthorized':
      return 'aws-unauthorized';
    case 'denied':
      return 'aws-denied';
    case 'not-found':
      if (from === 'FIS') return 'fault-refused';
      // Its cluster is asked for with it, and judged first.
      return subject.kind === 'service' ? 'no-such-service' : 'no-such-cluster';
    default:
      return 'aws-unreachable';
  }
}

function findBuildkiteReason(subject: Subject, trouble: Trouble): Reason {
  switch (trouble.kind) {
    case 'unauthorized':
    case 'denied':
      return 'buildkite-unauthorized';
    case 'rate-limited':
      return 'buildkite-rate-limited';
    case 'not-found':
      if (subject.kind === 'pipeline' || subject.kind === 'step-history')
        return trouble.missing === 'organization' ? 'no-such-organization' : 'no-such-pipeline';
      return subject.kind === 'build' || subject.kind === 'build-jobs'
        ? 'build-not-created'
        : 'agent-not-mapped';
    case 'unreachable':
    case 'timeout':
    case 'aborted':
      return 'buildkite-unreachable';
    default:
      return 'buildkite-error';
  }
}

/** Whether a service said no: time does not heal it. */
export function isRefusal(trouble: Trouble): boolean {
  return trouble.kind === 'unauthorized' || trouble.kind === 'denied' || trouble.kind === 'not-found';
}

/** Guards judge the troubles of what stands around the runner themselves: they refuse with their own reason. */
export function isServiceFact(kind: FactKind): boolean {
  return FACTS[kind].from !== 'the surroundings';
}

/** Buildkite itself answered that it created the build: a read that does not show it came from a copy that lags behind. */
function isCreated({ buildIds, buildBy }: DrillState, { kind, id }: Subject): boolean {
  return (kind === 'build' || kind === 'build-jobs') && buildBy !== 'named' && buildIds.includes(id);
}

/** The first of the subjects that its service, away or limiting us, did not show when it was asked last, or null. */
export function findAwayService(
  state: DrillState,
  subjects: readonly Subject[],
): { readonly reason: Reason; readonly said: string } | null {
  for (const subject of subjects) {
    const trouble = state.marks[keyOf(subject)]?.trouble ?? null;
    if (trouble === null || isRefusal(trouble) || !isServiceFact(subject.kind)) continue;
    return {
      reason: reasonOfTrouble(subject, trouble),
      said: `${subject.kind} ${subject.id}: ${trouble.message}`,
    };
  }
  return null;
}

/** The first of the subjects whose reads have failed for longer than there is patience, or null. */
export function findLastingTrouble(
  state: DrillState,
  subjects: readonly Subject[],
  now: Instant,
  patience: number,
): { readonly kind: FactKind; readonly reason: Reason; readonly said: string } | null {
  for (const subject of subjects) {
    const mark: ReadMark | undefined = state.marks[keyOf(subject)];
    if (mark?.trouble == null || mark.failingSince === null || !isServiceFact(subject.kind)) continue;
    // A service that says when to come again is asked once more then, unless the drill's own patience ends before.
    const wait = mark.trouble.retryAfter ?? 0;
    const told = wait === 0 ? 0 : wait + OBEYED_WITHIN;
    const isOurs = isCreated(state, subject);
    const allowed =
      isRefusal(mark.trouble) && !isOurs
        ? Math.min(PATIENCE_WITH_REFUSALS, patience)
        : Math.max(patience, told);
    const known = mark.okSentAt === null && mark.trouble.kind === 'not-found' && !isOurs;
    const isTooLong = wait > startWithinOf(state.plan);
    if (!known && !isTooLong && now - mark.failingSince < allowed) continue;
    return {
      kind: subject.kind,
      reason: reasonOfTrouble(subject, mark.trouble),
      said: `${subject.kind} ${subject.id}: ${mark.trouble.message}`,
    };
  }
  return null;
}
