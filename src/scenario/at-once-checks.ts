import { readTextAt, valueAt, type CrossProblem, type Rule, type TreePath } from './problem.ts';

/** Drills of one service at the same time must never take each other's worker, nor wait for what the others do. */
export const checkDrillsAtOnce: Rule = (tree) => {
  const atOnce = valueAt(tree, ['safety', 'drillsAtOnce']);
  if (typeof atOnce !== 'number' || atOnce <= 1) return [];
  const problems: CrossProblem[] = [];
  const path: TreePath = ['safety', 'drillsAtOnce'];
  const add = (message: string, next: string): void => {
    problems.push({ path, at: 'value', message: `safety.drillsAtOnce: ${message}`, next });
  };
  const fault = readTextAt(tree, 'inject', 'fault');
  if (fault !== null && fault !== 'stop-task')
    add(
      `only stop-task stops one task and no other, so that drills at the same time do not disturb each other; this is ${fault}`,
      'Use fault stop-task, or leave safety.drillsAtOnce out.',
    );
  const trigger = readTextAt(tree, 'when', 'trigger');
  if (trigger === 'agent-idle' || trigger === 'fleet-busy')
    add(
      `with trigger ${trigger} two drills could choose the same worker`,
      "Use a trigger that aims at a job of the drill's own build, or leave safety.drillsAtOnce out.",
    );
  if (readTextAt(tree, 'cluster', 'sharedTask') === 'allowed')
    add(
      'a task that hosts several agents may run the jobs of two drills',
      'Leave cluster.sharedTask or safety.drillsAtOnce out.',
    );
  if (readTextAt(tree, 'safety', 'settled') === 'require')
    add(
      'after the stop of one drill the service is not settled, and settled: require refuses the others',
      'Leave one of them out.',
    );
  return problems;
};
