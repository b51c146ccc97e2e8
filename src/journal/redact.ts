import { GamedayError } from '../model/errors.ts';

/** Gives a text back without the secrets in it. */
export type Redactor = (text: string) => string;

/** What stands in a secret's place. */
export const REDACTED = '[redacted]';

/** Shorter values would be found in innocent words, and hiding those would spoil the evidence. */
export const SHORTEST_SECRET = 8;

/*
 * Every pattern here is linear: no two neighbours take the same characters, and what one match or one failure read is read
 * again a bounded number of times. Labels, messages and answers of others go through here, of any length.
 */

/** Tokens that are known by their shape, whoever they belong to. */
const SHAPES: readonly RegExp[] = [
  /\bbk[a-z]{2}_[A-Za-z0-9_-]{16,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/g,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/g,
  /\bglpat-[A-Za-z0-9_-]{16,}/g,
  /\bxox[abeprs]-[A-Za-z0-9-]{10,}/g,
];

/** `Authorization: Bearer x`, also as a JSON or object member; the scheme stays, what follows goes. */
const AUTHORIZATION =
  /(authorization\\?["']?\s*[:=]\s*(?:\[\s*)?\\?["']?)((?:bearer|basic|token|aws4-hmac-sha256)\s+)?([^\s"',}\]\\]+(?:, ?(?:SignedHeaders|Signature)=[^\s"',}\]\\]+)*)/gi;
const BEARER = /\b(bearer\s+)([A-Za-z0-9._~+/=-]{8,})/gi;
/** No scheme that is in use has more letters. */
const URL_CREDENTIALS = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#@"']+@/gi;
const SIGNED_QUERY = /([?&](?:X-Amz-(?:Signature|Security-Token|Credential)|access_token|token)=)[^\s&"']+/gi;
/** All that a JSON web token can be written in; looked at part by part. */
const WEB_TOKEN_RUN = /[A-Za-z0-9_.-]+/g;
const KEY_BEGIN = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/g;
/** A key without an end was cut short, and goes up to the end of its text. */
const KEY_END = /-----END [A-Z ]{0,40}PRIVATE KEY-----|["']/g;

/**
 * Makes the redactor for these values: it finds them as they are, base64- and URL-encoded and inside JSON, and finds
 * `Authorization`, credentials in URLs and tokens of known shapes besides. Throws bad-input for a value under 8 characters.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const tooShort = secrets.find((secret) => secret !== '' && secret.length < SHORTEST_SECRET);
  if (tooShort !== undefined) {
    throw new GamedayError(
      'bad-input',
      `a secret value has ${tooShort.length} characters; under ${SHORTEST_SECRET} it cannot be hidden`,
      { next: 'Use a longer value, or do not mark the variable as secret.' },
    );
  }
  const needles = [...new Set(secrets.filter((secret) => secret !== '').flatMap(formsOf))]
    .filter((form) => form.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
  const byValue = needles.length === 0 ? null : new RegExp(needles.map(escapePattern).join('|'), 'g');
  return (text) => redactShapes(byValue === null ? text : text.replace(byValue, REDACTED));
}

/** The same value with every string in it redacted; keys stay, since they are ours. */
export function redactLeaves<T>(value: T, redact: Redactor): T {
  return redactValue(value, redact) as T;
}

function redactValue(value: unknown, redact: Redactor): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, redact));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, leaf]) => [key, redactValue(leaf, redact)]));
}

function redactShapes(text: string): string {
  const withoutHeaders = text
    .replace(
      AUTHORIZATION,
      (_all, head: string, scheme: string | undefined) => `${head}${scheme ?? ''}${REDACTED}`,
    )
    .replace(BEARER, `$1${REDACTED}`)
    .replace(URL_CREDENTIALS, `$1${REDACTED}@`)
    .replace(SIGNED_QUERY, `$1${REDACTED}`);
  const withoutTokens = SHAPES.reduce((rest, shape) => rest.replace(shape, REDACTED), withoutHeaders);
  return withoutPrivateKeys(withoutWebTokens(withoutTokens));
}

/** JSON web tokens: three parts of base64url, of which the first two begin as every JSON object does. */
function withoutWebTokens(text: string): string {
  if (!text.includes('eyJ')) return text;
  return text.replace(WEB_TOKEN_RUN, (run) => {
    const parts = run.split('.');
    const kept: string[] = [];
    for (let at = 0; at < parts.length; at += 1) {
      const [head = '', payload = '', signature = ''] = parts.slice(at, at + 3);
      const begin = /(?<![A-Za-z0-9_])eyJ[A-Za-z0-9_-]{10}/.exec(head)?.index;
      const isToken = begin !== undefined && /^eyJ.{10}/.test(payload) && signature.length >= 10;
      kept.push(isToken ? `${head.slice(0, begin)}${REDACTED}` : head);
      if (isToken) at += 2;
    }
    return kept.join('.');
  });
}

/** Private keys in PEM, from their first line to their last one, within the quotes that they stand in. */
function withoutPrivateKeys(text: string): string {
  const kept: string[] = [];
  let from = 0;
  for (let begin = matchFrom(KEY_BEGIN, text, 0); begin !== null; begin = matchFrom(KEY_BEGIN, text, from)) {
    kept.push(text.slice(from, begin.index), REDACTED);
    const end = matchFrom(KEY_END, text, begin.index + begin[0].length);
    from = end === null ? text.length : end.index + (end[0].length > 1 ? end[0].length : 0);
  }
  return kept.length === 0 ? text : [...kept, text.slice(from)].join('');
}

function matchFrom(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const encoded = encodeURIComponent(bytes.toString('utf8'));
  return [
    secret,
    secret.trim(),
    encoded,
    encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    encoded.replaceAll('%20', '+'),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('hex'),
    ...[0, 1, 2].flatMap((offset) => encodeBase64At(bytes, offset)),
  ];
}

/** Base64 of the secret where it begins `offset` bytes into a group of three, without the characters that its neighbours share. */
function encodeBase64At(secret: Buffer, offset: number): readonly string[] {
  const padded = Buffer.concat([Buffer.alloc(offset), secret]);
  const whole = Math.floor((padded.length * 8) / 6);
  const text = padded.toString('base64').slice(Math.ceil((offset * 8) / 6), whole);
  return [text, text.replaceAll('+', '-').replaceAll('/', '_')];
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
