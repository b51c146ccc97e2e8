import type { Source } from './document.ts';
import { keyOfPath, nameOf } from './problem.ts';
import type { Problem, TreePath } from './problem.ts';

/** The value of a variable, or undefined where it is not set. */
export type Lookup = (name: string) => string | undefined;

/** A tree whose variables are replaced. */
export interface Interpolated {
  readonly tree: unknown;
  /** The text of each scalar by path, for places that want text where YAML's rules made a number of it. */
  readonly texts: ReadonlyMap<string, string>;
  /** Paths whose value came, in whole or in part, from a variable. */
  readonly variable: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/** Places that choose what a scenario means: a variable there would hide it from the reader. */
const NEVER = new Set([['version'], ['when', 'trigger'], ['inject', 'fault']].map(keyOfPath));

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Variables from `--var` first, then the environment's. */
export function lookupIn(
  variables: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string | undefined>>,
): Lookup {
  return (name) => {
    if (Object.hasOwn(variables, name)) return variables[name];
    return Object.hasOwn(environment, name) ? environment[name] : undefined;
  };
}

/** Replaces `${NAME}` in the scalar values of a document; `$${` stays as `${`. */
export function interpolateSource(source: Source, lookup: Lookup): Interpolated {
  const texts = new Map<string, string>();
  const variable = new Set<string>();
  const problems: Problem[] = [];
  const walk = (value: unknown, path: TreePath): unknown => {
    if (Array.isArray(value)) return value.map((item: unknown, index) => walk(item, [...path, index]));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]),
      );
    }
    const key = keyOfPath(path);
    const written = source.places.get(key)?.written ?? '';
    if (typeof value !== 'string' || !value.includes('${')) {
      if (value !== null) texts.set(key, written);
      return value;
    }
    const found = replaceReferences(
      value,
      lookup,
      offsetsIn(source, key),
      NEVER.has(key) ? nameOf(path) : null,
    );
    problems.push(...found.problems);
    texts.set(key, found.text);
    if (found.used) variable.add(key);
    return found.whole ? parseCoreValue(found.text) : found.text;
  };
  const tree = walk(source.tree, []);
  return { tree, texts, variable, problems };
}

/** Where the n-th `${` of a scalar stands; escapes inside quotes may shift text, not the order of references. */
function offsetsIn(source: Source, key: string): (nth: number) => number {
  const place = source.places.get(key);
  if (place === undefined) return () => 0;
  const raw = source.text.slice(place.start, place.end);
  const found = [...raw.matchAll(REFERENCE)].map((match) => place.start + match.index);
  return (nth) => found[nth] ?? place.start;
}

function replaceReferences(
  value: string,
  lookup: Lookup,
  offsetOf: (nth: number) => number,
  fixed: string | null,
): {
  readonly text: string;
  readonly whole: boolean;
  readonly used: boolean;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  let nth = -1;
  let used = false;
  const text = value.replaceAll(REFERENCE, (all: string, name: string | undefined, close: string) => {
    nth += 1;
    if (name === undefined) return all.slice(1);
    const problem = fixed === null ? findWrongReference(name, close, lookup) : makeFixedPlaceProblem(fixed);
    if (problem !== null) {
      problems.push({ offset: offsetOf(nth), ...problem });
      return all;
    }
    used = true;
    return lookup(name) ?? '';
  });
  const whole = used && problems.length === 0 && /^\$\{[^}]*\}$/.test(value);
  return { text, whole, used, problems };
}

function makeFixedPlaceProblem(name: string): Omit<Problem, 'offset'> {
  return { message: `${name} cannot be a variable`, next: 'Write the value itself.' };
}

function findWrongReference(name: string, close: string, lookup: Lookup): Omit<Problem, 'offset'> | null {
  if (close === '' || !NAME.test(name)) {
    return {
      message: 'not a variable',
      next: 'Write ${NAME} for a variable, or $${ for the two characters ${.',
    };
  }
  if (lookup(name) !== undefined) return null;
  return {
    message: `the variable ${name} is not set`,
    next: `Give --var ${name}=value, or set it in the environment.`,
  };
}

/** What YAML 1.2's core schema makes of a plain scalar (chapter 10.3.2). */
function parseCoreValue(text: string): unknown {
  if (/^(?:~|null|Null|NULL)?$/.test(text)) return null;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  if (
    /^[-+]?[0-9]+$/.test(text) ||
    /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(text)
  ) {
    return Number(text);
  }
  if (/^0o[0-7]+$/.test(text) || /^0x[0-9a-fA-F]+$/.test(text)) return Number(text);
  return text;
}
