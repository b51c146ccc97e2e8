import { errorsOf } from '../model/entities/preflight.ts';
import { findFact } from '../model/world.ts';
import { holds, refuses, type Guard } from './guard.ts';

/** What preflight finds in the task definition need not cost a job: with `preflight: require` an error refuses the drill. */
export const preflight: Guard = {
  name: 'preflight',
  rule: 'If the scenario has `preflight: require`: the task definition could be checked and has no error.',
  reason: 'preflight',
  judge({ plan, world }) {
    const { preflight: wanted } = plan.scenario;
    if (wanted === 'off') return holds('the scenario sets preflight: off');
    const looked = findFact(world, 'preflight', 'preflight');
    const required = wanted === 'require' ? refuses : holds;
    if (looked === undefined) return required('the task definition could not be checked');
    if (looked.container === null)
      return required(
        `the task definition could not be checked: ${looked.unknown[0]?.said ?? 'no cause is known'}`,
      );
    const errors = errorsOf(looked);
    if (errors.length === 0) return holds('no error was found');
    return required(
      `${String(errors.length)} ${errors.length === 1 ? 'error' : 'errors'}: ${errors.join(' ')}`,
    );
  },
};
