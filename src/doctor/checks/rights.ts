import { denialOf } from '../../iam/denials.ts';
import { needsOf } from '../../iam/needs.ts';
import { actionOf, OPERATIONS } from '../../iam/operations.ts';
import { findFact } from '../../model/world.ts';
import { blocking, ok, type Check, type Seen } from '../seen.ts';

/** The reads that a drill needs are allowed. What changes something cannot be tried. */
export const rights: Check = {
  name: 'rights',
  judge(seen) {
    const { plan } = seen;
    const needed = new Set(needsOf(plan.scenario, 'run', null).map(({ operation }) => operation));
    const policy = `gameday iam ${plan.file} writes the least policy.`;
    const denied = [
      ...new Set(listTroubles(seen, needed).flatMap((said) => denialOf(said, 0)?.action ?? [])),
    ];
    const lines = denied.map((action) => blocking(`AWS denies ${action}`, `Allow it: ${policy}`));
    const changes = [...needed].filter((operation) => OPERATIONS[operation].changes).map(actionOf);
    if (lines.length > 0 || changes.length === 0) return lines;
    return [
      ok(
        `the reads that were tried are allowed; not tried, as they change something: ${changes.join(', ')}`,
        policy,
      ),
    ];
  },
};

/** What was said of every read that failed. */
function listTroubles({ state, service, protections }: Seen, needed: ReadonlySet<string>): readonly string[] {
  const looked = findFact(state.world, 'preflight', 'preflight');
  const mapped = Object.values(state.world).flatMap((fact) =>
    fact.kind === 'mapping' ? (fact.value.unknown ?? []) : [],
  );
  return [
    ...Object.values(state.marks).flatMap(({ trouble }) => trouble?.message ?? []),
    ...(looked?.unknown ?? []).map(({ said }) => said),
    ...mapped,
    ...(service?.ok === false ? [service.trouble.message] : []),
    ...(protections?.ok === false && needed.has('GetTaskProtection') ? [protections.trouble.message] : []),
  ];
}
