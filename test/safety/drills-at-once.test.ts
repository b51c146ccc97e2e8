import { describe, expect, it } from 'vitest';
import { isOfSameGameDay } from '../../src/model/drill-id.ts';
import { blastRadius } from '../../src/safety/blast-radius.ts';
import { answersOf, type Guard } from '../../src/safety/guard.ts';
import { intermediateBuilds } from '../../src/safety/intermediate-builds.ts';
import { lock } from '../../src/safety/lock.ts';
import { tooSoon } from '../../src/safety/too-soon.ts';
import { aPipeline, aService, NOON } from '../support/builders.ts';
import { guardedState, LOCK_KEY, type Guarded } from '../support/guarded.ts';
import { fact } from '../support/journal-builders.ts';

const OWN = '20261124-120000-0a0b0c0d00000001';
const SIBLING = '20261124-120005-0a0b0c0d00000002';
const STRANGER = '20261124-120005-ffffffff00000002';

/** What a guard answers to a drill of a game day that may run so many on a service at the same time. */
function answerOf(guard: Guard, drillsAtOnce: number, { facts = [], scenario = {} }: Guarded): string {
  const safety = { ...scenario.safety, drillsAtOnce };
  const state = { ...guardedState({ facts, scenario: { ...scenario, safety } }), drill: OWN };
  const [answer] = answersOf([guard], state, NOON + 10_000, 'last-instant');
  if (answer?.waits === true) return `waits ${answer.reason ?? ''}`;
  return answer?.holds === true ? 'holds' : (answer?.reason ?? 'no answer');
}

const goingDown = (by: string) =>
  fact(
    'recent-stops',
    { tasks: [{ arn: 'x', stoppedReason: `gameday ${by}`, stoppingAt: NOON - 1_000, ended: false }] },
    LOCK_KEY,
  );
const injected = (by: string) =>
  fact('ledger', { injections: [{ drill: by, taskArn: 'x', at: NOON - 1_000 }] }, LOCK_KEY);
const hourly = { safety: { minimumInterval: 3_600_000 } };
const openBuild = (drill: string, over = {}) =>
  fact(
    'pipeline',
    aPipeline({ openBuilds: [{ number: 99, url: 'https://b/99', drill }], ...over }),
    'canary',
  );
const running = (count: number, desired = count) =>
  fact('service', aService({ running: count, desired }), 'build-agents');

describe('drills of one process on one service', () => {
  it.each<[string, Guard, number, Guarded, string]>([
    ['a sibling stops a task, and several may', lock, 2, { facts: [goingDown(SIBLING)] }, 'holds'],
    [
      'a sibling stopped a task, and one at a time may',
      lock,
      1,
      { facts: [goingDown(SIBLING)] },
      'lock-held',
    ],
    ['a stranger stops a task, though several may', lock, 2, { facts: [goingDown(STRANGER)] }, 'lock-held'],
    [
      'a sibling just stopped one, and several may',
      tooSoon,
      2,
      { facts: [goingDown(SIBLING), injected(SIBLING)], scenario: hourly },
      'holds',
    ],
    ['one at a time may', tooSoon, 1, { facts: [injected(SIBLING)], scenario: hourly }, 'too-soon'],
    [
      'a stranger just stopped one',
      tooSoon,
      2,
      { facts: [injected(STRANGER)], scenario: hourly },
      'too-soon',
    ],
    ['the build of a sibling is open', intermediateBuilds, 1, { facts: [openBuild(SIBLING)] }, 'holds'],
    [
      'the build of a stranger is open',
      intermediateBuilds,
      2,
      { facts: [openBuild(STRANGER)] },
      'not-allowed',
    ],
    ['two drills, three workers', blastRadius, 2, { facts: [running(3)] }, 'holds'],
    ['two drills could stop both workers', blastRadius, 2, { facts: [running(2)] }, 'waits blast-radius'],
    [
      'two drills, and a third worker is to come',
      blastRadius,
      2,
      { facts: [running(2, 3)] },
      'waits not-settled',
    ],
    [
      'the last workers, and that is allowed',
      blastRadius,
      2,
      { facts: [running(2)], scenario: { safety: { allowLastWorker: true } } },
      'holds',
    ],
  ])('%s', (_title, guard, drillsAtOnce, guarded, answer) => {
    expect(answerOf(guard, drillsAtOnce, guarded)).toBe(answer);
  });

  it('knows no drill with an id of four digits for a sibling', () => {
    expect(isOfSameGameDay('20261124-120000-abcd', '20261124-120000-abcd')).toBe(false);
    expect(isOfSameGameDay(OWN, SIBLING)).toBe(true);
  });
});
