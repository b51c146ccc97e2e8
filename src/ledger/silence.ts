import type { World } from './document.ts';
import { nameService, type Night, type Trend } from './trend.ts';

/** A service whose drills have decided nothing for too many nights. */
export interface Silence {
  readonly service: string | null;
  readonly cluster: string | null;
  readonly nights: number | null;
  readonly said: string;
}

/** Where drills count for an alarm: rig drills show nothing of real services. */
const PLACES: Readonly<Record<World, string>> = { real: 'on real services', rig: 'on the rig' };

/** The services without a proof for so many nights; a service that is asked for and has no drill at all is one of them. */
export function listSilences(
  trends: readonly Trend[],
  limit: number,
  asked: readonly string[],
  world: World,
): readonly Silence[] {
  const missing = asked.filter((name) => !trends.some(({ service }) => service === name));
  const none = `no drill ${PLACES[world]} at all`;
  const nothing: Silence = { service: null, cluster: null, nights: null, said: `there is ${none}` };
  if (trends.length === 0 && missing.length === 0) return [nothing];
  return [
    ...missing.map((service) => ({ ...nothing, service, said: `service ${service} has ${none}` })),
    ...trends
      .filter(({ nightsWithoutProof }) => nightsWithoutProof >= limit)
      .map((trend) => ({
        service: trend.service,
        cluster: trend.cluster,
        nights: trend.nightsWithoutProof,
        said: saySilence(trend),
      })),
  ];
}

/** What the nights without a proof came to. */
function saySilence(trend: Trend): string {
  const since = trend.nights.filter(({ day }) => trend.lastProofDay === null || day > trend.lastProofDay);
  const count = (of: (night: Night) => number): number => since.reduce((sum, night) => sum + of(night), 0);
  const inconclusive = count((night) => night.inconclusive);
  const other = count((night) => night.other);
  const came =
    inconclusive + other === 0
      ? 'no drill since'
      : `since then ${inconclusive} inconclusive and ${other} refused or not run`;
  const last =
    trend.lastProofDay === null ? 'none has ever decided anything' : `the last one on ${trend.lastProofDay}`;
  return `${nameService(trend)}: ${trend.nightsWithoutProof} nights without a drill that decided anything (${last}; ${came})`;
}
