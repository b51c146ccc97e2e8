import { hasValueAt, isMap, valueAt, type Problem } from './problem.ts';

/** A kind of file that is given where a scenario is wanted, or beside one. */
interface OtherFile {
  readonly is: (tree: unknown) => boolean;
  readonly message: string;
  readonly next: string;
}

const isList = (tree: unknown, key: string): boolean => Array.isArray(valueAt(tree, [key]));

const OTHERS: readonly OtherFile[] = [
  {
    is: (tree) => isList(tree, 'containerDefinitions') || hasValueAt(tree, 'taskDefinition'),
    message: 'this is a task definition, not a scenario',
    next: '`gameday rehearse` and `gameday preflight` read task definitions.',
  },
  {
    // Its cluster is a name, and a scenario's is a map.
    is: (tree) => isList(tree, 'pipelines') || typeof valueAt(tree, ['cluster']) === 'string',
    message: 'this is a rig file, not a scenario',
    next: 'Name it in a scenario (`rig: FILE`), or start it with `gameday rig up FILE`.',
  },
  {
    is: (tree) => isList(tree, 'steps'),
    message: 'this is a Buildkite pipeline, not a scenario',
    next: 'A scenario names a pipeline by its slug: build.pipeline.',
  },
];

/** The keys that say what a scenario does: no other file has such a map. */
const OWN = ['build', 'when', 'inject', 'expect'] as const;

/** A drill's journal is JSON lines, which as YAML is an error of its second line. */
export function recognizeJournal(text: string): Problem | null {
  if (!/^\{"v":\d+,"seq":\d+,/.test(text)) return null;
  const message = "this is a drill's journal, not a scenario";
  return { offset: 0, message, next: '`gameday drills show` reads it.' };
}

/** The whole file, where it is another kind of file: one problem says so, not one for each of its keys. */
export function recognizeOtherFile(tree: unknown, keys: readonly string[]): Problem | null {
  if (hasValueAt(tree, 'outcome') && hasValueAt(tree, 'exitCode'))
    return {
      offset: 0,
      message: 'this is what a drill gave, not a scenario',
      next: 'Name the scenario file of that drill.',
    };
  if (OWN.some((key) => isMap(valueAt(tree, [key])))) return null;
  const other = OTHERS.find(({ is }) => is(tree));
  if (other !== undefined) return { offset: 0, message: other.message, next: other.next };
  const given = Object.keys(tree as object);
  if (given.some((key) => keys.includes(key))) return null;
  const message = 'this is not a scenario: it has none of the keys of one';
  return { offset: 0, message, next: `A scenario has ${keys.join(', ')}.` };
}
