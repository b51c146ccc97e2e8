import { formatSpan } from '../../model/instants.ts';
import { findFact } from '../../model/world.ts';
import { blocking, ok, warning, type Check, type Line } from '../seen.ts';

/** Two clocks that differ by less cannot be told apart by a `Date` header. */
const APART_MS = 2_000;
/** AWS refuses a request that was signed so long before or after its own time. */
const SIGNATURE_MS = 300_000;

/** The clocks of the services agree with ours. */
export const clocks: Check = {
  name: 'clocks',
  judge({ state }) {
    return (['buildkite', 'ecs'] as const).flatMap((id): readonly Line[] => {
      const found = findFact(state.world, 'clock', id);
      if (found === undefined) return [];
      const { offset, uncertainty } = found;
      const name = id === 'ecs' ? 'AWS' : 'Buildkite';
      const off = Math.abs(offset);
      if (off <= APART_MS + uncertainty)
        return [ok(`the clock of ${name} agrees with ours within ${formatSpan(off + uncertainty)}`)];
      const said = `the clock of ${name} is ${formatSpan(off)} ${offset > 0 ? 'ahead of' : 'behind'} ours`;
      const next = "Set this machine's clock by NTP.";
      return [id === 'ecs' && off > SIGNATURE_MS ? blocking(said, next) : warning(said, next)];
    });
  },
};
