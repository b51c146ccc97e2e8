import { createReadStream } from 'node:fs';
import { GamedayError } from '../model/errors.ts';
import type { CheckName } from '../model/names.ts';
import { keyOf } from '../model/world.ts';
import type { Fact } from '../model/world.ts';
import { EVENTS } from './events.ts';
import type { DrillEvent, EventCode } from './events.ts';
import { FIRST_SUM, JOURNAL_VERSION, isSealValid } from './line.ts';
import { shareParts } from '../model/share.ts';

/** What a stored journal holds. */
export interface Replay {
  readonly events: readonly DrillEvent[];
  /** The last line was not written to its end (a crash); it does not count and is cut before anything is appended. */
  readonly torn: boolean;
  /** Bytes of the whole lines. */
  readonly length: number;
}

const LINE_END = 0x0a;

/** A line that is longer was not written by a drill, bytes. What services answer, and so what is written of it, is bounded. */
const LONGEST_LINE = 64 * 1024 * 1024;

/** Reads a stored journal piece by piece; where it cannot be trusted it throws bad-input that names the line. */
export async function readJournal(path: string): Promise<Replay> {
  const reading = startReplay(path);
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 256 * 1024 }))
      reading.take(piece as Buffer);
  } catch (error) {
    if (error instanceof GamedayError) throw error;
    throw new GamedayError('bad-input', `the journal ${path} cannot be read: ${(error as Error).message}`, {
      at: path,
      cause: error,
    });
  }
  return reading.end();
}

/** Replays a journal's bytes. `drill` refuses lines of another drill than that one. */
export function replayJournal(bytes: Uint8Array, path: string, drill?: string): Replay {
  const reading = startReplay(path, drill);
  reading.take(bytes);
  return reading.end();
}

/** Takes a journal's bytes in pieces of any length. Beside the events no more is held than the line that is being read. */
function startReplay(
  path: string,
  drill?: string,
): { readonly take: (piece: Uint8Array) => void; readonly end: () => Replay } {
  const events: DrillEvent[] = [];
  let length = 0;
  let number = 0;
  /** The beginning of a line whose end has not come yet. */
  let begun: Uint8Array[] = [];
  let begunLength = 0;
  /** The refusal of a line that is no JSON at all: the last one was cut down by a crash of the machine (blocks of zeros), not edited by a person. */
  let spoilt: GamedayError | null = null;

  /** Each fact as it was told last. */
  const told = new Map<string, Fact>();

  function shareFacts(event: DrillEvent): DrillEvent {
    if (event.code !== 'GD_OBSERVED') return event;
    const facts = event.payload.facts.map((fact) => {
      const one = shareParts(told.get(keyOf(fact)), fact) as Fact;
      told.set(keyOf(fact), one);
      return one;
    });
    return { ...event, payload: { ...event.payload, facts } };
  }

  function takeLine(bytes: Buffer): void {
    number += 1;
    const line = bytes.toString('utf8');
    const parsed = parseLine(line);
    const place = { path, number, before: events.at(-1), drill };
    if (parsed === undefined) {
      spoilt = makeLineError(place, 'is not JSON');
      return;
    }
    events.push(shareFacts(checkLine(parsed, line, place)));
    length += bytes.length + 1;
  }

  function takePiece(piece: Uint8Array): void {
    for (let rest = piece; rest.length > 0;) {
      if (spoilt !== null) throw spoilt;
      const end = rest.indexOf(LINE_END);
      const part = end === -1 ? rest : rest.subarray(0, end);
      begunLength += part.length;
      if (begunLength > LONGEST_LINE) {
        const place = { path, number: number + 1, before: undefined, drill };
        throw makeLineError(place, `is longer than ${String(LONGEST_LINE / (1024 * 1024))} MiB`);
      }
      begun.push(part);
      if (end === -1) return;
      takeLine(Buffer.concat(begun));
      begun = [];
      begunLength = 0;
      rest = rest.subarray(end + 1);
    }
  }
  return { take: takePiece, end: () => ({ events, torn: spoilt !== null || begunLength > 0, length }) };
}

interface Place {
  readonly path: string;
  readonly number: number;
  readonly before: DrillEvent | undefined;
  readonly drill: string | undefined;
}

function checkLine(parsed: Partial<DrillEvent>, line: string, place: Place): DrillEvent {
  if (parsed.v !== JOURNAL_VERSION) {
    throw makeLineError(
      place,
      `has version ${JSON.stringify(parsed.v)}; this gameday reads version ${JOURNAL_VERSION}`,
    );
  }
  if (!isSealValid(line, place.before?.sum ?? FIRST_SUM)) {
    throw makeLineError(
      place,
      'has a wrong checksum: it, or a line before it, was changed after it was written',
    );
  }
  const drill = place.drill ?? place.before?.drill ?? parsed.drill;
  if (parsed.drill !== drill)
    throw makeLineError(place, `belongs to drill ${String(parsed.drill)}, not to ${String(drill)}`);
  if (parsed.seq !== place.number)
    throw makeLineError(place, `has number ${String(parsed.seq)} instead of ${place.number}`);
  if (!isCode(parsed.code)) throw makeLineError(place, `has an unknown code ${JSON.stringify(parsed.code)}`);
  const payload = EVENTS[parsed.code].payload.safeParse(renameFormer(parsed));
  if (!payload.success) {
    const issue = payload.error.issues[0];
    throw makeLineError(
      place,
      `has a payload that does not fit ${parsed.code}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    );
  }
  // What the line lacks, as it is older than a key, has been filled in.
  return { ...parsed, payload: payload.data } as DrillEvent;
}

/** Checks by the names that they had in older journals. */
const FORMER_CHECKS: Readonly<Record<string, CheckName>> = { 'struck-passed': 'target-passed' };

/** The payload of a line, with the present names of checks. */
function renameFormer({ code, payload }: Partial<DrillEvent>): unknown {
  if (code !== 'GD_JUDGED' || !Array.isArray(payload?.verdict?.findings)) return payload;
  const findings = payload.verdict.findings.map((one) => ({
    ...one,
    check: FORMER_CHECKS[one.check] ?? one.check,
  }));
  return { ...payload, verdict: { ...payload.verdict, findings } };
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

function makeLineError(place: Place, what: string): GamedayError {
  return new GamedayError('bad-input', `line ${place.number} of the journal ${what}`, {
    at: `${place.path}:${place.number}:1`,
    next: 'Use the journal as it was written, or start a new drill.',
  });
}
