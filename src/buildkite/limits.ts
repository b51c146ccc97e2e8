/** Milliseconds after which Buildkite wants to be asked again: its sentence first, else the header of the limit that is used up. */
export function retryAfterOf(headers: Headers, said: string): number | null {
  const sentence = /try again in (\d+) seconds?/i.exec(said)?.[1];
  if (sentence !== undefined) return Number(sentence) * 1000;
  const waits = ['RateLimit-User', 'RateLimit'].flatMap((limit) => {
    const left = headers.get(`${limit}-Remaining`);
    const reset = seconds(headers.get(`${limit}-Reset`));
    return reset !== null && (left === null || Number(left) <= 0) ? [reset] : [];
  });
  const plain = seconds(headers.get('Retry-After')) ?? seconds(headers.get('RateLimit-Reset'));
  const wait = waits.length > 0 ? Math.max(...waits) : plain;
  return wait === null ? null : wait * 1000;
}

/** A header's seconds; a figure that can only be an instant, or is none at all, says nothing about how long to wait. */
function seconds(header: string | null): number | null {
  const value = header === null || header.trim() === '' ? Number.NaN : Number(header);
  return Number.isInteger(value) && value >= 0 && value <= 86_400 ? value : null;
}
