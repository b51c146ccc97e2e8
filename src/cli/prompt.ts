import type { Person } from '../model/person.ts';
import { escapeControls } from '../journal/escape.ts';
import type { Reporter } from '../report/reporter.ts';
import type { Output } from './output.ts';
import type { Interruption } from './signals.ts';

/** The person at this terminal, asked on stderr, since stdout is for results. */
export function terminalPerson(
  output: Output,
  interruption: Interruption,
  reporter: Required<Reporter>,
): Person {
  return {
    async confirm(shown, signal) {
      reporter.pause();
      try {
        const { default: confirm } = await import('@inquirer/confirm');
        output.stderr.write(`\n${shown.map((line) => `  ${escapeControls(line)}\n`).join('')}\n`);
        return await confirm({ message: 'Stop it?', default: false }, { signal, output: process.stderr });
      } catch (error) {
        // In raw mode Ctrl-C is a key and no signal comes: it is still an interruption, not a no.
        if (error instanceof Error && error.name === 'ExitPromptError' && error.message.includes('SIGINT')) {
          if (interruption.got() === null) interruption.raise('SIGINT');
        }
        return false;
      } finally {
        reporter.resume();
      }
    },
  };
}

/** Where nobody can be asked, nobody said yes. */
export const nobody: Person = { confirm: async () => false };
