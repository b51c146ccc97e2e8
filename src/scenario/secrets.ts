import type { Interpolated, Lookup } from './interpolate.ts';
import { keyOfPath, readTextAt, valueAt, type CrossProblem } from './problem.ts';

/** Shorter values cannot be hidden: they would be found in every other word. */
const SHORTEST = 8;

/** Variables that are secrets by their names, listed or not. */
const BY_NAME =
  /^(?:AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|BUILDKITE_API_TOKEN|BUILDKITE_AGENT_TOKEN|GITHUB_TOKEN|GH_TOKEN)$/;

/** The values that a scenario marks as secret, and what is wrong with how it marks them. */
export interface Secrets {
  readonly values: readonly string[];
  readonly problems: readonly CrossProblem[];
}

/** Reads `secrets`: names of variables of the runner or of `build.env`, whose values are then hidden everywhere. */
export function secretsOf(interpolated: Interpolated, lookup: Lookup): Secrets {
  const listed = valueAt(interpolated.tree, ['secrets']);
  const names: readonly unknown[] = Array.isArray(listed) ? listed : [];
  const values = new Set<string>();
  const problems = [...findLiteralValues(interpolated, names), ...findLiteralHooks(interpolated)];
  for (const [index, name] of names.entries()) {
    if (typeof name !== 'string' || name === '') continue;
    const own = [lookup(name), readEnvText(interpolated, name)].filter((value) => value !== undefined);
    const problem = explainWrongValue(name, own);
    if (problem !== null) problems.push({ path: ['secrets', index], at: 'value', ...problem });
    for (const value of own) values.add(value);
  }
  return { values: [...values], problems };
}

function explainWrongValue(
  name: string,
  values: readonly string[],
): Pick<CrossProblem, 'message' | 'next'> | null {
  if (values.length === 0) {
    const next = `Set it, give --var ${name}=value, or take it off the list.`;
    return { message: `secrets: neither a variable nor build.env has the name ${name}`, next };
  }
  if (values.every((value) => value.length >= SHORTEST)) return null;
  const message = `secrets: the value of ${name} has fewer than ${SHORTEST} characters and cannot be hidden`;
  return { message, next: 'Use a longer value, or take it off the list.' };
}

function readEnvText(interpolated: Interpolated, name: string): string | undefined {
  return interpolated.texts.get(keyOfPath(['build', 'env', name]));
}

/** A secret comes from a variable: a literal one is in the repository already. */
function findLiteralValues(interpolated: Interpolated, names: readonly unknown[]): readonly CrossProblem[] {
  const env = valueAt(interpolated.tree, ['build', 'env']);
  if (typeof env !== 'object' || env === null || Array.isArray(env)) return [];
  return Object.entries(env)
    .filter(([name, value]) => (names.includes(name) || BY_NAME.test(name)) && value !== null && value !== '')
    .filter(([name]) => !interpolated.variable.has(keyOfPath(['build', 'env', name])))
    .map(([name]) => ({
      path: ['build', 'env', name],
      at: 'value',
      message: `build.env.${name}: a secret is written here literally`,
      next: `Write "\${${name}}" and set the variable.`,
    }));
}

/** Whoever knows the address of a hook can write there, and whoever knows its key can sign. */
function findLiteralHooks({ tree, variable }: Interpolated): readonly CrossProblem[] {
  const hooks = valueAt(tree, ['notify']);
  const paths = (Array.isArray(hooks) ? [...hooks.keys()] : []).flatMap((index) =>
    [
      ['webhook', 'url'],
      ['webhook', 'secret'],
      ['slack', 'url'],
    ].map((rest) => ['notify', index, ...rest]),
  );
  return paths
    .filter((path) => /^(?!.*\$\{)./.test(readTextAt(tree, ...path) ?? '') && !variable.has(keyOfPath(path)))
    .map((path) => ({
      path,
      at: 'value',
      message: `${path.join('.')}: a secret is written here literally`,
      next: 'Write "${NAME}" and set the variable.',
    }));
}
