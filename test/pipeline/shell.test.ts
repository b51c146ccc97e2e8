import { expect, test } from 'vitest';
import { plainText, quoteWord } from '../../src/pipeline/shell.ts';

test('plain words stay as they are', () => {
  expect(quoteWord('scenarios/exec-form.yaml')).toBe('scenarios/exec-form.yaml');
});

test('a label holds nothing that an upload would interpolate', () => {
  expect(plainText('costs $TOKEN \\$TOKEN\n')).toBe('costs  TOKEN   TOKEN');
});
