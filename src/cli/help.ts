import type { Interfaces } from '@oclif/core';
import type { ListedCommand } from './command-groups.ts';
import { documentOf, exitCodesHelp } from './exit-codes.ts';
import { drawCommand, drawOverview, drawText, drawTopic, type HelpLayout } from './help-text.ts';
import { createOutput } from './output.ts';

const ABOUT =
  'Chaos game days for Buildkite builds on Amazon ECS: gameday stops the task that hosts a running job and says, with evidence, whether the build passed or was lost.';

/** Help as oclif asks for it: for `--help`, `-h`, no command, and a topic alone. */
export class GamedayHelp {
  readonly #config: Interfaces.Config;

  constructor(config: Interfaces.Config) {
    this.#config = config;
  }

  async showHelp(argv: readonly string[]): Promise<void> {
    const output = createOutput(process.env);
    const page = this.#pageOf(argv, { columns: output.stdout.columns(), colors: output.stdout.colors });
    if (page !== null) return output.stdout.write(page);
    // Loaded here alone: help is to be there at once.
    const { asksForJson, writeAnswer } = await import('./runner.ts');
    const { explainUnknown } = await import('./unknown-command.ts');
    const { commands } = this.#config;
    const unknown = explainUnknown(wordsOf(argv), commands);
    writeAnswer(documentOf('bad-input', [unknown]), asksForJson(argv), output);
  }

  /** The page that the words ask for; null where they name no command. */
  #pageOf(argv: readonly string[], layout: HelpLayout): string | null {
    const { commands, topics } = this.#config;
    const words = wordsOf(argv);
    if (words.length === 0)
      return drawOverview({ commands: visible(commands), topics, about: ABOUT }, layout);
    if (words.join(' ') === 'exit-codes') return drawText(exitCodesHelp(), layout);
    const ids = words.map((_, index) => words.slice(0, index + 1).join(':'));
    const below = visible(commands).filter(({ id }) => id.startsWith(`${words[0] ?? ''}:`));
    const command = ids.flatMap((id) => commands.find((one) => one.id === id) ?? []).at(-1);
    if (below.length > 0 && words.length === 1) {
      const topic = topics.find(({ name }) => name === words[0]) ?? { name: words[0] ?? '' };
      return drawTopic(topic, below, command === undefined ? null : nameOf(command, below), layout);
    }
    const isBelow = command?.id.includes(':') === true;
    if (command === undefined || (below.length > 0 && !isBelow)) return null;
    return drawCommand(originalOf(command, commands), argv.includes('--all'), layout);
  }
}

/** The words of a command line before its first flag; what follows `--` belongs to somebody else. */
function wordsOf(argv: readonly string[]): readonly string[] {
  const end = argv.findIndex((arg) => arg === '--');
  return (end === -1 ? argv : argv.slice(0, end))
    .filter((arg) => !arg.startsWith('-'))
    .flatMap((arg) => arg.split(':'));
}

function visible(commands: readonly ListedCommand[]): readonly ListedCommand[] {
  return commands.filter(({ hidden }) => hidden !== true);
}

/** The command that an alias stands for. */
function originalOf(command: ListedCommand, commands: readonly ListedCommand[]): ListedCommand {
  const isOriginal = ({ id, hiddenAliases = [] }: ListedCommand): boolean =>
    hiddenAliases.includes(command.id) && !hiddenAliases.includes(id);
  return commands.find(isOriginal) ?? command;
}

function nameOf(alias: ListedCommand, below: readonly ListedCommand[]): string {
  return originalOf(alias, below).id;
}
