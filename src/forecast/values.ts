import { GamedayError } from '../model/errors.ts';
import { parseDuration } from '../scenario/duration.ts';

/** The milliseconds that a flag says; throws bad-input where it says none. */
export function durationOf(flag: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw notUnderstood(flag, text, 'Write a duration such as 30s or 2m.');
}

/** A flag whose value means nothing. */
export function notUnderstood(flag: string, text: string, next: string): GamedayError {
  return new GamedayError('bad-input', `${flag}: "${text}" is not understood`, { next });
}
