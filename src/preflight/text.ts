import { parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';
import type { Json, JsonObject, Path } from './json.ts';

/** A parsed document: its value, and the place of each part in the text. */
export interface Text {
  readonly value: Json;
  /** `line:col` of the value at a path, or of the nearest value around it. */
  place(path: Path): string;
  /** The lines of a YAML file that change when a value becomes another; null where no lines of their own have it. */
  change?(path: Path, after: Json | undefined): readonly Hunk[] | null;
  /** How a file that is neither JSON nor YAML names and writes its values. */
  readonly written?: Written;
}

/** Lines of a file that are replaced, from this line on (counted from 1). */
export interface Hunk {
  readonly line: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** The values of a file as it has them itself. */
export interface Written {
  /** The way to a value in the file's own words: `ENTRYPOINT`. */
  name(path: Path): Path;
  /** The line that sets the value at this path. */
  line(path: Path, value: Json): string;
  /** Whether a line of the file sets the value at this path. */
  has(path: Path): boolean;
}

/** A syntax error: its place and the reason. */
export interface BadText {
  readonly at: string;
  readonly why: string;
}

const WORDS: Readonly<Record<string, string>> = {
  PropertyNameExpected: 'a property name is missing; there may be a comma too many',
  ValueExpected: 'a value is missing',
  ColonExpected: 'a colon is missing',
  CommaExpected: 'a comma is missing',
  CloseBraceExpected: 'a closing } is missing',
  CloseBracketExpected: 'a closing ] is missing',
  EndOfFileExpected: 'there is text after the end of the document',
  InvalidSymbol: 'this is not a JSON value',
  InvalidNumberFormat: 'this is not a JSON number',
  UnexpectedEndOfString: 'the string has no end',
  UnexpectedEndOfComment: 'the comment has no end',
  UnexpectedEndOfNumber: 'the number has no end',
  InvalidUnicode: 'this is not a valid Unicode escape',
  InvalidEscapeCharacter: 'this is not a valid JSON escape',
  InvalidCharacter: 'the string contains a control character',
};

/** Reads JSON; comments and trailing commas are allowed, as files in repositories often have them. */
export function readJson(text: string): Text | BadText {
  if (text.trim() === '') return EMPTY;
  try {
    return parseJsonTree(text);
  } catch (error) {
    // The parser and `valueOf` are recursive.
    if (error instanceof RangeError) return { at: '1:1', why: 'it is nested too deeply' };
    throw error;
  }
}

function parseJsonTree(text: string): Text | BadText {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const place = createLocator(text);
  const [first] = errors;
  if (first !== undefined) {
    const code = printParseErrorCode(first.error);
    return { at: place(first.offset), why: WORDS[code] ?? code };
  }
  if (root === undefined) return EMPTY;
  return { value: valueOf(root), place: (path) => place(findNearest(root, path).offset) };
}

export const EMPTY: BadText = { at: '1:1', why: 'it is empty' };

/** Line and column of an offset, both counted from 1. */
function createLocator(text: string): (offset: number) => string {
  return (offset) => {
    const before = text.slice(0, offset);
    const line = before.lastIndexOf('\n');
    return `${String(before.split('\n').length)}:${String(offset - line)}`;
  };
}

/** The node's value; a key such as `__proto__` is an ordinary key, and of a repeated key the last one counts. */
function valueOf(node: Node): Json {
  if (node.type === 'array') return (node.children ?? []).map(valueOf);
  if (node.type !== 'object') return node.value as Json;
  const entries = (node.children ?? []).map(({ children = [] }): [string, Json] => {
    const [key, value] = children;
    return [String(key?.value), value === undefined ? null : valueOf(value)];
  });
  return Object.fromEntries(entries) satisfies JsonObject;
}

function findNearest(root: Node, path: Path): Node {
  let node = root;
  for (const part of path) {
    const child: Node | undefined =
      typeof part === 'number'
        ? node.type === 'array'
          ? node.children?.[part]
          : undefined
        : node.type === 'object'
          ? node.children?.findLast(({ children }) => children?.[0]?.value === part)?.children?.[1]
          : undefined;
    if (child === undefined) return node;
    node = child;
  }
  return node;
}
