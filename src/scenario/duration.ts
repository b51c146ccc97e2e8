import { z } from 'zod';

/** `500ms`, `10s`, `1.5m`, `1h30m`: larger units first, each at most once. */
export const DURATION =
  /^(?=\d)(?:\d{1,9}(?:\.\d{1,6})?h)?(?:\d{1,9}(?:\.\d{1,6})?m(?!s))?(?:\d{1,9}(?:\.\d{1,6})?s)?(?:\d{1,9}(?:\.\d{1,6})?ms)?$/;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Timers hold 24.8 days at most; nothing that a drill waits for comes near a week. */
const LONGEST = 7 * 24 * 3_600_000;

/** Milliseconds of a duration as people write it, or null where it is none. */
export function parseDuration(text: string): number | null {
  if (!DURATION.test(text)) return null;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  return Math.round(
    parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ''] ?? 0), 0),
  );
}

/** A duration as people write it: `1h30m`, `2s`, `250ms`. */
export function formatDuration(ms: number): string {
  const parts: string[] = [];
  let rest = ms;
  for (const unit of ['h', 'm', 's', 'ms']) {
    const size = UNITS[unit] ?? 1;
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * size;
  }
  return parts.length === 0 ? '0s' : parts.join('');
}

/** The schema of a duration: text as people write it going in, milliseconds coming out, both bounds included. */
export function duration(
  bounds: { readonly min?: number; readonly max?: number } = {},
): z.ZodCodec<z.ZodString, z.ZodInt> {
  const min = bounds.min ?? 0;
  const max = bounds.max ?? LONGEST;
  const written = z.string().regex(DURATION, { error: 'a duration such as 500ms, 10s, 5m or 1h30m' });
  return z.codec(written, z.int().min(min).max(max), {
    decode: (text, context) => {
      const ms = parseDuration(text) ?? Number.NaN;
      if (ms >= min && ms <= max) return ms;
      const message = `a duration from ${formatDuration(min)} to ${formatDuration(max)}`;
      context.issues.push({ code: 'custom', input: text, message });
      return z.NEVER;
    },
    encode: formatDuration,
  });
}
