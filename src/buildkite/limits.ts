import type { HttpHeaders } from '../http/request.ts';

/** The longest plausible wait: a day, in seconds. Buildkite's own limits reset within five minutes. */
const LONGEST = 86_400;

/** The wait that a rate-limited answer asks for. */
export interface Wait {
  /** Milliseconds until the next request; null if the answer names no plausible time. */
  readonly ms: number | null;
  /** The implausible time of the answer, for people; null if there is none. */
  readonly absurd: string | null;
}

const NONE: Wait = { ms: null, absurd: null };

/**
 * The wait that Buildkite asks for: from its message, else from `Retry-After`, else from the headers of a limit that is used
 * up. Every answer carries these headers; they count only if nothing remains of the limit.
 */
export function waitOf(headers: HttpHeaders, said: string): Wait {
  const sentence = /try again in ([^\s,]{1,400}) seconds?/i.exec(said)?.[1];
  if (sentence !== undefined) return makeWait(sentence, parseSeconds(sentence));
  const header = headers.get('Retry-After');
  if (header !== null && header.trim() !== '')
    return makeWait(header, parseSeconds(header) ?? parseRetryDate(header, headers.get('Date')));
  const waits = ['RateLimit-User', 'RateLimit'].flatMap((limit) => {
    const left = headers.get(`${limit}-Remaining`);
    const reset = parseSeconds(headers.get(`${limit}-Reset`));
    return reset !== null && left !== null && Number(left) <= 0 ? [reset] : [];
  });
  return waits.length === 0 ? NONE : { ms: Math.max(...waits) * 1000, absurd: null };
}

/** The wait of a 429 that names no used-up limit: the time until its limits reset. */
export function resetOf(headers: HttpHeaders): number | null {
  const waits = ['RateLimit-User-Reset', 'RateLimit-Reset'].flatMap(
    (name) => parseSeconds(headers.get(name)) ?? [],
  );
  return waits.length === 0 ? null : Math.max(...waits) * 1000;
}

function makeWait(text: string, found: number | null): Wait {
  if (found !== null) return { ms: found * 1000, absurd: null };
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return {
    ms: null,
    absurd: `it asks to wait "${shown}", which is not between 0 s and a day and is ignored`,
  };
}

/** Whole seconds of a wait; null for a value that can only be an instant, or is not a number. */
function parseSeconds(text: string | null): number | null {
  return text !== null && /^\s*\d{1,5}\s*$/.test(text) ? limitWait(Number(text)) : null;
}

/** The wait of a `Retry-After` that is a date (RFC 9110, 10.2.3), measured from the `Date` of the same answer. */
function parseRetryDate(text: string, date: string | null): number | null {
  const wait =
    date === null || !/[a-z]/i.test(text) ? Number.NaN : (Date.parse(text) - Date.parse(date)) / 1000;
  return Number.isNaN(wait) ? null : limitWait(Math.ceil(wait));
}

function limitWait(wait: number): number | null {
  return wait >= 0 && wait <= LONGEST ? wait : null;
}
