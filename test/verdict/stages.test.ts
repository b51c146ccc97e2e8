import { describe, expect, it } from 'vitest';
import { decideStage } from '../../src/verdict/stages.ts';
import {
  exitCodeOf,
  isReason,
  REASONS,
  REASONS_IN_ORDER,
  rowOf,
  type Reason,
} from '../../src/model/reasons.ts';
import type { CheckName } from '../../src/model/names.ts';
import { Finding } from '../../src/journal/events.ts';

function finding(check: CheckName, holds: Finding['holds'], raises: Reason | null = null): Finding {
  return { check, holds, raises, said: `${check} ${holds}`, notes: [], events: [1] };
}
const PROVEN = [finding('landed', 'yes'), finding('in-flight', 'yes')];
const NEEDED = new Set<CheckName>(['landed', 'in-flight', 'agent-left']);
const reasonOf = (findings: readonly Finding[], passing: Reason = 'drained'): string =>
  decideStage(findings, NEEDED, passing).reason;

// The lists of the stages, in their order, as the design gives them.
const A: readonly Reason[] = [
  'step-never-ran',
  'finished-before-stop',
  'missed-target',
  'stopped-by-other',
  'stop-not-confirmed',
  'unsound-baseline',
];
const B: readonly Reason[] = [
  'out-of-memory',
  'host-gone',
  'build-canceled',
  'unrelated-loss',
  'no-pid1-semantics',
  'idle-stand-in',
];
const C: readonly Reason[] = [
  'lost',
  'masked-loss',
  'canceled-by-agent',
  'broken-by-stop',
  'not-drained',
  'sidecar-cut',
  'build-failed',
  'not-spared',
  'drain-too-slow',
  'idle-too-slow',
];
const D: readonly Reason[] = [
  'observation-gap',
  'drain-not-proven',
  'disconnect-not-received',
  'evidence-missing',
  'command-failed',
  'not-touched',
  'verdict-timeout',
];

describe('the stages', () => {
  it('decide in the order of the table', () => {
    expect(REASONS_IN_ORDER).toEqual([...A, ...B, ...C, ...D]);
  });

  it.each(
    [...A, ...B, ...C, ...D].map((reason, index, list) => [reason, list[index + 1]] as const).slice(0, -1),
  )('%s decides before %s, whichever is found first', (earlier, later) => {
    const both = [...PROVEN, finding('memory', 'no', later), finding('host', 'no', earlier)];
    expect(reasonOf(both)).toBe(earlier);
    expect(decideStage(both, NEEDED, 'drained').by?.check).toBe('host');
  });

  it.each(C)('%s wants a proven injection', (reason) => {
    const unproven = [
      finding('landed', 'unknown', 'observation-gap'),
      finding('in-flight', 'yes'),
      finding('memory', 'no', reason),
    ];
    expect(reasonOf(unproven)).toBe('observation-gap');
    expect(
      reasonOf([finding('landed', 'yes'), finding('in-flight', 'unknown'), finding('memory', 'no', reason)]),
    ).toBe('evidence-missing');
    expect(reasonOf([finding('in-flight', 'yes'), finding('memory', 'no', reason)])).not.toBe(reason);
  });

  it('asks no in-flight proof where no job was aimed at', () => {
    expect(
      reasonOf([finding('landed', 'yes'), finding('in-flight', 'unasked'), finding('memory', 'no', 'lost')]),
    ).toBe('lost');
  });

  it.each(['unknown', 'no'] as const)('never passes over a needed check whose answer is %s', (holds) => {
    expect(reasonOf([...PROVEN, finding('agent-left', holds)])).toBe('evidence-missing');
  });

  it('does not mind a check that is not needed and has no answer', () => {
    expect(reasonOf([...PROVEN, finding('agent-left', 'yes'), finding('memory', 'unknown')])).toBe('drained');
    expect(reasonOf([...PROVEN, finding('agent-left', 'unasked')], 'handed-over')).toBe('handed-over');
  });

  it('know the reasons of the table, and nothing else', () => {
    const raising = (raises: string | null): boolean =>
      Finding.safeParse({ ...finding('memory', 'no'), raises }).success;
    expect([raising('lost'), raising(null), raising('toString')]).toEqual([true, true, false]);
    expect(Finding.safeParse({ ...finding('memory', 'no'), check: 'x' }).success).toBe(false);
  });
});

describe('the table of reasons', () => {
  it.each(Object.entries(REASONS))('%s has a meaning, a next move and an outcome', (_reason, row) => {
    expect(row.meaning.length).toBeGreaterThan(10);
    expect(row.next.length).toBeGreaterThan(3);
  });

  it.each([
    ['drained', 0],
    ['handed-over', 0],
    ['planned', 0],
    ['baseline', 0],
    ['not-lost', 0],
    ['lost', 10],
    ['observation-gap', 11],
    ['bad-input', 2],
    ['kill-switch', 3],
    ['aws-denied', 4],
    ['internal', 1],
    ['interrupted', 130],
  ] as const)('%s exits %i', (reason, code) => {
    expect(exitCodeOf(rowOf(reason).outcome)).toBe(code);
  });

  it('exits 143 for SIGTERM', () => {
    expect(exitCodeOf('interrupted', 'SIGTERM')).toBe(143);
    expect(exitCodeOf('failed', 'SIGTERM')).toBe(10);
  });

  it('is closed', () => {
    expect(isReason('lost')).toBe(true);
    expect(isReason('constructor')).toBe(false);
  });
});
