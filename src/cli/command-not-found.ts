import type { Hook } from '@oclif/core';
import { documentOf } from './exit-codes.ts';
import { createOutput } from './output.ts';
import { asksForJson, writeAnswer } from './runner.ts';

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
  writeAnswer(document, asksForJson([given, ...(context.argv ?? [])]), createOutput(process.env));
};
export default commandNotFound;

/** Words are separated by spaces, so oclif takes arguments for parts of the name; a topic has one more word. */
function commandIn([first = '', second]: readonly string[], commands: readonly string[]): string {
  const isTopic = commands.some((command) => command.startsWith(`${first} `));
  return isTopic && second !== undefined ? `${first} ${second}` : first;
}
