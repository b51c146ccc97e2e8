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
