import {
  hasValueAt,
  isMap,
  readTextAt,
  valueAt,
  type CrossProblem,
  type Rule,
  type TreePath,
} from './problem.ts';

/** Protection holds off a scale-in and a deployment, and nothing else; only of our own change is it known since when it is in force. */
export const checkSpared: Rule = (tree) => {
  if (readTextAt(tree, 'expect', 'worker') !== 'spared') return [];
  const problems: CrossProblem[] = [];
  const add = (path: TreePath, at: CrossProblem['at'], message: string, next: string): void => {
    problems.push({ path, at, message, next });
  };
  const fault = readTextAt(tree, 'inject', 'fault');
  if (fault !== null && fault !== 'scale-in' && fault !== 'deployment')
    add(
      ['expect', 'worker'],
      'value',
      `expect.worker: ${explainUnsparing(fault)}`,
      'Use fault scale-in or deployment.',
    );
  if (readTextAt(tree, 'when', 'trigger') === 'agent-idle')
    add(
      ['expect', 'worker'],
      'value',
      'expect.worker: a worker is spared for its job, and trigger agent-idle aims at one without',
      'Use another trigger.',
    );
  if (hasValueAt(tree, 'expect', 'drain', 'within'))
    add(
      ['expect', 'drain', 'within'],
      'key',
      'expect.drain.within: a worker that is spared does not drain',
      'Leave it out.',
    );
  if (readTextAt(tree, 'expect', 'handover') === 'allowed')
    add(
      ['expect', 'handover'],
      'value',
      'expect.handover: a worker that is spared hands nothing over',
      'Leave it out.',
    );
  if (isMap(valueAt(tree, ['expect', 'containers'])))
    add(
      ['expect', 'containers'],
      'key',
      'expect.containers: while a worker is spared its containers go on',
      'Leave it out.',
    );
  return problems;
};

/** Why the fault leaves nobody alone for the sake of a protection. */
function explainUnsparing(fault: string): string {
  if (fault === 'none') return 'without a fault there is nothing to be spared from';
  if (fault === 'command') return 'of a command it is not known what it changes and when that is in force';
  return `scale-in protection does not hold off ${fault}`;
}
