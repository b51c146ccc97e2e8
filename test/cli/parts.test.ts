import { expect, test } from 'vitest';
import { documentOf, explainThrown, leaveOnceTold } from '../../src/cli/exit-codes.ts';
import { variablesOf } from '../../src/cli/flags.ts';
import { isAttended, secretsOf } from '../../src/cli/output.ts';
import { endByForce } from '../../src/cli/drive.ts';
import { makeDrillId } from '../../src/cli/plan-drill.ts';
import { GamedayError } from '../../src/model/errors.ts';
import { createMemoryJournal } from '../../src/journal/file.ts';
import { fakeStore } from '../support/fake-store.ts';
import { planOf } from '../support/plans.ts';
import type { DrillResult } from '../../src/verdict/result.ts';
import { GameDayDocument } from '../../src/verdict/result.ts';

test('an error of ours is its reason, outcome and exit code', () => {
  const { document, stack } = explainThrown(
    new GamedayError('lock-held', 'held', { at: 'here', next: 'wait' }),
  );
  expect(document).toMatchObject({ outcome: 'refused', reason: 'lock-held', exitCode: 3 });
  expect(document.errors).toEqual([{ message: 'held', at: 'here', next: 'wait' }]);
  expect(stack).toBeNull();
  expect(GameDayDocument.parse(document)).toEqual(document);
});

test("where an error names no next move, its reason's is given", () => {
  expect(explainThrown(new GamedayError('rig-failed', 'x')).document.errors[0]?.next).toBe(
    'Read what the rig printed.',
  );
});

test("a wrong use is bad input, and oclif's hints are left out", () => {
  const usage = Object.assign(new Error('Nonexistent flag: --x\nSee more help with --help'), {
    oclif: { exit: 2 },
  });
  expect(explainThrown(usage).document).toMatchObject({
    exitCode: 2,
    errors: [{ message: 'gameday has no flag --x' }],
  });
});

test.each([new TypeError('a defect'), 'thrown text'])(
  'anything else is our defect, with its stack: %s',
  (thrown) => {
    const { document, stack } = explainThrown(thrown);
    expect(document).toMatchObject({ outcome: 'internal', reason: 'internal', exitCode: 1 });
    expect(stack).toContain(thrown instanceof Error ? 'a defect' : 'thrown text');
  },
);

test('an interruption has its code', () => {
  expect(documentOf('interrupted', []).exitCode).toBe(130);
});

test('--var takes NAME=value, whatever the value holds', () => {
  expect(variablesOf(['A=1', 'B_2=x=y', 'C=', 'A=2'])).toEqual({ A: '2', B_2: 'x=y', C: '' });
  expect(variablesOf(undefined)).toEqual({});
  for (const wrong of ['A', '=x', '1A=x', 'A-B=x']) expect(() => variablesOf([wrong])).toThrow(GamedayError);
});

test('a wrong --var is not shown: it may hold a secret', () => {
  expect(() => variablesOf(['hunter2-hunter2'])).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
  );
});

test('ids sort by time, and 64 bits of them are random', () => {
  const half = (bytes: number): Buffer => Buffer.alloc(bytes, 0x80);
  expect(makeDrillId(Date.UTC(2026, 0, 2, 3, 4, 5, 678), half)).toBe('20260102-030405-8080808080808080');
  const drawn = Array.from({ length: 10_000 }, () => makeDrillId(0));
  expect(drawn.filter((id) => !/^19700101-000000-[0-9a-f]{16}$/.test(id))).toEqual([]);
  expect(new Set(drawn).size).toBe(drawn.length);
});

test.each([
  [{ isTTY: true }, {}, true],
  [{ isTTY: true }, { CI: 'false', BUILDKITE: '' }, true],
  [{ isTTY: true }, { CI: 'true' }, false],
  [{ isTTY: true }, { BUILDKITE: 'true' }, false],
  [{ isTTY: false }, {}, false],
  [{}, {}, false],
])('%j in %j is attended: %j', (stream, environment, attended) => {
  expect(isAttended(stream, environment)).toBe(attended);
});

test('secrets of the environment are known by their variables', () => {
  expect(
    secretsOf({ BUILDKITE_API_TOKEN: 'long-enough', AWS_SECRET_ACCESS_KEY: 'short', OTHER: 'not-a-secret' }),
  ).toEqual(['long-enough']);
});

test('a drill that did not end in time after a signal is told of like any other', async () => {
  const plan = planOf();
  const journal = createMemoryJournal('20261126-120000-abcd', [], () => 0);
  await journal.append({ code: 'GD_DRILL_PLANNED', payload: { plan } }, true);
  const told: DrillResult[] = [];
  const runner = { ledger: null };
  const current = { journal, plan, folder: null, out: '.gameday', died: () => null, runner };
  const results = endByForce([current], 'SIGINT', { onResult: (result) => told.push(result) });
  expect(results).toMatchObject([{ outcome: 'interrupted', exitCode: 130 }]);
  expect(told).toEqual(results);
  expect(journal.events.at(-1)?.code).toBe('GD_INTERRUPTED');
  // There is no time for the ledger, and the result says how to catch up.
  const late = endByForce(
    [{ ...current, out: 'd', runner: { ledger: fakeStore({ name: 's3://b/l' }) } }],
    'SIGINT',
    { onResult: () => undefined },
  );
  expect(late[0]?.notes.at(-1)).toBe(
    'THE LEDGER s3://b/l DOES NOT HAVE THIS DRILL: there was no time to write it. To add it: gameday ledger add 20261126-120000-abcd --ledger s3://b/l --out d',
  );
});

test('where many drills are ended by force, every journal has its last line before the first result is made', async () => {
  const plan = planOf();
  const running = await Promise.all(
    [1, 2, 3].map(async (nth) => {
      const journal = createMemoryJournal(`20261126-120000-000${String(nth)}`, [], () => 0);
      await journal.append({ code: 'GD_DRILL_PLANNED', payload: { plan } }, true);
      const runner = { ledger: null };
      return { journal, plan, folder: null, out: '.gameday', died: () => null, runner };
    }),
  );
  const lines: unknown[] = [];
  const results = endByForce(running, 'SIGTERM', {
    onResult: () => lines.push(running.map(({ journal }) => journal.events.at(-1)?.code)),
  });
  expect(lines).toEqual([1, 2, 3].map(() => [1, 2, 3].map(() => 'GD_INTERRUPTED')));
  expect(results.map(({ exitCode }) => exitCode)).toEqual([143, 143, 143]);
});

/** A stream with so much that its reader has not taken yet. */
function slowStream(unread: number) {
  const taken: (() => void)[] = [];
  const write = (_text: string, onTaken: () => void): boolean => taken.push(onTaken) > 0;
  return { stream: { writableLength: unread, write } as unknown as NodeJS.WriteStream, taken };
}

test('a forced end waits until the reader has taken the whole answer', () => {
  const left: number[] = [];
  const leave = (code: number): void => void left.push(code);
  const { stream, taken } = slowStream(70_000);
  leaveOnceTold(130, stream, leave);
  expect(left).toEqual([]);
  taken[0]?.();
  expect(left).toEqual([130]);
  leaveOnceTold(143, slowStream(0).stream, leave);
  expect(left).toEqual([130, 143]);
});
