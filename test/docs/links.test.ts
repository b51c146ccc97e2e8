import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/cli.ts';
import { textOf, trackedFiles } from './pages.ts';

/** What a heading is called in a link. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsOf(page: string): readonly string[] {
  return [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchor(heading));
}

function brokenLinks(page: string): readonly string[] {
  const prose = textOf(page).replaceAll(/^```[\s\S]*?^```$/gm, '');
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return links
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path = '', fragment] = target.split('#');
      const file = path === '' ? page : normalize(join(dirname(page), path));
      if (!existsSync(join(ROOT, file))) return true;
      return fragment !== undefined && !anchorsOf(file).includes(fragment);
    })
    .map((target) => `${page}: ${target}`);
}

test('every relative link of every page leads somewhere', () => {
  const pages = trackedFiles().filter((path) => path.endsWith('.md'));
  expect(pages).toContain('README.md');
  expect(pages.flatMap(brokenLinks)).toEqual([]);
});

test('every page of docs is reached from the index', () => {
  const index = `${textOf('docs/README.md')}${textOf('docs/decisions/README.md')}`;
  const pages = trackedFiles().filter(
    (path) => /^docs\/.+\/.+\.md$/.test(path) && !path.endsWith('/README.md'),
  );
  const lost = pages.filter((path) => !index.includes(path.split('/').at(-1) ?? path));
  expect(lost).toEqual([]);
});

test('the tour has ten steps, and each names files that are there', () => {
  const steps = textOf('docs/explanation/tour.md')
    .split(/^(?=\d+\. )/m)
    .slice(1);
  expect(steps).toHaveLength(10);
  for (const step of steps) {
    const files = [...step.matchAll(/\]\((\.\.\/\.\.\/src\/[^)#]+)\)/g)].map(([, target = '']) => target);
    expect(files, step).not.toEqual([]);
    for (const file of files) expect(existsSync(join(ROOT, 'docs/explanation', file)), file).toBe(true);
  }
});

test('no tracked file names a folder of somebody or a host of a registry', () => {
  const words = [
    '/work' + '/',
    '/tmp' + '/lead',
    '/Users' + '/',
    'registry.' + 'npmjs',
    'proxy.' + 'golang',
    'pypi' + '.org',
  ];
  const texts = trackedFiles().filter((path) => existsSync(join(ROOT, path)));
  const found = texts.flatMap((path) => {
    const text = textOf(path);
    return words.filter((word) => text.includes(word)).map((word) => `${path}: ${word}`);
  });
  expect(found).toEqual([]);
});
