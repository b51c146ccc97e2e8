/**
 * Milliseconds after which Buildkite wants to be asked again: its sentence first, then `Retry-After`, then the header of a
 * limit that is used up. Every answer carries the limits; while something is left of them they only inform.
 */
export function retryAfterOf(headers: Headers, said: string): number | null {
  const sentence = /try again in (\d+) seconds?/i.exec(said)?.[1];
  if (sentence !== undefined) return Number(sentence) * 1000;
  const plain = seconds(headers.get('Retry-After'));
  if (plain !== null) return plain * 1000;
  const waits = ['RateLimit-User', 'RateLimit'].flatMap((limit) => {
    const left = headers.get(`${limit}-Remaining`);
    const reset = seconds(headers.get(`${limit}-Reset`));
    return reset !== null && left !== null && Number(left) <= 0 ? [reset] : [];
  });
  return waits.length === 0 ? null : Math.max(...waits) * 1000;
}

/** Of a 429 that names no budget that is used up: the time until its limits begin anew is all that it tells. */
export function resetOf(headers: Headers): number | null {
  const waits = ['RateLimit-User-Reset', 'RateLimit-Reset'].flatMap(
    (name) => seconds(headers.get(name)) ?? [],
  );
  return waits.length === 0 ? null : Math.max(...waits) * 1000;
}

/** A header's seconds; a figure that can only be an instant, or is none at all, says nothing about how long to wait. */
function seconds(header: string | null): number | null {
  const value = header === null || header.trim() === '' ? Number.NaN : Number(header);
  return Number.isInteger(value) && value >= 0 && value <= 86_400 ? value : null;
}
