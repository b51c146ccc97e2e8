import { expect, test } from 'vitest';
import { readSteps } from '../../src/buildkite/steps.ts';

test('keys are read at every level and under each of their names', () => {
  const text = `
steps:
  - { command: make, key: build }
  - wait
  - { trigger: deploy, build: { branch: '\${BUILDKITE_BRANCH}' } }
  - group: Tests
    steps:
      - { command: make test, id: unit, label: ':ruby: Unit %n' }
      - { command: make it, identifier: integration }
`;
  expect(readSteps(text)).toEqual({
    stepKeys: ['build', 'unit', 'integration'],
    stepLabels: [':ruby: Unit %n'],
    triggers: [{ pipeline: 'deploy', branch: '${BUILDKITE_BRANCH}' }],
    dynamic: false,
  });
});

test('a bare list of steps is a pipeline too', () => {
  expect(readSteps('- { command: make, key: 7, name: Make }')).toEqual({
    stepKeys: ['7'],
    stepLabels: ['Make'],
    triggers: [],
    dynamic: false,
  });
});

test.each([
  ['an upload', '- command: buildkite-agent pipeline upload'],
  ['an upload in a list of commands', '- commands: [make, "gen | buildkite-agent pipeline  upload"]'],
  ['a script of the repository', '- command: .buildkite/steps.sh'],
  ['a plugin', '- { command: make, plugins: [ "monorepo-diff#v1" ] }'],
  ['an upload inside a group', '- { group: g, steps: [ { command: buildkite-agent pipeline upload } ] }'],
  ['a key with a variable', '- { command: make, key: "test-$SHARD" }'],
])('%s makes a missing key prove nothing', (_name, text) => {
  expect(readSteps(text).dynamic).toBe(true);
});

test.each([null, '', 'steps: {', 'steps: 3', 'just words'])(
  'what cannot be read as steps is unknown: %s',
  (text) => {
    expect(readSteps(text)).toEqual({ stepKeys: null, stepLabels: [], triggers: [], dynamic: true });
  },
);

test('a bomb of aliases is unknown, not a hang', () => {
  const levels = Array.from(
    { length: 12 },
    (_, n) => `l${String(n + 1)}: &l${String(n + 1)} [${`*l${String(n)},`.repeat(9)}]`,
  );
  expect(readSteps(`l0: &l0 [x]\n${levels.join('\n')}\nsteps: *l12`).stepKeys).toBeNull();
});
