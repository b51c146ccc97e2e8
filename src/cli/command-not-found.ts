import type { Hook } from '@oclif/core';
import { toJson } from '../journal/escape.ts';
import { errorLines } from '../report/summary.ts';
import { documentOf } from './documents.ts';
import { createOutput } from './output.ts';
import { finishWith } from './way-out.ts';

/** An unknown command is bad input like any other: one line, or one document under `--json`. */
const commandNotFound: Hook<'command_not_found'> = async (context) => {
  const { closest } = await import('../scenario/suggest.ts');
  const { config } = context;
  const commands = config.commandIDs.map((id) => id.replaceAll(':', ' '));
  const given = commandIn(context.id.split(':'), commands);
  const near = closest(given, commands);
  const next =
    near === null ? `The commands are: ${commands.join(', ')}.` : `Did you mean \`${config.bin} ${near}\`?`;
  const document = documentOf('bad-input', [{ message: `there is no command "${given}"`, at: null, next }]);
  const output = createOutput(process.env);
  finishWith(document.exitCode);
  if (context.argv?.includes('--json') || given === '--json') {
    output.stdout.write(`${toJson(document, 2)}\n`);
  } else {
    for (const line of errorLines(document.errors, output.stderr.colors)) output.stderr.write(`${line}\n`);
  }
};
export default commandNotFound;

/** Words are separated by spaces, so oclif takes arguments for parts of the name; a topic has one more word. */
function commandIn([first = '', second]: readonly string[], commands: readonly string[]): string {
  const isTopic = commands.some((command) => command.startsWith(`${first} `));
  return isTopic && second !== undefined ? `${first} ${second}` : first;
}
