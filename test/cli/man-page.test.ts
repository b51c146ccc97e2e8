import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ListedCommand } from '../../src/cli/command-groups.ts';
import { EXIT_CODES } from '../../src/model/reasons.ts';

function read(name: string): string {
  return readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
}

const PAGE = read('gameday.1').replaceAll('\\-', '-');
const { commands } = JSON.parse(read('oclif.manifest.json')) as {
  readonly commands: Readonly<Record<string, ListedCommand>>;
};
const VISIBLE = Object.values(commands).filter(({ hidden }) => hidden !== true);

/** What the page says of one command. */
function entryOf({ id }: ListedCommand): string {
  const [, entry = ''] = PAGE.split(`\\fBgameday ${id.replaceAll(':', ' ')}\\fR`);
  return entry.split('\\fBgameday ')[0] ?? '';
}

test.each(VISIBLE.map((command) => [command.id, command] as const))(
  'the manual page tells %s once, with its flags',
  (id, command) => {
    expect(PAGE.split(`\\fBgameday ${id.replaceAll(':', ' ')}\\fR`)).toHaveLength(2);
    const entry = entryOf(command);
    const flags = Object.entries(command.flags ?? {}).filter(([, { hidden }]) => hidden !== true);
    for (const [name] of flags) expect(entry).toContain(`\\fB--${name}\\fR`);
  },
);

test('the manual page names every exit code', () => {
  for (const code of new Set(Object.values(EXIT_CODES))) expect(PAGE).toContain(`\n.B ${String(code)}\n`);
});

test('the package brings the manual page', () => {
  const { man, files } = JSON.parse(read('package.json')) as { man: string; files: string[] };
  expect(man).toBe('./gameday.1');
  expect(files).toContain('gameday.1');
});
