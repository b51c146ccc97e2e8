import { describe, expect, it } from 'vitest';
import { landed } from '../../src/checks/landed.ts';
import { aTask, TASK_ARN } from '../support/builders.ts';
import { asked } from '../support/asking.ts';
import { failed, fact, REASON, T } from '../support/journal-builders.ts';
import { holdsTable } from './table.ts';

const UNTOUCHED = {
  status: 'RUNNING',
  desired: 'RUNNING',
  stopCode: null,
  stoppedReason: null,
  stoppingAt: null,
  executionStoppedAt: null,
  stoppedAt: null,
  version: 3,
};
const THEIRS = { stoppedReason: 'scaled by hand', stopCode: 'UserInitiated' };

describe('landed', () => {
  holdsTable(landed, [
    ['the answer and the task show our reason', {}, 'yes'],
    ['the answer alone shows it; later reads show an older version', { task: UNTOUCHED }, 'yes'],
    ['the answer was lost, the task shows it', { stop: { result: 'unknown' } }, 'yes'],
    ['nothing was sent', { stop: null }, 'unasked'],
    [
      'ECS answers and changes nothing',
      { stop: { answer: UNTOUCHED }, task: UNTOUCHED },
      'no stop-not-confirmed',
    ],
    [
      'the answer was lost and the task is unchanged',
      { stop: { result: 'unknown' }, task: UNTOUCHED },
      'no stop-not-confirmed',
    ],
    ["somebody else's reason", { stop: { answer: THEIRS }, task: THEIRS }, 'no stopped-by-other'],
    ["somebody else's reason first, then ours", { stop: { answer: THEIRS } }, 'no stopped-by-other'],
    [
      'our reason on a task that is wanted RUNNING',
      { stop: { result: 'unknown' }, task: { desired: 'RUNNING' } },
      'no stop-not-confirmed',
    ],
    [
      'our words, but the service scheduler stopped it',
      { stop: { result: 'unknown' }, task: { stopCode: 'ServiceSchedulerInitiated' } },
      'no stopped-by-other',
    ],
    [
      'it was going down already when ours was sent',
      {
        stop: { answer: { stoppingAt: T.stop - 9_000 } },
        task: { stoppingAt: T.stop - 9_000 },
        before: [fact('clock', { offset: 0, uncertainty: 500 }, 'ecs')],
      },
      'no stopped-by-other',
    ],
    [
      'a clock that runs behind does not make it an older stop',
      {
        stop: { answer: { stoppingAt: T.stop - 9_000 } },
        task: { stoppingAt: T.stop - 9_000 },
        before: [fact('clock', { offset: -9_000, uncertainty: 500 }, 'ecs')],
      },
      'yes',
    ],
    [
      'the answer was lost and ECS is away since',
      { stop: { result: 'unknown' }, task: null, failures: [failed('task', TASK_ARN, T.looked)] },
      'unknown observation-gap',
    ],
    [
      'the answer was lost and no read was made since',
      { stop: { result: 'unknown' }, task: null },
      'unknown observation-gap',
    ],
    [
      'ECS is away, but its own answer was proof',
      { task: null, failures: [failed('task', TASK_ARN, T.looked)] },
      'yes',
    ],
    [
      'MISSING after a lost answer is no proof of anything',
      {
        stop: { result: 'unknown' },
        task: null,
        failures: [failed('task', TASK_ARN, T.looked, 'not-found')],
      },
      'unknown observation-gap',
    ],
  ]);

  it('names stop code, reason and the events it rests on', () => {
    const finding = asked(landed);
    expect(finding.said).toContain(`stoppedReason "${REASON}"`);
    expect(finding.said).toContain('UserInitiated');
    expect(finding.events.length).toBeGreaterThan(0);
  });

  it('does not take a task of another reason seen before the stop for proof', () => {
    const before = [fact('task', aTask({ stoppedReason: REASON, desired: 'STOPPED' }))];
    expect(
      asked(landed, { before, stop: { result: 'unknown' }, task: { ...UNTOUCHED, version: 9 } }).holds,
    ).not.toBe('yes');
  });
});
