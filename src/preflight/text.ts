import { parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';
import type { Json, JsonObject, Path } from './json.ts';

/** A document as it was read from a text: its value, and where each piece of it stands. */
export interface Text {
  readonly value: Json;
  /** `line:col` of the value at a path, or of the nearest one around it. */
  place(path: Path): string;
}

/** What keeps a text from being read: place and why. */
export interface BadText {
  readonly at: string;
  readonly why: string;
}

const WORDS: Readonly<Record<string, string>> = {
  PropertyNameExpected: 'a property name is missing; a comma may be too many',
  ValueExpected: 'a value is missing',
  ColonExpected: 'a colon is missing',
  CommaExpected: 'a comma is missing',
  CloseBraceExpected: 'a closing } is missing',
  CloseBracketExpected: 'a closing ] is missing',
  EndOfFileExpected: 'there is more behind the end of the document',
  InvalidSymbol: 'this is no JSON value',
  InvalidNumberFormat: 'this is no JSON number',
  UnexpectedEndOfString: 'the string has no end',
  UnexpectedEndOfComment: 'the comment has no end',
  UnexpectedEndOfNumber: 'the number has no end',
  InvalidUnicode: 'this is no unicode escape',
  InvalidEscapeCharacter: 'this is no escape that JSON knows',
  InvalidCharacter: 'a control character stands in the string',
};

/** Reads JSON, with comments and a comma too many at the end of a list, as people keep it in repositories. */
export function readJson(text: string): Text | BadText {
  if (text.trim() === '') return EMPTY;
  try {
    return read(text);
  } catch (error) {
    // The parser, and we, go down level by level.
    if (error instanceof RangeError) return { at: '1:1', why: 'it is nested too deeply' };
    throw error;
  }
}

function read(text: string): Text | BadText {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const place = positions(text);
  const [first] = errors;
  if (first !== undefined) {
    const code = printParseErrorCode(first.error);
    return { at: place(first.offset), why: WORDS[code] ?? code };
  }
  if (root === undefined) return EMPTY;
  return { value: valueOf(root), place: (path) => place(nearest(root, path).offset) };
}

export const EMPTY: BadText = { at: '1:1', why: 'it is empty' };

/** Line and column of an offset, both from 1. */
function positions(text: string): (offset: number) => string {
  return (offset) => {
    const before = text.slice(0, offset);
    const line = before.lastIndexOf('\n');
    return `${String(before.split('\n').length)}:${String(offset - line)}`;
  };
}

/** Own properties alone, so that a key such as `__proto__` is a key; of a key that stands twice the last one counts. */
function valueOf(node: Node): Json {
  if (node.type === 'array') return (node.children ?? []).map(valueOf);
  if (node.type !== 'object') return node.value as Json;
  const entries = (node.children ?? []).map(({ children = [] }): [string, Json] => {
    const [key, value] = children;
    return [String(key?.value), value === undefined ? null : valueOf(value)];
  });
  return Object.fromEntries(entries) satisfies JsonObject;
}

function nearest(root: Node, path: Path): Node {
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
