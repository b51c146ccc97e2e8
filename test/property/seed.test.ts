import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seedIn } from '../support/seed.ts';

const RARE = fc.property(fc.integer(), (number) => number % 7 !== 3);

/** What a failed property says. */
function failure(seed?: number): string {
  try {
    fc.assert(RARE, seed === undefined ? {} : { seed });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('it held');
}

it('a property that fails names its seed and how to replay it, and the seed gives the same counterexample', () => {
  const said = failure();
  const seed = /GAMEDAY_SEED=(-?\d+) npx vitest run FILE -t NAME/.exec(said)?.[1];
  expect(said).toContain('Counterexample:');
  expect(failure(seedIn({ GAMEDAY_SEED: seed }))).toBe(said);
});

it('an asynchronous property does so too', async () => {
  const never = fc.asyncProperty(fc.integer(), () => Promise.resolve(false));
  await expect(fc.assert(never)).rejects.toThrow(/GAMEDAY_SEED=-?\d+/);
});

it.each([
  ['a person asks for one', { GAMEDAY_SEED: '-5', CI: 'true' }, -5],
  ['CI has its own', { CI: 'true' }, 20_261_124],
  ['by hand each property draws one', { CI: '', GAMEDAY_SEED: '' }, undefined],
])('the seed: %s', (_, environment, seed) => {
  expect(seedIn(environment)).toBe(seed);
});

it('a seed that is no number is an error and no other seed', () => {
  expect(() => seedIn({ GAMEDAY_SEED: '12x' })).toThrow('GAMEDAY_SEED is a whole number, not "12x"');
});
