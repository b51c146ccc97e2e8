import { isAlias, isMap, isNode, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { Json, Path } from './json.ts';
import { EMPTY } from './text.ts';
import type { BadText, Text } from './text.ts';
import { listChangedLines } from './yaml-change.ts';

/** Reads a pipeline's YAML with the places of its values; the document may be a bare list of steps. */
export function readPipeline(text: string): Text | BadText {
  const read = readYaml(text);
  if (!('value' in read) || !Array.isArray(read.value)) return read;
  return {
    value: { steps: read.value },
    place: (path) => read.place(path.slice(1)),
    change: (path, after) => read.change?.(path.slice(1), after) ?? null,
  };
}

/** Reads YAML as plain data, with the places of its values. */
export function readYaml(text: string): Text | BadText {
  if (text.trim() === '') return EMPTY;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${String(line)}:${String(col)}`;
  };
  const [error] = document.errors;
  if (error !== undefined) return { at: place(error.pos[0]), why: reasonOf(error.message) };
  let value: Json;
  try {
    // The way through JSON removes dates, maps and aliases, so that plain data is left.
    value = JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: 100 }) ?? null)) as Json;
  } catch (cause) {
    return { at: '1:1', why: cause instanceof Error ? reasonOf(cause.message) : String(cause) };
  }
  return {
    value,
    place: (path) => place(offsetOf(document, path)),
    change: (path, after) => listChangedLines({ text, document, counter: lines }, path, after),
  };
}

/** The parser's first line without the place, which is shown beside it. */
function reasonOf(message: string): string {
  const [line = ''] = message.split('\n', 1);
  if (line.startsWith('Converting circular structure')) return 'an alias refers to a value that contains it';
  return line.replace(/ at line \d+, column \d+:?$/, '');
}

function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  for (const part of path) {
    const at = isAlias(node) ? node.resolve(document) : node;
    const child: unknown = isMap(at) || isSeq(at) ? at.get(part, true) : undefined;
    if (!isNode(child)) break;
    node = child;
  }
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}
