import type { HttpHeaders } from '../http/request.ts';

/** The longest wait that is taken for one, seconds: a day. Buildkite's own limits begin anew within five minutes. */
const LONGEST = 86_400;

/** What a limited answer asks for. */
export interface Wait {
  /** Milliseconds until Buildkite is to be asked again; null where it names no time that can be one. */
  readonly ms: number | null;
  /** What it named instead of such a time, for people; null where there is nothing to say. */
  readonly absurd: string | null;
}

const NONE: Wait = { ms: null, absurd: null };

/**
 * When Buildkite wants to be asked again: its sentence first, then `Retry-After`, then the header of a limit that is used up.
 * Every answer carries the limits; while something is left of them they only inform.
 */
export function waitOf(headers: HttpHeaders, said: string): Wait {
  const sentence = /try again in ([^\s,]{1,400}) seconds?/i.exec(said)?.[1];
  if (sentence !== undefined) return waitFor(sentence, seconds(sentence));
  const header = headers.get('Retry-After');
  if (header !== null && header.trim() !== '')
    return waitFor(header, seconds(header) ?? untilDate(header, headers.get('Date')));
  const waits = ['RateLimit-User', 'RateLimit'].flatMap((limit) => {
    const left = headers.get(`${limit}-Remaining`);
    const reset = seconds(headers.get(`${limit}-Reset`));
    return reset !== null && left !== null && Number(left) <= 0 ? [reset] : [];
  });
  return waits.length === 0 ? NONE : { ms: Math.max(...waits) * 1000, absurd: null };
}

/** Of a 429 that names no budget that is used up: the time until its limits begin anew is all that it tells. */
export function resetOf(headers: HttpHeaders): number | null {
  const waits = ['RateLimit-User-Reset', 'RateLimit-Reset'].flatMap(
    (name) => seconds(headers.get(name)) ?? [],
  );
  return waits.length === 0 ? null : Math.max(...waits) * 1000;
}

function waitFor(text: string, found: number | null): Wait {
  if (found !== null) return { ms: found * 1000, absurd: null };
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return {
    ms: null,
    absurd: `it asks to wait "${shown}", which is no time from 0 s to a day and is not obeyed`,
  };
}

/** Whole seconds; a figure that can only be an instant, or is none at all, says nothing about how long to wait. */
function seconds(text: string | null): number | null {
  return text !== null && /^\s*\d{1,5}\s*$/.test(text) ? within(Number(text)) : null;
}

/** `Retry-After` may be a date (RFC 9110, 10.2.3); only the same answer's own `Date` says how far away that is. */
function untilDate(text: string, date: string | null): number | null {
  const wait =
    date === null || !/[a-z]/i.test(text) ? Number.NaN : (Date.parse(text) - Date.parse(date)) / 1000;
  return Number.isNaN(wait) ? null : within(Math.ceil(wait));
}

function within(wait: number): number | null {
  return wait >= 0 && wait <= LONGEST ? wait : null;
}
