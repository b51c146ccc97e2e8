import { hasValueAt, isMap, readTextAt, valueAt, type Rule } from './problem.ts';

/** A command is watched on its service, to its end; only of a command it is asked how many builds it touched. */
export const checkCommand: Rule = (tree) => {
  const fault = readTextAt(tree, 'inject', 'fault');
  if (fault === null) return [];
  if (fault !== 'command') {
    if (!hasValueAt(tree, 'expect', 'touched')) return [];
    const message = `expect.touched: only fault command leaves open whom it touches, and this scenario injects ${fault}`;
    return [{ path: ['expect', 'touched'], at: 'key', message, next: 'Leave it out.' }];
  }
  if (!isMap(valueAt(tree, ['cluster'])) || hasValueAt(tree, 'cluster', 'service')) return [];
  const message =
    'inject.fault: command is watched on the service that it changes, and cluster.service names none';
  return [{ path: ['inject', 'fault'], at: 'value', message, next: 'Add cluster.service.' }];
};

/** FIS needs a template: one of the user's, or one that is made with the user's role. */
export const checkFis: Rule = (tree) => {
  const has = (key: string): boolean => hasValueAt(tree, 'inject', key);
  const fault = readTextAt(tree, 'inject', 'fault');
  if (fault === 'fis' && isMap(valueAt(tree, ['cluster'])) && !hasValueAt(tree, 'cluster', 'service')) {
    const message =
      'inject.fault: fis is watched on the service whose tasks it stops, and cluster.service names none';
    return [{ path: ['inject', 'fault'], at: 'value', message, next: 'Add cluster.service.' }];
  }
  if (fault !== 'spot-reclaim') return [];
  const [key] = ['role', 'template'].filter(has);
  if (readTextAt(tree, 'inject', 'through') !== 'fis') {
    if (key === undefined) return [];
    const message = `inject.${key}: only \`through: fis\` asks AWS FIS`;
    return [{ path: ['inject', key], at: 'key', message, next: 'Add `through: fis`, or leave it out.' }];
  }
  if (has('role') !== has('template')) return [];
  const message = has('role')
    ? 'inject.role: a named template has a role of its own'
    : 'inject.through: FIS needs a role for the template that the drill makes, or a template of yours';
  return [
    has('role')
      ? { path: ['inject', 'role'], at: 'key', message, next: 'Keep one of role and template.' }
      : { path: ['inject', 'through'], at: 'value', message, next: 'Add inject.role or inject.template.' },
  ];
};
