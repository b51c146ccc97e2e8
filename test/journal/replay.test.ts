import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GamedayError } from '../../src/model/errors.ts';
import { createMemoryJournal } from '../../src/journal/file.ts';
import { FIRST_SUM, sealEvent } from '../../src/journal/line.ts';
import { readJournal, replayJournal } from '../../src/journal/replay.ts';
import { shareParts } from '../../src/model/share.ts';
import { toJson } from '../../src/journal/escape.ts';
import type { DrillEvent } from '../../src/journal/events.ts';
import { someEvents } from './sample.ts';

const DRILL = '20260102-030405-beef';

async function sample(): Promise<{ events: readonly DrillEvent[]; lines: readonly string[]; bytes: Buffer }> {
  const journal = createMemoryJournal(DRILL, [], () => 1000);
  for (const event of someEvents()) await journal.append(event, false);
  const lines = journal.events.map((event) => toJson(event));
  return { events: journal.events, lines, bytes: Buffer.from(lines.map((line) => `${line}\n`).join('')) };
}

function refusal(lines: readonly string[], drill?: string): GamedayError {
  try {
    replayJournal(Buffer.from(lines.map((line) => `${line}\n`).join('')), 'j', drill);
  } catch (error) {
    expect(error).toBeInstanceOf(GamedayError);
    return error as GamedayError;
  }
  throw new Error('it was not refused');
}

test('cut at every byte it replays: the whole lines count, the rest is torn', async () => {
  const { events, lines, bytes } = await sample();
  const ends = lines.map((_line, index) => Buffer.byteLength(lines.slice(0, index + 1).join('\n')) + 1);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const whole = ends.filter((end) => end <= cut).length;
    const length = ends[whole - 1] ?? 0;
    const again = replayJournal(bytes.subarray(0, cut), 'j');
    expect(again.events).toEqual(events.slice(0, whole));
    expect(again).toMatchObject({ torn: length !== cut, length });
  }
});

test('any changed byte in a line before the last is found, and the line is named', async () => {
  const { lines } = await sample();
  const second = lines[1]!;
  for (let index = 0; index < second.length; index += 1) {
    const changed = second.slice(0, index) + (second[index] === 'x' ? 'y' : 'x') + second.slice(index + 1);
    const error = refusal([lines[0]!, changed, ...lines.slice(2)]);
    expect(error.reason).toBe('bad-input');
    expect(error.at).toBe('j:2:1');
  }
});

test('a line that is missing, doubled or moved is found', async () => {
  const { lines } = await sample();
  const [a, b, c, d, e] = lines as [string, string, string, string, string];
  expect(refusal([a, c, d, e]).message).toContain('checksum');
  expect(refusal([a, b, b, c]).message).toContain('checksum');
  expect(refusal([b, a, c]).message).toContain('checksum');
});

test('an edited last line is refused, one of zeros is torn', async () => {
  const { lines, events } = await sample();
  const last = lines.at(-1)!;
  expect(refusal([...lines.slice(0, -1), last.replace('build 12', 'build 13')]).at).toBe('j:5:1');
  const zeros = Buffer.concat([
    Buffer.from(`${lines.slice(0, -1).join('\n')}\n`),
    Buffer.alloc(100),
    Buffer.from('\n'),
  ]);
  expect(replayJournal(zeros, 'j')).toMatchObject({ torn: true, events: events.slice(0, -1) });
});

test('another version, another drill, an unknown code and an unfitting payload are refused by name', async () => {
  const { lines, events } = await sample();
  expect(refusal([lines[0]!.replace('"v":1', '"v":2')]).message).toContain('version 2');
  expect(refusal(lines, 'another').message).toContain('belongs to drill');
  const unknown = sealEvent({ code: 'GD_NEVER', payload: {} } as never, {
    seq: 1,
    at: 1,
    drill: DRILL,
    previousSum: FIRST_SUM,
  });
  expect(refusal([unknown.line]).message).toContain('unknown code "GD_NEVER"');
  const unfit = sealEvent({ code: 'GD_HALTED', payload: { reason: 1 } } as never, {
    seq: 2,
    at: 1,
    drill: DRILL,
    previousSum: events[0]!.sum,
  });
  expect(refusal([lines[0]!, unfit.line]).message).toContain('does not fit GD_HALTED');
  const foreign = sealEvent(someEvents()[1]!, { seq: 2, at: 1, drill: 'other', previousSum: events[0]!.sum });
  expect(refusal([lines[0]!, foreign.line]).message).toContain('belongs to drill other');
});

test('an empty file is a journal without events', () => {
  expect(replayJournal(Buffer.alloc(0), 'j')).toEqual({ events: [], torn: false, length: 0 });
});

test('whatever pieces it comes in, a journal is the same', async () => {
  const { bytes, events } = await sample();
  const folder = await mkdtemp(join(tmpdir(), 'gameday-pieces-'));
  try {
    const path = join(folder, 'journal.jsonl');
    // Longer than one piece, in the middle of a character too.
    const [first, ...rest] = events;
    const journal = createMemoryJournal(DRILL, [], () => 1000);
    await journal.append(first!, false);
    for (let turn = 0; turn < 40; turn += 1) {
      await journal.append(
        { code: 'GD_TARGET_DROPPED', payload: { said: `${'x'.repeat(turn)}${'🎯'.repeat(4_000)}` } },
        false,
      );
    }
    for (const event of rest) await journal.append(event, false);
    await writeFile(path, journal.events.map((event) => `${toJson(event)}\n`).join(''));
    const again = await readJournal(path);
    expect(again.events).toEqual(journal.events);
    expect(again).toMatchObject({ torn: false, length: (await stat(path)).size });
    expect(replayJournal(bytes, 'j').events).toEqual(events);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('equal parts of a fact that is told again are held once, and an unequal one is not touched', () => {
  const before = { id: 'x', tags: ['a', 'b'], events: [{ at: 1 }], gone: 1 };
  const now = { id: 'x', tags: ['a', 'b'], events: [{ at: 1 }, { at: 2 }] };
  const shared = shareParts(before, now) as typeof now;
  expect(shared).toEqual(now);
  expect(Object.keys(shared)).toEqual(Object.keys(now));
  expect(shared.tags).toBe(before.tags);
  expect(shared.events[0]).toBe(before.events[0]);
  expect(shareParts(before, structuredClone(before))).toBe(before);
  // An empty list beside something that is none, and the other way about.
  expect([shareParts({}, []), shareParts([], {}), shareParts(null, [])]).toEqual([[], {}, []]);
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (old, value) => {
      expect(shareParts(old, value)).toEqual(value);
    }),
  );
});
