/** Keys and indices from the root of a JSON text. */
export type JsonPath = readonly (string | number)[];

/** What is wrong with a text, and where: UTF-16 code units from its begin. */
export interface Fault {
  readonly offset: number;
  readonly message: string;
}

/** A JSON text as a value, or its first fault: JSON.parse names no place that can be relied on. */
export function parseJson(
  text: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly fault: Fault } {
  try {
    // Editors of some systems begin a file with a byte order mark.
    return { ok: true, value: JSON.parse(text.replace(/^\ufeff/, '')) as unknown };
  } catch {
    return { ok: false, fault: firstFault(text) };
  }
}

function firstFault(text: string): Fault {
  try {
    new Scanner(text, null).document();
  } catch (error) {
    if (error instanceof Stop) return { offset: error.offset, message: error.message };
    throw error;
  }
  return { offset: 0, message: 'not JSON' };
}

/** Where the value of a path begins in a JSON text; of one that is not there, its nearest parent. */
export function offsetOfPath(text: string, path: JsonPath): number {
  const scanner = new Scanner(text, path);
  try {
    scanner.document();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
  }
  return scanner.nearest;
}

/** `line:col` of an offset, both counted from 1. */
export function positionOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const begin = before.lastIndexOf('\n') + 1;
  return `${before.split('\n').length}:${offset - begin + 1}`;
}

class Stop extends Error {
  readonly offset: number;
  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

const DEEPEST = 200;
const WORD = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// A control character inside a string ends the match: JSON wants it escaped.
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

class Scanner {
  nearest = 0;
  readonly #text: string;
  readonly #wanted: JsonPath | null;
  #at = 0;
  /** How many parts of the wanted path the value that is read lies on; -1 where it lies beside it. */
  #matched = 0;

  constructor(text: string, wanted: JsonPath | null) {
    this.#text = text;
    this.#wanted = wanted;
    if (text.startsWith('\ufeff')) this.#at = 1;
  }

  document(): void {
    this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw new Stop(this.#at, 'something stands after the end of the JSON');
  }

  #value(depth: number): void {
    this.#space();
    if (this.#matched === depth) this.nearest = this.#at;
    if (depth > DEEPEST) throw new Stop(this.#at, 'nested too deeply');
    const next = this.#text[this.#at];
    if (next === '{') return this.#members(depth);
    if (next === '[') return this.#items(depth);
    if (next === '"') return void this.#string();
    this.#take(WORD, 'expected a value');
  }

  #members(depth: number): void {
    this.#at += 1;
    if (this.#closes('}')) return;
    do {
      this.#space();
      this.#below(this.#string(), depth);
      this.#space();
      if (this.#text[this.#at] !== ':') throw new Stop(this.#at, 'expected ":" after a key');
      this.#at += 1;
      this.#inner(depth);
    } while (this.#goesOn('}'));
  }

  #items(depth: number): void {
    this.#at += 1;
    if (this.#closes(']')) return;
    let index = 0;
    do {
      this.#below(index, depth);
      this.#inner(depth);
      index += 1;
    } while (this.#goesOn(']'));
  }

  #below(part: string | number, depth: number): void {
    if (this.#matched === depth && this.#wanted?.[depth] === part) this.#matched = depth + 1;
  }

  #inner(depth: number): void {
    this.#value(depth + 1);
    if (this.#matched === depth + 1) this.#matched = depth;
  }

  #closes(end: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== end) return false;
    this.#at += 1;
    return true;
  }

  #goesOn(end: string): boolean {
    if (this.#closes(end)) return false;
    if (this.#text[this.#at] !== ',') throw new Stop(this.#at, `expected "," or "${end}"`);
    this.#at += 1;
    this.#space();
    if (this.#text[this.#at] === end) throw new Stop(this.#at, `a "," stands before "${end}"`);
    return true;
  }

  #string(): string {
    return String(JSON.parse(this.#take(TEXT, 'expected a text in double quotes')));
  }

  #take(pattern: RegExp, otherwise: string): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined)
      throw new Stop(this.#at, this.#at < this.#text.length ? otherwise : 'it ends too soon');
    this.#at += found.length;
    return found;
  }

  #space(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at += 1;
    if (this.#text.startsWith('//', this.#at) || this.#text.startsWith('/*', this.#at))
      throw new Stop(this.#at, 'JSON has no comments');
  }
}
