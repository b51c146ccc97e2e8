import { CLAIM_KINDS, partOf } from './claim.ts';
import type { Claim, ClaimKind } from './claim.ts';

/** Why a text is no claim: at which character, counted from 1, and what to write instead. */
export interface ClaimProblem {
  readonly column: number;
  readonly message: string;
  readonly next: string;
}

export type ParsedClaim =
  { readonly ok: true; readonly claim: Claim } | { readonly ok: false; readonly problem: ClaimProblem };

const EXAMPLE = 'Write it as "lost-given-stop < 5 % at 95 %".';

/** A text that is read piece by piece. */
interface Reading {
  readonly text: string;
  at: number;
}

/** Thrown within this file alone. */
class NoClaim extends Error {
  readonly problem: ClaimProblem;

  constructor(at: number, message: string, next = EXAMPLE) {
    super(message);
    this.problem = { column: at + 1, message, next };
  }
}

/** Reads a claim such as `lost-given-stop < 5 % at 95 %`. `drains > 90 % at 95 %` is another way to write `not-drained < 10 % at 95 %`. */
export function parseClaim(text: string): ParsedClaim {
  try {
    return { ok: true, claim: readClaim({ text, at: 0 }) };
  } catch (error) {
    if (error instanceof NoClaim) return { ok: false, problem: error.problem };
    throw error;
  }
}

function readClaim(reading: Reading): Claim {
  const { kind, isDrains } = readKind(reading);
  readSign(reading, isDrains);
  const limit = readShare(
    reading,
    'a limit',
    (percent) => percent > 0 && percent < 100,
    'above 0 % and below 100 %',
  );
  take(reading, /at\b/y, 'the confidence is missing: "at" and a percentage');
  const confidence = readShare(
    reading,
    'a confidence',
    (percent) => percent >= 50 && percent <= 99.999,
    'from 50 % to 99.999 %',
  );
  skipSpace(reading);
  if (reading.at < reading.text.length)
    throw new NoClaim(
      reading.at,
      `"${reading.text.slice(reading.at)}" is too much: the claim ends before it`,
    );
  return { kind, limit: partOf(isDrains ? 100 - limit : limit), confidence: partOf(confidence) };
}

function readKind(reading: Reading): { readonly kind: ClaimKind; readonly isDrains: boolean } {
  skipSpace(reading);
  const from = reading.at;
  const word = take(reading, /[A-Za-z][\w-]*/y, 'the claim begins with what it is about').toLowerCase();
  if (word === 'drains') return { kind: 'not-drained', isDrains: true };
  const kind = CLAIM_KINDS.find((one) => one === word);
  if (kind !== undefined) return { kind, isDrains: false };
  throw new NoClaim(
    from,
    `no claim is called "${word}"`,
    'Claims are lost-given-stop, not-drained (or drains), runs-lost.',
  );
}

function readSign(reading: Reading, isDrains: boolean): void {
  skipSpace(reading);
  const from = reading.at;
  const sign = take(reading, /[<>]=?|[≤≥=]/y, `${isDrains ? '>' : '<'} is missing`);
  if (sign === (isDrains ? '>' : '<')) return;
  if (isDrains && sign.startsWith('<'))
    throw new NoClaim(
      from,
      'this would claim that few workers drain',
      'Write not-drained < 10 % or, with the same meaning, drains > 90 %.',
    );
  if (!isDrains && /^[>≥]/.test(sign))
    throw new NoClaim(from, 'a rate of losses is claimed to be below a limit, not above it');
  throw new NoClaim(
    from,
    `"${sign}" is not the sign: a bound lies strictly ${isDrains ? 'above (>)' : 'below (<)'} a limit`,
  );
}

/** A percentage, as a number of per cent. */
function readShare(
  reading: Reading,
  what: string,
  isAllowed: (percent: number) => boolean,
  allowed: string,
): number {
  skipSpace(reading);
  const from = reading.at;
  const text = take(reading, /\d[\d.,]*/y, `${what} is missing: a percentage such as 5 %`);
  if (!/^\d{1,9}(?:\.\d{1,9})?$/.test(text))
    throw new NoClaim(
      from,
      `"${text}" is not a number`,
      'Write it with digits and at most one point, as 0.1 %.',
    );
  take(reading, /%/y, `${what} is a percentage, and % is missing`, `Write ${text} % if you mean per cent.`);
  const percent = Number(text);
  if (isAllowed(percent)) return percent;
  throw new NoClaim(from, `${what} lies ${allowed}; this is ${text} %`);
}

/** The next piece, after spaces. */
function take(reading: Reading, pattern: RegExp, missing: string, next?: string): string {
  skipSpace(reading);
  pattern.lastIndex = reading.at;
  const [found] = pattern.exec(reading.text) ?? [];
  if (found === undefined) throw new NoClaim(reading.at, missing, next);
  reading.at += found.length;
  return found;
}

function skipSpace(reading: Reading): void {
  while (/\s/.test(reading.text[reading.at] ?? '')) reading.at += 1;
}
