import { findFact } from '../model/world.ts';
import type { StopSignal } from '../model/reasons.ts';
import { COMMAND } from '../scenario/subjects.ts';
import type { DrillState } from '../state/state.ts';
import type { EndedBy } from '../user-command/port.ts';
import type { Append } from './perform.ts';
import type { DrillPorts } from './ports.ts';

/**
 * Ends the command, if this process started it and its end is not written yet, and writes down how it ended: what is judged is
 * over, and the command must not go on changing it.
 */
export async function endCommand(
  drill: { now(): DrillState; readonly append: Append },
  { command, clock }: Pick<DrillPorts, 'command' | 'clock'>,
  why: EndedBy,
  signal: StopSignal,
): Promise<void> {
  if (command.read() === null || findFact(drill.now().world, COMMAND.kind, COMMAND.id)?.state === 'ended')
    return;
  const sentAt = clock.now();
  const value = await command.end(why, signal);
  if (value === null) return;
  const read = { subject: COMMAND, sentAt, answeredAt: clock.now(), ok: true, error: null };
  await drill.append(
    { code: 'GD_OBSERVED', payload: { reads: [read], facts: [{ ...COMMAND, value }] } },
    false,
  );
}
