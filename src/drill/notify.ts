import type { Notice, Told } from '../model/entities/notice.ts';
import type { Append } from './perform.ts';
import type { DrillPorts } from './ports.ts';

/** How long a notice may hold up the injection, milliseconds. */
export const BEFORE_INJECTION_MS = 5_000;

interface Telling extends Pick<DrillPorts, 'notifier' | 'journal'> {
  readonly append: Append;
  readonly signal: AbortSignal;
  /** How long it may take, milliseconds. */
  readonly patience: number;
}

/**
 * Tells people: first the intent is on the disk, for after a crash a notice that may have been sent is not sent again.
 * Whatever becomes of it is written down and changes nothing else.
 */
export async function tellPeople(
  notice: Notice,
  to: Told['to'][],
  { notifier, journal, append, signal, patience }: Telling,
): Promise<void> {
  await append({ code: 'GD_NOTICE_INTENDED', payload: { id: notice.id, to } }, true);
  // From here on nothing is sent: the drill ends, for its journal cannot be written.
  if (journal.findWriteError() !== null) return;
  const told = await (notifier?.tell(notice, patience, signal) ?? Promise.resolve([])).catch(() =>
    to.map((one): Told => ({
      to: one,
      result: 'not-told',
      tries: 0,
      said: 'gameday itself failed to tell it',
    })),
  );
  await append({ code: 'GD_NOTIFIED', payload: { id: notice.id, told: [...told] } }, false);
}
