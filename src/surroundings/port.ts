import type { Answer } from '../model/call.ts';
import type { Halt, KillSwitch, Ledger, Lock, Self } from '../model/entities/surroundings.ts';

/** What stands around the runner: what it runs on, the kill switch, the lock and the ledger in the state directory. */
export interface Surroundings {
  /** Our own ECS task (metadata endpoint) and Buildkite's `BUILDKITE_*` of our own job. Our agent's task is resolved by the caller through Buildkite. */
  self(signal: AbortSignal): Promise<Answer<Self>>;
  /** `GAMEDAY_KILL_SWITCH` in the environment, the state directory's `kill-switch` file, and the scenario's own file. */
  killSwitch(file: string | null, signal: AbortSignal): Promise<Answer<KillSwitch>>;
  /** Takes the lock if it is free or already this drill's; says who holds it otherwise. A holder that is dead on this machine does not count. */
  lock(key: string, drill: string, signal: AbortSignal): Promise<Answer<Lock>>;
  /** Gives the lock back if it is this drill's. */
  unlock(key: string, drill: string): Promise<void>;
  /** Keeps a journal line's checksum in the machine's state: a later process believes a journal whose lines are kept. On the disk when it resolves. */
  remember(drill: string, sum: string): Promise<Answer<null>>;
  /** Forgets a drill that is judged. */
  forget(drill: string): Promise<void>;
  /** Past strikes under this key. */
  ledger(key: string, signal: AbortSignal): Promise<Answer<Ledger>>;
  /** Writes a strike into the ledger. */
  recordStrike(key: string, strike: { drill: string; taskArn: string; at: number }): Promise<void>;
  /** Reads one halt condition that the scenario names: a file that exists, or a command-free HTTP status. */
  halt(condition: { name: string; file?: string; url?: string }, signal: AbortSignal): Promise<Answer<Halt>>;
}
