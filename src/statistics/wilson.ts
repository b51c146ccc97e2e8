import { bisect } from './bisect.ts';
import type { Tally } from './once.ts';

/** Wilson's interval of a rate (Journal of the American Statistical Association 22, 1927): for display, near its nominal confidence. */
export function intervalByWilson(
  { failed, trials }: Tally,
  confidence: number,
): readonly [low: number, high: number] {
  if (trials === 0) return [0, 1];
  const z = normalQuantile((1 + confidence) / 2);
  const rate = failed / trials;
  const scale = 1 + (z * z) / trials;
  const centre = rate + (z * z) / (2 * trials);
  const half = z * Math.sqrt((rate * (1 - rate)) / trials + (z / (2 * trials)) ** 2);
  // At the two ends the difference is 0 but for rounding.
  const low = failed === 0 ? 0 : (centre - half) / scale;
  const high = failed === trials ? 1 : (centre + half) / scale;
  return [low, high];
}

/** The z with P(Z <= z) = chance, for 0.5 <= chance < 1 - 1e-12. */
function normalQuantile(chance: number): number {
  const [, z] = bisect(0, 8, (at) => normalAtMost(at) >= chance);
  return z;
}

/** P(Z <= z) for z from 0 to 8: Φ(z) = 1/2 + φ(z)·(z + z³/3 + z⁵/(3·5) + ...). */
function normalAtMost(z: number): number {
  let term = z;
  let sum = z;
  for (let i = 3; term > sum * Number.EPSILON; i += 2) {
    term *= (z * z) / i;
    sum += term;
  }
  return 0.5 + (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}
