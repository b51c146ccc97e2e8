import type { Outcome, Trouble } from '../../src/model/answer.ts';
import type { CommandRun } from '../../src/model/entities/command.ts';
import type { Command, UserCommand } from '../../src/user-command/port.ts';
import { NOON } from './builders.ts';

interface FakeCommandOptions {
  readonly now?: () => number;
  /** Does something at an instant. */
  readonly at?: (instant: number, act: () => void) => void;
}

/** A command in memory: what it does is up to the test. */
export interface FakeCommand extends UserCommand {
  /** The commands that were started. */
  readonly started: Command[];
  /** Why it cannot be started; null where it can. */
  refuses: Trouble | null;
  /** What it does when it is started. */
  does: () => void;
  /** It ends by itself. */
  exit(exitCode: number, over?: Partial<CommandRun>): void;
  /** Another process of gameday: it has started nothing. */
  forget(): void;
}

export function fakeCommand({
  now = () => NOON,
  at = () => undefined,
}: FakeCommandOptions = {}): FakeCommand {
  let run: CommandRun | null = null;
  function finish(over: Partial<CommandRun>): void {
    if (run?.state === 'running') run = { ...run, state: 'ended', endedAt: now(), ...over };
  }
  const fake: FakeCommand = {
    started: [],
    refuses: null,
    does: () => undefined,
    start(call): Promise<Outcome<CommandRun>> {
      if (fake.refuses !== null)
        return Promise.resolve({ ok: false, certainty: 'refused', trouble: fake.refuses });
      fake.started.push(call);
      run = {
        ...{ state: 'running', startedAt: now(), endedAt: null, exitCode: null, signal: null },
        ...{ endedBy: null, leftProcesses: false },
      };
      at(now() + call.limit, () => finish({ signal: 'SIGTERM', endedBy: 'limit' }));
      fake.does();
      return Promise.resolve({ ok: true, value: run });
    },
    read: () => run,
    end(why, signal) {
      finish({ signal, endedBy: why });
      return Promise.resolve(run);
    },
    exit: (exitCode, over = {}) => finish({ exitCode, ...over }),
    forget: () => void (run = null),
  };
  return fake;
}
