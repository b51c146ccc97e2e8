import { expect, test } from 'vitest';
import { digestOf } from '../../src/scenario/load.ts';
import {
  findableIn,
  secretsInAddresses,
  unmarkedIn,
  withoutSecretValues,
} from '../../src/scenario/unmarked.ts';
import { planOf } from '../support/plans.ts';

function scenarioWith(env: Record<string, string>, secrets: string[] = []) {
  return planOf({ build: { env }, secrets }).scenario;
}

test('variables that look like secrets are named, unless they are listed', () => {
  const env = { DB_PASSWORD: 'horse', API_TOKEN: 'Listed-1', STAGE: 'production', MAX_TOKENS: '4096' };
  expect(unmarkedIn(scenarioWith(env, ['API_TOKEN']))).toEqual(['DB_PASSWORD']);
});

test('a value is looked for in other texts where it is no plain word and no name of the scenario', () => {
  const env = {
    A_TOKEN: 'short-1',
    B_TOKEN: 'production',
    C_TOKEN: 'build-agents',
    D_TOKEN: 'Horse-Battery-1',
  };
  const scenario = scenarioWith({ ...env, E_TOKEN: 'us-east-1' });
  expect(findableIn(scenario, Object.keys(scenario.build.env))).toEqual(['Horse-Battery-1']);
});

test('the digest of a scenario lets nobody try out its secrets, and tells every other change', () => {
  const digest = (value: string, stage = 'a'): string => {
    const scenario = scenarioWith({ DB_PASSWORD: value, STAGE: stage });
    return digestOf(withoutSecretValues(scenario, ['DB_PASSWORD'], []));
  };
  expect(digest('one')).toBe(digest('two'));
  expect(digest('one')).not.toBe(digest('one', 'b'));
  const said = (value: string) =>
    digestOf(withoutSecretValues({ ...scenarioWith({}), title: `with ${value}` }, [], [value]));
  expect(said('Horse-Battery-1')).toBe(said('Other-Battery-2'));
});

test('secrets in the address of a counter are known by their names and by what they look like', () => {
  const query = 'q=calls&task={task}&api_key=Horse-Battery-1&v=Zq8kT0pLm3nVx7Yc2WbJd4&auth=a%2Bb%2Bc%2Bd%2Be';
  const flushed = { url: `https://metrics.test/calls?${query}`, stillFor: 5_000 };
  const { scenario } = planOf({ expect: { containers: { gateway: { exit: 0, outlives: null, flushed } } } });
  expect(secretsInAddresses(scenario)).toEqual(['Horse-Battery-1', 'Zq8kT0pLm3nVx7Yc2WbJd4', 'a+b+c+d+e']);
});
