import { describe, expect, it } from 'vitest';
import { account } from '../../src/verdict/account.ts';
import { exitCodeOf, rowOf, type Reason } from '../../src/model/reasons.ts';
import { GameDayDocument, type DrillResult } from '../../src/verdict/result.ts';
import { summarize } from '../../src/verdict/summarize.ts';
import { story } from '../support/journal-builders.ts';

function drill(reason: Reason, over: Partial<DrillResult> = {}): DrillResult {
  const { outcome } = rowOf(reason);
  return { ...summarize(story(), null), outcome, reason, exitCode: exitCodeOf(outcome), ...over };
}
const control = (met: boolean): Pick<DrillResult, 'control'> => ({
  control: { expected: 'failed lost', met },
});

describe('account', () => {
  it('gives one document that fits its schema', () => {
    expect(GameDayDocument.parse(account([drill('drained')], [], null))).toMatchObject({
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
      expect(account([drill(better), drill(worse)], [], null).reason).toBe(worse);
      expect(account([drill(worse), drill(better)], [], null).exitCode).toBe(
        exitCodeOf(rowOf(worse).outcome),
      );
    },
  );

  it.each(['planned', 'baseline', 'not-lost'] as const)('%s beside a pass is not called passed', (reason) => {
    expect(account([drill('drained'), drill(reason)], [], null)).toMatchObject({
      outcome: reason,
      exitCode: 0,
    });
  });

  it('puts bad input before everything', () => {
    const error = { message: 'unknown key', at: 'a.yaml:1:1', next: null };
    expect(account([], [error], null)).toMatchObject({ outcome: 'bad-input', exitCode: 2, errors: [error] });
    expect(account([drill('lost')], [error], 'SIGINT').exitCode).toBe(2);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s comes before every verdict', (signal, code) => {
    expect(account([drill('lost')], [], signal)).toMatchObject({ outcome: 'interrupted', exitCode: code });
  });

  it('keeps the exit code of a drill that a signal ended', () => {
    const stopped = drill('interrupted', { exitCode: 143 });
    expect(account([drill('lost'), stopped], [], null)).toMatchObject({
      outcome: 'interrupted',
      exitCode: 143,
    });
    expect(account([drill('interrupted')], [], null).exitCode).toBe(130);
  });

  it('counts every drill under its outcome', () => {
    const { counts } = account([drill('lost'), drill('drained'), drill('drained')], [], null);
    expect(counts).toEqual({ failed: 1, passed: 2 });
  });

  it('counts a control that was met as passed, whatever its own outcome', () => {
    expect(account([drill('lost', control(true))], [], null)).toMatchObject({
      outcome: 'passed',
      reason: 'control-met',
      exitCode: 0,
    });
    expect(account([drill('self-target', control(true))], [], null).exitCode).toBe(0);
    expect(account([drill('observation-gap', control(true))], [], null).exitCode).toBe(0);
  });

  it('counts a control that was not met as failed, even one that passed', () => {
    expect(account([drill('drained', control(false))], [], null)).toMatchObject({
      outcome: 'failed',
      reason: 'control-not-met',
      exitCode: 10,
    });
    expect(account([drill('kill-switch', control(false))], [], null).exitCode).toBe(10);
  });

  it.each(['aws-denied', 'interrupted', 'internal', 'planned'] as const)(
    'leaves %s as it is under a control',
    (reason) => {
      const { outcome } = rowOf(reason);
      expect(account([drill(reason, control(false))], [], null)).toMatchObject({ outcome });
    },
  );

  it("leaves the drill's own outcome and reason untouched", () => {
    const document = account([drill('lost', control(true))], [], null);
    expect(document.drills[0]).toMatchObject({ outcome: 'failed', reason: 'lost', exitCode: 10 });
  });

  it('names the plain pass rather than the control beside it', () => {
    expect(account([drill('lost', control(true)), drill('drained')], [], null).reason).toBe('drained');
  });
});
