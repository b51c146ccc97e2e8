import type { World } from './model.ts';

/** What never changes, or is too large to be copied and is read from no query. */
const SHARED: ReadonlySet<string> = new Set(['chunks', 'env', 'knobs', 'step', 'tags', 'users']);

/**
 * A copy of everything that Buildkite knows at this moment, with the same references among its parts; what happens
 * later does not reach it. Lists and records are copied, objects with a life of their own (timers, emitters) are not.
 */
export function copyWorld(world: World): World {
  const copies = new Map<object, object>();
  const queue: (readonly [from: object, to: object])[] = [];
  const copyOf = (value: unknown): unknown => {
    if (!isCopied(value)) return value;
    const known = copies.get(value);
    if (known !== undefined) return known;
    const shell = Array.isArray(value) ? [] : value instanceof Map ? new Map<unknown, unknown>() : {};
    copies.set(value, shell);
    queue.push([value, shell]);
    return shell;
  };
  const copy = copyOf(world) as World;
  // A queue and no recursion: a chain of builds, jobs and agents can be longer than the stack.
  for (const [from, to] of queue) fill(from, to, copyOf);
  return copy;
}

function isCopied(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || value instanceof Map || Object.getPrototypeOf(value) === Object.prototype;
}

function fill(from: object, to: object, copyOf: (value: unknown) => unknown): void {
  if (from instanceof Map) {
    for (const [key, value] of from) (to as Map<unknown, unknown>).set(key, copyOf(value));
  } else if (Array.isArray(from)) {
    for (const value of from as readonly unknown[]) (to as unknown[]).push(copyOf(value));
  } else {
    for (const [key, value] of Object.entries(from as Readonly<Record<string, unknown>>))
      Object.assign(to, { [key]: SHARED.has(key) ? value : copyOf(value) });
  }
}
