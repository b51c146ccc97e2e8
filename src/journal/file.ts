import { closeSync, fsync, openSync, writeSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { makeFolders } from '../disk/folders.ts';
import { explainFileError } from '../disk/writable.ts';
import { cutFile, FILE_LAYER, syncFolder, type FileLayer } from '../disk/layer.ts';
import { giveBack, takeClaim, type Claim } from '../lockfile/claim.ts';
import { GamedayError } from '../model/errors.ts';
import { EVENTS } from './events.ts';
import type { DrillEvent, NewEvent } from './events.ts';
import type { Journal } from './journal.ts';
import { FIRST_SUM, sealEvent } from './line.ts';
import { createRedactor, redactLeaves } from './redact.ts';
import type { Redactor } from './redact.ts';
import { readJournal } from './replay.ts';
import type { Replay } from './replay.ts';

/** The journal's name within its drill's folder. */
export const JOURNAL_FILE = 'journal.jsonl';

export interface JournalOptions {
  /** Values that must not be written. */
  readonly secrets: readonly string[];
  /** True for a new drill (its journal must not exist), false to go on with one. */
  readonly create: boolean;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Default: this machine's. */
  readonly layer?: FileLayer;
}

const onDisk = promisify(fsync);

/** Opens the journal of one drill in its folder; one writer at a time. Throws journal-unwritable, lock-held or bad-input. */
export async function openJournal(folder: string, drill: string, options: JournalOptions): Promise<Journal> {
  const redact = createRedactor(options.secrets);
  const path = join(folder, JOURNAL_FILE);
  const layer = options.layer ?? FILE_LAYER;
  if (options.create) runGuarded(path, () => makeFolders(folder));
  const unlock = await becomeWriter(folder, path);
  try {
    const stored = options.create ? { events: [], torn: false, length: 0 } : await readJournal(path);
    refuseOtherDrill(stored, drill, path);
    const fd = runGuarded(path, () => openFile(path, options.create, stored, layer));
    const now = options.now ?? Date.now;
    return createFileJournal(fd, { drill, path, redact, stored, unlock, now, layer });
  } catch (error) {
    unlock.atOnce();
    throw error;
  }
}

/** A journal that is kept in memory alone: for a dry run, which leaves nothing behind. */
export function createMemoryJournal(
  drill: string,
  secrets: readonly string[],
  now: () => number = Date.now,
): Journal {
  const redact = createRedactor(secrets);
  const events: DrillEvent[] = [];
  const onward = continueClock(events, now);
  let unwritten: GamedayError | null = null;
  return {
    drill,
    events,
    async append(event) {
      const { event: sealed } = sealNext(event, { drill, events, redact, now: onward });
      events.push(sealed);
      return sealed;
    },
    keepInMemory(why) {
      unwritten ??= why;
    },
    findWriteError: () => unwritten,
    async close() {},
  };
}

/** How this process ends being a folder's writer. */
interface WriterEnd {
  readonly atOnce: () => void;
  readonly later: () => Promise<void>;
}

/** Makes this process the folder's only writer and gives back how to end that. Refuses (lock-held) while another one may live. */
async function becomeWriter(folder: string, path: string): Promise<WriterEnd> {
  const wanted = { folder, slot: 'writer', said: 'writer' };
  const taken = await takeClaim(wanted).catch((error: unknown) =>
    Promise.reject(makeUnwritableError(path, error)),
  );
  if (!taken.ours) throw makeWriterHeldError(folder, taken.by);
  return {
    atOnce: () => giveBack(taken.path),
    // Where hundreds of journals close together, the file system must not hold up the process.
    // Gone already, it is ended as well; one that stays is that of a dead process.
    later: () => unlink(taken.path).catch(() => undefined),
  };
}

function makeWriterHeldError(folder: string, { holder, path }: Claim): GamedayError {
  const who =
    holder === null
      ? 'somebody unknown'
      : `process ${String(holder.pid)} on ${holder.host || 'another machine'}`;
  return new GamedayError('lock-held', `${folder} is being written by ${who}`, {
    next: `Let that runner end. If that runner is dead, remove ${path}.`,
  });
}

function openFile(path: string, create: boolean, stored: Replay, layer: FileLayer): number {
  const fd = openSync(path, create ? 'ax' : 'a', 0o600);
  if (stored.torn) cutFile(fd, path, stored.length, layer);
  // The entry in the folder must be on the disk as well, or the whole file may be gone after a power loss.
  for (const folder of create ? [dirname(path), dirname(dirname(path))] : [dirname(path)])
    syncFolder(folder, layer);
  return fd;
}

interface Opened {
  readonly drill: string;
  readonly path: string;
  readonly redact: Redactor;
  readonly stored: Replay;
  readonly unlock: WriterEnd;
  readonly now: () => number;
  readonly layer: FileLayer;
}

function createFileJournal(fd: number, opened: Opened): Journal {
  const events: DrillEvent[] = [...opened.stored.events];
  const now = continueClock(events, opened.now);
  let length = opened.stored.length;
  let closed = false;
  // How much of the file is on the disk for certain.
  let synced = 0;
  let unwritten: GamedayError | null = null;
  // After a failed sync nobody knows what of the file stands: nothing is written behind it any more.
  let failed: GamedayError | null = null;

  async function writeLine(line: string, sealed: DrillEvent, durable: boolean): Promise<void> {
    if (failed !== null) throw failed;
    const bytes = Buffer.from(`${line}\n`);
    runGuarded(opened.path, () => writeWhole(fd, bytes, length, opened));
    length += bytes.length;
    events.push(sealed);
    if (!durable) return;
    const upTo = length;
    await onDisk(fd).catch((error: unknown) => {
      failed = makeUnwritableError(opened.path, error);
      events.splice(events.indexOf(sealed), 1);
      throw failed;
    });
    synced = Math.max(synced, upTo);
  }

  return {
    drill: opened.drill,
    events,
    async append(event, durable) {
      if (closed) throw makeUnwritableError(opened.path, new Error('it is closed'));
      const { line, event: sealed } = sealNext(event, { ...opened, events, now });
      if (unwritten === null) await writeLine(line, sealed, durable);
      else events.push(sealed);
      return sealed;
    },
    keepInMemory(why) {
      unwritten ??= why;
    },
    findWriteError: () => unwritten,
    async close() {
      if (closed) return;
      closed = true;
      if (synced < length) await onDisk(fd).catch(() => undefined);
      closeSync(fd);
      await opened.unlock.later();
    },
  };
}

function sealNext(
  event: NewEvent,
  on: { drill: string; events: readonly DrillEvent[]; redact: Redactor; now: () => number },
): { readonly line: string; readonly event: DrillEvent } {
  const before = on.events.at(-1);
  const redacted = { code: event.code, payload: redactLeaves(event.payload, on.redact) } as NewEvent;
  // What does not fit could never be replayed: better a loud defect now than a journal that nobody can read.
  EVENTS[event.code].payload.parse(redacted.payload);
  return sealEvent(redacted, {
    seq: on.events.length + 1,
    at: Math.max(Math.round(on.now()), before?.at ?? 0),
    drill: on.drill,
    previousSum: before?.sum ?? FIRST_SUM,
  });
}

/** Where the machine's clock was set back between two writers, the second one's time goes on from the first one's end. */
function continueClock(events: readonly DrillEvent[], now: () => number): () => number {
  let behind: number | null = null;
  return () => {
    const at = now();
    behind ??= Math.max(0, (events.at(-1)?.at ?? 0) - at);
    return at + behind;
  };
}

/** Writes all or nothing: half a line in the middle of the file would spoil every line after it. */
function writeWhole(
  fd: number,
  bytes: Buffer,
  length: number,
  { path, layer }: Pick<Opened, 'path' | 'layer'>,
): void {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(fd, bytes, written);
  } catch (error) {
    if (written > 0) cutFile(fd, path, length, layer);
    throw error;
  }
}

function refuseOtherDrill(stored: Replay, drill: string, path: string): void {
  const found = stored.events[0]?.drill;
  if (found === undefined || found === drill) return;
  throw new GamedayError('bad-input', `the journal belongs to drill ${found}, not to ${drill}`, {
    at: `${path}:1:1`,
  });
}

function runGuarded<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof GamedayError ? error : makeUnwritableError(path, error);
  }
}

function makeUnwritableError(path: string, cause: unknown): GamedayError {
  const { said, next } = explainFileError(cause);
  return new GamedayError('journal-unwritable', `${path} cannot be written: ${said}`, { cause, next });
}
