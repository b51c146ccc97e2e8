import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { definitionFileOf } from '../../src/rehearsal/input.ts';

test('the file is the argument, else the flag, which may come from the environment; - is stdin', () => {
  expect(definitionFileOf('task.json', undefined, undefined)).toBe('task.json');
  expect(definitionFileOf(undefined, 'task.json', undefined)).toBe('task.json');
  expect(definitionFileOf('task.json', 'other.json', 'other.json')).toBe('task.json');
  expect(definitionFileOf('-', undefined, undefined)).toBe('/dev/stdin');
});

test.each(['@incident', '@incident-fixed'])('%s is shipped', (name) => {
  expect(existsSync(definitionFileOf(name, undefined, undefined))).toBe(true);
});

test.each<[string, string | undefined, string | undefined, RegExp]>([
  ['two files', 'a.json', 'b.json', /two task definitions are given: a\.json, and --task-definition b\.json/],
  ['no file', undefined, undefined, /no task definition is given/],
  ['a name that is not shipped', '@exec-form', undefined, /ships no task definition with the name exec-form/],
])('%s: bad input', (_title, file, flag, says) => {
  expect(() => definitionFileOf(file, flag, undefined)).toThrow(
    expect.objectContaining({ reason: 'bad-input', message: expect.stringMatching(says) as string }),
  );
});
