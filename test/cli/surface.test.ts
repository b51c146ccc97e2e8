import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMANDS as LIST } from '../../src/commands/list.ts';
import { exitCodesHelp } from '../../src/cli/exit-codes.ts';
import { EXIT_CODES } from '../../src/model/reasons.ts';

interface Flag {
  readonly type: string;
  readonly env?: string | undefined;
  readonly default?: unknown;
  readonly defaultHelp?: unknown;
  readonly options?: readonly string[] | undefined;
  readonly multiple?: boolean | undefined;
}
interface Surface {
  readonly summary?: string | undefined;
  readonly description?: string | undefined;
  readonly examples?: readonly unknown[] | undefined;
  readonly hiddenAliases?: readonly string[] | undefined;
  readonly args?: Readonly<
    Record<string, { readonly required?: boolean | undefined; readonly multiple?: boolean | undefined }>
  >;
  readonly flags?: Readonly<Record<string, Flag>>;
}

const COMMANDS: Readonly<Record<string, Surface>> = Object.fromEntries(
  Object.entries(LIST).map(([id, command]) => [id.replaceAll(':', ' '), command]),
);

/** A flag that could turn a gate into exit 0 when it is left in a pipeline's environment has no variable; `--reporter json` is `--json`. */
const WITHOUT_VARIABLE = ['yes', 'json', 'reporter', 'notify', 'var', 'rig', 'dry-run', 'insecure'];
/** What a release must show has none either: one that is left over would ask for less. */
const ASKED = 'claim within at-least job-time pessimistic stopped losses worker-then fault'.split(' ');
/** Those of one command that make somebody's own commands run on this machine have none there either, nor what a merge must find. */
const TYPED_ONLY: Readonly<Record<string, readonly string[]>> = {
  certify: [...ASKED, 'max'],
  gate: [...ASKED, 'image-digest'],
  // Which drill is meant is said where it is meant.
  'drills report': ['last'],
  // A limit belongs to the command that it judges.
  losses: ['max'],
  merge: ['shard'],
  rehearse: ['pipeline', 'programs'],
};

test('the commands, their arguments, flags and variables', async () => {
  const pages = Object.entries(COMMANDS).map(async ([id, { args = {}, flags = {}, hiddenAliases = [] }]) => [
    `${id} ${Object.entries(args)
      .map(([name, arg]) => `${name}${arg.multiple === true ? '...' : ''}${arg.required === true ? '' : '?'}`)
      .join(' ')}`.trimEnd(),
    ...hiddenAliases.map((alias) => `  also as ${alias}`),
    ...(await Promise.all(
      Object.entries(flags)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, flag]) => flagLine(name, flag)),
    )),
  ]);
  const lines = (await Promise.all(pages)).flat();
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../golden/cli/surface.txt');
});

/** A default that is computed is shown as help shows it. */
async function defaultOf({ default: value, defaultHelp }: Flag): Promise<unknown> {
  return typeof defaultHelp === 'function' ? (defaultHelp as () => Promise<unknown>)() : value;
}

async function flagLine(name: string, flag: Flag): Promise<string> {
  const value = await defaultOf(flag);
  const parts = [
    `  --${name}`,
    flag.options === undefined ? flag.type : flag.options.join('|'),
    flag.multiple === true ? 'multiple' : '',
    flag.env === undefined ? '' : `env ${flag.env}`,
    typeof value === 'string' ? `default ${value}` : '',
  ];
  return parts.filter((part) => part !== '').join('  ');
}

test.each(Object.entries(COMMANDS))('%s: variables by the rule, a summary and examples', (id, command) => {
  for (const [name, flag] of Object.entries(command.flags ?? {})) {
    const variable = `GAMEDAY_${name.toUpperCase().replaceAll('-', '_')}`;
    expect(flag.env).toBe(
      [...WITHOUT_VARIABLE, ...(TYPED_ONLY[id] ?? [])].includes(name) ? undefined : variable,
    );
  }
  expect(command.summary).toBeTruthy();
  expect(command.examples).not.toHaveLength(0);
});

test('the table of exit codes names every code', () => {
  for (const code of [...Object.values(EXIT_CODES), 143])
    expect(exitCodesHelp()).toMatch(new RegExp(`\\b${code}\\b`));
});

test('the manifest has every command, and names no files: a copy would run this checkout', () => {
  const text = readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8');
  const { commands } = JSON.parse(text) as { readonly commands: object };
  expect(Object.keys(commands).toSorted()).toEqual(Object.keys(LIST).toSorted());
  expect(text).not.toContain('relativePath');
});
