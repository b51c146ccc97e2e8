import type { Window } from '../scenario/schema.ts';
import { holds, refuses, type Guard } from './guard.ts';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

interface Local {
  readonly day: (typeof DAYS)[number];
  readonly date: string;
  readonly time: string;
}

/** Day, date and `HH:MM` of an instant in an IANA zone, daylight saving included. */
export function readLocalTime(now: number, timeZone: string): Local {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  const day = DAYS.find((one) => part('weekday').toLowerCase().startsWith(one)) ?? 'sun';
  return {
    day,
    date: `${part('year')}-${part('month')}-${part('day')}`,
    time: `${part('hour')}:${part('minute')}`,
  };
}

function findDayBefore(day: Local['day']): Local['day'] {
  return DAYS[(DAYS.indexOf(day) + 6) % 7] ?? 'sun';
}

/** Whether the instant lies in the window; a window over midnight belongs to the day on which it began. */
export function isInWindow(window: Window, now: number): boolean {
  const { day, date, time } = readLocalTime(now, window.timeZone);
  if (window.blackout.includes(date)) return false;
  const overMidnight = window.to <= window.from;
  if (!overMidnight) return window.days.includes(day) && time >= window.from && time < window.to;
  if (time >= window.from) return window.days.includes(day);
  return time < window.to && window.days.includes(findDayBefore(day));
}

/** Injects only within the scenario's hours. */
export const window: Guard = {
  name: 'window',
  rule: 'The present time lies in safety.window and on no blackout date, in the time zone of the window.',
  reason: 'outside-window',
  judge({ plan }, now) {
    const wanted = plan.scenario.safety.window;
    if (wanted === null) return holds('the scenario sets no window');
    const { day, date, time } = readLocalTime(now, wanted.timeZone);
    const at = `${day} ${date} ${time} in ${wanted.timeZone}`;
    if (isInWindow(wanted, now)) return holds(`${at} lies in the window`);
    const blackout = wanted.blackout.includes(date);
    return refuses(`${at} lies ${blackout ? 'on a blackout date' : 'outside the window'}`);
  },
};
