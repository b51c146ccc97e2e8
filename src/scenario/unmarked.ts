import type { Scenario } from './schema.ts';
import { isSecretValue } from '../model/secret-looks.ts';

/** Shorter values would be found in innocent words. */
const SHORTEST = 8;

/** Variables of `build.env` that look like secrets and are not listed under `secrets`. */
export function unmarkedIn({ build, secrets }: Scenario): readonly string[] {
  return Object.entries(build.env)
    .filter(([name, value]) => isSecretValue(name, value) && !secrets.includes(name))
    .map(([name]) => name);
}

/**
 * Of their values those that can be looked for in any text: long enough, no plain word, and not a name that the scenario
 * has for something else. The others are hidden in `build.env` alone.
 */
export function findableIn(scenario: Scenario, names: readonly string[]): readonly string[] {
  const { build, ...others } = scenario;
  const said = JSON.stringify([others, { ...build, env: {} }]);
  return names
    .map((name) => build.env[name] ?? '')
    .filter((value) => value.length >= SHORTEST && !/^[a-z_./-]*$|^[A-Z_./-]*$/.test(value))
    .filter((value) => !said.includes(JSON.stringify(value).slice(1, -1)));
}

/** Secrets in the addresses of counters, by their names in the query or by what they look like; short ones cannot be looked for. */
export function secretsInAddresses({ expect }: Pick<Scenario, 'expect'>): readonly string[] {
  const addresses = Object.values(expect.containers).map(({ flushed }) => flushed?.url ?? '');
  return addresses
    .flatMap((url) => [...new URLSearchParams(url.split('?').slice(1).join('?'))])
    .filter(([name, value]) => value.length >= SHORTEST && isSecretValue(name, value))
    .map(([, value]) => value);
}

/** The scenario without these values: what is written of it must not let anybody try out values. */
export function withoutSecretValues(
  scenario: Scenario,
  names: readonly string[],
  values: readonly string[],
): Scenario {
  const { build } = scenario;
  const env = Object.fromEntries(Object.entries(build.env).filter(([name]) => !names.includes(name)));
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return values.reduce((text, secret) => text.replaceAll(secret, ''), value);
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, clean(inner)]));
  };
  return clean({ ...scenario, build: { ...build, env } }) as Scenario;
}
