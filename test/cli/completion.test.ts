import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ListedCommand } from '../../src/cli/command-groups.ts';
import { makeVocabulary } from '../../src/cli/completion/words.ts';

const { commands } = JSON.parse(
  readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8'),
) as { commands: Record<string, ListedCommand> };
const VOCABULARY = makeVocabulary(Object.values(commands), new Map(), ['@exec-form']);

function find(path: string): (typeof VOCABULARY.commands)[number] | undefined {
  return VOCABULARY.commands.find((command) => command.path === path);
}

test('every argument is something that a shell can offer, but for fingerprints', () => {
  const none = VOCABULARY.commands.filter(({ args }) => args.includes('none')).map(({ path }) => path);
  expect(none).toEqual(['ledger diff', 'ledger show']);
});

test.each([
  ['run', ['scenario']],
  ['drills show', ['drill']],
  ['drills compare', ['drill', 'drill']],
  ['resume', ['drill']],
  ['rig up', ['file']],
  ['study', ['folder']],
  ['completion', [['bash', 'zsh', 'fish']]],
])('%s takes %j', (path, args) => {
  expect(find(path)?.args).toEqual(args);
});

test('a flag has the kind of its value, and a switch has none', () => {
  const kinds = Object.fromEntries(find('run')?.flags.map(({ name, value }) => [name, value]) ?? []);
  expect(kinds).toMatchObject({
    ...{ '--rig': null, '--out': 'folder', '--agent': 'file', '--reporter': 'reporter', '--var': 'none' },
    '--executor': ['namespace', 'process', 'container'],
  });
});

test('former names are not offered, and what follows them is', () => {
  const words = VOCABULARY.words.get('')?.map(({ word }) => word) ?? [];
  expect(words).toEqual(expect.arrayContaining(['drills', 'help', 'version']));
  for (const former of ['resume', 'abort', 'analyze']) {
    expect(words).not.toContain(former);
    expect(find(former)?.args).toEqual(['drill']);
  }
});
