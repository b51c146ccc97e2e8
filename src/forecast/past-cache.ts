import { appendFileSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { EndedJob } from '../buildkite/port.ts';
import { makeFolders } from '../disk/folders.ts';
import { GamedayError } from '../model/errors.ts';

/** The file that keeps the jobs that were read. */
export interface CacheFile {
  readonly path: string;
  /** Whether a person named the file; then it is an error if it cannot be written. */
  readonly named: boolean;
}

/** The jobs read from a pipeline's past, newest first, kept in a file so that an interrupted read can continue. */
export interface PastCache {
  readonly jobs: () => readonly EndedJob[];
  /** The cursor of the next older jobs; undefined if nothing was read yet, null if there are no older jobs. */
  readonly next: () => string | null | undefined;
  /** Adds older jobs at the end. */
  addOlder(jobs: readonly EndedJob[], next: string | null): void;
  /** Adds newer jobs at the beginning. */
  addNewer(jobs: readonly EndedJob[]): void;
  /** Replaces the jobs by newer ones, as jobs in between are missing; the older ones will be read again. */
  beginAnew(jobs: readonly EndedJob[], next: string | null): void;
  /** Why jobs cannot be kept; null while they can. */
  readonly unkept: () => string | null;
}

const CachedJob = z.strictObject({
  id: z.string(),
  step: z.string().nullable(),
  passed: z.boolean(),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
});
/** One read; `next` is the cursor of the next older jobs, and absent if the jobs are newer than all before. */
const Line = z.strictObject({ jobs: z.array(CachedJob), next: z.string().nullable().optional() });
type Line = z.infer<typeof Line>;
const Head = z.strictObject({
  gameday: z.literal('past jobs'),
  v: z.literal(1),
  organization: z.string(),
  pipeline: z.string(),
});

/** Opens the file: a head line, then a line for each read. An incomplete last line counts as not written. */
export function openPastCache(file: CacheFile, organization: string, pipeline: string): PastCache {
  const { path, named } = file;
  const head = JSON.stringify({ gameday: 'past jobs', v: 1, organization, pipeline });
  const lines = existsSync(path) ? linesIn(path, organization, pipeline) : [];
  let whole = existsSync(path) && readCache(path) === textOf(head, lines);
  let unkept: string | null = null;
  const write = (act: () => void): void => {
    if (unkept !== null) return;
    try {
      act();
    } catch (cause) {
      unkept = `the jobs that were read cannot be kept in ${path}`;
      if (named)
        throw new GamedayError('bad-input', `the cache ${path} cannot be written`, { cause, at: path });
    }
  };
  /** Writes a new file and renames it, so that a crash leaves either the old or the new one. */
  const rewrite = (): void => {
    if (!named) makeFolders(dirname(path));
    writeFileSync(`${path}.new`, textOf(head, lines), { mode: 0o600 });
    renameSync(`${path}.new`, path);
    whole = true;
  };
  const add = (line: Line): void => {
    lines.push(line);
    write(() => (whole ? appendFileSync(path, `${JSON.stringify(line)}\n`) : rewrite()));
  };
  return {
    jobs: () => orderJobs(lines),
    next: () => lines.findLast(({ next }) => next !== undefined)?.next,
    addOlder: (jobs, next) => add({ jobs: [...jobs], next }),
    addNewer: (jobs) => add({ jobs: [...jobs] }),
    beginAnew(jobs, next) {
      lines.splice(0, lines.length, { jobs: [...jobs], next });
      write(rewrite);
    },
    unkept: () => unkept,
  };
}

/** The jobs of all reads, newest first. */
function orderJobs(lines: readonly Line[]): readonly EndedJob[] {
  const newer = lines.filter(({ next }) => next === undefined).toReversed();
  const older = lines.filter(({ next }) => next !== undefined);
  return [...newer, ...older].flatMap(({ jobs }) => jobs);
}

function textOf(head: string, lines: readonly Line[]): string {
  return [head, ...lines.map((line) => JSON.stringify(line)), ''].join('\n');
}

function linesIn(path: string, organization: string, pipeline: string): Line[] {
  const [first = '', ...rest] = readCache(path).split('\n');
  const found = Head.safeParse(jsonOf(first));
  const ours = found.success && found.data.organization === organization && found.data.pipeline === pipeline;
  if (!ours)
    throw new GamedayError('bad-input', `this file is not a cache of ${organization}/${pipeline}`, {
      at: `${path}:1:1`,
      next: 'Name another file, or delete this one.',
    });
  const lines: Line[] = [];
  for (const text of rest) {
    const line = Line.safeParse(jsonOf(text));
    if (!line.success) break;
    lines.push(line.data);
  }
  return lines;
}

function readCache(path: string): string {
  try {
    // Reading a pipe without a writer would block the process, and its signals, for ever.
    if (!statSync(path).isFile()) throw new Error('it is no file');
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new GamedayError('bad-input', `the cache ${path} cannot be read`, { cause, at: path });
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
