import { z } from 'zod';
import type { Place, Source } from './document.ts';
import { keyOfPath, nameOf, valueAt } from './problem.ts';
import type { Problem, TreePath } from './problem.ts';
import { ScenarioFile } from './schema.ts';
import { findClosest } from '../model/suggest.ts';
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

/** Where a key may have the form of a text or of a map: the issues of the form that the file chose. */
export function chooseForm(issue: Issue, tree: unknown): readonly Issue[] {
  if (issue.code !== 'invalid_union' || issue.discriminator !== undefined) return [issue];
  const value = valueAt(
    tree,
    issue.path.filter((part) => typeof part !== 'symbol'),
  );
  if (Array.isArray(value)) return [issue];
  const wanted = typeof value === 'object' && value !== null ? 'object' : 'string';
  const isOther = ({ code, path, ...more }: Issue): boolean =>
    code === 'invalid_type' && path.length === 0 && 'expected' in more && more.expected !== wanted;
  const chosen = issue.errors.find((issues) => !issues.some(isOther)) ?? [];
  return chosen.map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
}

/** Turns one issue of the schema into problems with places, allowed values and suggestions. */
export function problemsOf(issue: Issue, source: Source): readonly Problem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => makeUnknownKeyProblem(path, key, source));
  if (issue.code === 'invalid_union') return explainWrongChoice(issue, path, source);
  return [makeProblem(issue, path, source)];
}

/** Keys of such a map that no choice allows are reported too. */
function explainWrongChoice(issue: Issue, path: TreePath, source: Source): readonly Problem[] {
  const parent = path.slice(0, -1);
  const known = keysOf(findSchema(parent, source.tree));
  const unknown = Object.keys((valueAt(source.tree, parent) as object | undefined) ?? {}).filter(
    (key) => !known.includes(key),
  );
  return [
    makeProblem(issue, path, source),
    ...unknown.map((key) => makeUnknownKeyProblem(parent, key, source)),
  ];
}

function makeProblem(issue: Issue, path: TreePath, source: Source): Problem {
  const place = source.places.get(keyOfPath(path));
  if (place === undefined) return makeMissingProblem(path, source);
  const offset = issue.code === 'invalid_key' ? (place.key ?? place.start) : place.start;
  if (nameOf(path) === 'version') return makeVersionProblem(place);
  const { expected, next } = describeExpected(issue, place);
  const name = nameOf(path);
  const subject = name === '' ? '' : `${name}: `;
  const got = issue.code === 'invalid_key' ? `"${String(path.at(-1) ?? '')}"` : describeWritten(place);
  return { offset, message: withoutSecrets(`${subject}expected ${expected}, got ${got}`), next };
}

/** Another version is no typing error: a newer file needs a newer gameday. */
function makeVersionProblem(place: Place): Problem {
  const written = place.written ?? '';
  const offset = place.start;
  if (written === '1') {
    return {
      offset,
      message: 'version: expected the number 1, got the text "1"',
      next: 'Write version: 1, without quotes.',
    };
  }
  if (/^[0-9]+$/.test(written) && Number(written) > 1) {
    const message = `version: this scenario is of format ${written}, and this gameday reads format 1 alone`;
    return { offset, message, next: `Upgrade gameday to a version that reads format ${written}.` };
  }
  return {
    offset,
    message: withoutSecrets(`version: expected 1, got ${describeWritten(place)}`),
    next: null,
  };
}

/** Begin of what names a path: its key, else its value, else that of the nearest parent that is there. */
export function offsetOf(path: TreePath, source: Source): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const place = source.places.get(keyOfPath(path.slice(0, length)));
    if (place !== undefined) return place.key ?? place.start;
  }
  return 0;
}

function makeMissingProblem(path: TreePath, source: Source): Problem {
  const offset = offsetOf(path, source);
  const message = `${nameOf(path)} is missing`;
  if (message === 'version is missing')
    return { offset, message, next: 'A scenario begins with `version: 1`.' };
  const parent = path.slice(0, -1);
  const choice = findChoice(parent, source.tree);
  if (choice?.chosen === null) return { offset, message, next: `One of ${choice.values.join(', ')}.` };
  if (choice !== null)
    return { offset, message, next: `${capitalizeWord(choice.key)} ${choice.chosen} needs it.` };
  const schema = findSchema(path, source.tree);
  const keys = keysOf(schema);
  const next = descriptionOf(schema) ?? (keys.length === 0 ? null : `Its keys: ${keys.join(', ')}.`);
  return { offset, message, next };
}

function makeUnknownKeyProblem(parent: TreePath, key: string, source: Source): Problem {
  const offset = offsetOf([...parent, key], source);
  const where = nameOf(parent);
  const choice = findChoice(parent, source.tree);
  const owners = choice?.membersWith(key) ?? [];
  if (choice !== null && owners.length > 0) {
    const message = `${where}.${key} belongs to ${choice.key} ${owners.join(' or ')}, not to ${choice.chosen ?? ''}`;
    return { offset, message, next: `Leave it out, or change ${where}.${choice.key}.` };
  }
  const allowed = keysOf(findSchema(parent, source.tree));
  const near = findClosest(key, allowed);
  return {
    offset,
    message: withoutSecrets(`unknown key "${shortenText(key)}"${where === '' ? '' : ` in ${where}`}`),
    next: `${near === null ? '' : `Did you mean "${near}"? `}Allowed: ${allowed.join(', ')}.`,
  };
}

function describeExpected(
  issue: Issue,
  place: Place,
): { readonly expected: string; readonly next: string | null } {
  switch (issue.code) {
    case 'invalid_type':
      return { expected: NAMES[issue.expected] ?? issue.expected, next: null };
    case 'invalid_value':
      return describeOneOf(issue.values.map(String), place);
    case 'invalid_union':
      return issue.discriminator === undefined
        ? { expected: issue.message, next: null }
        : describeOneOf(optionsOf(issue), place);
    case 'too_small':
      return {
        expected: describeBound(
          issue.origin,
          issue.inclusive === false ? 'more than' : 'at least',
          issue.minimum,
        ),
        next: null,
      };
    case 'too_big':
      return {
        expected: describeBound(
          issue.origin,
          issue.inclusive === false ? 'less than' : 'at most',
          issue.maximum,
        ),
        next: null,
      };
    case 'invalid_format':
    case 'custom':
      return { expected: issue.message, next: suggestUnit(issue.message, place) };
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

function describeOneOf(
  values: readonly string[],
  place: Place,
): { readonly expected: string; readonly next: string | null } {
  const near = place.written === null ? null : findClosest(place.written, values);
  const next = near === null || near === place.written ? null : `Did you mean "${near}"?`;
  return { expected: values.length === 1 ? (values[0] ?? '') : `one of ${values.join(', ')}`, next };
}

function describeBound(origin: string, word: string, limit: number | bigint): string {
  if (origin === 'string') return limit === 1 ? 'a text that is not empty' : `${word} ${limit} characters`;
  return origin === 'array' ? `${word} ${limit} entries` : `${word} ${limit}`;
}

/** A bare number where a duration should stand has only lost its unit. */
function suggestUnit(message: string, place: Place): string | null {
  const bare = /^[0-9]+(?:\.[0-9]+)?$/.exec(place.written ?? '');
  return message.startsWith('a duration') && bare !== null ? `Did you mean ${bare[0]}s?` : null;
}

function describeWritten(place: Place): string {
  if (place.written === null) return 'a list or a map';
  return place.written === '' ? 'nothing' : `"${shortenText(place.written)}"`;
}

function shortenText(text: string): string {
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

function findChoice(path: TreePath, tree: unknown): Choice | null {
  const schema = unwrapSchema(findDeclaredSchema(path, tree));
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
function findSchema(path: TreePath, tree: unknown): z.core.$ZodType | undefined {
  return findChoice(path, tree)?.member ?? findDeclaredSchema(path, tree);
}

function findDeclaredSchema(path: TreePath, tree: unknown): z.core.$ZodType | undefined {
  const [last, parent] = [path.at(-1), path.slice(0, -1)];
  if (last === undefined) return ScenarioFile;
  const inner = unwrapSchema(findSchema(parent, tree));
  if (inner instanceof z.ZodObject) return inner.shape[last] as z.core.$ZodType | undefined;
  return inner instanceof z.ZodArray ? inner.element : undefined;
}

function unwrapSchema(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return unwrapSchema(schema.def.innerType);
  if (schema instanceof z.ZodUnion && !(schema instanceof z.ZodDiscriminatedUnion))
    return schema.options.find((form) => form instanceof z.ZodObject);
  return schema instanceof z.ZodPipe ? unwrapSchema(schema.def.in) : schema;
}

function descriptionOf(schema: z.core.$ZodType | undefined): string | undefined {
  return schema instanceof z.ZodType ? schema.description : undefined;
}

function keysOf(schema: z.core.$ZodType | undefined): readonly string[] {
  const inner = unwrapSchema(schema);
  if (inner instanceof z.ZodDiscriminatedUnion) return [...new Set(inner.options.flatMap(keysOf))];
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function capitalizeWord(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
