import { z } from 'zod';
import { Instant } from '../instants.ts';

/** How the user's command stands, and how it ended; times are the runner's. */
export const CommandRun = z.strictObject({
  /** `unknown`: the runner that started it has died, and with it what could tell how the command ended. */
  state: z.enum(['running', 'ended', 'unknown']),
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  /** Null where a signal ended it. */
  exitCode: z.number().int().nullable(),
  signal: z.string().nullable(),
  /** Why gameday ended it; null where it ended by itself. */
  endedBy: z.enum(['limit', 'interruption', 'end-of-drill']).nullable(),
  /** Whether it left processes behind, which gameday then ended. */
  leftProcesses: z.boolean(),
});
export type CommandRun = z.infer<typeof CommandRun>;

/** The value, quoted for a POSIX shell. */
export function quoteForShell(value: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

/** A command as one would type it. */
export function formatCommand(words: readonly string[]): string {
  return words.map(quoteForShell).join(' ');
}
