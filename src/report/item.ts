import type { Tone } from './paint.ts';

/** One entry of a section; further lines of it hang in by `hang`. */
export interface Item {
  readonly text: string;
  readonly hang: number;
  readonly tone: Tone;
}

export function item(text: string, tone: Tone = 'plain', hang = 2): Item {
  return { text, hang, tone };
}

/** The events that something rests on, as they stand behind it; empty where it names none. */
export function restsOn(events: readonly number[]): string {
  if (events.length === 0) return '';
  return ` (event${events.length === 1 ? '' : 's'} ${events.join(', ')})`;
}
