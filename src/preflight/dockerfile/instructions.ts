import { DockerfileParser, type PropertyInstruction } from 'dockerfile-ast';
import type { BadText } from '../text.ts';

/** One instruction of a Dockerfile. */
export interface Instruction {
  /** In capitals. */
  readonly keyword: string;
  /** What stands behind the keyword, as one line: continued lines joined, comments between them removed. */
  readonly text: string;
  /** `line:col` of the keyword. */
  readonly at: string;
  /** `line:col` of the variables that ENV sets, by name. */
  readonly variablesAt: ReadonlyMap<string, string>;
}

/** The instructions of a Dockerfile, and the character that escapes in it. */
export interface Instructions {
  readonly escape: string;
  readonly list: readonly Instruction[];
}

/** The instructions that BuildKit knows (frontend/dockerfile/command). */
const KEYWORDS: ReadonlySet<string> = new Set([
  ...['ADD', 'ARG', 'CMD', 'COPY', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'FROM', 'HEALTHCHECK', 'LABEL'],
  ...['MAINTAINER', 'ONBUILD', 'RUN', 'SHELL', 'STOPSIGNAL', 'USER', 'VOLUME', 'WORKDIR'],
]);
/** Those that may have a here-document. */
const WITH_DOCUMENT: ReadonlySet<string> = new Set(['ADD', 'COPY', 'RUN', 'ONBUILD']);

/** Reads the instructions; comments, here-documents and the escape directive are the parser's business. */
export function readInstructions(text: string): Instructions | BadText {
  const file = DockerfileParser.parse(text);
  const source = text.split(/\r?\n/);
  const escape = file.getEscapeCharacter();
  const list: Instruction[] = [];
  for (const one of file.getInstructions()) {
    const keyword = one.getKeyword();
    const { start, end } = one.getRange();
    const at = formatPlace(start);
    if (!KEYWORDS.has(keyword))
      return { at, why: `"${keyword.slice(0, 20)}" is no instruction that Docker knows` };
    const [first = '', ...more] = source.slice(start.line, end.line + 1);
    const { joined, isWhole } = joinLines([first.slice(start.character), ...more], escape);
    if (!isWhole && WITH_DOCUMENT.has(keyword) && joined.includes('<<')) {
      const last = more.at(-1)?.replace(/^\t+/, '') ?? '';
      if (last === '' || !joined.includes(last)) return { at, why: 'its here-document has no end' };
    } else if (!isWhole)
      return {
        at,
        why: `it is not certain where ${keyword} ends: another ${escape} stands near the ${escape} at a line's end`,
      };
    const pairs = keyword === 'ENV' ? (one as PropertyInstruction).getProperties() : [];
    list.push({
      ...{ keyword, text: joined.slice(keyword.length).trim(), at },
      variablesAt: new Map(pairs.map((pair) => [pair.getName(), formatPlace(pair.getRange().start)])),
    });
  }
  return { escape, list };
}

/**
 * Continued lines as one, by BuildKit's rule (frontend/dockerfile/parser): an escape at the end continues a line, unless
 * another one stands before it; empty lines and comments between are left out. `isWhole`: the rule uses up the lines that
 * the parser found, which it reads otherwise where escapes are escaped.
 */
function joinLines(
  lines: readonly string[],
  escape: string,
): { readonly joined: string; readonly isWhole: boolean } {
  const continued = escape === '`' ? /(^|[^`])`[ \t]*$/ : /(^|[^\\])\\[ \t]*$/;
  let joined = '';
  let isOpen = true;
  let taken = 0;
  for (const line of lines) {
    if (!isOpen) break;
    taken += 1;
    if (taken > 1 && /^\s*(?:#|$)/.test(line)) continue;
    isOpen = continued.test(line);
    joined += line.replace(continued, '$1');
  }
  return { joined, isWhole: taken === lines.length && !isOpen };
}

function formatPlace({ line, character }: { readonly line: number; readonly character: number }): string {
  return `${String(line + 1)}:${String(character + 1)}`;
}
