import { expect, it } from 'vitest';
import { sayIdentity } from '../../src/cli/identity.ts';
import type { Answer } from '../../src/model/answer.ts';
import type { Caller } from '../../src/model/entities/surroundings.ts';

const never = new AbortController().signal;

it.each([
  ['assumed-role/drills/ann', 'role drills (session ann)'],
  ['user/ann', 'user ann'],
  ['root', 'the root user'],
])('a person is told who calls AWS: %s', async (resource, who) => {
  const arn = `arn:aws:${resource.startsWith('assumed') ? 'sts' : 'iam'}::123456789012:${resource}`;
  const caller = () => Promise.resolve({ ok: true, value: { account: '123456789012', arn } } as const);
  expect(await sayIdentity({ caller }, never)).toBe(`AWS is called as ${who}, account 123456789012`);
});

it('why it is not known is said, and nobody waits long for STS', async () => {
  const refused = { kind: 'refused', message: 'STS (sts) did not answer', retryAfter: null } as const;
  const denied = () => Promise.resolve({ ok: false, trouble: refused } as const);
  expect(await sayIdentity({ caller: denied }, never)).toBe(
    'as whom AWS is called is not known: STS (sts) did not answer',
  );
  const silent = (signal: AbortSignal): Promise<Answer<Caller>> =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve({ ok: false, trouble: refused }));
    });
  expect(await sayIdentity({ caller: silent }, never, 1)).toBe(
    'as whom AWS is called is not known: STS gave no answer within 1 ms',
  );
});
