import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';

const linesOf = (path: string): readonly string[] =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

test('the image is made of what the npm package holds', () => {
  const { files } = z
    .object({ files: z.array(z.string()) })
    .parse(JSON.parse(linesOf('package.json').join('\n')));
  const whole = files.map((path) => path.split('/')[0] ?? '');
  const [all, ...lines] = linesOf('.dockerignore');
  expect(all).toBe('*');
  const kept = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  // npm takes package.json along by itself.
  expect(kept.toSorted()).toEqual([...new Set(['package.json', ...whole])].toSorted());
});

test('nothing in the image runs as root, or under a shell', () => {
  const lines = linesOf('Dockerfile');
  const last = (word: string): string | undefined => lines.findLast((line) => line.startsWith(`${word} `));
  expect(last('USER')).toMatch(/^USER [1-9]\d*:[1-9]\d*$/);
  expect(JSON.parse(last('ENTRYPOINT')?.slice('ENTRYPOINT '.length) ?? '')).toEqual([
    'node',
    '/opt/gameday/bin/run.js',
  ]);
  expect(lines.filter((line) => line.startsWith('RUN'))).toEqual([]);
});
