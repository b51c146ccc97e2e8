const CLOCK_TIME = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
  timeZone: 'UTC',
});

/** The time of day of an instant in UTC: `10:42:29.345`. */
export function formatClockTime(instant: number): string {
  return CLOCK_TIME.format(instant);
}

/** The length of a duration of either sign: `4.2 s`, `3 min 5 s`. `after` also says which instant came first. */
export function seconds(ms: number): string {
  const length = Math.abs(ms);
  if (Math.round(length / 100) < 600) return `${(length / 1000).toFixed(1)} s`;
  const whole = Math.round(length / 1000);
  return `${String(Math.trunc(whole / 60))} min ${String(whole % 60)} s`;
}

/** How far an instant lies from another: `4.2 s after the stop`, `1.0 s before the stop`. */
export function describeOffset(ms: number, what: string): string {
  return `${seconds(ms)} ${ms < 0 ? 'before' : 'after'} ${what}`;
}
