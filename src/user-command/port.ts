import type { CallOf } from '../model/call.ts';
import type { Outcome } from '../model/answer.ts';
import type { CommandRun } from '../model/entities/command.ts';
import type { StopSignal } from '../model/reasons.ts';

/** Why gameday ends a command that still runs. */
export type EndedBy = 'interruption' | 'end-of-drill';

/** Its words, and how long it may run, milliseconds. */
export type Command = Pick<CallOf<'run-command'>, 'command' | 'limit'>;

/** The command that the user gives to a drill: it is started once, and the drill looks on while it runs. */
export interface UserCommand {
  /** Starts it, in a process group of its own and without a shell. ok: it runs; refused: it could not be started. */
  start(command: Command): Promise<Outcome<CommandRun>>;
  /** How it stands; null where this process has not started it. */
  read(): CommandRun | null;
  /**
   * Ends it, if it still runs: the signal to its process group, SIGKILL after a grace. Resolves when nothing of it is left,
   * with how it ended; null where this process has not started it.
   */
  end(why: EndedBy, signal: StopSignal): Promise<CommandRun | null>;
}
