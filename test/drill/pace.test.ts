import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPace, type Purse } from '../../src/drill/pace.ts';
import { shareOf } from '../../src/model/entities/budget.ts';
import { keyOf, type Subject } from '../../src/model/world.ts';
import { countPoints } from '../../src/state/points.ts';
import { paced, type Ask } from '../../src/state/step.ts';
import { aBudget, BUILD_ID, NOON, TASK_ARN } from '../support/builders.ts';
import { fact } from '../support/journal-builders.ts';
import { manualClock } from '../support/manual-clock.ts';

const WINDOW = 300_000;
const LIMIT = 5_000;
const build: Subject = { kind: 'build', id: BUILD_ID };
const task: Subject = { kind: 'task', id: TASK_ARN };

function answered(subject: Subject, at: number) {
  return { subject, sentAt: at, answeredAt: at, ok: true, error: null };
}

/** When each poll was sent in so long a time, with its points, where others spend as they like. */
function simulate(asks: readonly Ask[], percent: number, ms: number, others: (at: number) => number) {
  let now = NOON;
  const pace = createPace({ now: () => now, sleep: () => Promise.resolve() }, () => 0);
  const listed = fact('build-jobs', { listed: 150, complete: true }, BUILD_ID);
  const world = { [keyOf(listed)]: listed };
  const sent: { at: number; subject: Subject; points: number }[] = [];
  // As Buildkite counts: a window that begins anew every five minutes.
  let [endsAt, used] = [NOON + WINDOW, 0];
  const roll = (): void => {
    for (; now >= endsAt; endsAt += WINDOW) used = 0;
  };
  const purse = (): Purse => {
    roll();
    const recent = sent.filter(({ at }) => at > now - WINDOW).reduce((sum, { points }) => sum + points, 0);
    const user = { limit: LIMIT, remaining: Math.max(0, LIMIT - used), resetsIn: endsAt - now };
    return { share: shareOf(aBudget({ user, recent }), percent), world };
  };
  while (now < NOON + ms) {
    for (const { subject } of pace.listDue(asks, purse())) {
      const points = countPoints(subject, world);
      pace.noteSent([subject], world);
      sent.push({ at: now, subject, points });
      used += points;
      pace.noteAnswer(answered(subject, now));
    }
    const next = Math.max(1, Math.ceil(pace.nextAt(asks, purse()) - now));
    used += others(now);
    now += next;
  }
  return sent;
}

function spentIn(sent: ReturnType<typeof simulate>, from: number): number {
  return sent
    .filter(({ at }) => at >= from && at < from + WINDOW)
    .reduce((sum, { points }) => sum + points, 0);
}

const asks = fc
  .uniqueArray(
    fc.tuple(
      fc.constantFrom<Subject['kind']>('build', 'job', 'agent', 'build-jobs', 'agents-of-task'),
      fc.integer({ min: 200, max: 20_000 }),
    ),
    { selector: ([kind]) => kind, minLength: 1, maxLength: 5 },
  )
  .map((some) => some.map(([kind, every]) => paced({ kind, id: BUILD_ID }, every)));

describe('the pace of polls', () => {
  it("never spends more than the drill's share in any five minutes, whoever else spends", () => {
    fc.assert(
      fc.property(
        asks,
        fc.integer({ min: 20, max: 100 }),
        fc.integer({ min: 0, max: 200 }),
        (some, percent, theirs) => {
          const sent = simulate(some, percent, 900_000, (at) => (at % 7 === 0 ? theirs : 0));
          for (const { at } of sent) expect(spentIn(sent, at)).toBeLessThanOrEqual((LIMIT * percent) / 100);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is the usual one where the share pays for it', () => {
    const sent = simulate([paced(build, 2_000)], 50, 600_000, () => 0);
    expect(sent).toHaveLength(300);
  });

  it('becomes slower while more is spent than the share bears, and goes on', () => {
    const sent = simulate([paced(build, 200)], 50, 900_000, () => 0);
    const total = sent.reduce((sum, { points }) => sum + points, 0);
    expect(total).toBeLessThanOrEqual(3 * 2_500);
    // Four fifths of the share are used, and no minute is without a poll.
    expect(total).toBeGreaterThan(3 * 2_000);
    for (let minute = 0; minute < 15; minute += 1)
      expect(sent.some(({ at }) => Math.floor((at - NOON) / 60_000) === minute)).toBe(true);
  });

  it('stops where others have used everything up, and goes on after the reset', () => {
    const sent = simulate([paced(build, 2_000)], 50, 600_000, (at) => (at < NOON + 10_000 ? LIMIT : 0));
    const quiet = sent.filter(({ at }) => at > NOON + 10_000 && at < NOON + WINDOW);
    expect(quiet).toEqual([]);
    expect(sent.filter(({ at }) => at >= NOON + WINDOW).length).toBeGreaterThan(140);
  });

  it('of questions to ECS does not depend on the points', () => {
    const pace = createPace(manualClock(NOON), () => 0);
    const empty = { share: { whole: 2_500, left: 0 }, world: {} };
    expect(pace.listDue([paced(task, 2_000), paced(build, 2_000)], empty)).toEqual([paced(task, 2_000)]);
  });
});
