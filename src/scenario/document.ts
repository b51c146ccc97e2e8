import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Alias, Document, Node, YAMLError } from 'yaml';
import { keyOfPath } from './problem.ts';
import type { Problem, TreePath } from './problem.ts';

/** Where a value stands in the text. */
export interface Place {
  /** Begin of the key that names it; null for the root and for entries of lists. */
  readonly key: number | null;
  readonly start: number;
  readonly end: number;
  /** The scalar as it was written, without quotes; null for maps and lists. */
  readonly written: string | null;
}

/** A scenario's YAML as plain data, and where each piece of it stands. */
export interface Source {
  readonly text: string;
  readonly tree: unknown;
  readonly places: ReadonlyMap<string, Place>;
  readonly problems: readonly Problem[];
  /** `line:col` of an offset, both counted from 1. */
  readonly position: (offset: number) => string;
}

const DEEPEST = 60;
/** With anchors a few lines can stand for billions of values; no scenario has this many. */
const MOST_VALUES = 5000;

/** Reads one YAML document; what is wrong with it is a problem with an offset, never a throw. */
export function readDocument(text: string): Source {
  const lines = new LineCounter();
  const position = (offset: number): string => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return `${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  const empty = { text, tree: undefined, places: new Map<string, Place>(), position };
  const deep = findTooDeep(text);
  if (deep !== null) {
    countLines(text, lines);
    return {
      ...empty,
      problems: [{ offset: deep, message: 'nested too deeply for a scenario', next: null }],
    };
  }
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'core',
    uniqueKeys: false,
  });
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) return { ...empty, problems: explainErrors(problems, text) };
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    return {
      ...empty,
      problems: [{ offset: 0, message: 'the file is empty', next: 'A scenario begins with `version: 1`.' }],
    };
  }
  if (!isMap(document.contents)) {
    const offset = isAlias(document.contents) ? 0 : (document.contents.range?.[0] ?? 0);
    return {
      ...empty,
      problems: [{ offset, message: 'a scenario is a map of keys', next: 'It begins with `version: 1`.' }],
    };
  }
  const reader = new TreeReader(document, text);
  const tree = reader.read(document.contents, [], null, 0);
  return { ...empty, tree, places: reader.places, problems: reader.problems };
}

function countLines(text: string, lines: LineCounter): void {
  lines.addNewLine(0);
  for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1);
}

/** The parser recurses and would exhaust the stack on a text of open brackets: such a text is refused before. */
function findTooDeep(text: string): number | null {
  let depth = 0;
  for (const { 0: piece, index } of text.matchAll(/[[{\]}]|\n|(?:[-?:][ \t]+){20,}/g)) {
    if (piece === '\n') continue;
    if (piece.length > 1) return index;
    depth = piece === '[' || piece === '{' ? depth + 1 : Math.max(0, depth - 1);
    if (depth > DEEPEST) return index;
  }
  return null;
}

/** After one error the parser finds others that are none: only the first one is reported, and those that stand on their own. */
function explainErrors(errors: readonly YAMLError[], text: string): readonly Problem[] {
  const own = new Set(['MULTIPLE_DOCS', 'TAG_RESOLVE_FAILED']);
  const first = errors.find(({ code }) => !own.has(code));
  const told = errors.filter(
    (error) => own.has(error.code) && (first === undefined || error.pos[0] < first.pos[0]),
  );
  return [...told, ...(first === undefined ? [] : [first])].map((error) => explainError(error, text));
}

function explainError(error: YAMLError, text: string): Problem {
  const [offset] = error.pos;
  if (text[offset] === '{' && text[offset - 1] === '$') {
    const name = /^\{[^}\n]*\}/.exec(text.slice(offset))?.[0] ?? '{NAME}';
    const next = `Write "$${name}": inside { } and [ ] a variable must stand in quotes.`;
    return { offset: offset - 1, message: `$${name} is not in quotes`, next };
  }
  switch (error.code) {
    case 'MULTIPLE_DOCS':
      return {
        offset,
        message: 'a second document begins here',
        next: 'Put each scenario in a file of its own.',
      };
    case 'TAG_RESOLVE_FAILED':
      return { offset, message: 'YAML tags have no meaning in a scenario', next: 'Remove the tag.' };
    case 'TAB_AS_INDENT':
      return {
        offset,
        message: 'this line is indented by a tab, which YAML does not allow',
        next: 'Indent it with spaces.',
      };
    default:
      return { offset, message: `not valid YAML: ${error.message.split('\n')[0] ?? error.code}`, next: null };
  }
}

class TreeReader {
  readonly places = new Map<string, Place>();
  readonly problems: Problem[] = [];
  readonly #targets: ReadonlyMap<Alias, Node>;
  readonly #text: string;
  #values = 0;
  #full = false;

  constructor(document: Document, text: string) {
    this.#targets = targetsIn(document);
    this.#text = text;
  }

  read(node: unknown, path: TreePath, key: number | null, from: number): unknown {
    const resolved = this.#resolve(node, from);
    const [start, end] = rangeOf(resolved) ?? rangeOf(node) ?? [from, from];
    this.#values += 1;
    if (this.#values > MOST_VALUES || path.length > DEEPEST) return this.#stop(rangeOf(node)?.[0] ?? start);
    const written = isScalar(resolved) ? writtenOf(resolved, this.#text.slice(start, end)) : null;
    this.places.set(keyOfPath(path), {
      key,
      start: rangeOf(node)?.[0] ?? start,
      end: rangeOf(node)?.[1] ?? end,
      written,
    });
    if (isScalar(resolved)) return toPlainValue(resolved.value, written ?? '');
    if (isSeq(resolved))
      return resolved.items.map((item, index) => this.read(item, [...path, index], null, start));
    if (isMap(resolved)) return this.#readMap(resolved.items, path, start);
    return null;
  }

  #readMap(items: readonly { key: unknown; value: unknown }[], path: TreePath, start: number): unknown {
    const map: Record<string, unknown> = {};
    for (const item of items) {
      const at = rangeOf(item.key)?.[0] ?? start;
      const name = isScalar(item.key) && item.key.value !== null ? writtenOf(item.key, '') : '';
      if (name === '' || name === '__proto__') {
        this.problems.push({ offset: at, message: 'a key must be a plain word', next: null });
        continue;
      }
      if (Object.hasOwn(map, name)) {
        this.problems.push({ offset: at, message: 'this key appears twice here', next: 'Keep one of them.' });
      }
      map[name] = this.read(item.value, [...path, name], at, at);
    }
    return map;
  }

  #resolve(node: unknown, from: number): Node | null {
    if (!isAlias(node)) return (node as Node | null | undefined) ?? null;
    const target = this.#targets.get(node);
    if (target !== undefined) return target;
    const offset = node.range?.[0] ?? from;
    this.problems.push({ offset, message: 'there is no anchor of this name above the alias', next: null });
    return null;
  }

  #stop(offset: number): null {
    if (!this.#full) {
      this.problems.push({
        offset,
        message: `more than ${MOST_VALUES} values (aliases expanded), or nested too deeply`,
        next: null,
      });
    }
    this.#full = true;
    return null;
  }
}

/** What each alias stands for, in one pass: to ask the parser for each alias in turn takes quadratic time. */
function targetsIn(document: Document): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, (_, node) => {
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target !== undefined) targets.set(node, target);
    } else if (isNode(node) && node.anchor !== undefined) {
      anchors.set(node.anchor, node);
    }
  });
  return targets;
}

function rangeOf(node: unknown): readonly [number, number] | null {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range))
    return null;
  const range: readonly unknown[] = node.range;
  return typeof range[0] === 'number' && typeof range[1] === 'number' ? [range[0], range[1]] : null;
}

/** A commit `0012345` is a number to YAML and text to people: what they wrote is kept beside the value. */
function writtenOf(scalar: { readonly value: unknown; readonly source?: string }, raw: string): string {
  return typeof scalar.value === 'string' ? scalar.value : (scalar.source ?? raw);
}

function toPlainValue(value: unknown, written: string): unknown {
  const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return known || value === null ? value : written;
}
