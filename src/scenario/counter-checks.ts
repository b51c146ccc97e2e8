import { FAULT_TRAITS } from './inject.ts';
import { valueAt, type CrossProblem } from './problem.ts';

/** A counter is read in one way, for one task: that of a worker with a job, before it is stopped and after. */
export function checkFlushed(tree: unknown): readonly CrossProblem[] {
  const containers = valueAt(tree, ['expect', 'containers']);
  if (typeof containers !== 'object' || containers === null) return [];
  return Object.entries(containers).flatMap(([name, container]) => {
    const flushed: unknown = valueAt(container, ['flushed']);
    if (typeof flushed !== 'object' || flushed === null || Array.isArray(flushed)) return [];
    const path = ['expect', 'containers', name, 'flushed'];
    return [...explainUncounted(tree), explainSource(flushed)]
      .filter((problem) => problem !== null)
      .map(({ said, next }) => ({ path, at: 'key', message: `${path.join('.')}: ${said}`, next }) as const);
  });
}

interface Wrong {
  readonly said: string;
  readonly next: string | null;
}

function explainUncounted(tree: unknown): readonly (Wrong | null)[] {
  const [, traits] =
    Object.entries(FAULT_TRAITS).find(([name]) => name === valueAt(tree, ['inject', 'fault'])) ?? [];
  return [
    traits?.takes !== 'service'
      ? null
      : {
          said: 'the fault takes every task of the service, and counters are read only of tasks that are known before',
          next: 'Leave it out, or use another fault.',
        },
    valueAt(tree, ['when', 'trigger']) !== 'agent-idle'
      ? null
      : {
          said: 'trigger agent-idle stops a worker without a job, so that nothing calls through it',
          next: 'Leave it out, or use another trigger.',
        },
  ];
}

function explainSource(flushed: object): Wrong | null {
  const [url, command] = [valueAt(flushed, ['url']), valueAt(flushed, ['command'])];
  if ((url === undefined) === (command === undefined))
    return { said: 'give exactly one of url and command', next: null };
  if (typeof url === 'string' && !URL.canParse(url))
    return { said: 'url is no address', next: 'Check its host and port.' };
  if (JSON.stringify(url ?? command).includes('{task}')) return null;
  return {
    said: 'nothing says of which task the counter is',
    next: 'Write {task} where the id of the task belongs.',
  };
}
