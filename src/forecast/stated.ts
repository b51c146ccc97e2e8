import { parseDuration } from '../scenario/duration.ts';
import type { Stated } from './distribution.ts';

/** The next step for a distribution that cannot be read. */
export const STATED_HINT = 'Write it as 5m (fixed), exponential:5m or uniform:1m..9m.';

/** Reads `5m`, `fixed:5m`, `exponential:5m` or `uniform:1m..9m`; null for any other text. */
export function parseStated(text: string): Stated | null {
  const [, kind = 'fixed', value = ''] = /^(?:(fixed|exponential|uniform):)?(.+)$/.exec(text.trim()) ?? [];
  if (kind === 'uniform') {
    const [from, to] = value.split('..').map(parseDuration);
    if (from == null || to == null || to < from || value.split('..').length !== 2) return null;
    return { kind, from, to };
  }
  const ms = parseDuration(value);
  if (ms === null) return null;
  return kind === 'exponential' ? { kind, mean: ms } : { kind: 'fixed', ms };
}
