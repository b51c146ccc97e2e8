import { GamedayError } from '../model/errors.ts';
import type { DrillEvent } from '../journal/events.ts';
import { nameCall } from '../model/call.ts';
import type { Environment } from './output.ts';
import type { StoredDrill } from './stored.ts';
import { linesKnownOf } from './wire.ts';

/** What this machine's state says of a stored drill's last intent: whether its call may have gone out. */
interface Known {
  readonly lastIntent: 'may-be-sent' | 'never-sent';
}

/**
 * Refuses a drill of which this machine's state does not know, or whose journal says more than it knows: what an undo would
 * bring back stands in the journal alone, and anybody can write one. With `--yes` a person has said that it is to be believed.
 */
export async function requireKnown(
  { drill, events, journalPath }: StoredDrill,
  yes: boolean,
  environment: Environment,
): Promise<Known> {
  const known = await linesKnownOf(environment, drill);
  const [first, ...intents] = events.filter(isRemembered);
  const strange = intents.filter(({ sum }) => !known.has(sum));
  const isOurs = first !== undefined && known.has(first.sum);
  if (isOurs && strange.length === 0) return { lastIntent: 'may-be-sent' };
  // The checksum is kept before the call goes out: a last intent without one is all that the runner came to.
  if (isOurs && strange.length === 1 && strange[0]?.seq === events.at(-1)?.seq)
    return { lastIntent: 'never-sent' };
  if (yes) return { lastIntent: 'may-be-sent' };
  throw new GamedayError(
    'drill-unknown',
    `this machine keeps no record of drill ${drill} as its journal tells it; the journal says: ${saidIn(intents)}`,
    {
      at: journalPath,
      next: 'Read the journal, and where you believe it, give --yes: then what it says is undone or gone on with.',
    },
  );
}

/** The lines whose checksums are kept in the machine's state. */
function isRemembered({ code }: DrillEvent): boolean {
  return ['GD_DRILL_PLANNED', 'GD_BUILD_INTENDED', 'GD_FAULT_INTENDED'].includes(code);
}

function saidIn(intents: readonly DrillEvent[]): string {
  const calls = intents.flatMap((event) =>
    event.code === 'GD_BUILD_INTENDED' || event.code === 'GD_FAULT_INTENDED'
      ? [nameCall(event.payload.call)]
      : [],
  );
  return calls.length === 0 ? 'nothing was sent' : [...new Set(calls)].join(', ');
}
