import { z } from 'zod';
import type { Place, Source } from './document.ts';
import { keyOfPath, nameOf } from './problem.ts';
import type { Problem, TreePath } from './problem.ts';
import { ScenarioInput } from './schema.ts';
import { closest } from './suggest.ts';
import { withoutSecrets } from './tokens.ts';

type Issue = z.core.$ZodIssue;

const NAMES: Readonly<Record<string, string>> = {
  object: 'a map of keys',
  record: 'a map of keys',
  array: 'a list',
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

/** Turns one issue of the schema into problems with places, allowed values and suggestions. */
export function problemsOf(issue: Issue, source: Source): readonly Problem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, source));
  const place = source.places.get(keyOfPath(path));
  if (place === undefined) return [missing(path, source)];
  const offset = issue.code === 'invalid_key' ? (place.key ?? place.start) : place.start;
  const { expected, next } = wanted(issue, place);
  const name = nameOf(path);
  const subject = name === '' ? '' : `${name}: `;
  const got = issue.code === 'invalid_key' ? `"${String(path.at(-1) ?? '')}"` : written(place);
  return [{ offset, message: withoutSecrets(`${subject}expected ${expected}, got ${got}`), next }];
}

/** Begin of what names a path: its key, else its value, else that of the nearest parent that is there. */
export function offsetOf(path: TreePath, source: Source): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const place = source.places.get(keyOfPath(path.slice(0, length)));
    if (place !== undefined) return place.key ?? place.start;
  }
  return 0;
}

function missing(path: TreePath, source: Source): Problem {
  const schema = schemaAt(path);
  const said = schema === undefined ? undefined : descriptionOf(schema);
  const keys = keysOf(schema);
  const next = said ?? (keys.length === 0 ? null : `Its keys: ${keys.join(', ')}.`);
  return { offset: offsetOf(path, source), message: `${nameOf(path)} is missing`, next };
}

function unknownKey(parent: TreePath, key: string, source: Source): Problem {
  const allowed = keysOf(schemaAt(parent));
  const near = closest(key, allowed);
  const where = parent.length === 0 ? '' : ` in ${nameOf(parent)}`;
  return {
    offset: offsetOf([...parent, key], source),
    message: withoutSecrets(`unknown key "${shortened(key)}"${where}`),
    next: `${near === null ? '' : `Did you mean "${near}"? `}Allowed: ${allowed.join(', ')}.`,
  };
}

function wanted(issue: Issue, place: Place): { readonly expected: string; readonly next: string | null } {
  switch (issue.code) {
    case 'invalid_type':
      return { expected: NAMES[issue.expected] ?? issue.expected, next: null };
    case 'invalid_value':
      return oneOf(issue.values.map(String), place);
    case 'too_small':
      return {
        expected: bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum),
        next: null,
      };
    case 'too_big':
      return {
        expected: bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum),
        next: null,
      };
    case 'invalid_format':
    case 'custom':
      return { expected: issue.message, next: unitHint(issue.message, place) };
    case 'invalid_key':
      return { expected: issue.issues[0]?.message ?? 'another key', next: null };
    default:
      return { expected: 'something else', next: issue.message };
  }
}

function oneOf(
  values: readonly string[],
  place: Place,
): { readonly expected: string; readonly next: string | null } {
  const near = place.written === null ? null : closest(place.written, values);
  const next = near === null || near === place.written ? null : `Did you mean "${near}"?`;
  return { expected: values.length === 1 ? (values[0] ?? '') : `one of ${values.join(', ')}`, next };
}

function bound(origin: string, word: string, limit: number | bigint): string {
  if (origin === 'string') return limit === 1 ? 'a text that is not empty' : `${word} ${limit} characters`;
  return origin === 'array' ? `${word} ${limit} entries` : `${word} ${limit}`;
}

/** A bare number where a duration should stand has only lost its unit. */
function unitHint(message: string, place: Place): string | null {
  const bare = /^[0-9]+(?:\.[0-9]+)?$/.exec(place.written ?? '');
  return message.startsWith('a duration') && bare !== null ? `Did you mean ${bare[0]}s?` : null;
}

function written(place: Place): string {
  if (place.written === null) return 'a list or a map';
  return place.written === '' ? 'nothing' : `"${shortened(place.written)}"`;
}

function shortened(text: string): string {
  // Control characters of the file must not reach a terminal through an error
  const line = text.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}

function schemaAt(path: TreePath): z.core.$ZodType | undefined {
  return path.reduce<z.core.$ZodType | undefined>((schema, part) => {
    const inner = unwrapped(schema);
    if (inner instanceof z.ZodObject) return inner.shape[part] as z.core.$ZodType | undefined;
    if (inner instanceof z.ZodArray) return inner.element;
    return undefined;
  }, ScenarioInput);
}

function unwrapped(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return unwrapped(schema.def.innerType);
  return schema;
}

function descriptionOf(schema: z.core.$ZodType): string | undefined {
  return schema instanceof z.ZodType ? schema.description : undefined;
}

function keysOf(schema: z.core.$ZodType | undefined): readonly string[] {
  const inner = unwrapped(schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}
