import { GamedayError } from '../model/errors.ts';
import { watchEnd } from './prompt.ts';

/** Ctrl-C at a question: an interruption, not an answer. */
export class InterruptedQuestion extends Error {}

/** Where the questions are shown, as stdout is for results. */
const CONTEXT = { output: process.stderr, clearPromptOnDone: false };

/** Asks for one line; never empty. Throws InterruptedQuestion for Ctrl-C, and bad-input where the input ends. */
export function askText(message: string, example: string): Promise<string> {
  return askOnce(async (signal) => {
    const { default: input } = await import('@inquirer/input');
    const validate = (text: string): boolean | string =>
      text.trim() !== '' || `Type it, for example ${example}, or press Ctrl-C.`;
    return (await input({ message: `${message}:`, validate }, { ...CONTEXT, signal })).trim();
  });
}

/** Lets a person choose one of several names. Throws as `askText` does. */
export function askChoice(message: string, names: readonly string[]): Promise<string> {
  return askOnce(async (signal) => {
    const { default: select } = await import('@inquirer/select');
    return select({ message: `${message}:`, choices: [...names], pageSize: 12 }, { ...CONTEXT, signal });
  });
}

async function askOnce(ask: (signal: AbortSignal) => Promise<string>): Promise<string> {
  const ended = watchEnd(process.stdin);
  try {
    return await ask(ended.signal);
  } catch (error) {
    if (ended.signal.aborted)
      throw new GamedayError('bad-input', 'the input ended before every question was answered', {
        next: 'Nothing was written. Answer on a terminal, or give --cluster, --service, --pipeline and --step.',
      });
    if (error instanceof Error && error.name === 'ExitPromptError') throw new InterruptedQuestion();
    throw error;
  } finally {
    ended.release();
  }
}
