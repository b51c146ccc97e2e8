import { z } from 'zod';
import type { Place, Source } from './document.ts';
import { keyOfPath, nameOf, valueAt } from './problem.ts';
import type { Problem, TreePath } from './problem.ts';
import { ScenarioFile } from './schema.ts';
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
  if (issue.code === 'invalid_union') return wrongChoice(issue, path, source);
  return [problemAt(issue, path, source)];
}

/** Keys of such a map that no choice allows are reported too. */
function wrongChoice(issue: Issue, path: TreePath, source: Source): readonly Problem[] {
  const parent = path.slice(0, -1);
  const known = keysOf(schemaAt(parent, source.tree));
  const unknown = Object.keys((valueAt(source.tree, parent) as object | undefined) ?? {}).filter(
    (key) => !known.includes(key),
  );
  return [problemAt(issue, path, source), ...unknown.map((key) => unknownKey(parent, key, source))];
}

function problemAt(issue: Issue, path: TreePath, source: Source): Problem {
  const place = source.places.get(keyOfPath(path));
  if (place === undefined) return missing(path, source);
  const offset = issue.code === 'invalid_key' ? (place.key ?? place.start) : place.start;
  const { expected, next } = wanted(issue, place);
  const name = nameOf(path);
  const subject = name === '' ? '' : `${name}: `;
  const got = issue.code === 'invalid_key' ? `"${String(path.at(-1) ?? '')}"` : written(place);
  return { offset, message: withoutSecrets(`${subject}expected ${expected}, got ${got}`), next };
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
  const offset = offsetOf(path, source);
  const message = `${nameOf(path)} is missing`;
  const parent = path.slice(0, -1);
  const choice = choiceAt(parent, source.tree);
  if (choice?.chosen === null) return { offset, message, next: `One of ${choice.values.join(', ')}.` };
  if (choice !== null)
    return { offset, message, next: `${capitalized(choice.key)} ${choice.chosen} needs it.` };
  const schema = schemaAt(path, source.tree);
  const keys = keysOf(schema);
  const next = descriptionOf(schema) ?? (keys.length === 0 ? null : `Its keys: ${keys.join(', ')}.`);
  return { offset, message, next };
}

function unknownKey(parent: TreePath, key: string, source: Source): Problem {
  const offset = offsetOf([...parent, key], source);
  const where = nameOf(parent);
  const choice = choiceAt(parent, source.tree);
  const owners = choice?.membersWith(key) ?? [];
  if (choice !== null && owners.length > 0) {
    const message = `${where}.${key} belongs to ${choice.key} ${owners.join(', ')}, not to ${choice.chosen ?? ''}`;
    return { offset, message, next: `Leave it out, or change ${where}.${choice.key}.` };
  }
  const allowed = keysOf(schemaAt(parent, source.tree));
  const near = closest(key, allowed);
  return {
    offset,
    message: withoutSecrets(`unknown key "${shortened(key)}"${where === '' ? '' : ` in ${where}`}`),
    next: `${near === null ? '' : `Did you mean "${near}"? `}Allowed: ${allowed.join(', ')}.`,
  };
}

function wanted(issue: Issue, place: Place): { readonly expected: string; readonly next: string | null } {
  switch (issue.code) {
    case 'invalid_type':
      return { expected: NAMES[issue.expected] ?? issue.expected, next: null };
    case 'invalid_value':
      return oneOf(issue.values.map(String), place);
    case 'invalid_union':
      return oneOf(optionsOf(issue), place);
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

/** The values of a key that chooses; a choice that may be left out has `undefined` among them. */
function optionsOf(issue: Issue): readonly string[] {
  const options: unknown = 'options' in issue ? issue.options : [];
  return Array.isArray(options) ? options.filter((one) => one !== undefined).map(String) : [];
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

/** A map whose other keys hang on one of them: `when` on its trigger, `inject` on its fault. */
interface Choice {
  /** The key that chooses. */
  readonly key: string;
  readonly values: readonly string[];
  /** What the file chooses, or has by default; null where it names nothing that there is. */
  readonly chosen: string | null;
  readonly member: z.ZodObject | null;
  readonly membersWith: (key: string) => readonly string[];
}

function choiceAt(path: TreePath, tree: unknown): Choice | null {
  const schema = unwrapped(schemaBelow(path, tree));
  return schema instanceof z.ZodDiscriminatedUnion ? choiceOf(schema, valueAt(tree, path)) : null;
}

function choiceOf(schema: z.ZodDiscriminatedUnion, map: unknown): Choice {
  const key = schema.def.discriminator;
  const members = schema.options.filter((member) => member instanceof z.ZodObject);
  const valuesOf = (member: z.ZodObject): readonly unknown[] => [
    ...((member.shape[key] as z.core.$ZodType)._zod.values ?? []),
  ];
  const nameOfMember = (member: z.ZodObject): string =>
    valuesOf(member).find((one) => typeof one === 'string') ?? '';
  const member = members.find((one) => valuesOf(one).includes(valueAt(map, [key]))) ?? null;
  return {
    key,
    values: members.map(nameOfMember),
    chosen: member === null ? null : nameOfMember(member),
    member,
    membersWith: (name) => members.filter(({ shape }) => Object.hasOwn(shape, name)).map(nameOfMember),
  };
}

/** The schema of what stands at a path; of a choice, that of the member which the file chose. */
function schemaAt(path: TreePath, tree: unknown): z.core.$ZodType | undefined {
  return choiceAt(path, tree)?.member ?? schemaBelow(path, tree);
}

function schemaBelow(path: TreePath, tree: unknown): z.core.$ZodType | undefined {
  const [last, parent] = [path.at(-1), path.slice(0, -1)];
  if (last === undefined) return ScenarioFile;
  const inner = unwrapped(schemaAt(parent, tree));
  if (inner instanceof z.ZodObject) return inner.shape[last] as z.core.$ZodType | undefined;
  return inner instanceof z.ZodArray ? inner.element : undefined;
}

function unwrapped(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return unwrapped(schema.def.innerType);
  return schema instanceof z.ZodPipe ? unwrapped(schema.def.in) : schema;
}

function descriptionOf(schema: z.core.$ZodType | undefined): string | undefined {
  return schema instanceof z.ZodType ? schema.description : undefined;
}

function keysOf(schema: z.core.$ZodType | undefined): readonly string[] {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodDiscriminatedUnion) return [...new Set(inner.options.flatMap(keysOf))];
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function capitalized(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
