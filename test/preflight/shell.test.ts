import '../support/seed.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeExecForm, makeExecScript, segmentsOf, viewScript, wordsOf } from '../../src/worker/shell.ts';
import { isShellStaying, startOf, isAgentStart } from '../../src/worker/start.ts';
import { documentsOf, lookAt } from './fixtures.ts';

test.each([
  ['a; b && c || d | e & f\ng', ['a', 'b', 'c', 'd', 'e', 'f', 'g'], [';', '&&', '||', '|', '&', '\n', '']],
  [`echo 'a;b' "c && d" e\\;f`, [`echo 'a;b' "c && d" e\\;f`], ['']],
  ['a $(b; c) `d; e`', ['a $(b; c) `d; e`'], ['']],
  ['a # b; c\nd', ['a', 'd'], ['\n', '']],
  ['a >&2 2>&1 &>x; b', ['a >&2 2>&1 &>x', 'b'], [';', '']],
  ['(a; b) | c', ['a', 'b', 'c'], [';', '|', '']],
])('a script is cut into its commands: %j', (script, texts, after) => {
  const segments = segmentsOf(script);
  expect(segments.map(({ text }) => text)).toEqual(texts);
  expect(segments.map((one) => one.after)).toEqual(after);
});

test.each([
  ['exec buildkite-agent start', true],
  ['set -e; exec buildkite-agent start', true],
  ['test -f x && exec buildkite-agent start > /dev/stdout', true],
  ['exec env A=b buildkite-agent start', true],
  ['if true; then exec buildkite-agent start; fi', true],
  ['exec tini -- buildkite-agent start', true],
  ['buildkite-agent start', false],
  ['exec buildkite-agent start | cat', false],
  ['exec buildkite-agent start & wait', false],
  ['(exec buildkite-agent start)', false],
  ["exec sh -c 'buildkite-agent start; true'", false],
  ["exec sh -c 'exec buildkite-agent start'", true],
  ['exec ./prepare.sh; buildkite-agent start', false],
])('who takes the place of the shell: %s', (script, replaced) => {
  const { shell } = startOf({ words: ['/bin/sh', '-c', script] });
  expect(shell === null ? null : !isShellStaying(shell)).toBe(replaced);
});

test.each([
  [['bash', '-o', 'pipefail', '-ec', 'x'], 'bash'],
  [['/usr/bin/env', 'A=b', 'dash', '-c', 'x'], 'dash'],
  [['gosu', 'builder', 'sh', '-lc', 'x'], 'unknown'],
  [['busybox', 'ash', '-c', 'x'], 'busybox'],
  [['tini', '-e', '143', '-g', '--', 'zsh', '-c', 'x'], 'other'],
])('the shell behind what stands before it: %j', (words, kind) => {
  expect(startOf({ words }).shell).toMatchObject({ kind, script: 'x' });
});

test('a script file is no script that can be read here', () => {
  expect(startOf({ words: ['/bin/sh', '/start.sh'] })).toMatchObject({
    shell: null,
    scriptFile: '/start.sh',
  });
  expect(startOf({ words: ['/docker-entrypoint.sh', 'x'] })).toMatchObject({
    scriptFile: '/docker-entrypoint.sh',
  });
  expect(startOf({ words: ['buildkite-agent', 'start'] })).toMatchObject({ shell: null, scriptFile: null });
});

test.each([
  [['/usr/bin/supervisord', '-n'], ['shell-form: how long /usr/bin/supervisord lets the agent drain']],
  [['/opt/run-worker'], ['shell-form: whether /opt/run-worker passes the stop signal on']],
  [['/opt/wrap', 'buildkite-agent', 'start'], ['shell-form: whether /opt/wrap passes the stop signal on']],
  [['tini', '--', 'gosu', 'builder', 'buildkite-agent', 'start'], []],
])('a program between ECS and the agent is not known to pass a signal on: %j', (entryPoint, said) => {
  const taskDefinition = { containerDefinitions: [{ name: 'agent', image: 'acme/worker:1', entryPoint }] };
  const { unknown } = lookAt(documentsOf({ taskDefinition }));
  const own = unknown.filter(({ rule }) => rule === 'shell-form').map((one) => `${one.rule}: ${one.said}`);
  expect(own).toEqual(said.map((text) => expect.stringContaining(text) as string));
});

const part = fc.constantFrom(
  'buildkite-agent start',
  "buildkite-agent start --name 'a b'",
  'buildkite-agent start > /dev/null',
  'A=b buildkite-agent start',
  '{ buildkite-agent start; }',
  './prepare.sh "$X"',
  "trap 'kill $p' TERM",
  'cat',
  'true # a; b',
);
const script = fc
  .array(fc.tuple(part, fc.constantFrom('; ', ' && ', ' || ', ' | ', ' & ', '\n')), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => parts.map(([text, operator]) => text + (text.includes('#') ? '\n' : operator)).join(''));

test('a mended script is one in which the command takes the place of the shell, however it was written', () => {
  fc.assert(
    fc.property(script, (text) => {
      const mended = makeExecScript(text, isAgentStart);
      const { shell } = startOf({ words: ['sh', '-c', mended] });
      expect(shell).not.toBeNull();
      expect(shell === null ? true : isShellStaying(shell)).toBe(false);
      expect(isAgentStart(viewScript(mended, isAgentStart).words)).toBe(/buildkite-agent/.test(text));
    }),
  );
});

test('whatever stands in a script, it is cut without loss of a word of its commands', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...`ab ;&|()"'\\$><#\n{}=`) }), (text) => {
      for (const { text: command } of segmentsOf(text)) expect(text).toContain(command.slice(0, 1));
      expect(() => wordsOf(text)).not.toThrow();
      expect(() => makeExecScript(text, isAgentStart)).not.toThrow();
      const words = makeExecForm(text, isAgentStart);
      // What is quoted or escaped is a word like any other.
      if (words !== null && !/['"\\]/.test(text)) expect(words.join('')).not.toMatch(/[;|&<>$`]/);
    }),
  );
});
