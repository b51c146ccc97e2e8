import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GamedayError } from '../../src/model/errors.ts';
import { escapeControls, toJson } from '../../src/journal/escape.ts';
import { createRedactor, redactLeaves } from '../../src/journal/redact.ts';

const SECRET = 'correct horse/battery+"staple"';
const redact = createRedactor([SECRET]);

test.each([
  ['as it is', `token is ${SECRET}.`],
  ['URL-encoded', `?t=${encodeURIComponent(SECRET)}&x`],
  ['URL-encoded in lower case', `?t=${encodeURIComponent(SECRET).toLowerCase()}`],
  ['as a form field', encodeURIComponent(SECRET).replaceAll('%20', '+')],
  ['inside JSON', JSON.stringify({ body: SECRET })],
  ['in base64', Buffer.from(SECRET).toString('base64')],
  ['in base64url', Buffer.from(SECRET).toString('base64url')],
  ['in base64 after one byte', Buffer.from(`:${SECRET}`).toString('base64')],
  ['in base64 after two bytes', Buffer.from(`u:${SECRET}`).toString('base64')],
  ['in hex', Buffer.from(SECRET).toString('hex')],
])('a secret is hidden %s', (_how, text) => {
  const shown = redact(text);
  expect(shown).toContain('[redacted]');
  expect(shown.toLowerCase()).not.toContain('horse');
  expect(Buffer.from(shown, 'base64').toString()).not.toContain('horse');
});

const plain = createRedactor([]);
test.each([
  ['Authorization: Bearer abc.def', 'Authorization: Bearer [redacted]'],
  ['{"authorization":"Bearer abc.def","x":1}', '{"authorization":"Bearer [redacted]","x":1}'],
  ['{\\"Authorization\\":\\"Bearer abc\\"}', '{\\"Authorization\\":\\"Bearer [redacted]\\"}'],
  ['Authorization: secretvalue', 'Authorization: [redacted]'],
  ['sent Bearer abcdefgh123', 'sent Bearer [redacted]'],
  ['https://me:pw@host/x', 'https://[redacted]@host/x'],
  ['https://token@host/x', 'https://[redacted]@host/x'],
  [`bkua_${'a1'.repeat(20)} and AKIA${'A'.repeat(16)}`, '[redacted] and [redacted]'],
  [`ghp_${'a'.repeat(36)}`, '[redacted]'],
  ['https://h/?a=1&X-Amz-Signature=abc&b=2', 'https://h/?a=1&X-Amz-Signature=[redacted]&b=2'],
  ['user@example.com wrote https://host/a@b', 'user@example.com wrote https://host/a@b'],
  ['the task of bk_agents is arn:aws:ecs:us-east-1:123456789012:task/x', null],
])('shape: %s', (text, shown) => {
  expect(plain(text)).toBe(shown ?? text);
});

test('AWS signature headers go whole', () => {
  const text = 'Authorization: AWS4-HMAC-SHA256 Credential=abc/1/x, SignedHeaders=a;b, Signature=0123';
  expect(plain(text)).toBe('Authorization: AWS4-HMAC-SHA256 [redacted]');
});

test('a value under 8 characters is not accepted, an empty one is nothing', () => {
  expect(() => createRedactor(['1234567'])).toThrow(GamedayError);
  expect(createRedactor([''])('x')).toBe('x');
});

test('of two secrets, one within the other, the longer is hidden whole', () => {
  expect(createRedactor(['abcdefgh', 'abcdefghijkl'])('abcdefghijkl abcdefgh')).toBe('[redacted] [redacted]');
});

test('leaves at any depth are redacted, keys and numbers stay', () => {
  expect(redactLeaves({ a: [SECRET, 1, null], b: { c: `x${SECRET}` } }, redact)).toEqual({
    a: ['[redacted]', 1, null],
    b: { c: 'x[redacted]' },
  });
});

test('no secret survives, wherever it stands', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 8 }), fc.string(), fc.string(), (secret, before, after) => {
      fc.pre(!'[redacted]'.includes(secret) && secret.trim().length >= 8);
      expect(createRedactor([secret])(before + secret + after)).not.toContain(secret);
    }),
    { numRuns: 300 },
  );
});

const LONG = 400_000;
const repeated = (piece: string): string => piece.repeat(Math.ceil(LONG / piece.length)).slice(0, LONG);
/** A pattern whose time grows with the square of the length takes minutes to hours over one of these. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ['`authorization:` and blanks', `authorization:${' '.repeat(LONG)}`],
  ['`authorization: [` and blanks', `authorization: [${' '.repeat(LONG)}`],
  ['`authorization` and blanks, many times', repeated(`authorization${' '.repeat(1_000)}`)],
  ['`authorization: bearer` and blanks', `authorization: bearer${' '.repeat(LONG)}`],
  ['`bearer` and blanks', `bearer${' '.repeat(LONG)}`],
  ['what could be the scheme of a URL', repeated('a.')],
  ['URLs that have no host', repeated('a://b:')],
  ['begins of web tokens', repeated('eyJaaaaaaaaaa-')],
  ['parts of web tokens', repeated('eyJaaaaaaaaaa.')],
  ['begins of private keys', repeated('-----BEGIN PRIVATE KEY-----')],
  ['a private key with no end of its name', `-----BEGIN ${'A '.repeat(LONG / 2)}`],
  ['begins of signed headers', `authorization: a${repeated(', Signature=')}`],
];

test.each(HOSTILE)('%s, 400 KB of them, take no longer than their length', (_what, text) => {
  expect(text.length).toBeGreaterThanOrEqual(LONG);
  const before = process.cpuUsage();
  plain(text);
  const { user, system } = process.cpuUsage(before);
  // Some milliseconds; the limit is for a machine that has much else to do.
  expect((user + system) / 1e6).toBeLessThan(5);
});

const PEM = '-----BEGIN RSA PRIVATE KEY-----\nMIIEabc+/=\n';
test.each([
  ['whole', `a ${PEM}-----END RSA PRIVATE KEY----- b`, 'a [redacted] b'],
  ['cut short', `a ${PEM}`, 'a [redacted]'],
  ['cut short inside JSON', JSON.stringify({ a: PEM, b: 1 }), '{"a":"[redacted]","b":1}'],
  ['two of them', `${PEM}-----END RSA PRIVATE KEY-----,${PEM}`, '[redacted],[redacted]'],
])('a private key is hidden: %s', (_how, text, shown) => {
  expect(plain(text)).toBe(shown);
});

test.each([
  [
    'Bearer-less',
    'jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4 end',
    'jwt [redacted] end',
  ],
  ['behind a dash', 'x-eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4', 'x-[redacted]'],
  ['no signature', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0', null],
  ['in the midst of a word', 'xeyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4', null],
])('a JSON web token is hidden: %s', (_how, text, shown) => {
  expect(plain(text)).toBe(shown ?? text);
});

test('controls are shown, not obeyed, and JSON keeps its meaning', () => {
  expect(escapeControls('a\u001b[31mb\r\nc\u009bd\u202ee')).toBe(
    'a\\u001b[31mb\\u000d\\u000ac\\u009bd\\u202ee',
  );
  expect(escapeControls('naïve — 🎯')).toBe('naïve — 🎯');
  const value = { said: 'a\u001b\u009b\u202e\n"', deep: ['\u007f'] };
  for (const text of [toJson(value), toJson(value, 2)]) {
    expect(JSON.parse(text)).toEqual(value);
    expect(escapeControls(text.replaceAll('\n', ''))).toBe(text.replaceAll('\n', ''));
  }
});

test.each([
  ['zero width space', '\u200b', '\\u200b'],
  ['zero width joiner', '\u200d', '\\u200d'],
  ['Arabic letter mark', '\u061c', '\\u061c'],
  ['soft hyphen', '\u00ad', '\\u00ad'],
  ['word joiner', '\u2060', '\\u2060'],
  ['byte order mark', '\ufeff', '\\ufeff'],
  ['a tag, of two UTF-16 units', '\u{e0041}', '\\udb40\\udc41'],
])('the whole class of format characters is shown: %s', (_what, character, shown) => {
  expect(escapeControls(`a${character}b`)).toBe(`a${shown}b`);
  expect(toJson({ said: character })).toBe(`{"said":"${shown}"}`);
  expect(JSON.parse(toJson({ said: character }))).toEqual({ said: character });
});

test('every character of the classes Cc, Cf, Zl and Zp is shown, and no other', () => {
  const harmful = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
  for (let code = 0; code <= 0x10ffff; code += 1) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    if ((escapeControls(character) !== character) !== harmful.test(character))
      expect.fail(`U+${code.toString(16)}`);
  }
});
