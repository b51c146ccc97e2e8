import { clocksOf, type Distance, type Stamp } from '../evidence/clocks.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { LaneMark } from '../model/lane.ts';

/** Milliseconds from the first moment of the drill to an instant; null where its clock is unknown and shows an earlier time. */
export type Scale = (at: Stamp) => number | null;

/** Where an instant lies after another one, and whether both clocks are known. */
export interface Placed {
  readonly after: number;
  readonly isKnown: boolean;
}

/** Places instants after a reference. Clocks that were not seen to differ count as equal. */
export function placeAfter(evidence: Evidence, reference: Stamp, at: Stamp): Placed {
  const distance = clocksOf(evidence).distance(reference, at);
  return { after: chooseDistance(distance), isKnown: Number.isFinite(distance.error) };
}

/** The distance that two clocks show, if it lies within their measured error; else the likeliest one. */
function chooseDistance({ ms, error, shown }: Distance): number {
  return Number.isFinite(error) && Math.abs(shown - ms) > error ? ms : shown;
}

/** The hosts of Fargate are AWS's own and use the control plane's time. */
const CLOCKS: Readonly<Record<string, LaneMark['clock']>> = {
  ...{ buildkite: 'buildkite', ecs: 'ecs', fargate: 'ecs', instance: 'instance', agent: 'agent' },
};

/** Whose clock an instant is by, as results name it. */
export function clockOf({ clock }: Stamp): LaneMark['clock'] {
  return CLOCKS[clock.split(':', 1)[0] ?? ''] ?? 'runner';
}
