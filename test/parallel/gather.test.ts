import { describe, expect, it } from 'vitest';
import { createGather } from '../../src/parallel/gather.ts';
import { manualClock } from '../support/manual-clock.ts';

function gathering(most = 3) {
  const clock = manualClock();
  const sent: (readonly string[])[] = [];
  let aborts = 0;
  const gather = createGather<string, string>({
    ...{ clock, most, aborted: 'aborted', keyOf: (question) => question },
    async send(questions, signal) {
      sent.push(questions);
      signal.addEventListener('abort', () => (aborts += 1));
      await clock.sleep(1_000, signal);
      if (questions.includes('broken')) throw new Error('no answer');
      return questions.map((question) => `${question} at ${String(clock.now())}`);
    },
  });
  return { clock, sent, gather, countAborts: () => aborts, never: new AbortController().signal };
}

describe('gathering questions', () => {
  it('asks what comes in one turn together, and each question once', async () => {
    const { gather, sent, never } = gathering();
    const answers = await Promise.all(['a', 'b', 'a'].map((question) => gather(question, never)));
    expect(sent).toEqual([['a', 'b']]);
    expect(answers[0]).toBe(answers[2]);
  });

  it('splits what one request does not take', async () => {
    const { gather, sent, never } = gathering(2);
    await Promise.all(['a', 'b', 'c'].map((question) => gather(question, never)));
    expect(sent).toEqual([['a', 'b'], ['c']]);
  });

  it('never gives the answer of a request that left before the question came', async () => {
    const { gather, sent, never, clock } = gathering();
    const first = gather('a', never);
    await clock.sleep(500, never);
    const [one, other] = await Promise.all([first, gather('a', never)]);
    expect(sent).toEqual([['a'], ['a']]);
    expect(one).not.toBe(other);
  });

  it('answers an interrupted asker at once, and the others from the request that goes on', async () => {
    const { gather, never, clock, countAborts } = gathering();
    const stop = new AbortController();
    const began = clock.now();
    const [own, other] = [gather('a', stop.signal), gather('a', never)];
    clock.at(began + 100, () => stop.abort());
    expect(await own).toBe('aborted');
    expect(clock.now()).toBe(began + 100);
    expect(await other).toContain('a at');
    expect(countAborts()).toBe(0);
  });

  it('ends a request that nobody waits for any more', async () => {
    const { gather, clock, countAborts } = gathering();
    const stop = new AbortController();
    clock.at(clock.now() + 100, () => stop.abort());
    await Promise.all([gather('a', stop.signal), gather('b', stop.signal)]);
    expect(countAborts()).toBe(1);
  });

  it('gives a failure to all who asked', async () => {
    const { gather, never } = gathering();
    const all = await Promise.allSettled([gather('broken', never), gather('a', never)]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
