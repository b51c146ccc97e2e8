import { findFact } from '../../model/world.ts';
import { ok, troubleOf, warning, type Check, type Line } from '../seen.ts';

/** The rules of preflight say what a stop would bring to light; errors refuse a drill only with `preflight: require`. */
export const preflight: Check = {
  name: 'preflight',
  judge(seen) {
    const { plan, state } = seen;
    const looked = findFact(state.world, 'preflight', 'preflight');
    const { service } = plan.scenario.cluster;
    if (looked === undefined || troubleOf(seen, 'service', service ?? '') !== null) return [];
    if (looked.container === null)
      return [
        warning(
          `the task definition could not be checked: ${looked.unknown[0]?.said ?? 'no cause is known'}`,
          'Run gameday preflight for the task definition.',
        ),
      ];
    const isRequired = plan.scenario.preflight === 'require';
    const found = looked.findings.filter(({ severity }) => severity !== 'note');
    const lines = found.map(({ rule, severity, at, seen, todo }): Line => ({
      status: severity === 'error' && isRequired ? 'blocking' : 'warning',
      said: `${rule}: ${seen} (${at})`,
      next: todo,
    }));
    return lines.length > 0 ? lines : [ok(`the rules find nothing wrong with container ${looked.container}`)];
  },
};
