/** One command of a script: its words as written, and what stands before and after it. */
export interface Segment {
  readonly text: string;
  /** `;`, `&&`, `||`, `|`, `&`, a line end, or empty at the script's start and end. */
  readonly before: string;
  readonly after: string;
  /** Whether the command stands in `( )`, which is a process of its own. */
  readonly subshell: boolean;
  readonly redirects: boolean;
}

interface Scan {
  readonly segments: Segment[];
  text: string;
  /** Whether the text so far is blank. */
  isBlank: boolean;
  before: string;
  depth: number;
  inside: number;
  redirects: boolean;
}

/** Splits a script into its commands. Understands quotes, escapes, comments and `$( )`, but not here-documents. */
export function segmentsOf(script: string): readonly Segment[] {
  const scan: Scan = {
    segments: [],
    text: '',
    isBlank: true,
    before: '',
    depth: 0,
    inside: 0,
    redirects: false,
  };
  let at = 0;
  while (at < script.length) at = scanNext(script, at, scan);
  closeSegment(scan, '');
  return scan.segments;
}

function scanNext(script: string, at: number, scan: Scan): number {
  const rest = script.slice(at);
  const whole = /^(?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\$\((?:[^()]|\([^()]*\))*\)|`[^`]*`)/.exec(
    rest,
  )?.[0];
  if (whole !== undefined) return takeText(scan, whole, at);
  if (rest.startsWith('#') && /^\s?$/.test(scan.text.slice(-1)))
    return at + (/^[^\n]*/.exec(rest)?.[0].length ?? 1);
  const redirect = /^(?:[0-9]*[<>]+&?|&>+)/.exec(rest)?.[0];
  if (redirect !== undefined && /[<>]/.test(redirect)) {
    scan.redirects = true;
    return takeText(scan, redirect, at);
  }
  const operator = /^(?:&&|\|\||;;|[;|&\n])/.exec(rest)?.[0];
  if (operator !== undefined) {
    closeSegment(scan, operator);
    return at + operator.length;
  }
  if (rest.startsWith('(') || rest.startsWith(')')) {
    if (rest.startsWith('(')) scan.depth += 1;
    else {
      closeSegment(scan, '');
      scan.depth = Math.max(0, scan.depth - 1);
    }
    return at + 1;
  }
  return takeText(scan, rest.charAt(0), at);
}

function takeText(scan: Scan, text: string, at: number): number {
  if (scan.isBlank) scan.inside = scan.depth;
  scan.isBlank &&= text.trim() === '';
  scan.text += text;
  return at + text.length;
}

function closeSegment(scan: Scan, operator: string): void {
  const text = scan.text.trim();
  if (text !== '') {
    const { before, redirects, inside } = scan;
    scan.segments.push({ text, before, after: operator, subshell: inside > 0, redirects });
    scan.before = operator;
  } else if (operator !== '' && scan.segments.length > 0) {
    scan.before = operator;
    const last = scan.segments.pop();
    // `( a ) | b`: the operator after the bracket belongs to the command inside.
    if (last !== undefined) scan.segments.push(last.after === '' ? { ...last, after: operator } : last);
  }
  scan.text = '';
  scan.isBlank = true;
  scan.redirects = false;
}

/** A part of a word: an escaped character, a quoted text, or plain characters. */
const PART = /\\([\s\S])|'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|[^\s'"\\$]+|\$/y;

/** The words of a command without quotes; expansions stay as written. Linear: every character is read once. */
export function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  const lastClosed = text.lastIndexOf(')');
  for (let at = 0; at < text.length;) {
    const part = readWordPart(text, at, lastClosed);
    if (part !== null) word = `${word ?? ''}${part.text}`;
    else if (word !== null) {
      words.push(word);
      word = null;
    }
    at = part?.end ?? at + 1;
  }
  return word === null ? words : [...words, word];
}

/** The next part of a word; null at a blank and at a quote that is never closed. */
function readWordPart(
  text: string,
  at: number,
  lastClosed: number,
): { readonly text: string; readonly end: number } | null {
  if (text.startsWith('$(', at) && at < lastClosed) {
    const end = text.indexOf(')', at) + 1;
    return { text: text.slice(at, end), end };
  }
  PART.lastIndex = at;
  const found = PART.exec(text);
  if (found === null) return null;
  const [whole, escaped, single, double] = found;
  const plain = escaped ?? single ?? double?.replaceAll(/\\([\s\S])/g, '$1') ?? whole;
  return { text: plain, end: at + whole.length };
}

/** Shell keywords that may stand before a command. */
const KEYWORDS: ReadonlySet<string> = new Set([
  '{',
  '}',
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'while',
  'until',
  'for',
  'do',
  'done',
  'case',
  'esac',
  '!',
]);
const ASSIGNMENT = /^[A-Za-z_]\w*=/;

/** A command without the keywords and assignments (`NAME=value`) before it. */
export function splitCommand(text: string): {
  readonly assignments: readonly string[];
  readonly words: readonly string[];
} {
  const words = [...wordsOf(text)];
  while (words[0] !== undefined && KEYWORDS.has(words[0])) words.shift();
  const assignments: string[] = [];
  while (words[0] !== undefined && ASSIGNMENT.test(words[0])) assignments.push(words.shift() ?? '');
  return { assignments, words };
}

/** Whether the main command of a script replaces the shell, and if not, why. */
export interface ScriptView {
  /** The main command: the agent's, else the last one. */
  readonly main: Segment | null;
  /** Words of the main command, without `exec` and assignments. */
  readonly words: readonly string[];
  readonly replaces: boolean;
  /** Whether the script is one plain command, for which bash and BusyBox replace themselves. */
  readonly plain: boolean;
  /** Whether another command follows, so that no shell can replace itself. */
  readonly followed: boolean;
  /** What makes the script more than one plain command, for people. */
  readonly made: readonly string[];
}

/** The main command: the one that `isMain` chooses, else the last. */
function mainOf(segments: readonly Segment[], isMain: (words: readonly string[]) => boolean): Segment | null {
  return segments.findLast(({ text }) => isMain(splitCommand(text).words)) ?? segments.at(-1) ?? null;
}

/** Examines a script of `sh -c`; `isMain` chooses the main command. */
export function viewScript(script: string, isMain: (words: readonly string[]) => boolean): ScriptView {
  const segments = segmentsOf(script);
  const main = mainOf(segments, isMain);
  if (main === null)
    return { main, words: [], replaces: false, plain: false, followed: false, made: ['an empty script'] };
  const { words, assignments } = splitCommand(main.text);
  const execs = words[0] === 'exec';
  const apart = main.subshell || main.after === '|' || main.before === '|' || main.after === '&';
  const made = [
    ...(segments.some((one) => one.after === '|') ? ['a pipeline'] : []),
    ...(segments.some((one) => splitCommand(one.text).words[0] === 'trap') ? ['a trap'] : []),
    ...(segments.some((one) => one.after === '&&' || one.after === '||') ? ['a && or || chain'] : []),
    ...(segments.some((one) => one.after === '&') ? ['a background command'] : []),
    ...(main.redirects ? ['a redirection'] : []),
    ...(segments.some((one) => one.subshell) || /^\{/.test(main.text) ? ['a group'] : []),
    ...(segments.length > 1 && segments.some((one) => [';', '\n', ';;'].includes(one.after))
      ? ['several commands']
      : []),
  ];
  return {
    main,
    words: execs ? words.slice(1) : words,
    replaces: execs && !apart,
    plain: segments.length === 1 && made.length === 0 && assignments.length === 0 && !/\n$/.test(script),
    followed: segments.indexOf(main) < segments.length - 1,
    made,
  };
}

/** The script changed so that the main command replaces the shell; commands after it and traps no longer run. */
export function makeExecScript(script: string, isMain: (words: readonly string[]) => boolean): string {
  const segments = segmentsOf(script);
  const main = mainOf(segments, isMain);
  if (main === null) return script;
  const before = segments
    .slice(0, segments.indexOf(main))
    .filter((one) => splitCommand(one.text).words[0] !== 'trap')
    .filter((one) => !one.subshell && [';', '&&', '\n'].includes(one.after));
  const { assignments, words } = splitCommand(main.text);
  const kept = main.text.replace(/^(?:(?:\{|if|then|else|do|!)\s+)*/, '').replace(/\s*\}$/, '');
  const bare = words[0] === 'exec' ? kept.replace(/^exec\s+/, '') : kept;
  const command = assignments.length > 0 ? `exec env ${bare}` : `exec ${bare}`;
  return [
    ...before.map(({ text, after }) =>
      after === '\n' ? `${text}\n` : after === ';' ? `${text}; ` : `${text} && `,
    ),
    command,
  ].join('');
}

/** The script's command in exec form, or null where only a shell can run it (expansions, globs, several commands). */
export function makeExecForm(
  script: string,
  isMain: (words: readonly string[]) => boolean,
): readonly string[] | null {
  const { main, words, plain } = viewScript(script, isMain);
  if (main === null || !plain || words.length === 0 || words[0] === 'exec') return null;
  return /[$`*?[\]~{}<>]/.test(main.text) ? null : words;
}
