import { findClosest } from '../model/suggest.ts';

/** The command that was typed: its words, and the names of its flags. */
export interface Typed {
  readonly command: string;
  readonly flags: readonly string[];
}

interface Explained {
  readonly message: string;
  readonly next: string;
}

type Reword = (found: readonly string[], typed: Typed) => Explained;

/** The errors of oclif's parser (its lib/parser/errors.js and validate.js), and how they are said here. */
const REWORDED: readonly (readonly [RegExp, Reword])[] = [
  [/^Nonexistent flags?: (.+)$/, ([flags = ''], typed) => explainUnknownFlags(flags.split(', '), typed)],
  [
    /^Flag --(\S+) can only be specified once$/,
    ([flag = '']) => ({ message: `--${flag} is given twice`, next: 'Keep one of them.' }),
  ],
  [
    /^Missing 1 required arg: (\S+)\s+(.*)$/,
    ([name = '', about = ''], { command }) => ({
      message: `${command} needs ${name}: ${about}`,
      next: `\`${command} --help\` shows how it is given.`,
    }),
  ],
  [
    /^The following errors? occurred: Missing required flag (\S+)$/,
    ([flag = ''], { command }) => ({
      message: `${command} needs --${flag}`,
      next: `\`${command} --help\` says what it is.`,
    }),
  ],
  [
    /^Unexpected arguments?: (.+)$/,
    ([given = ''], { command }) => ({
      message: `${command} does not take the argument ${given}`,
      next: `\`${command} --help\` shows what it takes.`,
    }),
  ],
  [
    /^Flag --(\S+) expects a value$/,
    ([flag = ''], { command }) => ({
      message: `--${flag} has no value`,
      next: `\`${command} --help\` says what it takes.`,
    }),
  ],
  [
    /^Parsing --(\S+) Expected (.+) but received: (.*)$/,
    ([flag = '', wanted = '', given = ''], { command }) => ({
      message: `--${flag} "${given}" is not ${wanted}`,
      next: `\`${command} --help\` says what it takes.`,
    }),
  ],
  [
    /^Expected --([^=]+)=(.*) to be one of: (.+)$/,
    ([flag = '', given = '', options = '']) => {
      const near = findClosest(given, options.split(', '));
      return {
        message: `--${flag} "${given}" is none of ${options}`,
        next: near === null ? 'Give one of them.' : `Did you mean ${near}?`,
      };
    },
  ],
];

function explainUnknownFlags(given: readonly string[], { command, flags }: Typed): Explained {
  const meant = given
    .map((flag) => findClosest(flag.replace(/^-+/, ''), flags))
    .filter((near) => near !== null);
  const see = `\`${command} --help\` lists its flags.`;
  return {
    message: `${command} has no flag ${given.join(' and no flag ')}`,
    next: meant.length === 0 ? see : `Did you mean ${meant.map((flag) => `--${flag}`).join(' and ')}? ${see}`,
  };
}

/** A value that came from the environment is told by its variable: whoever set it has typed no such flag. */
export function nameVariable(
  { message, next }: { readonly message: string; readonly next: string | null },
  fromEnvironment: Readonly<Record<string, string>>,
): { readonly message: string; readonly next: string | null } {
  const flag = /^--([\w-]+) /.exec(message)?.[1] ?? '';
  const variable = fromEnvironment[flag];
  if (variable === undefined) return { message, next };
  return {
    message: message.replace(`--${flag}`, variable),
    next: next?.replace(`--${flag} `, `${variable}=`) ?? null,
  };
}

/** An error of the command line's parser, in the words of the program. */
export function explainUsage(message: string, typed: Typed): Explained {
  for (const [pattern, reword] of REWORDED) {
    const found = pattern.exec(message);
    if (found !== null) return reword(found.slice(1), typed);
  }
  return { message, next: `\`${typed.command} --help\` shows how it is used.` };
}
