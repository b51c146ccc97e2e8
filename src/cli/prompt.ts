import { emitKeypressEvents } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';
import type { Person } from '../model/person.ts';
import { escapeControls } from '../journal/escape.ts';
import type { Reporter } from '../report/reporter.ts';
import { wrapHanging } from '../report/width.ts';
import { isAttendedTerminal } from './output.ts';
import type { Environment, Output } from './output.ts';
import type { Interruption } from './signals.ts';

/** Turns of the event loop without a key after which nothing typed ahead is left. */
const QUIET_TURNS = 3;

/** What is asked, and who calls AWS, which is shown beside what will be done. */
interface Asked {
  readonly question?: string;
  readonly identify?: (signal: AbortSignal) => Promise<string>;
}

/** Asks the person at this terminal, on stderr, as stdout is for results. The end of the input counts as no. */
export function terminalPerson(
  output: Output,
  interruption: Interruption,
  reporter: Pick<Required<Reporter>, 'pause' | 'resume'>,
  { question = 'Stop it?', identify }: Asked = {},
): Person {
  return {
    async confirm(shown, signal) {
      const identity = identify === undefined ? [] : [await identify(signal)];
      reporter.pause();
      const { default: confirm } = await import('@inquirer/confirm');
      const width = output.stderr.columns();
      const lines = [...shown, ...identity].flatMap((line) => breakLine(escapeControls(line), width));
      output.stderr.write(`\n${lines.join('\n')}\n\n`);
      await forgetTyped(process.stdin);
      const ended = watchEnd(process.stdin);
      try {
        const either = AbortSignal.any([signal, ended.signal]);
        return await confirm(
          { message: question, default: false },
          { signal: either, output: process.stderr },
        );
      } catch (error) {
        // In raw mode Ctrl-C is a key and sends no signal: it is still an interruption, not a no.
        if (error instanceof Error && error.name === 'ExitPromptError' && error.message.includes('SIGINT')) {
          if (interruption.readSignal() === null) interruption.raise('SIGINT');
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

/** Broken between words; the rest of a line stands a little to the right. */
function breakLine(line: string, width: number): readonly string[] {
  return wrapHanging(line, width - 3, width - 5).map((part, nth) => `${nth === 0 ? '  ' : '    '}${part}`);
}

/** Asks for the code of an MFA device, on stderr. */
async function askMfaCodeHere(device: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  try {
    asked.once('close', () => ended.abort());
    // Ctrl-C is a key here, and is still to be what it is elsewhere.
    asked.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    return await asked.question(`Code of MFA device ${escapeControls(device)}: `, { signal: ended.signal });
  } catch (cause) {
    throw new Error(`no code of MFA device ${device} was given`, { cause });
  } finally {
    asked.close();
  }
}

/** Asks a person for the code of an MFA device; null: nobody is there. */
export type AskMfaCode = ((device: string) => Promise<string>) | null;

/** Asks for an MFA code at this terminal; null where nobody is there. */
export function codeAsker({ environment }: { readonly environment: Environment }): AskMfaCode {
  return isAttendedTerminal(environment) ? askMfaCodeHere : null;
}

/** The same beside a reporter that keeps a part of the screen. */
export function askMfaCodeBeside({
  pause,
  resume,
}: Pick<Required<Reporter>, 'pause' | 'resume'>): (device: string) => Promise<string> {
  return async (device) => {
    pause();
    try {
      return await askMfaCodeHere(device);
    } finally {
      resume();
    }
  };
}

/** Nobody can be asked, so the answer is no. */
export const nobody: Person = { confirm: async () => false };

/** Drops the keys that were pressed before the question was shown. */
async function forgetTyped(input: NodeJS.ReadStream): Promise<void> {
  let quiet = 0;
  const heard = (): void => void (quiet = 0);
  // Raw mode also delivers an unfinished line.
  input.setRawMode(true);
  input.on('data', heard);
  while (quiet < QUIET_TURNS) {
    quiet += 1;
    await turn();
  }
  input.off('data', heard);
  input.pause();
}

/** Aborts at the end of the input (Ctrl-D, a closed terminal); the prompt itself would wait for ever. */
export function watchEnd(input: NodeJS.ReadStream): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const end = (): void => controller.abort();
  const onKey = (_text: unknown, key: { readonly ctrl?: boolean; readonly name?: string }): void => {
    if (key.ctrl === true && key.name === 'd') end();
  };
  // The input may have ended while typed-ahead keys were dropped.
  if (input.readableEnded || input.destroyed) end();
  emitKeypressEvents(input);
  input.on('keypress', onKey);
  for (const event of ['end', 'close', 'error']) input.on(event, end);
  return {
    signal: controller.signal,
    release() {
      input.off('keypress', onKey);
      // A listener must stay, for an error of a terminal that breaks later.
      for (const event of ['end', 'close']) input.off(event, end);
    },
  };
}

/** A closed terminal also sends SIGHUP at the same time: that counts as an interruption. */
async function sayEnded(output: Output): Promise<void> {
  for (let turns = 0; turns < QUIET_TURNS; turns += 1) await turn();
  output.stderr.write('The input ended without an answer: this counts as no.\n');
}
