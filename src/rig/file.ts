import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { isMap, isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { core } from 'zod';

import { messageOf, RigFailure } from './failure.ts';
import { rigFile, type RigFile } from './file-schema.ts';

/** A rig file that was read, with the place that its relative paths start from. */
export interface ReadRigFile {
  readonly path: string;
  readonly rig: RigFile;
  /** A path of the file, made absolute. */
  resolve(relative: string): string;
  /** The knobs that do not have their default value. */
  readonly turnedKnobs: Readonly<Record<string, unknown>>;
}

function readText(path: string, role: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new RigFailure('bad-input', `${role} ${path} cannot be read: ${messageOf(error)}`);
  }
}

/** Reads a rig file strictly: every mistake is named with its line and column. */
export function readRigFile(path: string): ReadRigFile {
  const absolute = resolve(path);
  const lines = new LineCounter();
  const document = parseDocument(readText(absolute, 'the rig file'), {
    lineCounter: lines,
    uniqueKeys: true,
  });
  const broken = document.errors[0];
  if (broken) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new RigFailure(
      'bad-input',
      `${path}:${line}:${col}: ${broken.message.split('\n')[0] ?? 'not YAML'}`,
    );
  }
  const result = rigFile.safeParse(toPlain(document, path));
  if (!result.success) throw new RigFailure('bad-input', explain(path, document, lines, result.error.issues));
  return {
    path: absolute,
    rig: result.data,
    resolve: (relative) => resolve(dirname(absolute), relative),
    turnedKnobs: turned(result.data),
  };
}

function toPlain(document: Document, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    throw new RigFailure('bad-input', `${path}: ${messageOf(error)}`);
  }
}

function turned(rig: RigFile): Record<string, unknown> {
  const defaults: Readonly<Record<string, unknown>> = rigFile.shape.knobs.parse(undefined);
  const isTurned = ([name, value]: readonly [string, unknown]): boolean =>
    JSON.stringify(defaults[name]) !== JSON.stringify(value);
  // Of variables the names are told alone: their values may be secrets.
  const told = ([name, value]: readonly [string, unknown]): readonly [string, unknown] =>
    name === 'imageEnvironment' ? [name, Object.keys(rig.knobs.imageEnvironment)] : [name, value];
  return Object.fromEntries(Object.entries(rig.knobs).filter(isTurned).map(told));
}

function explain(
  path: string,
  document: Document,
  lines: LineCounter,
  issues: readonly core.$ZodIssue[],
): string {
  return issues
    .map((issue) => {
      const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
      const where = position(document, lines, issue.path, unknown);
      const what = unknown === undefined ? issue.message : `unknown key "${unknown}"`;
      return `${path}${where}: ${issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''}${what}`;
    })
    .join('; ');
}

/** The place of the deepest node on the way to a mistake; of a key that should not be there, its own. */
function position(
  document: Document,
  lines: LineCounter,
  path: readonly PropertyKey[],
  key: string | undefined,
): string {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (!isNode(node)) continue;
    const pair = isMap(node)
      ? node.items.find((item) => isNode(item.key) && String(item.key) === key)
      : undefined;
    const range = pair && isNode(pair.key) ? pair.key.range : node.range;
    if (!range) continue;
    const { line, col } = lines.linePos(range[0]);
    return `:${line}:${col}`;
  }
  return '';
}

/** Reads a JSON document that the rig file names: a task definition or a service. */
export function readJson(path: string, role: string): unknown {
  try {
    return JSON.parse(readText(path, role)) as unknown;
  } catch (error) {
    if (error instanceof RigFailure) throw error;
    throw new RigFailure('bad-input', `${role} ${path} is not JSON: ${messageOf(error)}`);
  }
}

/** A folder that stands for what images hold; undefined where the file names none. */
export function folderNamedIn(file: ReadRigFile, key: 'programs' | 'hooks'): string | undefined {
  const named = file.rig[key];
  if (named === undefined) return undefined;
  const folder = file.resolve(named);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return folder;
  throw new RigFailure('bad-input', `${file.path}: ${key}: ${folder} is no folder`);
}
