import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { GROUPS, groupCommands, type ListedCommand, type ListedTopic } from '../../src/cli/command-groups.ts';
import { exitCodesHelp } from '../../src/cli/exit-codes.ts';
import { drawCommand, drawOverview, drawText, drawTopic } from '../../src/cli/help-text.ts';
import { explainUnknown } from '../../src/cli/unknown-command.ts';

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));
}

const COMMANDS = Object.values(
  (read('oclif.manifest.json') as { commands: Record<string, ListedCommand> }).commands,
);
const ALIASES = COMMANDS.flatMap((command) =>
  (command.hiddenAliases ?? []).map((id) => ({ ...command, id, hidden: true })),
);
const TOPICS = Object.entries(
  (read('package.json') as { oclif: { topics: Record<string, ListedTopic> } }).oclif.topics,
).map(([name, { description }]) => ({ name, description }));
const NARROW = { columns: 80, colors: false };
const RUN = COMMANDS.find(({ id }) => id === 'run') as ListedCommand;

describe('help', () => {
  const pages = [
    ['the overview', drawOverview({ commands: COMMANDS, topics: TOPICS, about: 'What it is.' }, NARROW)],
    ['the exit codes', drawText(exitCodesHelp(), NARROW)],
    ...TOPICS.map((topic) => [topic.name, drawTopic(topic, COMMANDS, null, NARROW)] as const),
    ...COMMANDS.flatMap((command) => [
      [`${command.id} in short`, drawCommand(command, false, NARROW)] as const,
      [`${command.id} in full`, drawCommand(command, true, NARROW)] as const,
    ]),
  ] as const;

  it.each(pages)('of %s fits in 80 columns, but for a command line to copy', (_, page) => {
    const wide = page.split('\n').filter((line) => line.length > 80);
    expect(wide.filter((line) => line.trim().includes(' '))).toEqual([]);
  });

  it('lists every command once, in the group that a person looks in', () => {
    const groups = groupCommands(COMMANDS, TOPICS);
    const names = groups.flatMap(({ entries }) => entries.map(({ name }) => name));
    expect(names.toSorted()).toEqual(
      [...new Set(COMMANDS.map(({ id }) => id.split(':')[0] ?? ''))].toSorted(),
    );
    expect(GROUPS.map(({ title }) => title)).toEqual(['start', 'run', 'plan', 'look back', 'rig']);
    for (const { entries } of groups) for (const { summary } of entries) expect(summary).not.toBe('');
  });

  it('gives every command of the overview one line, on a terminal of 80 columns', () => {
    const page = drawOverview({ commands: COMMANDS, topics: TOPICS, about: 'What it is.' }, NARROW);
    expect(page.split('\n').filter((line) => /^ {3,}\S/.test(line))).toEqual([]);
  });

  it('shows examples with files that a reader has: of their own, or shipped by name', () => {
    const examples = COMMANDS.flatMap((command) => command.examples ?? []).map((example) =>
      typeof example === 'string' ? example : example.command,
    );
    expect(examples.length).toBeGreaterThan(20);
    expect(examples.filter((command) => /\b(?:scenarios|test|docs|recipes)\//.test(command))).toEqual([]);
  });

  it('names a command that is in no group under "more"', () => {
    const groups = groupCommands([...COMMANDS, { id: 'teach', summary: 'Teach.' }], TOPICS);
    expect(groups.at(-1)?.title).toBe('more');
    expect(groups.at(-1)?.entries).toContainEqual({ name: 'teach', summary: 'Teach.' });
  });

  it('names the page that explains the words, which is there', () => {
    const page = drawOverview({ commands: COMMANDS, topics: TOPICS, about: 'What it is.' }, NARROW);
    const [glossary = ''] = /docs\/\S+\.md/.exec(page) ?? [];
    expect(readFileSync(new URL(`../../${glossary}`, import.meta.url), 'utf8')).toContain('# Glossary');
  });

  it('of a command says what, an example and the flags that most need, and where the rest is', () => {
    const page = drawCommand(RUN, false, NARROW);
    for (const said of ['Stop the task', '$ gameday run --rig @exec-form', '--dry-run', '--var NAME=value'])
      expect(page).toContain(said);
    expect(page).toMatch(/More flags: .*--parallel/s);
    expect(page).not.toContain('GAMEDAY_PARALLEL');
    expect(page).toContain('`gameday help exit-codes`');
    expect(page).not.toMatch(/^ +10 {2}/m);
    expect(drawCommand(RUN, true, NARROW)).toContain('GAMEDAY_PARALLEL');
  });

  it('never hides a flag that must be given', () => {
    const gate = drawCommand(COMMANDS.find(({ id }) => id === 'ledger:list') as ListedCommand, false, NARROW);
    expect(gate).toMatch(/gameday ledger list --ledger URL \[FLAGS\]/);
    expect(gate).toMatch(/^ {2}--ledger URL .*\n.*required/m);
  });

  it('of a narrow terminal stays readable', () => {
    const page = drawCommand(RUN, true, { columns: 40, colors: false });
    const wide = page.split('\n').filter((line) => line.length > 40);
    expect(wide.filter((line) => line.trim().includes(' '))).toEqual([]);
  });
});

/** What is typed, and what is answered. */
test.each([
  ['rnu x', 'there is no command "rnu"', 'Did you mean `gameday run`?'],
  ['drills shwo', 'there is no command "drills shwo"', 'Did you mean `gameday drills show`?'],
  ['ledger lst', 'there is no command "ledger lst"', 'Did you mean `gameday ledger list`?'],
  ['rig upp', 'there is no command "rig upp"', 'Did you mean `gameday rig up`?'],
  ['drlls show x', 'there is no command "drlls"', 'Did you mean `gameday drills show`?'],
  ['anlyze x', 'there is no command "anlyze"', 'Did you mean `gameday drills judge`?'],
  [
    'show x',
    'there is no command "show"',
    'Did you mean `gameday drills show` or `gameday ledger show` or `gameday scenarios show`?',
  ],
  [
    'drills 20260102-030405-beef',
    'there is no command "drills 20260102-030405-beef"',
    'Did you mean `gameday drills show 20260102-030405-beef`?',
  ],
  ['hlep run', 'there is no command "hlep"', 'Did you mean `gameday help`?'],
  ['losses x y', '`gameday losses` takes no argument, and "x y" is one', 'See `gameday help losses`.'],
  [
    'drills list x',
    '`gameday drills list` takes no argument, and "x" is one',
    'See `gameday help drills list`.',
  ],
])('%s', (typed, message, next) => {
  expect(explainUnknown(typed.split(' '), [...COMMANDS, ...ALIASES])).toEqual({ message, at: null, next });
});

test('where no command is near, all are listed', () => {
  const { next } = explainUnknown(['xyzzy'], [...COMMANDS, ...ALIASES]);
  expect(next).toMatch(/^The commands are: .*\bdrills\b.*\bhelp, version\.$/);
  const below = explainUnknown(['rig', 'xyzzy'], [...COMMANDS, ...ALIASES]).next;
  expect(below).toMatch(/^The commands are: rig up\.$/);
});
