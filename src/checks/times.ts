import { formatSpan } from '../model/instants.ts';

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

/** The length of a duration, whichever its sign. `describeOffset` also says which instant came first. */
export function seconds(ms: number): string {
  return formatSpan(Math.abs(ms));
}

/** How far an instant lies from another: `4.2 s after the stop`, `1.0 s before the stop`. */
export function describeOffset(ms: number, what: string): string {
  return `${seconds(ms)} ${ms < 0 ? 'before' : 'after'} ${what}`;
}
