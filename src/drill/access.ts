import { formatSpan, type Instant } from '../model/instants.ts';
import { FACTS, findFact, type FactKind, type Source, type Subject } from '../model/world.ts';
import { CREDENTIALS } from '../scenario/subjects.ts';
import { hasReadSince, type DrillState, type ReadMark } from '../state/state.ts';

/** Credentials that expire within this time are fetched anew before the last look at the target, milliseconds. */
const RENEWED_BEFORE = 600_000;

/**
 * What is asked before the last look: credentials that this process does not have yet, or that expire soon. A slow source of
 * credentials must not stand between the last look and the call.
 */
export function listCredentialAsks(state: DrillState, since: Instant, now: Instant): readonly Subject[] {
  const known = findFact(state.world, 'credentials', CREDENTIALS.id);
  const isOurs = hasReadSince(state, 'credentials', CREDENTIALS.id, state.takenUpAt);
  const expiresAt = known?.expiresAt ?? Infinity;
  const isDue = !isOurs || expiresAt - now < RENEWED_BEFORE;
  return isDue && !hasReadSince(state, 'credentials', CREDENTIALS.id, since) ? [CREDENTIALS] : [];
}

/** Why the credentials do not last until a verdict; null where they do, or where others can be fetched. */
export function explainShortCredentials({ world, plan }: DrillState, now: Instant): string | null {
  const known = findFact(world, 'credentials', CREDENTIALS.id);
  if (known === undefined || known.expiresAt === null || known.renewable) return null;
  const left = Math.max(0, known.expiresAt - now);
  const { verdictWithin } = plan.scenario.limits;
  if (left >= verdictWithin) return null;
  return `the AWS credentials expire in ${formatSpan(left)}, sooner than limits.verdictWithin (${formatSpan(verdictWithin)}), and those in environment variables cannot be renewed: set fresh ones`;
}

/** A service that has not accepted our credentials for so long will not do so by itself, milliseconds. */
const LASTING = 60_000;

/** Since the injection: why a service shows nothing any more, for it does not accept our credentials; null where it does. */
export function explainLostAccess(state: DrillState): string | null {
  for (const source of ['ECS', 'Buildkite'] as const) {
    const marks = listMarks(state, source);
    const shownAt = Math.max(0, ...marks.map(({ okSentAt }) => okSentAt ?? 0));
    const lost = marks.find(
      ({ trouble, failingSince, triedAt }) =>
        trouble?.kind === 'unauthorized' &&
        failingSince !== null &&
        failingSince >= shownAt &&
        triedAt - failingSince >= LASTING,
    );
    if (lost?.trouble != null)
      return `for ${formatSpan(lost.triedAt - (lost.failingSince ?? lost.triedAt))} ${lost.trouble.message}`;
  }
  return null;
}

function listMarks({ marks }: DrillState, source: Source): readonly ReadMark[] {
  return Object.entries(marks)
    .filter(([key]) => {
      const kind = key.slice(0, key.indexOf(':')) as FactKind;
      return kind !== 'credentials' && FACTS[kind].from === source;
    })
    .map(([, mark]) => mark);
}
