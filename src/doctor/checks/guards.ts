import { rowOf } from '../../model/reasons.ts';
import { blocking, ok, warning, type Check } from '../seen.ts';

/** Guards whose answers other checks give with more to do. */
const ELSEWHERE: ReadonlySet<string> = new Set(['mapping', 'preflight', 'budget']);

/** What each safety rule would answer at the gate of a drill. */
export const guards: Check = {
  name: 'guards',
  judge({ guards: answers }) {
    if (answers === null) {
      const next = 'See the other lines.';
      return [{ status: 'unknown', said: 'the safety rules: what they need could not be read', next }];
    }
    if (answers.length === 0) return [];
    const against = answers.filter(({ guard, holds }) => !holds && !ELSEWHERE.has(guard));
    if (against.length === 0) return [ok(`no safety rule refuses (${String(answers.length)} asked)`)];
    return against.map(({ guard, waits, reason, said }) =>
      waits === true
        ? warning(`${guard}: ${said}`, 'A drill waits for it inside when.startWithin.')
        : blocking(`${guard}: ${said}`, rowOf(reason ?? 'not-allowed').next),
    );
  },
};
