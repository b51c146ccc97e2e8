import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/preflight/json.ts';
import { makeBuiltInSteps, readOwnSteps } from '../../src/rehearsal/pipeline.ts';

const tests = { key: 'tests', command: 'make tests', retry: { automatic: true }, soft_fail: true };

describe('the built-in step', () => {
  test('sleeps for as long as it is to work', () => {
    const { document, step, commands } = makeBuiltInSteps(8_500);
    expect(document).toEqual({ steps: [{ key: step, label: step, command: 'sleep 8.5' }] });
    expect(commands).toEqual([]);
  });
});

describe("somebody's own pipeline", () => {
  test('stays as it is where the rig knows all of it', () => {
    const document = { agents: { queue: 'big' }, steps: ['wait', { ...tests, timeout_in_minutes: 5 }] };
    const own = readOwnSteps(document, undefined);
    expect(own).toEqual({ document, step: 'tests', commands: ['make tests'], certain: 0, leftOut: [] });
  });

  test('loses what has no bearing on a stop, and says so', () => {
    const step = { ...tests, if: 'build.branch == "main"', cancel_on_build_failing: true };
    const own = readOwnSteps({ notify: [{ slack: '#x' }], steps: [step] }, 'tests');
    expect(own).toMatchObject({
      document: { steps: [tests] },
      leftOut: [
        'the pipeline: notify left out, as the rig does not know it',
        'step tests: cancel_on_build_failing, if left out, as the rig does not know it',
      ],
    });
    expect(own).not.toHaveProperty('document.notify');
  });

  test('keeps its concurrency, by which the rig holds jobs back', () => {
    const step = { ...tests, concurrency: 1, concurrency_group: 'x', concurrency_method: 'eager' };
    expect(readOwnSteps({ steps: [step] }, 'tests')).toMatchObject({
      document: { steps: [step] },
      leftOut: [],
    });
  });

  test('loses the same in the steps of a group', () => {
    const group = { group: 'all', notify: [], steps: [{ ...tests, branches: 'main' }] };
    expect(readOwnSteps({ steps: [group] }, 'tests')).toMatchObject({
      document: { steps: [{ group: 'all', steps: [tests] }] },
      leftOut: [
        'step all: notify left out, as the rig does not know it',
        'step tests: branches left out, as the rig does not know it',
      ],
    });
  });

  test('keeps what changes what a step does, for the rig to refuse', () => {
    const step = { ...tests, plugins: [{ 'docker#v5': {} }] };
    expect(readOwnSteps({ steps: [step] }, undefined)).toMatchObject({ document: { steps: [step] } });
  });

  test('is known to take as long as it certainly sleeps', () => {
    expect(readOwnSteps({ steps: [{ key: 'a', command: 'sleep 12' }] }, 'a')).toMatchObject({
      certain: 12_000,
    });
  });

  const two: JsonObject = { steps: [tests, { key: 'lint', command: 'make lint' }] };
  test.each<[string, JsonObject, string | undefined, RegExp, RegExp]>([
    ['no such step', two, 'integration', /no step .* "integration"/, /The keys are tests, lint/],
    ['one of several', two, undefined, /2 steps run a command/, /--step KEY.*tests, lint/],
    ['no command at all', { steps: ['wait'] }, undefined, /no step runs a command/, /./],
    ['a step without a key', { steps: [{ command: 'make' }] }, undefined, /has no key/, /key: tests/],
    ['a wait for a person', { steps: [tests, { block: 'Go?' }] }, 'tests', /waits for a person/, /Remove it/],
    ['the same in one word', { steps: ['block', tests] }, 'tests', /waits for a person/, /Remove it/],
  ])('is refused for %s', (_title, document, step, why, next) => {
    const refused = readOwnSteps(document, step);
    expect(refused).toMatchObject({ why: expect.stringMatching(why), next: expect.stringMatching(next) });
  });
});
