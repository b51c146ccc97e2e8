import { isAlias, isMap, isNode, isScalar, isSeq, stringify } from 'yaml';
import type { Document, LineCounter, Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import { hideText } from './hidden.ts';
import { isObject, itemsOf, member } from './json.ts';
import type { Json, Path } from './json.ts';
import type { Hunk } from './text.ts';

/** A YAML file as it is written. */
export interface Source {
  readonly text: string;
  readonly document: Document.Parsed;
  readonly counter: LineCounter;
}

/** Lines that change; null where the value shares a line with others, as inside `{ ... }`, so that no line can be shown alone. */
type Lines = readonly Hunk[] | null;

/**
 * The lines that change when the value at a path becomes another. All other lines stay as they are, and the new ones have the
 * file's indentation. A value that an alias or a merge brings from elsewhere is changed where it stands, or overridden.
 */
export function listChangedLines(source: Source, path: Path, after: Json | undefined): Lines {
  let node: unknown = source.document.contents;
  for (const [index, part] of path.entries()) {
    const at = isAlias(node) ? node.resolve(source.document) : node;
    const rest = path.slice(index);
    if (isMap(at) && typeof part === 'string' && (rest.length === 1 || !at.has(part)))
      return hide(changeMember(at, part, nest(rest.slice(1), after), source));
    node = isMap(at) || isSeq(at) ? at.get(part, true) : undefined;
  }
  return null;
}

/** The value inside the objects that are missing on its way. */
function nest(path: Path, value: Json | undefined): Json | undefined {
  return value === undefined ? value : path.reduceRight<Json>((inner, key) => ({ [key]: inner }), value);
}

function hide(hunks: Lines): Lines {
  return (
    hunks?.map(({ line, removed, added }) => ({
      ...{ line, removed: removed.map(hideText), added: added.map(hideText) },
    })) ?? null
  );
}

function changeMember(map: YAMLMap, key: string, after: Json | undefined, source: Source): Lines {
  if (map.flow === true) return null;
  const pair = map.items.find((one) => isScalar(one.key) && one.key.value === key);
  if (pair === undefined) return after === undefined ? [] : addMember(map, key, after, source);
  if (after === undefined) return removeMember(map, pair, source);
  const { value } = pair;
  const before = isNode(value) ? (value.toJS(source.document) as Json) : null;
  if (isSame(before, after)) return [];
  return changeInside(value, before, after, source) ?? replaceMember(pair, after, source);
}

/** Changes parts of a map or list that has a line for each of its parts. */
function changeInside(node: unknown, before: Json, after: Json, source: Source): Lines {
  // What is empty has no line of its own.
  if (Object.keys(Object(after) as object).length === 0) return null;
  if (isSeq(node) && node.flow !== true && Array.isArray(after))
    return changeItems(node, itemsOf(before), itemsOf(after), source);
  if (!isMap(node) || node.flow === true || !isObject(after) || !isObject(before)) return null;
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const hunks = keys.map((key) => changeMember(node, key, member(after, key), source));
  return hunks.includes(null) ? null : hunks.flatMap((some) => some ?? []);
}

/** The entries between those that stay at both ends. */
function changeItems(seq: YAMLSeq, before: readonly Json[], after: readonly Json[], source: Source): Lines {
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && isSame(before[head], after[head])) head += 1;
  let tail = 0;
  while (tail < most - head && isSame(before.at(-1 - tail), after.at(-1 - tail))) tail += 1;
  const { col } = placeOf(source, seq.range?.[0] ?? 0);
  const starts = seq.items.map((item) => lineOfDash(source, item as Node, col));
  const last = seq.items.at(-1) as Node | undefined;
  if (last === undefined || starts.includes(null)) return null;
  const end = lastLineOf(last, source) + 1;
  const from = starts[head] ?? end;
  const to = starts[before.length - tail] ?? end;
  const added = after.slice(head, after.length - tail);
  return [
    {
      line: from,
      removed: linesIn(source).slice(from - 1, to - 1),
      added: added.length === 0 ? [] : indent(write(added, source), col),
    },
  ];
}

/** The line of an entry's dash; null where something stands before it. */
function lineOfDash(source: Source, item: Node, col: number): number | null {
  const lines = linesIn(source);
  const { line } = placeOf(source, item.range?.[0] ?? 0);
  for (let at = line; at > 0; at -= 1)
    if (lines[at - 1]?.[col - 1] === '-') return lines[at - 1]?.slice(0, col - 1).trim() === '' ? at : null;
  return null;
}

function addMember(map: YAMLMap, key: string, after: Json, source: Source): Lines {
  const [first] = map.items;
  const { col } = placeOf(source, startOf(first));
  return [
    { line: lastLineOf(map, source) + 1, removed: [], added: indent(write({ [key]: after }, source), col) },
  ];
}

function removeMember(map: YAMLMap, pair: Pair, source: Source): Lines {
  const { line, col } = placeOf(source, startOf(pair));
  const lines = linesIn(source);
  const end = lastLineOfPair(pair, source);
  const prefix = lines[line - 1]?.slice(0, col - 1) ?? '';
  if (prefix.trim() === '') return [{ line, removed: lines.slice(line - 1, end), added: [] }];
  // The dash of the entry stands before it: the next member takes its place.
  const next = map.items[map.items.indexOf(pair) + 1];
  if (next === undefined) return null;
  const { line: to } = placeOf(source, startOf(next));
  const moved = `${prefix}${lines[to - 1]?.trimStart() ?? ''}`;
  return [{ line, removed: lines.slice(line - 1, to), added: [moved] }];
}

function replaceMember(pair: Pair, after: Json, source: Source): Lines {
  const { line, col } = placeOf(source, startOf(pair));
  const lines = linesIn(source);
  const removed = lines.slice(line - 1, lastLineOfPair(pair, source));
  const [first = '', ...rest] = write({ key: after }, source, isFlow(pair.value));
  const { range } = pair.key as Node;
  const key = source.text.slice(range?.[0], range?.[1]);
  const comment = removed.length === 1 ? (/^\s+#.*/.exec(restOfLine(pair, source))?.[0] ?? '') : '';
  const own = `${lines[line - 1]?.slice(0, col - 1) ?? ''}${first.replace('key', () => key)}${comment}`;
  return [{ line, removed, added: [own, ...indent(rest, col)] }];
}

function isFlow(node: unknown): boolean {
  return (isMap(node) || isSeq(node)) && node.flow === true;
}

function restOfLine({ value }: Pair, { text }: Source): string {
  const end = isNode(value) ? (value.range?.[1] ?? 0) : 0;
  return text.slice(end).split(/\r?\n/, 1)[0] ?? '';
}

function startOf(pair: Pair | undefined): number {
  return isNode(pair?.key) ? (pair.key.range?.[0] ?? 0) : 0;
}

function lastLineOfPair({ key, value }: Pair, source: Source): number {
  return lastLineOf((isNode(value) && value.range != null ? value : key) as Node, source);
}

/** The last line of a value, without the comments and empty lines behind it. */
function lastLineOf(node: Node, source: Source): number {
  const last = isMap(node) && node.flow !== true ? node.items.at(-1) : undefined;
  if (last !== undefined) return lastLineOfPair(last, source);
  const item = isSeq(node) && node.flow !== true ? node.items.at(-1) : undefined;
  if (isNode(item)) return lastLineOf(item, source);
  const end = source.text.slice(0, node.range?.[1] ?? 0).trimEnd().length;
  return placeOf(source, Math.max(0, end - 1)).line;
}

function placeOf({ counter }: Source, offset: number): { readonly line: number; readonly col: number } {
  return counter.linePos(offset);
}

function linesIn({ text }: Source): readonly string[] {
  return text.split(/\r?\n/);
}

function indent(lines: readonly string[], col: number): readonly string[] {
  return lines.map((line) => `${' '.repeat(col - 1)}${line}`);
}

/** The value as YAML, indented as the file is. */
function write(value: Json, source: Source, isInline = false): readonly string[] {
  const text = stringify(value, { ...styleOf(source), lineWidth: 0, flowCollectionPadding: true });
  if (!isInline) return text.trimEnd().split('\n');
  const [[key, inner] = ['', null]] = Object.entries(value as object) as [string, Json][];
  return [`${key}: ${writeInline(inner)}`];
}

function writeInline(value: Json): string {
  if (Array.isArray(value)) return `[${itemsOf(value).map(writeInline).join(', ')}]`;
  if (isObject(value))
    return `{ ${Object.entries(value)
      .map(([key, inner]) => `${writeInline(key)}: ${writeInline(inner)}`)
      .join(', ')} }`;
  // What is plain outside of brackets may not be so inside.
  return typeof value === 'string' && /[^\w./-]/.test(value)
    ? JSON.stringify(value)
    : stringify(value).trimEnd();
}

/** How the file indents lists: by that of its steps. */
function styleOf(source: Source): { readonly indent: number; readonly indentSeq: boolean } {
  const { contents } = source.document;
  const pair = isMap(contents)
    ? contents.items.find(({ value }) => isSeq(value) && value.flow !== true)
    : undefined;
  if (pair === undefined) return { indent: 2, indentSeq: true };
  const by = placeOf(source, (pair.value as Node).range?.[0] ?? 0).col - placeOf(source, startOf(pair)).col;
  return { indent: by > 0 ? by : 2, indentSeq: by > 0 };
}

function isSame(one: Json | undefined, other: Json | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
