import { expect, test } from 'vitest';
import { resetOf, waitOf } from '../../src/buildkite/limits.ts';

const ANSWERED = 'Wed, 21 Oct 2026 07:28:00 GMT';

test.each([
  ['0', 0],
  ['187', 187_000],
  ['86400', 86_400_000],
])('"try again in %s seconds" is obeyed', (said, ms) => {
  expect(waitOf(new Headers(), `slow down, try again in ${said} seconds.`)).toEqual({ ms, absurd: null });
});

test.each(['NaN', '1e308', '-1', '-5', '86401', '9'.repeat(400), 'Infinity', '0x10', '1.5'])(
  'a wait of "%s" is refused, and it is said',
  (figure) => {
    const waits = [
      waitOf(new Headers(), `try again in ${figure} seconds`),
      waitOf(new Headers({ 'Retry-After': figure }), 'slow down'),
      waitOf(new Headers({ 'Retry-After': figure, Date: ANSWERED }), ''),
    ];
    for (const { ms, absurd } of waits) {
      expect(ms).toBeNull();
      expect(absurd).toContain(`it asks to wait "${figure.slice(0, 40)}`);
      expect(absurd).toContain('is ignored');
    }
  },
);

test('a Retry-After that is a date counts from the answer itself', () => {
  const wait = (at: string, date?: string): ReturnType<typeof waitOf> =>
    waitOf(new Headers({ 'Retry-After': at, ...(date === undefined ? {} : { Date: date }) }), '');
  expect(wait('Wed, 21 Oct 2026 07:29:30 GMT', ANSWERED)).toEqual({ ms: 90_000, absurd: null });
  expect(wait('Fri, 31 Dec 9999 23:59:59 GMT', ANSWERED).ms).toBeNull();
  expect(wait('Wed, 21 Oct 2026 07:27:00 GMT', ANSWERED).ms).toBeNull();
  expect(wait('Wed, 21 Oct 2026 07:29:30 GMT').absurd).toContain('is ignored');
});

test.each(['NaN', '1e308', '-1', '1761031680', ''])('a reset of "%s" says nothing about a wait', (reset) => {
  const headers = new Headers({ 'RateLimit-Remaining': '0', 'RateLimit-Reset': reset });
  expect(waitOf(headers, '').ms).toBeNull();
  expect(resetOf(headers)).toBeNull();
});
