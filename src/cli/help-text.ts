import { createPainter, type Paint } from '../report/paint.ts';
import { wrap } from '../report/width.ts';
import {
  groupCommands,
  MORE,
  type Entry,
  type ListedArg,
  type ListedCommand,
  type ListedFlag,
  type ListedTopic,
} from './command-groups.ts';

/** How help is laid out. */
export interface HelpLayout {
  readonly columns: number;
  readonly colors: boolean;
}

const WIDEST = 80;
const NARROWEST = 40;

/** Writes help as lines of one width. */
class Page {
  readonly #lines: string[] = [];
  readonly #width: number;
  readonly #paint: Paint;

  constructor({ columns, colors }: HelpLayout) {
    this.#width = Math.max(NARROWEST, Math.min(WIDEST, columns));
    this.#paint = createPainter(colors);
  }

  /** Paragraphs, and the rows of a table of exit codes in them. */
  text(text: string, indent = 0): void {
    for (const line of text.split('\n')) {
      const [, row = '', rest = line] = /^( *\d+ {2})(.*)$/.exec(line) ?? [];
      const hang = ' '.repeat(indent + row.length);
      const [first = '', ...more] = wrap(rest, this.#width - hang.length);
      this.#lines.push(`${' '.repeat(indent)}${row}${first}`, ...more.map((part) => `${hang}${part}`));
    }
  }

  heading(title: string): void {
    this.#lines.push('', this.#paint(title.toUpperCase(), 'loud'));
  }

  gap(): void {
    this.#lines.push('');
  }

  /** Two columns; where the screen is narrow, or a name long, the text stands below it. */
  rows(entries: readonly Entry[], least = 0): void {
    const widest = Math.max(least, ...entries.map(({ name }) => name.length));
    const column = Math.min(widest, 26);
    for (const { name, summary } of entries) {
      const isBeside = name.length <= column && this.#width >= 60;
      const indent = isBeside ? column + 4 : 8;
      const [first = '', ...rest] = wrap(summary, this.#width - indent);
      if (isBeside) this.#lines.push(`  ${name.padEnd(column)}  ${first}`.trimEnd());
      else this.text(name, 2);
      for (const line of isBeside ? rest : [first, ...rest])
        if (line !== '') this.#lines.push(`${' '.repeat(indent)}${line}`);
    }
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

/** The overview: every command with its group. */
export function drawOverview({ commands, topics, about }: HelpSource, layout: HelpLayout): string {
  const page = new Page(layout);
  page.text(about);
  page.heading('usage');
  page.text('gameday COMMAND', 2);
  const groups = groupCommands(commands, topics);
  const widest = Math.max(...groups.flatMap(({ entries }) => entries.map(({ name }) => name.length)));
  for (const { title, entries } of groups) {
    page.heading(title);
    page.rows(entries, widest);
  }
  page.gap();
  page.text('`gameday help COMMAND` says more, `gameday help exit-codes` what a command ends with.');
  page.text('The words are explained in docs/reference/glossary.md.');
  return page.toString();
}

/** What help is made from. */
export interface HelpSource {
  readonly commands: readonly ListedCommand[];
  readonly topics: readonly ListedTopic[];
  /** What gameday is, in a sentence. */
  readonly about: string;
}

/** A page of text alone. */
export function drawText(text: string, layout: HelpLayout): string {
  const page = new Page(layout);
  page.text(text);
  return page.toString();
}

/** A topic and its commands. `alone`: the command that runs where none is named, or null. */
export function drawTopic(
  topic: ListedTopic,
  commands: readonly ListedCommand[],
  alone: string | null,
  layout: HelpLayout,
): string {
  const page = new Page(layout);
  const name = spell(topic.name);
  page.text(topic.description ?? name);
  page.heading('usage');
  page.text(`gameday ${name} COMMAND`, 2);
  page.heading('commands');
  page.rows(commands.map(({ id, summary = '' }) => ({ name: spell(id), summary })));
  page.gap();
  if (alone !== null) page.text(`\`gameday ${name}\` alone is \`gameday ${spell(alone)}\`.`);
  page.text(`\`gameday help ${name} COMMAND\` says more.`);
  return page.toString();
}

/** One command: what it does, examples, the flags that most need. `all`: every flag. */
export function drawCommand(command: ListedCommand, all: boolean, layout: HelpLayout): string {
  const page = new Page(layout);
  const name = spell(command.id);
  page.text(command.summary ?? name);
  page.heading('usage');
  page.text(`gameday ${[name, ...usageOf(command)].join(' ')}`, 2);
  page.heading('examples');
  for (const example of command.examples ?? []) {
    if (typeof example !== 'string' && example.description !== undefined) page.text(example.description, 2);
    page.text(`$ ${render(typeof example === 'string' ? example : example.command)}`, 2);
  }
  const description = (command.description ?? '').trim();
  if (description !== '') {
    page.gap();
    page.text(description);
  }
  const args = Object.entries(command.args ?? {});
  if (args.length > 0) {
    page.heading('arguments');
    page.rows(args.map(([arg, about]) => ({ name: nameArg(arg, about), summary: about.description ?? '' })));
  }
  drawFlags(page, command, all);
  return page.toString();
}

function drawFlags(page: Page, command: ListedCommand, all: boolean): void {
  const flags = Object.entries(command.flags ?? {}).filter(([, { hidden }]) => hidden !== true);
  const isMore = ([, flag]: readonly [string, ListedFlag]): boolean =>
    !all && flag.helpGroup === MORE && flag.required !== true;
  const [shown, more] = [flags.filter((flag) => !isMore(flag)), flags.filter(isMore)];
  if (shown.length > 0) {
    page.heading('flags');
    page.rows(
      shown
        .toSorted(([, a], [, b]) => Number(b.required === true) - Number(a.required === true))
        .map(([flag, about]) => ({ name: nameFlag(flag, about), summary: describeFlag(about, all) })),
    );
  }
  const name = spell(command.id);
  page.gap();
  if (more.length > 0)
    page.text(
      `More flags: ${more.map(([flag]) => `--${flag}`).join(', ')}; \`gameday help ${name} --all\` tells them.`,
    );
  else if (!all && flags.length > 0)
    page.text(`\`gameday help ${name} --all\` names the variables of flags too.`);
  if (command.description?.includes('Exit codes:') !== true)
    page.text('`gameday help exit-codes` says what it ends with.');
}

function usageOf({ args = {}, flags = {} }: ListedCommand): readonly string[] {
  return [
    ...Object.entries(args).map(([name, arg]) =>
      arg.required === true ? nameArg(name, arg) : `[${nameArg(name, arg)}]`,
    ),
    ...Object.entries(flags)
      .filter(([, { required }]) => required === true)
      .map(([name, flag]) => nameFlag(name, flag)),
    ...(Object.keys(flags).length > 0 ? ['[FLAGS]'] : []),
  ];
}

function nameArg(name: string, { multiple }: ListedArg): string {
  return `${name}${multiple === true ? '...' : ''}`;
}

/** A flag with its value, as it is typed. */
export function nameFlag(name: string, { type, options, helpValue, char }: ListedFlag): string {
  const value = options === undefined ? (helpValue ?? 'VALUE') : options.join('|');
  const typed = `${char === undefined ? '' : `-${char}, `}--${name}`;
  return type === 'boolean' ? typed : `${typed} ${String(value)}`;
}

/** What a flag is for, its default and, under `--all`, its variable. */
export function describeFlag(
  { description = '', default: value, env, required }: ListedFlag,
  all: boolean,
): string {
  const facts = [
    required === true ? 'required' : null,
    typeof value === 'string' || typeof value === 'number' ? `default: ${value}` : null,
    all && env !== undefined ? `variable ${env}` : null,
  ].filter((fact) => fact !== null);
  return facts.length === 0 ? description : `${description} (${facts.join('; ')})`;
}

/** A command's id as it is typed. */
export function spell(id: string): string {
  return id.replaceAll(':', ' ');
}

function render(example: string): string {
  return example.replaceAll('<%= config.bin %>', 'gameday');
}
