import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { RULES } from '../../src/preflight/list.ts';
import { PAIRS, SLOW_PAIRS } from '../e2e/support/pairs.ts';
import shown from './shown-by.json' with { type: 'json' };

const text = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
const rulesOf = (pairs: readonly { readonly rule: string }[]): readonly string[] =>
  pairs.map(({ rule }) => rule);

test('every rule is shown by a pair of drills, or it is said why it is not', () => {
  const all = [...shown.drills, ...shown.slow, ...shown.scenes, ...Object.keys(shown.fixtures)];
  expect(all.toSorted()).toEqual(RULES.map(({ id }) => id).toSorted());
  for (const why of Object.values(shown.fixtures)) expect(why).toMatch(/\w+ \w+ \w+/);
});

test('what is said to be drilled is', () => {
  expect(rulesOf(PAIRS).toSorted()).toEqual(shown.drills.toSorted());
  expect(rulesOf(SLOW_PAIRS).toSorted()).toEqual(shown.slow.toSorted());
  const titles = [
    ...text('../e2e/preflight-scenes.test.ts').matchAll(/^ +(?:test|\])\(?'?\)?\(?'([a-z-]+): /gm),
  ];
  expect([...new Set(titles.map(([, rule]) => rule))].toSorted()).toEqual(shown.scenes.toSorted());
});

test('the rules of the rig that stand in for a drill are in its contracts', () => {
  const contracts = ['../../src/rig/ecs/CONTRACT.md', '../../src/rig/workers/CONTRACT.md'].map(text).join('');
  for (const why of Object.values(shown.fixtures))
    for (const [rule] of why.matchAll(/(?:ECS|WORK)-\d+/g)) expect(contracts).toContain(`| ${rule} `);
});
