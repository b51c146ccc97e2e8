const CLOCK_TIME = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
  timeZone: 'UTC',
});

/** An instant as a person reads it in evidence, UTC with milliseconds. */
export function clockTime(instant: number): string {
  return CLOCK_TIME.format(instant);
}

/** A duration as a person reads it: `4.2 s`, `3 min 05 s`. */
export function seconds(ms: number): string {
  if (Math.abs(ms) < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.trunc(ms / 60_000);
  return `${minutes} min ${String(Math.round((ms % 60_000) / 1000)).padStart(2, '0')} s`;
}
