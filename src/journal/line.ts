import { createHash } from 'node:crypto';
import type { DrillEvent, NewEvent } from './events.ts';
import { toJson } from './escape.ts';

/** The journal's version: a change of what a line means makes a new one. */
export const JOURNAL_VERSION = 1;

/** What the first line's checksum is chained to. */
export const FIRST_SUM = '';

const SUM = /,"sum":"([0-9a-f]{16})"\}$/;

/** Numbers, stamps and seals one event: the line as it is written (without its line end) and the event as it reads back. */
export function sealEvent(
  event: NewEvent,
  place: { readonly seq: number; readonly at: number; readonly drill: string; readonly previousSum: string },
): { readonly line: string; readonly event: DrillEvent } {
  const body = toJson({
    v: JOURNAL_VERSION,
    seq: place.seq,
    at: place.at,
    drill: place.drill,
    code: event.code,
    payload: event.payload,
  });
  const line = `${body.slice(0, -1)},"sum":"${sumOf(place.previousSum, body)}"}`;
  return { line, event: JSON.parse(line) as DrillEvent };
}

/** Whether the line carries the checksum that follows from the line before; the bytes count, not their meaning. */
export function isSealValid(line: string, previousSum: string): boolean {
  const found = SUM.exec(line);
  if (found === null) return false;
  return found[1] === sumOf(previousSum, `${line.slice(0, found.index)}}`);
}

function sumOf(previousSum: string, body: string): string {
  return createHash('sha256').update(previousSum).update(body).digest('hex').slice(0, 16);
}
