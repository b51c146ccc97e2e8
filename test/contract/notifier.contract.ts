import { describe, expect, test } from 'vitest';
import type { EndNotice, Notice } from '../../src/model/entities/notice.ts';
import type { Notifier } from '../../src/notify/port.ts';
import type { z } from 'zod';

const never = new AbortController().signal;

export const NOTICE: z.infer<typeof EndNotice> = {
  ...{ about: 'end', id: '20260102-030405-beef.end', drill: '20260102-030405-beef' },
  ...{
    title: 'A <step> survives',
    file: 'web.yaml',
    label: null,
    region: 'us-east-1',
    cluster: 'build-prod',
  },
  ...{ service: 'workers', fault: 'stop-task', task: 'arn:task/1', cause: 'SIGTERM was eaten' },
  build: { number: 7, url: 'https://buildkite.com/acme/canary/builds/7' },
  ...{ outcome: 'failed', reason: 'lost', exitCode: 10, said: 'the job was lost', next: 'Fix the drain.' },
};

export interface NotifierBench {
  readonly port: Notifier;
  readonly host: string;
  /** What becomes of notices from now on. */
  answers(how: 'taken' | 'refused' | 'broken'): void;
  /** How many requests came, or would have come. */
  readonly notices: () => Promise<readonly Notice['id'][]>;
}

/** What every notifier must do: the fake and the client alike. */
export function notifierContract(name: string, setUp: () => Promise<NotifierBench>): void {
  describe(`Notifier port: ${name}`, () => {
    test('tells each hook once where it takes the notice', async () => {
      const { port, host, notices } = await setUp();
      expect(await port.tell(NOTICE, 30_000, never)).toEqual([
        { to: { kind: 'webhook', host }, result: 'told', tries: 1, said: null },
      ]);
      expect(await notices()).toEqual([NOTICE.id]);
    });

    test.each([
      ['refused', 1, 'it answers HTTP 400'],
      ['broken', 3, 'it answers HTTP 503'],
    ] as const)('says that it was %s, after %i tries', async (how, tries, said) => {
      const { port, host, answers } = await setUp();
      answers(how);
      expect(await port.tell(NOTICE, 30_000, never)).toEqual([
        { to: { kind: 'webhook', host }, result: 'not-told', tries, said },
      ]);
    });

    test('tells nobody once it is interrupted', async () => {
      const { port, notices } = await setUp();
      expect(await port.tell(NOTICE, 30_000, AbortSignal.abort())).toMatchObject([
        { result: 'not-told', tries: 0 },
      ]);
      expect(await notices()).toEqual([]);
    });
  });
}
