/**
 * The place in (from, to) from which on `holds` is true, to the last bit of a number: it does not hold at the first of the
 * two numbers returned, and does at the second. `from` and `to` themselves are not tried.
 */
export function bisect(
  from: number,
  to: number,
  holds: (at: number) => boolean,
): readonly [last: number, first: number] {
  let [low, high] = [from, to];
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return [low, high];
    if (holds(middle)) high = middle;
    else low = middle;
  }
}

/** The least whole number from 0 to `most` for which `holds` is true, if it is true for all larger ones; null: none. */
export function findLeast(most: number, holds: (n: number) => boolean): number | null {
  if (holds(0)) return 0;
  let [low, high] = [0, 1];
  while (!holds(high)) {
    if (high >= most) return null;
    [low, high] = [high, Math.min(most, high * 2)];
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
