import { describe, expect, it } from 'vitest';
import { UNDO_TAG } from '../../src/model/entities/undo-mark.ts';
import { answersOf } from '../../src/safety/guard.ts';
import { roomForMark } from '../../src/safety/room-for-mark.ts';
import { aService, aTask, NOON, TASK_ARN } from '../support/builders.ts';
import { guardedState } from '../support/guarded.ts';
import { fact } from '../support/journal-builders.ts';
import { guardTable } from './table.ts';

/** A service with so many tags, and further ones. */
function tagged(count: number, ...more: readonly string[]): ReturnType<typeof fact> {
  const keys = [...Array.from({ length: count }, (_, at) => `key-${String(at)}`), ...more];
  return fact(
    'service',
    aService({ tags: Object.fromEntries(keys.map((key) => [key, ''])) }),
    'build-agents',
  );
}

const SCALE_IN = { inject: { fault: 'scale-in', steered: false } } as const;
const DRAIN = { inject: { fault: 'drain-instance' } } as const;
const RECLAIM = { inject: { fault: 'spot-reclaim' } } as const;
const ON_HOST = fact(
  'task',
  aTask({ instanceArn: 'arn:aws:ecs:us-east-1:123456789012:container-instance/p/1' }),
  TASK_ARN,
);

describe('room for a mark', () => {
  guardTable(roomForMark, [
    ['49 tags', { scenario: SCALE_IN, facts: [tagged(49)] }, true],
    ['50 tags', { scenario: SCALE_IN, facts: [tagged(50)] }, false],
    ['50 tags, at the gate', { scenario: SCALE_IN, facts: [tagged(50)], aimed: false }, false],
    ['49 tags and two of AWS', { scenario: SCALE_IN, facts: [tagged(49, 'aws:a', 'aws:b')] }, true],
    [
      '49 tags and its own mark, which is set again',
      { scenario: SCALE_IN, facts: [tagged(49, UNDO_TAG)] },
      true,
    ],
    [
      '50 tags and no mark wanted',
      { scenario: { ...SCALE_IN, safety: { mark: 'off' } }, facts: [tagged(50)] },
      true,
    ],
    ['50 tags, a host is drained', { scenario: DRAIN, facts: [tagged(50)] }, false],
    ['50 tags, a task is stopped', { facts: [tagged(50)] }, true],
    ['50 tags, a reclaim on Fargate, which is a StopTask', { scenario: RECLAIM, facts: [tagged(50)] }, true],
    ['50 tags, a reclaim on EC2', { scenario: RECLAIM, facts: [tagged(50), ON_HOST] }, false],
  ]);

  it('says who has to do what', () => {
    const state = guardedState({ scenario: SCALE_IN, facts: [tagged(50)] });
    expect(answersOf([roomForMark], state, NOON, 'gate')[0]?.said).toBe(
      'service build-agents has 50 tags, as many as ECS allows, so gameday:undo cannot be set before the service is changed; whoever owns the service removes a tag that is not needed, or set safety.mark: off in the scenario',
    );
  });
});
