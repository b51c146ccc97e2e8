import type { GamedayError } from '../model/errors.ts';
import type { DrillEvent, NewEvent } from './events.ts';

/** The append-only events of one drill, as the loop needs it. */
export interface Journal {
  readonly drill: string;
  /** All events so far, those of an earlier process included. */
  readonly events: readonly DrillEvent[];
  /**
   * Writes one event and gives it back with its number, time and checksum, redacted as it was written.
   * With `durable` it is on the disk (fsync) before the promise resolves: so is every intent.
   * Throws a GamedayError `journal-unwritable` where it cannot be written.
   */
  append(event: NewEvent, durable: boolean): Promise<DrillEvent>;
  /** From here on events are kept in memory alone: what a drill changed must be undone also where that cannot be written. */
  keepInMemory(why: GamedayError): void;
  /** Why the events are no longer written; null while they are. */
  findWriteError(): GamedayError | null;
  close(): Promise<void>;
}
