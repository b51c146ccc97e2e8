import { digestValue, isSecretName, isRandomLooking } from '../model/secret-looks.ts';
import type { Digest } from '../model/secret-looks.ts';
import { hasReadValue } from './read-settings.ts';
import { isAgentStart } from './start.ts';

/** What stands before a value: `--api-token=` or `--api-token `, `NAME=`, `X-Api-Key: ` or `"password": "`. */
const NAME =
  /(?<![\w-])(?:(--?[A-Za-z][\w-]*)(?:=|[ \t]+)|([A-Za-z_]\w*)=|([A-Za-z_][\w-]*)["']?[ \t]*:[ \t]*["']?)/g;
/** A value in a shell: quoted, escaped and plain pieces in a row. */
const SHELL_VALUE = /(?:"(?:\\[\s\S]|[^"\\])*"|'[^']*'|\\[\s\S]|[^\s"';|&()<>\\])+/y;
/** A value after a colon ends at the quote or at the end of the line. */
const LINE_VALUE = /[^"'\n]+/y;
/** A word without quotes, brackets or signs. */
const RUN = /[A-Za-z0-9]{20,}/g;

/** The command words; those that look like secrets are replaced by digests. The number of words stays the same. */
export function hideWords(words: readonly string[], digest: Digest): string[] {
  return words.map((word, index) => {
    const before = words[index - 1] ?? '';
    if (isFlag(before) && !before.includes('=')) {
      if (hasShownValue(before)) return word;
      if (isSecretName(before) && isValue(word)) return digestValue(word, digest);
    }
    return hideIn(word, digest);
  });
}

/** A text, such as a shell script, with everything that looks like a secret replaced. */
export function hideIn(text: string, digest: Digest): string {
  const kept: string[] = [];
  let from = 0;
  for (const { begin, end, isRead } of findNamedValues(text)) {
    const value = text.slice(begin, end);
    kept.push(hideRuns(text.slice(from, begin), digest), isRead ? value : digestQuoted(value, digest));
    from = end;
  }
  return [...kept, hideRuns(text.slice(from), digest)].join('');
}

interface NamedValue {
  readonly begin: number;
  readonly end: number;
  readonly isRead: boolean;
}

/** The places of the values that are named like a secret, or belong to a flag that is read. */
function findNamedValues(text: string): readonly NamedValue[] {
  const found: NamedValue[] = [];
  NAME.lastIndex = 0;
  for (let match = NAME.exec(text); match !== null; match = NAME.exec(text)) {
    const [whole, flag, variable, member = ''] = match;
    const begin = match.index + whole.length;
    const isRead = flag !== undefined && hasShownValue(flag);
    // Another flag is not a value; reading it to its end for every flag before it would take too long.
    const isNamed = isRead || (!text.startsWith('--', begin) && isSecretName(flag ?? variable ?? member));
    const value = isNamed ? matchAt(text, begin, member === '' ? SHELL_VALUE : LINE_VALUE) : '';
    // A value whose name is harmless may contain a secret under another name: `export TOKEN=x`, `-e TOKEN=x`.
    const end = begin + (isRead || isValue(removeQuotes(value)) ? value.length : 0);
    NAME.lastIndex = end;
    if (end > begin) found.push({ begin, end, isRead });
  }
  return found;
}

function matchAt(text: string, at: number, pattern: RegExp): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

/** The value without the quotes around it. */
function removeQuotes(value: string): string {
  return /^(["'])([\s\S]*)\1$/.exec(value)?.[2] ?? value;
}

function digestQuoted(value: string, digest: Digest): string {
  const inner = removeQuotes(value);
  const quote = inner === value ? '' : value.charAt(0);
  return `${quote}${digestValue(inner, digest)}${quote}`;
}

/** Whether a word is a value: no expansion (its variable is hidden itself), no other flag, and not the agent's name. */
function isValue(word: string): boolean {
  return !/^\$(?:\w+|\{\w+\})$/.test(word) && !word.startsWith('--') && !isAgentStart([word]);
}

function isFlag(word: string): boolean {
  return /^--?[A-Za-z]/.test(word);
}

/** Whether a check reads the flag's value, so that it stays visible. */
function hasShownValue(flag: string): boolean {
  return hasReadValue(flag.replace(/^--?/, ''));
}

function hideRuns(text: string, digest: Digest): string {
  return text.replace(RUN, (run) => (isRandomLooking(run) ? digest(run) : run));
}
