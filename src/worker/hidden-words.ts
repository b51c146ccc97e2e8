import { digested, isSecretName, looksRandom } from '../model/secret-looks.ts';
import type { Digest } from '../model/secret-looks.ts';
import { hasReadValue } from './read-settings.ts';
import { startsAgent } from './start.ts';

/** What names a value: `--api-token=` or `--api-token `, `NAME=`, and `X-Api-Key: ` or `"password": "`. */
const NAME =
  /(?<![\w-])(?:(--?[A-Za-z][\w-]*)(?:=|[ \t]+)|([A-Za-z_]\w*)=|([A-Za-z_][\w-]*)["']?[ \t]*:[ \t]*["']?)/g;
/** A value as a shell reads one: quoted, escaped and plain pieces in a row. */
const SHELL_VALUE = /(?:"(?:\\[\s\S]|[^"\\])*"|'[^']*'|\\[\s\S]|[^\s"';|&()<>\\])+/y;
/** Behind a colon a value goes up to the quote or the line's end. */
const LINE_VALUE = /[^"'\n]+/y;
/** Words that no quote, bracket or sign is part of. */
const RUN = /[A-Za-z0-9]{20,}/g;

/** Command words of which those that look like secrets are replaced by their digests; the number of words stays. */
export function hideWords(words: readonly string[], digest: Digest): string[] {
  return words.map((word, index) => {
    const before = words[index - 1] ?? '';
    if (isFlag(before) && !before.includes('=')) {
      if (takesReadValue(before)) return word;
      if (isSecretName(before) && isValue(word)) return digested(word, digest);
    }
    return hideIn(word, digest);
  });
}

/** A text, a shell's script for one, in which what looks like a secret is replaced. */
export function hideIn(text: string, digest: Digest): string {
  const kept: string[] = [];
  let from = 0;
  for (const { begin, end, isRead } of namedValues(text)) {
    const value = text.slice(begin, end);
    kept.push(hideRuns(text.slice(from, begin), digest), isRead ? value : digestedIn(value, digest));
    from = end;
  }
  return [...kept, hideRuns(text.slice(from), digest)].join('');
}

interface NamedValue {
  readonly begin: number;
  readonly end: number;
  readonly isRead: boolean;
}

/** Where the values stand that have the name of a secret, or of a flag that is read. */
function namedValues(text: string): readonly NamedValue[] {
  const found: NamedValue[] = [];
  NAME.lastIndex = 0;
  for (let match = NAME.exec(text); match !== null; match = NAME.exec(text)) {
    const [whole, flag, variable, member = ''] = match;
    const begin = match.index + whole.length;
    const isRead = flag !== undefined && takesReadValue(flag);
    // Another flag is no value, and is not read to its end for every flag before it.
    const isNamed = isRead || (!text.startsWith('--', begin) && isSecretName(flag ?? variable ?? member));
    const value = isNamed ? valueAt(text, begin, member === '' ? SHELL_VALUE : LINE_VALUE) : '';
    // What is no secret by this name may hold one by another: `export TOKEN=x`, `-e TOKEN=x`.
    const end = begin + (isRead || isValue(bare(value)) ? value.length : 0);
    NAME.lastIndex = end;
    if (end > begin) found.push({ begin, end, isRead });
  }
  return found;
}

function valueAt(text: string, at: number, pattern: RegExp): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

/** The value without the quotes around it. */
function bare(value: string): string {
  return /^(["'])([\s\S]*)\1$/.exec(value)?.[2] ?? value;
}

function digestedIn(value: string, digest: Digest): string {
  const inner = bare(value);
  const quote = inner === value ? '' : value.charAt(0);
  return `${quote}${digested(inner, digest)}${quote}`;
}

/** Expansions are read from variables, which are hidden where they stand; another flag and the agent are no values. */
function isValue(word: string): boolean {
  return !/^\$(?:\w+|\{\w+\})$/.test(word) && !word.startsWith('--') && !startsAgent([word]);
}

function isFlag(word: string): boolean {
  return /^--?[A-Za-z]/.test(word);
}

/** Whether the flag's value is read by somebody, and so is shown. */
function takesReadValue(flag: string): boolean {
  return hasReadValue(flag.replace(/^--?/, ''));
}

function hideRuns(text: string, digest: Digest): string {
  return text.replace(RUN, (run) => (looksRandom(run) ? digest(run) : run));
}
