import type { Hook } from '@oclif/core';
import { documentOf } from './exit-codes.ts';
import { createOutput } from './output.ts';
import { asksForJson, writeAnswer } from './runner.ts';

/** Answers an unknown command as bad input: one line, or one document under `--json`. */
const commandNotFound: Hook<'command_not_found'> = async (context) => {
  const { findClosest: closest } = await import('../model/suggest.ts');
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

/** The command's name: oclif adds the arguments to it, as words are separated by spaces; a topic has two words. */
function commandIn([first = '', second]: readonly string[], commands: readonly string[]): string {
  const isTopic = commands.some((command) => command.startsWith(`${first} `));
  return isTopic && second !== undefined ? `${first} ${second}` : first;
}
