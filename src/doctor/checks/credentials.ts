import { explainShortCredentials } from '../../drill/access.ts';
import { formatSpan } from '../../model/instants.ts';
import { FACTS, findFact, type FactKind } from '../../model/world.ts';
import { CREDENTIALS } from '../../scenario/subjects.ts';
import { blocking, lineOfTrouble, ok, type Check } from '../seen.ts';

/** AWS takes the credentials. */
export const credentials: Check = {
  name: 'credentials',
  judge({ state, now }) {
    const reads = Object.entries(state.marks).flatMap(([key, mark]) => {
      const kind = key.slice(0, key.indexOf(':')) as FactKind;
      const subject = { kind, id: key.slice(kind.length + 1) };
      return FACTS[kind].from === 'ECS' ? [{ subject, mark }] : [];
    });
    const refused = reads.find(({ mark }) => mark.trouble?.kind === 'unauthorized');
    if (refused?.mark.trouble != null) return [lineOfTrouble(refused.subject, refused.mark.trouble)];
    const answered = reads.some(
      ({ mark }) =>
        mark.trouble === null || mark.trouble.kind === 'denied' || mark.trouble.kind === 'not-found',
    );
    if (!answered) return [];
    const short = explainShortCredentials(state, now);
    if (short !== null) return [blocking(short, 'Fetch credentials that last longer.')];
    const expiresAt = findFact(state.world, 'credentials', CREDENTIALS.id)?.expiresAt ?? null;
    const end = expiresAt === null ? '' : `; they expire in ${formatSpan(expiresAt - now)}`;
    return [ok(`AWS takes the credentials${end}`)];
  },
};
