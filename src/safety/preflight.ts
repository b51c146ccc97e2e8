import { errorsOf } from '../model/entities/preflight.ts';
import { seen } from '../model/world.ts';
import { holds, refuses, type Guard } from './guard.ts';

/** What a look at the definition tells already need not cost a job: where the scenario says so, an error refuses. */
export const preflight: Guard = {
  name: 'preflight',
  rule: 'Where the scenario has `preflight: require`: a look at the task definition was possible and found no error.',
  reason: 'preflight',
  judge({ plan, world }) {
    const { preflight: wanted } = plan.scenario;
    if (wanted === 'off') return holds('the scenario does without');
    const looked = seen(world, 'preflight', 'preflight');
    const required = wanted === 'require' ? refuses : holds;
    if (looked === undefined) return required('the definition could not be looked at');
    if (looked.container === null)
      return required(
        `the definition could not be looked at: ${looked.unknown[0]?.said ?? 'nobody knows why'}`,
      );
    const errors = errorsOf(looked);
    if (errors.length === 0) return holds('no error was found');
    return required(
      `${String(errors.length)} ${errors.length === 1 ? 'error' : 'errors'}: ${errors.join(' ')}`,
    );
  },
};
