import { FACTS, type FactKind } from '../../model/world.ts';
import { lineOfTrouble, ok, type Check } from '../seen.ts';

/** AWS takes the credentials. */
export const credentials: Check = {
  name: 'credentials',
  judge({ state }) {
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
    return answered ? [ok('AWS takes the credentials')] : [];
  },
};
