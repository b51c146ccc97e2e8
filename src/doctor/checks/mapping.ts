import { isKnownToReportStops } from '../../checks/heard.ts';
import { formatMapping, hasNoAgent } from '../../model/entities/mapping.ts';
import { rowOf } from '../../model/reasons.ts';
import { findFact } from '../../model/world.ts';
import { blocking, ok, warning, type Check, type Line } from '../seen.ts';

/** Tasks that run now lead to their agents, and these report their stops. */
export const mapping: Check = {
  name: 'mapping',
  judge({ plan, state, user }) {
    const found = findFact(state.world, 'mapping', plan.lockKey);
    // Without a token that is taken there is nothing to say of agents.
    if (found === undefined || !user.ok) return [];
    const said = formatMapping(found);
    const { next } = rowOf('agent-not-mapped');
    if (hasNoAgent(found)) return [blocking(said, next)];
    if (found.tasks === 0 && found.unknown === null)
      return [warning(said, 'Run doctor again when a worker runs: only then its mapping can be seen.')];
    if (found.unknown !== null) return [{ status: 'unknown', said, next }];
    const isWhole = found.mapped === found.tasks && !found.filterLacks;
    return [isWhole ? ok(said) : warning(said, next), ...sayVersions(found.versions)];
  },
};

function sayVersions(versions: readonly string[]): readonly Line[] {
  if (versions.length === 0) return [];
  const silent = versions.filter((version) => !isKnownToReportStops(version));
  if (silent.length === 0) return [ok(`agents of version ${versions.join(', ')} report their stops`)];
  return [
    warning(
      `agents of version ${silent.join(', ')} are not known to report their stops, so that a drain may lack its proof`,
      'Use agent 3.138 or later, or see the witnesses in docs/explanation/why-a-pass-needs-proof.md.',
    ),
  ];
}
