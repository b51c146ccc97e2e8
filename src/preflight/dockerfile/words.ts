/** A text of a Dockerfile with its variables replaced; `defaults`: build arguments whose default is in it. */
export interface Known {
  readonly text: string;
  readonly defaults: readonly string[];
}
/** A text that depends on something that the file does not show, which `unknown` says. */
export type Value = Known | { readonly unknown: string };

/** The value of a variable. */
export type Lookup = (name: string) => Value;

/** A text while it is read. */
interface Cursor {
  readonly text: string;
  at: number;
  readonly escape: string;
  readonly lookup: Lookup;
}

const EMPTY: Value = { text: '', defaults: [] };

/**
 * Removes quotes and escapes and replaces `$NAME`, `${NAME}` and `${NAME:-word}`, `:+`, `:?`, as BuildKit does in ENV, ARG,
 * FROM, STOPSIGNAL and USER (frontend/dockerfile/shell/lex.go). A substitution with a pattern is not followed.
 */
export function expandText(text: string, escape: string, lookup: Lookup): Value {
  return readUntil({ text, at: 0, escape, lookup }, null);
}

/** Reads up to the character `stop`, which is passed over, or to the end. */
function readUntil(cursor: Cursor, stop: '"' | '}' | null): Value {
  let read = EMPTY;
  for (let char = peek(cursor); char !== '' && char !== stop; char = peek(cursor))
    read = join(read, readNext(cursor, char, stop === '"'));
  cursor.at += 1;
  return read;
}

function readNext(cursor: Cursor, char: string, isQuoted: boolean): Value {
  cursor.at += 1;
  if (char === '$') return readVariable(cursor);
  if (char === cursor.escape) return makeKnown(readEscaped(cursor, isQuoted));
  if (isQuoted || (char !== "'" && char !== '"')) return makeKnown(char);
  if (char === '"') return readUntil(cursor, '"');
  const end = cursor.text.indexOf("'", cursor.at);
  const whole = cursor.text.slice(cursor.at, end === -1 ? undefined : end);
  cursor.at += whole.length + 1;
  return makeKnown(whole);
}

/** Between double quotes only the quote, `$` and the escape itself are escaped. */
function readEscaped(cursor: Cursor, isQuoted: boolean): string {
  const char = peek(cursor);
  cursor.at += 1;
  return isQuoted && !['"', '$', cursor.escape].includes(char) ? `${cursor.escape}${char}` : char;
}

function readVariable(cursor: Cursor): Value {
  const isBraced = peek(cursor) === '{';
  if (isBraced) cursor.at += 1;
  const name = /^[A-Za-z_]\w*/.exec(cursor.text.slice(cursor.at))?.[0] ?? '';
  cursor.at += name.length;
  if (!isBraced) return name === '' ? makeKnown('$') : cursor.lookup(name);
  const operator = /^(?:\}|:?[-+?])/.exec(cursor.text.slice(cursor.at))?.[0];
  if (name === '' || operator === undefined) {
    readUntil(cursor, '}');
    return { unknown: `the substitution of "${name}" is not one that is followed here` };
  }
  cursor.at += operator.length;
  const value = cursor.lookup(name);
  if (operator === '}') return value;
  const word = readUntil(cursor, '}');
  if ('unknown' in value || operator.endsWith('?')) return value;
  const isSet = !operator.startsWith(':') || value.text !== '';
  if (operator.endsWith('-')) return isSet ? value : chosenBy(value, word);
  return chosenBy(value, isSet ? word : EMPTY);
}

/** A value that another one decided for: what that one assumes, it assumes too. */
function chosenBy({ defaults }: Known, value: Value): Value {
  return 'unknown' in value ? value : { ...value, defaults: mergeNames(defaults, value.defaults) };
}

function peek({ text, at }: Cursor): string {
  return text.charAt(at);
}

function makeKnown(text: string): Known {
  return { text, defaults: [] };
}

/** Characters; a value that doubles itself from line to line would have no end. */
const LONGEST = 64 * 1024;

function join(first: Value, second: Value): Value {
  if ('unknown' in first) return first;
  if ('unknown' in second) return second;
  const text = first.text + second.text;
  if (text.length > LONGEST) return { unknown: 'its value is longer than 64 KiB' };
  return { text, defaults: mergeNames(first.defaults, second.defaults) };
}

/** The names of both lists, each once. */
export function mergeNames(first: readonly string[], second: readonly string[]): readonly string[] {
  return second.length === 0 ? first : [...new Set([...first, ...second])];
}

/** Splits at blanks that are neither quoted nor escaped; quotes and escapes stay (line_parsers.go, parseWords). */
export function splitWords(text: string, escape: string): readonly string[] {
  const slash = escape === '\\' ? '\\\\' : '`';
  const word = new RegExp(
    `(?:${slash}[\\s\\S]|'[^']*(?:'|$)|"(?:${slash}[\\s\\S]|[^"${slash}])*(?:"|$)|[^\\s'"${slash}]|${slash}$)+`,
    'g',
  );
  return [...text.matchAll(word)].map(([whole]) => whole);
}
