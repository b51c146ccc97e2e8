import type { Answer } from '../model/answer.ts';
import type { CommandRun } from '../model/entities/command.ts';
import type { UserCommand } from '../user-command/port.ts';

/** Opens the port for one command: `onLine` gets the lines of its output, `onEnd` is called when it has ended. */
export type OpenCommand = (heard: {
  readonly onLine: (line: string) => void;
  readonly onEnd: () => void;
}) => UserCommand;

/** Characters of output that are kept. A counter needs a hundred. */
const LONGEST = 65_536;

interface Ran {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why it was ended; null where it ended by itself. */
  readonly endedBy: CommandRun['endedBy'];
  readonly output: string;
}

/** Runs a command to its end and gives its output. When the signal aborts, it is ended, and what it said is of no use. */
export async function runForOutput(
  words: readonly string[],
  limit: number,
  openCommand: OpenCommand,
  signal: AbortSignal,
): Promise<Answer<Ran>> {
  let output = '';
  let onEnd = (): void => undefined;
  const ended = new Promise<void>((resolve) => (onEnd = resolve));
  const command = openCommand({
    onLine(line) {
      if (output.length <= LONGEST) output += `${line}\n`;
    },
    onEnd,
  });
  const started = await command.start({ command: [...words], limit });
  if (!started.ok) return started;
  const end = (): void => void command.end('interruption', 'SIGTERM');
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  await ended;
  signal.removeEventListener('abort', end);
  const run = command.read();
  return {
    ok: true,
    value: {
      ...{ exitCode: run?.exitCode ?? null, signal: run?.signal ?? null, endedBy: run?.endedBy ?? null },
      output,
    },
  };
}
