import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Described, schemaOf, wordsOf } from '../../src/mcp/command-line.ts';
import type { Input } from '../../src/mcp/command-line.ts';
import { TOOLS } from '../../src/mcp/tools.ts';
import type { Tool } from '../../src/mcp/tools.ts';

const { commands } = z
  .object({ commands: z.record(z.string(), Described) })
  .parse(JSON.parse(readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8')));

/** Commands that change nothing at Buildkite or AWS, whatever they are given; `run` does so only as a dry run. */
const CHANGES_NOTHING = [
  'preflight',
  'rehearse',
  'doctor',
  'validate',
  'forecast',
  'losses',
  ...['list', 'judge', 'show', 'report'].map((name) => `drills ${name}`),
];
/** Flags that send, allow or write something elsewhere, or have a program of the client's choice take the agent's place. */
const NEVER_GIVEN = ['rig', 'insecure', 'reporter', 'svg', 'agent', 'side-by-side', 'annotate', 'notify'];

function tool(name: string): Tool {
  const found = TOOLS.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no tool ${name}`);
  return found;
}

function schema(one: Tool): z.ZodObject {
  const command = commands[one.command.join(':')];
  if (command === undefined) throw new Error(`no command ${one.command.join(' ')}`);
  return schemaOf(one, command);
}

test('the tools are those that change nothing, and a run is a dry run', () => {
  const words = TOOLS.map(({ command, always }) => [...command, ...always].join(' '));
  expect(words.filter((line) => !CHANGES_NOTHING.includes(line))).toEqual(['run --dry-run']);
});

test.each(TOOLS)('$name takes only flags of its command, and none that reaches further', (one) => {
  const { properties = {}, additionalProperties } = z.toJSONSchema(schema(one));
  const names = Object.keys(properties);
  expect(names).toEqual([...(one.operand === null ? [] : [one.operand.name]), ...one.flags]);
  expect(names.filter((name) => NEVER_GIVEN.includes(name))).toEqual([]);
  // A person's consent is for this machine alone; a ledger is only read where drills are listed.
  expect(names.includes('yes')).toBe(one.name === 'rehearse');
  expect(names.includes('ledger')).toBe(one.name === 'drills_list');
  expect(additionalProperties).toBe(false);
});

describe('no input becomes another word', () => {
  test.each(['--yes', '-h', '--', '--rig', ''])('%j is no file and no drill', (word) => {
    expect(schema(tool('plan')).safeParse({ files: [word] }).success).toBe(false);
    expect(schema(tool('plan')).safeParse({ files: ['a.yaml', word] }).success).toBe(false);
    expect(schema(tool('drills_judge')).safeParse({ drill: word }).success).toBe(false);
  });

  test('an option that the tool does not have is refused', () => {
    for (const name of ['yes', 'dry-run', 'rig', 'ledger', 'parallel', 'constructor'])
      expect(schema(tool('plan')).safeParse({ files: ['a.yaml'], [name]: true }).success, name).toBe(false);
    expect(schema(tool('plan')).safeParse({ files: ['a.yaml'], var: ['A=b'] }).success).toBe(true);
  });

  test('what looks like flags in a value stays in the value', () => {
    const given = { files: ['a.yaml', 'b.yaml'], var: ['A=1 --yes', '--rig'] };
    expect(wordsOf(tool('plan'), schema(tool('plan')).parse(given) as Input)).toEqual([
      ...['run', '--dry-run', '--json', '--var=A=1 --yes', '--var=--rig', 'a.yaml', 'b.yaml'],
    ]);
  });

  test('a report is asked for as Markdown, and all else as a document', () => {
    expect(wordsOf(tool('drills_report'), { drill: 'x' })).toEqual([
      ...['drills', 'report', '--reporter=markdown', 'x'],
    ]);
    for (const one of TOOLS.filter(({ isText }) => isText !== true))
      expect(wordsOf(one, {}), one.name).toContain('--json');
  });

  test('a flag without a value is given or left out', () => {
    const given = (yes: boolean) => wordsOf(tool('rehearse'), { file: 'task.json', container: 'agent', yes });
    expect(given(true)).toEqual(['rehearse', '--json', '--container=agent', '--yes', 'task.json']);
    expect(given(false)).toEqual(['rehearse', '--json', '--container=agent', 'task.json']);
  });
});
