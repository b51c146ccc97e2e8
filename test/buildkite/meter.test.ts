import { expect, test } from 'vitest';
import { createBudgetMeter } from '../../src/buildkite/meter.ts';
import { NOON } from '../support/builders.ts';

function measuring() {
  let now = NOON;
  const meter = createBudgetMeter({ now: () => now, sleep: () => Promise.resolve() });
  return {
    meter,
    pass: (ms: number) => {
      now += ms;
    },
    /** One answer, as apis/graphql/graphql-resource-limits shows its headers. */
    answer: (cost: number, user: number, organization: number, reset = 120) => {
      meter.countRequest();
      meter.take(
        new Headers({
          'RateLimit-Remaining': String(organization),
          'RateLimit-Limit': '20000',
          'RateLimit-Reset': String(reset),
          'RateLimit-User-Remaining': String(user),
          'RateLimit-User-Limit': '5000',
          'RateLimit-User-Reset': String(reset),
          'RateLimit-Complexity-Actual': String(cost),
        }),
      );
    },
  };
}

test('before the first answer nothing is known, and nothing was spent', () => {
  expect(measuring().meter.read()).toEqual({
    ...{ user: null, organization: null, recent: 0, points: 0, requests: 0 },
    lowest: { user: null, organization: null },
  });
});

test('each answer counts; the lowest stays when others have more again', () => {
  const { meter, answer } = measuring();
  answer(6, 3_000, 12_000);
  answer(4, 4_000, 19_000);
  expect(meter.read()).toEqual({
    user: { limit: 5_000, remaining: 4_000, resetsIn: 120_000 },
    organization: { limit: 20_000, remaining: 19_000, resetsIn: 120_000 },
    ...{ recent: 10, points: 10, requests: 2, lowest: { user: 3_000, organization: 12_000 } },
  });
});

test('a limit is full again after its reset; what was spent five minutes ago is past', () => {
  const { meter, answer, pass } = measuring();
  answer(600, 4_400, 19_400, 100);
  pass(99_000);
  expect(meter.read().user).toEqual({ limit: 5_000, remaining: 4_400, resetsIn: 1_000 });
  pass(1_000);
  expect(meter.read()).toMatchObject({ user: { remaining: 5_000, resetsIn: 0 }, recent: 600 });
  pass(200_000);
  expect(meter.read()).toMatchObject({ recent: 0, points: 600 });
});

test('an answer without these headers, or with others, changes nothing but the count', () => {
  const { meter, answer } = measuring();
  answer(6, 3_000, 12_000);
  meter.countRequest();
  meter.take(new Headers({ 'RateLimit-User-Remaining': 'many', 'RateLimit-Remaining': '1' }));
  expect(meter.read()).toMatchObject({
    user: { remaining: 3_000 },
    organization: { remaining: 12_000 },
    ...{ requests: 2, points: 6 },
  });
});
