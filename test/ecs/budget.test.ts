import { describe, expect, it } from 'vitest';
import { createAwsBudget, type AwsBudget } from '../../src/ecs/budget.ts';
import { manualClock } from '../support/manual-clock.ts';

/** Sends so many requests at one instant. */
function send(budget: AwsBudget, count: number): void {
  for (let n = 0; n < count; n += 1) budget.noteSent('ListTasks');
}

// Amazon ECS API Reference, request throttling: ListTasks and DescribeTasks share 100 at once and 20 a second. Half is ours.
describe("ECS's budget", () => {
  it('lets repeated reads rest when half of the burst is used, until they are paid back at half of the rate', () => {
    const clock = manualClock();
    const budget = createAwsBudget(clock);
    send(budget, 50);
    expect(budget.restFor(['ListTasks'])).toBe(0);
    send(budget, 20);
    expect(budget.restFor(['ListTasks'])).toBe(2_000);
    expect(budget.restFor(['DescribeTasks'])).toBe(2_000);
    expect(budget.restFor(['DescribeServices'])).toBe(0);
    expect(budget.restFor(['DescribeServices', 'ListTasks'])).toBe(2_000);
    clock.pass(1_500);
    expect(budget.restFor(['ListTasks'])).toBe(500);
    clock.pass(500);
    expect(budget.restFor(['ListTasks'])).toBe(0);
  });

  it('lets them rest after a throttled one, longer after several, and never for more than ten seconds', () => {
    const budget = createAwsBudget(manualClock());
    budget.noteThrottled('DescribeTasks');
    expect(budget.restFor(['ListTasks'])).toBe(2_000);
    budget.noteThrottled('DescribeTasks');
    expect(budget.restFor(['ListTasks'])).toBe(4_000);
    for (let n = 0; n < 20; n += 1) budget.noteThrottled('DescribeTasks');
    expect(budget.restFor(['ListTasks'])).toBe(10_000);
  });

  it('asks no rest of what does not go to ECS', () => {
    expect(createAwsBudget(manualClock()).restFor([])).toBe(0);
  });
});
