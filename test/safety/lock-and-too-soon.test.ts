import { describe, expect, it } from 'vitest';
import { parseStopReason, lock } from '../../src/safety/lock.ts';
import { tooSoon } from '../../src/safety/too-soon.ts';
import { NOON } from '../support/builders.ts';
import { DRILL, failed, fact } from '../support/journal-builders.ts';
import { LOCK_KEY } from '../support/guarded.ts';
import { guardTable } from './table.ts';

const held = (ours: boolean) =>
  fact('lock', { key: LOCK_KEY, ours, heldBy: 'drill other', since: NOON }, LOCK_KEY);
const stops = (stoppedReason: string | null, over: { ended?: boolean; stoppingAt?: number | null } = {}) =>
  fact(
    'recent-stops',
    { tasks: [{ arn: 'x', stoppedReason, stoppingAt: NOON - 60_000, ended: false, ...over }] },
    LOCK_KEY,
  );
/** Not all that have stopped could be listed; of those that were, one was stopped by another drill long ago. */
const cut = (stoppedReason: string | null) =>
  fact(
    'recent-stops',
    {
      tasks: [{ arn: 'x', stoppedReason, stoppingAt: NOON - 7_200_000, ended: true }],
      complete: false,
    },
    LOCK_KEY,
  );
const pastInjection = (drill: string, at: number) =>
  fact('ledger', { injections: [{ drill, taskArn: 'x', at }] }, LOCK_KEY);
const hourly = { scenario: { safety: { minimumInterval: 3_600_000 } } };

describe('lock', () => {
  guardTable(lock, [
    ['it is ours', {}, true],
    ['another drill holds it', { facts: [held(false)] }, false],
    ['it could not be taken', { without: ['lock'] }, false],
    [
      'it was ours, and cannot be asked any more',
      { failing: [failed('lock', LOCK_KEY, NOON + 5_000, 'unwritable')] },
      false,
    ],
    ['a dry run takes none', { without: ['lock'], plan: { dryRun: true } }, true],
    ['a task is going down for another drill', { facts: [stops('gameday 20261124-other')] }, false],
    [
      'a task has gone down for another drill',
      { facts: [stops('gameday 20261124-other', { ended: true })] },
      true,
    ],
    ['a task is going down for this drill', { facts: [stops(`gameday ${DRILL}`)] }, true],
    [
      'a task is going down for another reason',
      { facts: [stops('Scaling activity initiated by deployment')] },
      true,
    ],
    ['stopping tasks could not be listed', { without: ['recent-stops'] }, false],
    ['not all stopping tasks could be listed', { facts: [cut(null)] }, false],
  ]);

  it.each([
    ['gameday 20261124-1', '20261124-1'],
    ['gameday', null],
    ['a gameday 1', null],
    ['gameday 1 2', null],
    [null, null],
  ])('reads the drill in %j', (reason, drill) => {
    expect(parseStopReason(reason)).toBe(drill);
  });
});

describe('too-soon', () => {
  guardTable(tooSoon, [
    ['no interval is set', { facts: [pastInjection('other', NOON)] }, true],
    ['no injection is known', hourly, true],
    [
      'gameday remembers one a minute ago',
      { ...hourly, facts: [pastInjection('other', NOON - 60_000)] },
      false,
    ],
    [
      'gameday remembers one two hours ago',
      { ...hourly, facts: [pastInjection('other', NOON - 7_200_000)] },
      true,
    ],
    ['gameday remembers our own', { ...hourly, facts: [pastInjection(DRILL, NOON)] }, true],
    ['ECS shows one a minute ago', { ...hourly, facts: [stops('gameday other', { ended: true })] }, false],
    [
      'ECS shows one two hours ago',
      { ...hourly, facts: [stops('gameday other', { stoppingAt: NOON - 7_200_000 })] },
      true,
    ],
    [
      'ECS shows one without a time',
      { ...hourly, facts: [stops('gameday other', { stoppingAt: null })] },
      false,
    ],
    ['ECS shows our own', { ...hourly, facts: [stops(`gameday ${DRILL}`)] }, true],
    ["ECS shows somebody else's stop", { ...hourly, facts: [stops('by hand')] }, true],
    ['past injections could not be read', { ...hourly, without: ['ledger'] }, false],
    [
      'past injections could be read once, and not at the last instant',
      { ...hourly, failing: [failed('ledger', LOCK_KEY, NOON + 5_000)] },
      false,
    ],
    ['stopped tasks could not be listed', { ...hourly, without: ['recent-stops'] }, false],
    ['not all stopped tasks could be listed', { ...hourly, facts: [cut(null)] }, false],
    [
      'not all could be listed, and the latest known is long ago',
      { ...hourly, facts: [cut('gameday other')] },
      false,
    ],
    ['not all could be listed, but no interval is set', { facts: [cut(null)] }, true],
  ]);
});
