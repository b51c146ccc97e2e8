import { describe, expect, it } from 'vitest';
import { makeGameDayDocument } from '../../src/verdict/account.ts';
import { exitCodeOf, rowOf, type Reason } from '../../src/model/reasons.ts';
import { controlOf } from '../../src/verdict/control.ts';
import { GameDayDocument, type DrillResult } from '../../src/verdict/result.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { story } from '../support/journal-builders.ts';

function drill(reason: Reason, over: Partial<DrillResult> = {}): DrillResult {
  const { outcome } = rowOf(reason);
  return { ...summarizeDrill(story(), null), outcome, reason, exitCode: exitCodeOf(outcome), ...over };
}
/** A drill that ended for this reason under a control that expected another one. */
function under(
  expected: Reason,
  reason: Reason,
  injection: DrillResult['injection'] = 'proven',
): DrillResult {
  const ended = { outcome: rowOf(reason).outcome, reason, injection };
  const control = controlOf({ outcome: rowOf(expected).outcome, reason: expected }, ended);
  return drill(reason, { injection, control });
}

describe('account', () => {
  it('gives one document that fits its schema', () => {
    expect(GameDayDocument.parse(makeGameDayDocument([drill('drained')], [], null))).toMatchObject({
      outcome: 'passed',
      reason: 'drained',
      exitCode: 0,
      counts: { passed: 1 },
      errors: [],
    });
  });

  // From the worst fact to the best.
  const ORDER: readonly Reason[] = [
    'lost',
    'internal',
    'kill-switch',
    'aws-denied',
    'observation-gap',
    'drained',
  ];
  it.each(ORDER.slice(1).map((better, index) => [ORDER[index] as Reason, better] as const))(
    '%s is worse than %s',
    (worse, better) => {
      expect(makeGameDayDocument([drill(better), drill(worse)], [], null).reason).toBe(worse);
      expect(makeGameDayDocument([drill(worse), drill(better)], [], null).exitCode).toBe(
        exitCodeOf(rowOf(worse).outcome),
      );
    },
  );

  it.each(['planned', 'baseline', 'not-lost'] as const)('%s beside a pass is not called passed', (reason) => {
    expect(makeGameDayDocument([drill('drained'), drill(reason)], [], null)).toMatchObject({
      outcome: reason,
      exitCode: 0,
    });
  });

  it('puts bad input before everything', () => {
    const error = { message: 'unknown key', at: 'a.yaml:1:1', next: null };
    expect(makeGameDayDocument([], [error], null)).toMatchObject({
      outcome: 'bad-input',
      exitCode: 2,
      errors: [error],
    });
    expect(makeGameDayDocument([drill('lost')], [error], 'SIGINT').exitCode).toBe(2);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s comes before every verdict', (signal, code) => {
    expect(makeGameDayDocument([drill('lost')], [], signal)).toMatchObject({
      outcome: 'interrupted',
      exitCode: code,
    });
  });

  it('keeps the exit code of a drill that a signal ended', () => {
    const stopped = drill('interrupted', { exitCode: 143 });
    expect(makeGameDayDocument([drill('lost'), stopped], [], null)).toMatchObject({
      outcome: 'interrupted',
      exitCode: 143,
    });
    expect(makeGameDayDocument([drill('interrupted')], [], null).exitCode).toBe(130);
  });

  it('counts every drill under its outcome', () => {
    const { counts } = makeGameDayDocument([drill('lost'), drill('drained'), drill('drained')], [], null);
    expect(counts).toEqual({ failed: 1, passed: 2 });
  });

  it('counts a control that was met as passed, whatever its own outcome', () => {
    expect(makeGameDayDocument([under('lost', 'lost')], [], null)).toMatchObject({
      outcome: 'passed',
      reason: 'control-met',
      exitCode: 0,
    });
    expect(makeGameDayDocument([under('self-target', 'self-target', 'none')], [], null).exitCode).toBe(0);
    expect(makeGameDayDocument([under('observation-gap', 'observation-gap')], [], null).exitCode).toBe(0);
  });

  it.each(['drained', 'masked-loss', 'not-lost', 'outlasted', 'baseline'] as const)(
    'fails by a control that expected a loss where the drill proved %s',
    (reason) => {
      const document = makeGameDayDocument([under('lost', reason)], [], null);
      expect(document).toMatchObject({ outcome: 'failed', reason: 'control-not-met', exitCode: 10 });
      const control = { expected: 'failed lost', met: false, contradicted: true };
      expect(document.drills[0]?.control).toEqual(control);
    },
  );

  it.each([
    ['no-pid1-semantics', 11],
    ['observation-gap', 11],
    ['kill-switch', 3],
    ['aws-denied', 4],
    ['internal', 1],
    ['interrupted', 130],
    ['planned', 0],
  ] as const)('leaves %s as it is under a control: it proved nothing about it', (reason, exitCode) => {
    const { outcome } = rowOf(reason);
    const document = makeGameDayDocument([under('lost', reason)], [], null);
    expect(document).toMatchObject({ outcome, reason, exitCode });
    expect(document.drills[0]?.control).toMatchObject({ met: false, contradicted: false });
  });

  it('a drill that was to be refused and was not has proven the contrary, whatever it could not show', () => {
    expect(
      makeGameDayDocument([under('self-target', 'observation-gap', 'not proven')], [], null).exitCode,
    ).toBe(10);
    expect(makeGameDayDocument([under('self-target', 'step-never-ran', 'none')], [], null).exitCode).toBe(11);
    expect(makeGameDayDocument([under('self-target', 'kill-switch', 'none')], [], null).exitCode).toBe(3);
  });

  it('a game day of an undecided control and a pass is inconclusive', () => {
    expect(
      makeGameDayDocument([under('lost', 'no-pid1-semantics'), drill('drained')], [], null),
    ).toMatchObject({
      ...{ outcome: 'inconclusive', reason: 'no-pid1-semantics', exitCode: 11 },
      counts: { inconclusive: 1, passed: 1 },
    });
  });

  it("leaves the drill's own outcome and reason untouched", () => {
    const document = makeGameDayDocument([under('lost', 'lost')], [], null);
    expect(document.drills[0]).toMatchObject({ outcome: 'failed', reason: 'lost', exitCode: 10 });
  });

  it('names the plain pass rather than the control beside it', () => {
    expect(makeGameDayDocument([under('lost', 'lost'), drill('drained')], [], null).reason).toBe('drained');
  });
});
