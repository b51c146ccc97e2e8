import { GamedayError } from '../model/errors.ts';

/** Gives a text back without the secrets in it. */
export type Redactor = (text: string) => string;

/** What stands in a secret's place. */
export const REDACTED = '[redacted]';

/** Shorter values would be found in innocent words, and hiding those would spoil the evidence. */
export const SHORTEST_SECRET = 8;

/** Tokens that are known by their shape, whoever they belong to. */
const SHAPES: readonly RegExp[] = [
  /\bbk[a-z]{2}_[A-Za-z0-9_-]{16,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/g,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/g,
  /\bglpat-[A-Za-z0-9_-]{16,}/g,
  /\bxox[abeprs]-[A-Za-z0-9-]{10,}/g,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
];

/** `Authorization: Bearer x`, also as a JSON or object member; the scheme stays, what follows goes. */
const AUTHORIZATION =
  /(authorization\\?["']?\s*[:=]\s*\[?\s*\\?["']?)((?:bearer|basic|token|aws4-hmac-sha256)\s+)?([^\s"',}\]\\]+(?:, ?(?:SignedHeaders|Signature)=[^\s"',}\]\\]+)*)/gi;
const BEARER = /\b(bearer\s+)([A-Za-z0-9._~+/=-]{8,})/gi;
const URL_CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@"']+@/gi;
const SIGNED_QUERY = /([?&](?:X-Amz-(?:Signature|Security-Token|Credential)|access_token|token)=)[^\s&"']+/gi;

/**
 * Makes the redactor for these values: it finds them as they are, base64- and URL-encoded and inside JSON, and finds
 * `Authorization`, credentials in URLs and tokens of known shapes besides. Throws bad-input for a value under 8 characters.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const tooShort = secrets.find((secret) => secret !== '' && secret.length < SHORTEST_SECRET);
  if (tooShort !== undefined) {
    throw new GamedayError(
      'bad-input',
      `a secret value has ${tooShort.length} characters; under ${SHORTEST_SECRET} it cannot be kept out of sight`,
      { next: 'Use a longer value, or do not mark the variable as secret.' },
    );
  }
  const needles = [...new Set(secrets.filter((secret) => secret !== '').flatMap(formsOf))]
    .filter((form) => form.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
  const byValue = needles.length === 0 ? null : new RegExp(needles.map(literal).join('|'), 'g');
  return (text) => byShape(byValue === null ? text : text.replace(byValue, REDACTED));
}

/** The same value with every string in it redacted; keys stay, since they are ours. */
export function redactLeaves<T>(value: T, redact: Redactor): T {
  return walk(value, redact) as T;
}

function walk(value: unknown, redact: Redactor): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => walk(item, redact));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, leaf]) => [key, walk(leaf, redact)]));
}

function byShape(text: string): string {
  const withoutHeaders = text
    .replace(
      AUTHORIZATION,
      (_all, head: string, scheme: string | undefined) => `${head}${scheme ?? ''}${REDACTED}`,
    )
    .replace(BEARER, `$1${REDACTED}`)
    .replace(URL_CREDENTIALS, `$1${REDACTED}@`)
    .replace(SIGNED_QUERY, `$1${REDACTED}`);
  return SHAPES.reduce((rest, shape) => rest.replace(shape, REDACTED), withoutHeaders);
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
    ...[0, 1, 2].flatMap((offset) => base64At(bytes, offset)),
  ];
}

/** Base64 of the secret where it begins `offset` bytes into a group of three, without the characters that its neighbours share. */
function base64At(secret: Buffer, offset: number): readonly string[] {
  const padded = Buffer.concat([Buffer.alloc(offset), secret]);
  const whole = Math.floor((padded.length * 8) / 6);
  const text = padded.toString('base64').slice(Math.ceil((offset * 8) / 6), whole);
  return [text, text.replaceAll('+', '-').replaceAll('/', '_')];
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
