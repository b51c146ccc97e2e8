import { formatSpan } from '../../model/instants.ts';
import type { StoreError } from '../../store/port.ts';
import { blocking, ok, warning, type Check, type Line } from '../seen.ts';

/** The ledger's store can be written to, honours its conditions, and nobody has the lock of the service there. */
export const ledger: Check = {
  name: 'ledger',
  judge({ ledger: seen }) {
    if (seen === null) return [];
    const { name, probe, clock, holder } = seen;
    if (!probe.ok) return [sayError(probe.error)];
    const honoured = `${name} can be written to; a write whose condition does not hold is refused`;
    const lines: Line[] = [ok(`${honoured}; ${sayClock(clock)}`)];
    if (holder === null) return lines;
    if (!holder.ok) return [...lines, sayError(holder.error)];
    const said =
      holder.value === null ? ok('nobody has the lock of the service there') : sayHeld(holder.value);
    return [...lines, said];
  },
};

/** Without its store a drill gets no lock; only what time heals is not known. */
function sayError({ kind, message, next }: StoreError): Line {
  return kind === 'away' ? { status: 'unknown', said: message, next } : blocking(message, next);
}

function sayHeld(holder: string): Line {
  return warning(
    `the lock of the service is held by ${holder}`,
    'Wait for that drill: until it ends, another one is refused (lock-held).',
  );
}

/** Locks end by that clock, so it may differ from ours. */
function sayClock(clock: { readonly offset: number; readonly uncertainty: number } | null): string {
  if (clock === null) return 'it tells no time, so that nobody takes over the lock of a machine that died';
  const { offset, uncertainty } = clock;
  const off = Math.abs(offset);
  if (off <= uncertainty) return `its clock agrees with ours within ${formatSpan(off + uncertainty)}`;
  const side = offset > 0 ? 'ahead of' : 'behind';
  return `its clock is ${formatSpan(off)} ${side} ours, give or take ${formatSpan(uncertainty)}`;
}
