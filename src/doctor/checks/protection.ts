import { isToBeSpared, traitsOf } from '../../scenario/plan.ts';
import { findFact } from '../../model/world.ts';
import { needsOf } from '../../iam/needs.ts';
import { lineOfTrouble, ok, warning, type Check } from '../seen.ts';

/** How many running tasks are protected from scale-in, where the fault asks for that. */
export const protection: Check = {
  name: 'protection',
  judge({ plan, state, protections }) {
    if (protections === null) return [];
    if (!protections.ok) {
      const isNeeded = needsOf(plan.scenario, 'run', null).some(
        ({ operation }) => operation === 'GetTaskProtection',
      );
      // What AWS denies, the check of the rights says.
      if (isNeeded && protections.trouble.kind === 'denied') return [];
      if (isNeeded) return [lineOfTrouble({ kind: 'protection', id: '' }, protections.trouble)];
      return [ok(`not known, and no call of this drill: ${protections.trouble.message}`)];
    }
    const on = protections.value.filter(({ enabled }) => enabled).length;
    const all = protections.value.length;
    const isCut = findFact(state.world, 'tasks-of', plan.lockKey)?.complete === false;
    const said = `${String(on)} of ${String(all)}${isCut ? ' listed' : ''} running tasks are protected from scale-in`;
    const takes = traitsOf(plan)?.takes;
    const spares = takes === 'one-of-service' || takes === 'service';
    if (on === 0 || !spares || isToBeSpared(plan)) return [ok(said)];
    return [
      warning(
        `${said}: ${takes === 'service' ? 'the deployment waits until they are not' : 'the scale-in spares them'}`,
        'Where agents protect their task while it has a job, a busy worker is not stopped this way: drill it with stop-task or drain-instance, or expect it to be spared (expect.worker).',
      ),
    ];
  },
};
