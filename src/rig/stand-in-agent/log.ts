/** Says something on stderr, as agents do, with the time. */
export function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} stand-in agent: ${text}\n`);
}
