let isQuiet = false;

/** Says nothing any more: where many agents share a program, its stderr is no container's output. */
export function beQuiet(): void {
  isQuiet = true;
}

/** Says something on stderr, as agents do, with the time. */
export function say(text: string): void {
  if (isQuiet) return;
  process.stderr.write(`${new Date().toISOString()} stand-in agent: ${text}\n`);
}
