import { readFile } from 'node:fs/promises';
import { GamedayError } from '../model/errors.ts';
import { EVENTS } from './events.ts';
import type { DrillEvent, EventCode } from './events.ts';
import { FIRST_SUM, JOURNAL_VERSION, sealHolds } from './line.ts';

/** What a stored journal holds. */
export interface Replay {
  readonly events: readonly DrillEvent[];
  /** The last line was not written to its end (a crash); it does not count and is cut before anything is appended. */
  readonly torn: boolean;
  /** Bytes of the whole lines. */
  readonly length: number;
}

/** Reads a stored journal; where it cannot be trusted it throws bad-input that names the line. */
export async function readJournal(path: string): Promise<Replay> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new GamedayError('bad-input', `the journal ${path} cannot be read: ${(error as Error).message}`, {
      at: path,
      cause: error,
    });
  }
  return replay(bytes, path);
}

/** Replays a journal's bytes. `drill` refuses lines of another drill than that one. */
export function replay(bytes: Uint8Array, path: string, drill?: string): Replay {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const lines = text.split('\n');
  const unended = lines.pop() ?? '';
  const events: DrillEvent[] = [];
  let length = 0;
  for (const [index, line] of lines.entries()) {
    const parsed = parseLine(line);
    // A last line that is no JSON at all was cut down by a crash of the machine (blocks of zeros), not edited by a person.
    if (parsed === undefined && index === lines.length - 1 && unended === '') {
      return { events, torn: true, length };
    }
    events.push(checked(parsed, line, { path, number: index + 1, before: events.at(-1), drill }));
    length += Buffer.byteLength(line) + 1;
  }
  return { events, torn: unended !== '', length };
}

interface Place {
  readonly path: string;
  readonly number: number;
  readonly before: DrillEvent | undefined;
  readonly drill: string | undefined;
}

function checked(parsed: Partial<DrillEvent> | undefined, line: string, place: Place): DrillEvent {
  if (parsed === undefined) throw refuse(place, 'is not JSON');
  if (parsed.v !== JOURNAL_VERSION) {
    throw refuse(
      place,
      `has version ${JSON.stringify(parsed.v)}; this gameday reads version ${JOURNAL_VERSION}`,
    );
  }
  if (!sealHolds(line, place.before?.sum ?? FIRST_SUM)) {
    throw refuse(place, 'has a wrong checksum: it, or a line before it, was changed after it was written');
  }
  const drill = place.drill ?? place.before?.drill ?? parsed.drill;
  if (parsed.drill !== drill)
    throw refuse(place, `belongs to drill ${String(parsed.drill)}, not to ${String(drill)}`);
  if (parsed.seq !== place.number)
    throw refuse(place, `has number ${String(parsed.seq)} instead of ${place.number}`);
  if (!isCode(parsed.code)) throw refuse(place, `has an unknown code ${JSON.stringify(parsed.code)}`);
  const payload = EVENTS[parsed.code].payload.safeParse(parsed.payload);
  if (!payload.success) {
    const issue = payload.error.issues[0];
    throw refuse(
      place,
      `has a payload that does not fit ${parsed.code}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    );
  }
  return parsed as DrillEvent;
}

function parseLine(line: string): Partial<DrillEvent> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return value !== null && typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

function isCode(code: unknown): code is EventCode {
  return typeof code === 'string' && Object.hasOwn(EVENTS, code);
}

function refuse(place: Place, what: string): GamedayError {
  return new GamedayError('bad-input', `line ${place.number} of the journal ${what}`, {
    at: `${place.path}:${place.number}:1`,
    next: 'Take the journal as it was written, or start a new drill.',
  });
}
