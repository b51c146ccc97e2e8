import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { makeFolders } from '../disk/folders.ts';
import { GamedayError } from '../model/errors.ts';
import type { BuildRuns } from './runs.ts';

/** The builds created from an instant on and before another, as they were at the time of reading. */
export interface KeptPage {
  readonly from: number;
  readonly to: number;
  readonly readAt: number;
}

/** What was read of a pipeline, or of all of an organization, page by page: what is kept is not read again. */
export interface KeptPages {
  /** A page with builds right before this instant that need not be read again. */
  find(before: number): KeptPage | null;
  /** The builds of a page; null if its file cannot be read, which is then thrown away. */
  read(page: KeptPage): readonly BuildRuns[] | null;
  add(page: KeptPage, builds: readonly BuildRuns[]): void;
  /** What the history of a job said; undefined where nobody asked. */
  answer(job: string): boolean | undefined;
  addAnswer(job: string, isLost: boolean): void;
  /** Why pages cannot be kept; null while they can. */
  unkept(): string | null;
}

/** The folder of the pages; `named`: by a person, who is told at once if it cannot be written. */
export interface PagesFolder {
  readonly path: string;
  readonly named: boolean;
}

/** Builds of the last day may still run, or be retried by a person; older ones are settled, milliseconds. */
const SETTLED_AFTER = 24 * 3_600_000;
/** What was read a moment ago is not read again even so. */
const FRESH_FOR = 3_600_000;

const LostRun = z.strictObject({
  job: z.string(),
  isSure: z.boolean(),
  at: z.number(),
  agent: z.string().nullable(),
  ms: z.number(),
  hidden: z.enum(['retry', 'person', 'soft-fail', 'no', 'open']),
  isRetriedByPerson: z.boolean(),
});
const Builds = z.array(
  z.strictObject({
    pipeline: z.string(),
    branch: z.string(),
    createdAt: z.number(),
    isFailed: z.boolean(),
    hasOtherFailure: z.boolean(),
    runs: z.array(
      z.strictObject({
        step: z.string(),
        queue: z.string(),
        version: z.string(),
        at: z.number(),
        lost: LostRun.nullable(),
      }),
    ),
    leftOut: z.record(z.string(), z.number()),
    clockErrors: z.number(),
  }),
);
const Page = z.strictObject({ gameday: z.literal('past builds'), v: z.literal(1), builds: Builds });
const AnswerLine = z.strictObject({ job: z.string(), isLost: z.boolean() });

const NAME = /^(\d+)-(\d+)-(\d+)\.json\.gz$/;
const ANSWERS = 'histories.jsonl';

/** Opens the folder: a file a page, written under another name first so that a kill leaves whole pages alone. */
export function openPages({ path, named }: PagesFolder, now: number): KeptPages {
  let unkept: string | null = null;
  const guard = (act: () => void): void => {
    if (unkept !== null) return;
    try {
      act();
    } catch (cause) {
      unkept = `what was read cannot be kept in ${path}`;
      if (named) throw new GamedayError('bad-input', `${path} cannot be written`, { cause, at: path });
    }
  };
  guard(() => makeFolders(path));
  const fileOf = ({ from, to, readAt }: KeptPage): string => join(path, `${from}-${to}-${readAt}.json.gz`);
  const drop = (page: KeptPage): void => guard(() => rmSync(fileOf(page), { force: true }));
  const found = pagesIn(path);
  const pages = new Set(found.filter((page) => isUsable(page, now)));
  for (const page of found) if (!pages.has(page)) drop(page);
  const answers = answersIn(join(path, ANSWERS));
  return {
    find: (before) => [...pages].find(({ from, to }) => from < before && before <= to) ?? null,
    read(page) {
      const builds = buildsIn(fileOf(page));
      if (builds !== null) return builds;
      pages.delete(page);
      drop(page);
      return null;
    },
    add: (page, builds) =>
      guard(() => {
        const text = JSON.stringify({ gameday: 'past builds', v: 1, builds });
        writeFileSync(`${fileOf(page)}.new`, gzipSync(text), { mode: 0o600 });
        renameSync(`${fileOf(page)}.new`, fileOf(page));
      }),
    answer: (job) => answers.get(job),
    addAnswer(job, isLost) {
      answers.set(job, isLost);
      guard(() =>
        appendFileSync(join(path, ANSWERS), `${JSON.stringify({ job, isLost })}\n`, { mode: 0o600 }),
      );
    },
    unkept: () => unkept,
  };
}

function isUsable({ to, readAt }: KeptPage, now: number): boolean {
  // A page from the future was written while this machine's clock was wrong.
  if (readAt > now) return false;
  return readAt - to >= SETTLED_AFTER || now - readAt <= FRESH_FOR;
}

function pagesIn(folder: string): readonly KeptPage[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const [, from, to, readAt] = NAME.exec(name) ?? [];
    return from === undefined ? [] : [{ from: Number(from), to: Number(to), readAt: Number(readAt) }];
  });
}

function buildsIn(file: string): readonly BuildRuns[] | null {
  try {
    return Page.parse(JSON.parse(gunzipSync(readFileSync(file)).toString('utf8'))).builds;
  } catch {
    return null;
  }
}

/** An incomplete line counts as not written. */
function answersIn(file: string): Map<string, boolean> {
  if (!existsSync(file)) return new Map();
  const lines = readFileSync(file, 'utf8').split('\n');
  return new Map(
    lines.flatMap((line) => {
      try {
        const { job, isLost } = AnswerLine.parse(JSON.parse(line));
        return [[job, isLost] as const];
      } catch {
        return [];
      }
    }),
  );
}
