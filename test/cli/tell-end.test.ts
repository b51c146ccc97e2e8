import { describe, expect, test } from 'vitest';
import { tellEnd } from '../../src/cli/tell-end.ts';
import { eventsOf } from '../../src/journal/events.ts';
import { fold } from '../../src/state/state.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { planOf } from '../support/plans.ts';
import { codes, ending, RunnerDied, theatre, type Theatre } from '../support/theatre.ts';

const TO = { kind: 'slack', host: 'hooks.slack.com' } as const;
const never = new AbortController().signal;

async function ended(over: Parameters<typeof planOf>[1] = {}): Promise<Theatre> {
  const plan = planOf({ notify: [TO], limits: { pollEvery: 10_000 } }, over);
  const stage = theatre({ plan, runsFor: null, onStop: (on) => on.die(60_000, 100_000) });
  await stage.run();
  stage.notifier.notices.length = 0;
  return stage;
}

async function tell(stage: Theatre, signal = never): Promise<readonly string[]> {
  const seen: string[] = [];
  const resultOf = () => summarizeDrill(stage.journal.events, 'journal.ndjson');
  await tellEnd(stage.plan, [TO], resultOf, stage, signal, ({ code }) => seen.push(code));
  return seen;
}

describe('the notice of the end', () => {
  test('says how the drill ended, once', async () => {
    const stage = await ended();
    expect(await tell(stage)).toEqual(['GD_NOTICE_INTENDED', 'GD_NOTIFIED']);
    expect(await tell(stage)).toEqual([]);
    expect(stage.notifier.notices).toMatchObject([
      { about: 'end', outcome: 'failed', reason: 'lost', exitCode: 10, fault: 'stop-task' },
    ]);
  });

  test('is sent by an abort too, to whom that command was given', async () => {
    const stage = theatre({ plan: planOf(), runsFor: null });
    stage.dieAt(3, 'written');
    await expect(stage.run()).rejects.toBeInstanceOf(RunnerDied);
    stage.cutTo(3);
    await stage.abort();
    expect(await tell(stage)).toEqual(['GD_NOTICE_INTENDED', 'GD_NOTIFIED']);
    expect(stage.notifier.notices).toMatchObject([{ about: 'end', outcome: 'aborted', exitCode: 0 }]);
    // The scenario names nobody.
    const [intended] = eventsOf(stage.journal.events, 'GD_NOTICE_INTENDED');
    expect(intended?.payload.to).toEqual([TO]);
  });

  test('changes neither the state nor the result, whatever becomes of it', async () => {
    const stage = await ended();
    const before = summarizeDrill(stage.journal.events, 'journal.ndjson');
    stage.notifier.onTell = () => {
      throw new Error('a defect of ours');
    };
    await tell(stage);
    expect(codes(stage.journal.events).slice(-3)).toEqual(['GD_JUDGED', 'GD_NOTICE_INTENDED', 'GD_NOTIFIED']);
    expect(summarizeDrill(stage.journal.events, 'journal.ndjson')).toEqual(before);
    expect(ending(fold(stage.journal.events))).toBe('failed lost');
    // A process that takes up such a drill finds it ended.
    expect(ending(await stage.run())).toBe('failed lost');
  });

  test('is not sent after an interrupt, in a dry run, and where its intent cannot be written', async () => {
    const stage = await ended();
    expect(await tell(stage, AbortSignal.abort())).toEqual([]);
    stage.fillDiskAt(0);
    expect(await tell(stage)).toEqual([]);
    expect(stage.notifier.notices).toEqual([]);
    const planned = await ended({ dryRun: true });
    await tell(planned);
    expect(planned.notifier.notices).toEqual([]);
  });
});
