import type { InputError } from '../scenario/problem.ts';
import { findClosest } from '../model/suggest.ts';
import type { ListedCommand } from './command-groups.ts';
import { spell } from './help-text.ts';

/** Words that are no command of the manifest, and work all the same. */
const OWN_WORDS = ['help', 'version'];
/** How the id of a drill begins: with its date and time. */
const DRILL_ID = /^\d{8}-\d{6}/;

/** What is wrong with words that name no command, and what was most likely meant. `commands`: with their aliases. */
export function explainUnknown(words: readonly string[], commands: readonly ListedCommand[]): InputError {
  const names = commands.filter(({ hidden }) => hidden !== true).map(({ id }) => spell(id));
  const [first = '', second] = words;
  const below = names.filter((name) => name.startsWith(`${first} `));
  const whole = [words.slice(0, 2).join(' '), first].find((name) => names.includes(name));
  if (whole !== undefined) return explainExcess(whole, words);
  if (below.length > 0 && second !== undefined) return explainBelow(first, second, words, below);
  const message = `there is no command "${first}"`;
  const sameWord = names.filter((name) => name.endsWith(` ${first}`));
  if (sameWord.length > 0) return { message, at: null, next: ask(sameWord) };
  const near = findClosest(first, [...tops(names), ...aliasesOf(commands), ...OWN_WORDS]);
  const next =
    near === null
      ? `The commands are: ${[...tops(names), ...OWN_WORDS].join(', ')}.`
      : ask([canonical(near, words, commands)]);
  return { message, at: null, next };
}

/** Words after a command that takes none. */
function explainExcess(command: string, words: readonly string[]): InputError {
  const more = words.slice(command.split(' ').length).join(' ');
  return {
    message: `\`gameday ${command}\` takes no argument, and "${more}" is one`,
    at: null,
    next: `See \`gameday help ${command}\`.`,
  };
}

/** A word after a topic that is no command of it. */
function explainBelow(
  topic: string,
  word: string,
  words: readonly string[],
  below: readonly string[],
): InputError {
  const message = `there is no command "${topic} ${word}"`;
  const isDrill = topic === 'drills' && DRILL_ID.test(word);
  if (isDrill) return { message, at: null, next: ask([`drills show ${words.slice(1).join(' ')}`]) };
  const near = findClosest(
    word,
    below.map((name) => name.slice(topic.length + 1)),
  );
  const next = near === null ? `The commands are: ${below.join(', ')}.` : ask([`${topic} ${near}`]);
  return { message, at: null, next };
}

function tops(names: readonly string[]): readonly string[] {
  return [...new Set(names.map((name) => name.split(' ')[0] ?? name))];
}

function aliasesOf(commands: readonly ListedCommand[]): readonly string[] {
  return commands.flatMap(({ hiddenAliases = [] }) => hiddenAliases);
}

/** Today's name for an alias; and with a topic its command, where the second word is one. */
function canonical(near: string, [, second]: readonly string[], commands: readonly ListedCommand[]): string {
  const named = commands.find(({ id, hiddenAliases = [] }) => hiddenAliases.includes(near) && id !== near);
  const withSecond = commands.find(({ id }) => spell(id) === `${near} ${second ?? ''}`);
  if (withSecond !== undefined) return spell(withSecond.id);
  return named === undefined || named.id.startsWith(`${near}:`) ? near : spell(named.id);
}

function ask(names: readonly string[]): string {
  return `Did you mean ${names.map((name) => `\`gameday ${name}\``).join(' or ')}?`;
}
