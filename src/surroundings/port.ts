import type { Answer } from '../model/answer.ts';
import type { Halt, KillSwitch, Lock, PastInjections, Self } from '../model/entities/surroundings.ts';

/** The surroundings of the runner: its own task and job, the kill switch, the lock and the past injections in the state directory. */
export interface Surroundings {
  /** Our own ECS task (metadata endpoint) and job (`BUILDKITE_*`). The caller finds our agent's task through Buildkite. */
  self(signal: AbortSignal): Promise<Answer<Self>>;
  /** `GAMEDAY_KILL_SWITCH` in the environment, the state directory's `kill-switch` file, and the scenario's own file. */
  killSwitch(file: string | null, signal: AbortSignal): Promise<Answer<KillSwitch>>;
  /** Takes the lock if it is free or this drill's own; else names the holder. Dead holders on this machine do not count. */
  lock(key: string, drill: string, signal: AbortSignal): Promise<Answer<Lock>>;
  /** Releases the lock if it is this drill's. `isOpen`: the drill can be gone on with, so other machines do not get the lock yet. */
  unlock(key: string, drill: string, isOpen: boolean): Promise<void>;
  /** Stores a journal line's checksum in this machine's state, so that a later process trusts it. Resolves when on disk. */
  remember(drill: string, sum: string): Promise<Answer<null>>;
  /** Forgets a judged drill. */
  forget(drill: string): Promise<void>;
  /** The folder that holds lock, past injections and kill switch, if this process may write to it or make it. Changes nothing. */
  stateFolder(): Promise<Answer<string>>;
  /** Past injections under this key. */
  pastInjections(key: string, drill: string, signal: AbortSignal): Promise<Answer<PastInjections>>;
  /** Remembers an injection. */
  recordInjection(key: string, injection: { drill: string; taskArn: string; at: number }): Promise<void>;
  /** Reads one halt condition of the scenario: whether a file exists, or the HTTP status of an address. */
  halt(condition: { name: string; file?: string; url?: string }, signal: AbortSignal): Promise<Answer<Halt>>;
}
