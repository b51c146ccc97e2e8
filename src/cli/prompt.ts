import { emitKeypressEvents } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';
import type { Person } from '../model/person.ts';
import { escapeControls } from '../journal/escape.ts';
import type { Reporter } from '../report/reporter.ts';
import type { Output } from './output.ts';
import type { Interruption } from './signals.ts';

/** So many turns of the event loop without a key: nothing typed ahead is left. */
const QUIET_TURNS = 3;

/** The person at this terminal, asked on stderr, since stdout is for results. Where the input ends, nobody said yes. */
export function terminalPerson(
  output: Output,
  interruption: Interruption,
  reporter: Pick<Required<Reporter>, 'pause' | 'resume'>,
  question = 'Stop it?',
): Person {
  return {
    async confirm(shown, signal) {
      reporter.pause();
      const { default: confirm } = await import('@inquirer/confirm');
      output.stderr.write(`\n${shown.map((line) => `  ${escapeControls(line)}\n`).join('')}\n`);
      await forgetTyped(process.stdin);
      const ended = watchEnd(process.stdin);
      try {
        const either = AbortSignal.any([signal, ended.signal]);
        return await confirm(
          { message: question, default: false },
          { signal: either, output: process.stderr },
        );
      } catch (error) {
        // In raw mode Ctrl-C is a key and no signal comes: it is still an interruption, not a no.
        if (error instanceof Error && error.name === 'ExitPromptError' && error.message.includes('SIGINT')) {
          if (interruption.got() === null) interruption.raise('SIGINT');
        }
        if (ended.signal.aborted) await sayEnded(output);
        return false;
      } finally {
        ended.release();
        reporter.resume();
      }
    },
  };
}

/** Where nobody can be asked, nobody said yes. */
export const nobody: Person = { confirm: async () => false };

/** A key that was pressed before the question stood there is no answer to it. */
async function forgetTyped(input: NodeJS.ReadStream): Promise<void> {
  let quiet = 0;
  const heard = (): void => void (quiet = 0);
  // Raw: what stands in a line without its end comes too.
  input.setRawMode(true);
  input.on('data', heard);
  while (quiet < QUIET_TURNS) {
    quiet += 1;
    await turn();
  }
  input.off('data', heard);
  input.pause();
}

/** Aborts at the input's end: Ctrl-D, a closed terminal. The prompt itself would wait for ever, and the process would end in the middle of its drill. */
function watchEnd(input: NodeJS.ReadStream): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const end = (): void => controller.abort();
  const onKey = (_text: unknown, key: { readonly ctrl?: boolean; readonly name?: string }): void => {
    if (key.ctrl === true && key.name === 'd') end();
  };
  // It may have ended while what was typed ahead was read.
  if (input.readableEnded || input.destroyed) end();
  emitKeypressEvents(input);
  input.on('keypress', onKey);
  for (const event of ['end', 'close', 'error']) input.on(event, end);
  return {
    signal: controller.signal,
    release() {
      input.off('keypress', onKey);
      // That of a terminal that breaks later is still to be heard by somebody.
      for (const event of ['end', 'close']) input.off(event, end);
    },
  };
}

/** A terminal that was closed sends its signal at the same time: that is an interruption, and says more. */
async function sayEnded(output: Output): Promise<void> {
  for (let turns = 0; turns < QUIET_TURNS; turns += 1) await turn();
  output.stderr.write('The input ended before anybody answered: that is a no.\n');
}
