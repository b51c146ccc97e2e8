import { readDay } from '../model/instants.ts';

/** Year, month, day, time of day, and an optional zone. */
const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/i;

/** An instant as epoch milliseconds, and whether its text names a time zone. */
export interface Told {
  readonly at: number;
  readonly zoned: boolean;
}

/** Reads a time such as `2026-11-24T12:00:00.5+01:00`; null where there is no such time. Without a zone UTC is assumed. */
export function readInstant(text: string): Told | null {
  const found = INSTANT.exec(text.trim());
  if (found === null) return null;
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone] = found;
  const midnight = readDay(Number(year), Number(month), Number(day));
  if (midnight === null || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  const ofDay = (Number(hour) * 60 + Number(minute)) * 60 + Number(second);
  const local = midnight + ofDay * 1000 + Math.round(Number(`0.${fraction || '0'}`) * 1000);
  return { at: local - offsetOfZone(zone), zoned: zone !== undefined };
}

function offsetOfZone(zone: string | undefined): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone ?? '') ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
}
