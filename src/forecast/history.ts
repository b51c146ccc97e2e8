import { parseDuration } from '../scenario/duration.ts';
import { linesOf, positionOf } from './csv.ts';
import { readInstant } from './instant.ts';
import type { Told } from './instant.ts';
import { parseJsonText, locatePath } from './json-text.ts';

/** One job that ended and passed. */
export interface PastJob {
  readonly id: string | null;
  readonly step: string;
  /** Milliseconds from start to end. */
  readonly ms: number;
  /** Epoch milliseconds of its start; null where the history holds durations only. */
  readonly startedAt: number | null;
  /** Identifies the job's build; null where the history does not name it. */
  readonly build: string | null;
}

/** The jobs of a history, and how many were left out for which reason. */
export interface History {
  readonly jobs: readonly PastJob[];
  readonly leftOut: Readonly<Record<string, number>>;
  /** Number of jobs whose times have no time zone; UTC is assumed. */
  readonly zoneless: number;
}

/** A mistake in the file, at `line:col`. */
export interface Wrong {
  readonly at: string;
  readonly message: string;
  readonly next: string;
}

/** A history, or its first mistake. */
export type ReadHistory =
  { readonly ok: true; readonly history: History } | { readonly ok: false; readonly wrong: Wrong };

/** The names that people and APIs use for a job's fields. */
const NAMES = {
  id: ['id', 'job', 'job_id', 'jobid', 'uuid'],
  build: ['build', 'build_number', 'build_id', 'buildid'],
  step: ['step', 'step_key', 'stepkey', 'key', 'name', 'label'],
  seconds: ['seconds', 'duration_seconds'],
  ms: ['ms', 'duration_ms', 'milliseconds'],
  duration: ['duration', 'took'],
  startedAt: ['started_at', 'startedat', 'start'],
  finishedAt: ['finished_at', 'finishedat', 'end'],
  state: ['state', 'status'],
  passed: ['passed'],
} as const;
type Field = keyof typeof NAMES;

/** One job as text, from a CSV or from JSON. */
type Row = { readonly [F in Field]?: string | undefined };

/** A mistake in one row: its field, the message and what to do. */
class BadRow extends Error {
  readonly field: Field | null;
  readonly next: string;
  constructor(field: Field | null, message: string, next: string) {
    super(message);
    this.field = field;
    this.next = next;
  }
}

/** Reads a history: JSON (jobs, or builds with `jobs` as the REST API lists them) or CSV with a line of names. */
export function readHistory(text: string): ReadHistory {
  const begin = text.trimStart()[0] ?? '';
  if (begin === '') {
    const next = 'One job a line, such as: step,seconds';
    return { ok: false, wrong: { at: '1:1', message: 'the history is empty', next } };
  }
  return begin === '[' || begin === '{' ? readJsonHistory(text) : readCsvHistory(text);
}

/** Collects jobs; an attempt that is listed twice counts once. */
function createGatherer(): { add(row: Row): void; history(): History } {
  const jobs: PastJob[] = [];
  const leftOut = new Map<string, number>();
  const seen = new Set<string>();
  let zoneless = 0;
  const leave = (why: string): void => void leftOut.set(why, (leftOut.get(why) ?? 0) + 1);
  return {
    add(row) {
      const id = row.id ?? null;
      if (id !== null && seen.has(id)) return leave('listed twice');
      if (id !== null) seen.add(id);
      const why = reasonToLeave(row);
      if (why !== null) return leave(why);
      const { ms, startedAt, zoned } = timesOf(row);
      if (!zoned) zoneless += 1;
      if (ms < 0) return leave('ended before it started');
      jobs.push({ id, step: row.step ?? '(no key)', ms, startedAt, build: row.build ?? null });
    },
    history: () => ({ jobs, leftOut: Object.fromEntries(leftOut), zoneless }),
  };
}

const ENDED = new Set(['finished', 'passed']);
const BAD_ENDS = new Set(['failed', 'canceled', 'cancelled', 'timed_out', 'broken', 'skipped', 'expired']);

function reasonToLeave({ state, passed, startedAt, finishedAt, seconds, ms, duration }: Row): string | null {
  const known = state?.toLowerCase();
  if (known !== undefined && BAD_ENDS.has(known)) return 'not passed';
  if (known !== undefined && !ENDED.has(known)) return 'not over yet';
  if (passed?.toLowerCase() === 'false') return 'not passed';
  if (seconds !== undefined || ms !== undefined || duration !== undefined) return null;
  if (startedAt !== undefined && finishedAt === undefined) return 'not over yet';
  return startedAt === undefined && finishedAt !== undefined ? 'never started' : null;
}

interface Times {
  readonly ms: number;
  readonly startedAt: number | null;
  readonly zoned: boolean;
}

function timesOf(row: Row): Times {
  const startedAt = row.startedAt === undefined ? null : instantOf('startedAt', row.startedAt);
  const finishedAt = row.finishedAt === undefined ? null : instantOf('finishedAt', row.finishedAt);
  if (startedAt !== null && finishedAt !== null) {
    if (startedAt.zoned !== finishedAt.zoned)
      throw new BadRow(
        'finishedAt',
        'one time has a time zone and the other does not',
        'Give both a time zone.',
      );
    return { ms: finishedAt.at - startedAt.at, startedAt: startedAt.at, zoned: startedAt.zoned };
  }
  return { ms: durationOf(row), startedAt: startedAt?.at ?? null, zoned: startedAt?.zoned ?? true };
}

function durationOf({ seconds, ms, duration }: Row): number {
  if (seconds !== undefined) return numberOf('seconds', seconds) * 1000;
  if (ms !== undefined) return numberOf('ms', ms);
  if (duration === undefined)
    throw new BadRow(null, 'the job has no duration', 'Give seconds, or started_at and finished_at.');
  const parsed = parseDuration(duration);
  if (parsed !== null) return parsed;
  throw new BadRow(
    'duration',
    `"${shortenText(duration)}" is not a duration`,
    'Write it as 90s, 5m or 1h30m.',
  );
}

function numberOf(field: Field, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new BadRow(field, `"${shortenText(text)}" is not a number`, 'Write it as 90 or 90.5.');
}

function instantOf(field: Field, text: string): Told {
  const found = readInstant(text);
  if (found !== null) return found;
  const next = 'Write it as 2026-11-24T12:00:00Z or with an offset, +01:00.';
  throw new BadRow(field, `"${shortenText(text)}" is not a time`, next);
}

function shortenText(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

function readJsonHistory(text: string): ReadHistory {
  const parsed = parseJsonText(text);
  if ('at' in parsed) {
    const next = 'A history is a JSON list of jobs, or a CSV with a line of names.';
    return { ok: false, wrong: { at: parsed.at, message: `not JSON: ${parsed.why}`, next } };
  }
  const gatherer = createGatherer();
  for (const { value, path, build } of jobsIn(parsed.value, [], null)) {
    try {
      gatherer.add({ ...rowOf(value), ...(build === null ? {} : { build }) });
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      const key = error.field === null ? undefined : keyIn(value, error.field);
      const at = locatePath(text, key === undefined ? path : [...path, key]);
      return { ok: false, wrong: { at, message: error.message, next: error.next } };
    }
  }
  return { ok: true, history: gatherer.history() };
}

interface Found {
  readonly value: unknown;
  readonly path: readonly (string | number)[];
  /** The build that lists the job. */
  readonly build: string | null;
}

/** Deepest nesting: jobs in a build in a page in a list of pages. */
const DEEPEST = 5;

/** The jobs in lists and under `jobs`: a list of jobs, a list of builds, or one build. */
function jobsIn(value: unknown, path: Found['path'], build: string | null): readonly Found[] {
  if (path.length > DEEPEST) return [{ value, path, build }];
  if (Array.isArray(value))
    return value.flatMap((one: unknown, index) => jobsIn(one, [...path, index], build));
  if (typeof value === 'object' && value !== null && 'jobs' in value)
    return jobsIn(value.jobs, [...path, 'jobs'], path.join('.'));
  // Buildkite lists waits, blocks and triggers beside jobs; no worker runs them.
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : 'script';
  return type === 'script' || type === 'command' ? [{ value, path, build }] : [];
}

function rowOf(value: unknown): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BadRow(
      null,
      'this is not a job',
      'A job is an object such as {"step": "test", "seconds": 90}.',
    );
  return Object.fromEntries(
    (Object.keys(NAMES) as Field[]).map((field) => {
      const key = keyIn(value, field);
      const found: unknown =
        key === undefined ? undefined : Object.getOwnPropertyDescriptor(value, key)?.value;
      if (found === undefined || found === null) return [field, undefined];
      if (typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean')
        return [field, String(found)];
      throw new BadRow(field, `"${key ?? ''}" is not a plain value`, 'Give a text or a number.');
    }),
  );
}

function keyIn(value: unknown, field: Field): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const names: readonly string[] = NAMES[field];
  const keys = Object.keys(value);
  for (const name of names) {
    const key = keys.find((one) => one.toLowerCase() === name);
    if (key !== undefined) return key;
  }
  return undefined;
}

function readCsvHistory(text: string): ReadHistory {
  const gatherer = createGatherer();
  let columns: readonly (Field | null)[] | null = null;
  for (const line of linesOf(text)) {
    if (!line.ok) {
      const { offset, message, next } = line;
      return { ok: false, wrong: { at: positionOf(text, offset), message, next } };
    }
    if (columns === null) {
      columns = line.cells.map(({ text: name }) => fieldOf(name));
      if (!hasDurations(columns)) return { ok: false, wrong: makeNoDurations(positionOf(text, line.offset)) };
      continue;
    }
    const cells = line.cells;
    try {
      if (cells.length !== columns.length)
        throw new BadRow(
          null,
          `${cells.length} values, but the first line names ${columns.length}`,
          'Quote values that contain the separator.',
        );
      const row = columns.map((field, index) => [field ?? '', cells[index]?.text.trim() || undefined]);
      gatherer.add(Object.fromEntries(row) as Row);
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      const at = error.field === null ? -1 : columns.indexOf(error.field);
      const place = positionOf(text, cells[at]?.offset ?? line.offset);
      return { ok: false, wrong: { at: place, message: error.message, next: error.next } };
    }
  }
  return { ok: true, history: gatherer.history() };
}

function fieldOf(name: string): Field | null {
  const word = name.trim().toLowerCase();
  return (
    (Object.keys(NAMES) as Field[]).find((field) => (NAMES[field] as readonly string[]).includes(word)) ??
    null
  );
}

function hasDurations(columns: readonly (Field | null)[]): boolean {
  if (columns.includes('startedAt') && columns.includes('finishedAt')) return true;
  return columns.some((field) => field === 'seconds' || field === 'ms' || field === 'duration');
}

function makeNoDurations(at: string): Wrong {
  const next = 'Name the columns: step,seconds or id,step,started_at,finished_at.';
  return { at, message: 'the first line names no column of durations', next };
}
