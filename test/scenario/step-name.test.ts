import { describe, expect, it } from 'vitest';
import {
  formatStep,
  keyOfStep,
  makeHistoryId,
  matchesStep,
  mayBeInPipeline,
  splitHistoryId,
} from '../../src/model/step-name.ts';
import { stepOf } from '../../src/scenario/when.ts';
import { changed, read } from './marked.ts';

const job = (stepKey: string | null, label: string | null = null) => ({ stepKey, label });

describe('a step that a scenario names', () => {
  it.each([
    ['a key', 'test', job('test'), true],
    ['a key that only begins so', 'test', job('test-2'), false],
    ['a key, and a job whose label is that', 'test', job(null, 'test'), false],
    ['a glob', 'test-*', job('test-linux'), true],
    ['a glob that may stand for nothing', 'test-*', job('test-'), true],
    ['a glob, and another key', 'test-*', job('lint'), false],
    ['a glob, and a step without a key', '*', job(null, 'Test'), false],
    ['a label', { label: 'Test' }, job(null, 'Test'), true],
    ['a label, and a job whose key is that', { label: 'Test' }, job('Test'), false],
    ['a label in other letters', { label: 'test' }, job(null, 'Test'), false],
    ['a label with its emoji', { label: ':rocket: Deploy' }, job('d', ':rocket: Deploy'), true],
    ['a label without its emoji', { label: 'Deploy' }, job('d', ':rocket: Deploy'), false],
    ['the label of another platform', { label: ':windows: Test' }, job(null, ':ubuntu: Test'), false],
    ['an emoji with a variation selector', { label: '☁️ Deploy' }, job(null, '☁ Deploy'), true],
    ['composed characters', { label: 'Prüfung' }, job(null, 'Pru\u0308fung'), true],
    ['other spaces', { label: 'Run  all ' }, job(null, ' Run all'), true],
    ['a glob of labels', { label: 'Test *' }, job(null, 'Test 2'), true],
  ] as const)('%s', (_name, step, seen, matches) => {
    expect(matchesStep(step, seen)).toBe(matches);
  });

  it.each([
    ['a key that is there', 'a', true],
    ['a key that is not', 'c', false],
    ['a glob of keys', 'b*', true],
    ['a glob that no key fits', 'c*', false],
    ['a label', { label: ':rocket: Deploy' }, true],
    ['no such label', { label: 'Deploy' }, false],
    ['the label of one parallel job', { label: 'Test 2 of 3' }, true],
    ['the label of one job of a matrix', { label: 'Lint linux/arm64' }, true],
    ['a label with a variable', { label: 'Run eu-west-1 now' }, true],
    ['a glob that overlaps a template', { label: 'L* arm64' }, true],
    ['a glob that does not', { label: 'X* arm64' }, false],
  ] as const)('may be in a pipeline: %s', (_name, step, may) => {
    const stepLabels = [
      ':rocket: Deploy',
      'Test %n of %t',
      'Lint {{matrix.os}}/{{ matrix.arch }}',
      'Run $REGION now',
    ];
    expect(mayBeInPipeline(step, { stepKeys: ['a', 'b-1'], stepLabels })).toBe(may);
  });

  it('is one key, or may be several steps', () => {
    expect([keyOfStep('a:b'), keyOfStep('a*'), keyOfStep({ label: 'a' })]).toEqual(['a:b', null, null]);
  });

  it.each(['test/slow', 'test-*', { label: 'a/{b}' }])('%j survives as a part of an id', (step) => {
    expect(splitHistoryId(makeHistoryId('canary', step))).toEqual(['canary', step]);
  });

  it('reads well behind the word step', () => {
    expect(formatStep({ label: ':rocket: Deploy' })).toBe('labelled ":rocket: Deploy"');
  });
});

it.each([
  ['a key', 'test', 'test'],
  ['a number', '123', '123'],
  ['a glob', '"test-*"', 'test-*'],
  ['a label', '{ label: ":rocket: Deploy" }', { label: ':rocket: Deploy' }],
  ['a label that is a number', '{ label: 123 }', { label: '123' }],
] as const)('a file may name a step by %s', (_name, text, step) => {
  const { scenario, problems } = read(changed('step: integration', `step: ${text}`));
  expect(problems).toEqual([]);
  expect(scenario === null ? null : stepOf(scenario.when)).toEqual(step);
});
