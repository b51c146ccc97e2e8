import type { CommandEnd, RunCommand } from './command.ts';

const WORD = /^(?:sleep (\d+(?:\.\d+)?)|exit (\d+)|true|false)$/;

/** Runs what needs no process: `sleep N`, `exit N`, `true` and `false`, one after another with `&&` or `;` between them. */
export const pretendCommand: RunCommand = (command, { onOutput }) => {
  let finish: (end: CommandEnd) => void = () => undefined;
  const ended = new Promise<CommandEnd>((resolve) => {
    finish = resolve;
  });
  const parts = command.split(/&&|;|\n/).map((part) => part.trim());
  const words = parts.filter((part) => part !== '').map((part) => WORD.exec(part));
  const end = (code: number | null, signal: string | null = null): void => {
    clearTimeout(timer);
    finish({ code, signal, failedToRun: false });
  };
  let timer: NodeJS.Timeout | undefined;
  const go = (): void => {
    const word = words.shift();
    if (word?.[1] !== undefined) timer = setTimeout(go, Number(word[1]) * 1000).unref();
    else if (word?.[2] !== undefined) end(Number(word[2]));
    // As under `bash -e`: the first failure is the end.
    else if (word?.[0] === 'false') end(1);
    else if (word === undefined) end(0);
    else go();
  };
  if (words.includes(null)) {
    onOutput(
      Buffer.from(
        `"${command}" needs a process, and this worker has none: it runs sleep, exit, true and false\n`,
      ),
    );
    finish({ code: null, signal: null, failedToRun: true });
  } else go();
  return { ended, signal: (name) => end(null, name) };
};
