import { closeSync, lstatSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { explainFileError } from '../disk/writable.ts';
import { GamedayError } from '../model/errors.ts';
import { escapeControls } from '../journal/escape.ts';
import { FALLBACK, WITHOUT_TERMINAL } from '../report/screen.ts';
import type { Screen } from '../report/screen.ts';
import type { Output } from './output.ts';

/** What an opened file is told with. */
export interface Opening {
  readonly output: Output;
  /** Gets the name of each file that could not be written. */
  readonly lost: string[];
}

/** A file that gets lines as they come. If it can no longer be written, that is said once, and the drill goes on. */
export function openLines(flag: string, file: string, opening: Opening): Screen {
  let fd: number | null = openFor(flag, () => openSync(file, 'w'));
  return screenOf((text) => {
    if (fd === null) return;
    try {
      writeFileSync(fd, opening.output.redact(text));
    } catch (error) {
      fd = null;
      sayLost(file, flag, `${messageOf(error)}. It is incomplete`, opening);
    }
  });
}

/**
 * A file that gets one document, whole or not at all. What an earlier run left there is removed at once, so that nobody takes
 * it for this run's where this one is killed. A device or a pipe is written to as it is, and so is what a link leads to.
 */
export function openDocument(flag: string, file: string, opening: Opening): Screen {
  const isReplaced = openFor(flag, () => isPlain(file));
  const fresh = `${file}.${String(process.pid)}.new`;
  const fd = openFor(flag, () => openSync(isReplaced ? fresh : file, 'w'));
  if (isReplaced) {
    closeSync(fd);
    rmSync(fresh);
    rmSync(file, { force: true });
  }
  return screenOf((text) => {
    try {
      writeFileSync(isReplaced ? fresh : fd, opening.output.redact(text));
      if (isReplaced) renameSync(fresh, file);
    } catch (error) {
      if (isReplaced) rmSync(fresh, { force: true });
      sayLost(file, flag, messageOf(error), opening);
    }
  });
}

/** Whether nothing is there yet, or a file in which only bytes are kept. */
function isPlain(file: string): boolean {
  const found = lstatSync(file, { throwIfNoEntry: false });
  return found === undefined || found.isFile();
}

function openFor<T>(flag: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const { said } = explainFileError(error);
    throw new GamedayError('bad-input', `${flag}: the file cannot be written: ${said}`, {
      next: 'Name a file in an existing folder that this user may write to.',
    });
  }
}

function sayLost(file: string, flag: string, why: string, { output, lost }: Opening): void {
  lost.push(file);
  const said = `error: ${flag}: the file could not be written: ${why}. The verdict does not change; each drill's result.json contains it.`;
  output.stderr.write(`${escapeControls(said)}\n`);
}

function screenOf(write: Screen['write']): Screen {
  return { write, columns: () => WITHOUT_TERMINAL, rows: () => FALLBACK.rows, colors: false };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
