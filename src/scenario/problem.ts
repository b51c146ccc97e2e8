import { z } from 'zod';

/** Where in the tree of a scenario something stands: keys and indices from the root. */
export type TreePath = readonly (string | number)[];

/** One thing wrong with a scenario text; `offset` counts UTF-16 code units from its begin. */
export interface Problem {
  readonly offset: number;
  readonly message: string;
  readonly next: string | null;
}

/** The key of a path in a map of places. */
export function keyOfPath(path: TreePath): string {
  return JSON.stringify(path);
}

/** A path as people write it: `safety.haltWhen[0].url`. */
export function nameOf(path: TreePath): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`;
    return name === '' ? part : `${name}.${part}`;
  }, '');
}

/** What stands at a path of a tree, or undefined. */
export function valueAt(tree: unknown, path: TreePath): unknown {
  return path.reduce<unknown>((value, part) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    return (value as Readonly<Record<string | number, unknown>>)[part];
  }, tree);
}

/** One thing that was wrong with what was given: with a file, a flag or a setting. */
export const InputError = z.strictObject({
  message: z.string(),
  /** `file:line:col`, or null where it is not in a file. */
  at: z.string().nullable(),
  next: z.string().nullable(),
});
export type InputError = z.infer<typeof InputError>;

/** What is wrong with a combination of keys; `path` is the key to fix. */
export interface CrossProblem {
  readonly path: TreePath;
  /** Whether the error points at the key or at its value. */
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly next: string | null;
}

/** Looks for one kind of problem in the tree of a file. */
export type Rule = (tree: unknown) => readonly CrossProblem[];

/** Whether the tree has a value there. */
export function hasValueAt(tree: unknown, ...path: TreePath): boolean {
  return valueAt(tree, path) !== undefined;
}

/** Whether a value of the tree is a map. */
export function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text at a place of the tree; null where there is none. */
export function readTextAt(tree: unknown, ...path: TreePath): string | null {
  const value = valueAt(tree, path);
  return typeof value === 'string' ? value : null;
}
