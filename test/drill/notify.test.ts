import { describe, expect, it } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import type { Destination } from '../../src/model/entities/notice.ts';
import { fold } from '../../src/state/state.ts';
import { anyEvent } from '../support/any-event.ts';
import { TASK_ARN } from '../support/builders.ts';
import { planOf } from '../support/plans.ts';
import { codes, ending, RunnerDied, theatre, type Staged, type Theatre } from '../support/theatre.ts';

const HOOK: Destination = { kind: 'webhook', host: 'hooks.example' };

function telling(staged: Staged = {}, over: Parameters<typeof planOf>[1] = {}): Theatre {
  return theatre({ plan: planOf({ notify: [HOOK] }, over), ...staged });
}

function at(stage: Theatre, code: string): number {
  return stage.journal.events.findIndex((event) => event.code === code);
}

describe('the notice of an injection', () => {
  it('follows the consent, and everything is read and asked again after it', async () => {
    const stage = telling();
    expect(ending(await stage.run())).toBe('passed drained');
    expect(stage.notifier.notices).toMatchObject([
      {
        about: 'injection',
        consent: 'beforehand',
        task: TASK_ARN,
        cluster: 'build-prod',
        fault: 'stop-task',
      },
    ]);
    const [notice] = stage.notifier.notices;
    expect(JSON.stringify(notice)).toContain(`StopTask`);
    const order = codes(stage.journal.events);
    expect(order.slice(order.indexOf('GD_CONFIRMED'), order.indexOf('GD_FAULT_INTENDED') + 1)).toEqual([
      'GD_CONFIRMED',
      'GD_NOTICE_INTENDED',
      'GD_NOTIFIED',
      'GD_OBSERVED',
      'GD_GUARDS_ANSWERED',
      'GD_TARGET_REVERIFIED',
      'GD_FAULT_INTENDED',
    ]);
  });

  it('is not sent before the person says yes, and not at all after a no', async () => {
    const stage = telling({}, { consent: 'ask' });
    const before: number[] = [];
    stage.person.shown.push = () => before.push(stage.notifier.notices.length);
    await stage.run();
    expect([before, stage.notifier.notices.length]).toEqual([[0], 1]);

    const declined = telling({}, { consent: 'ask' });
    declined.person.says = false;
    expect(ending(await declined.run())).toBe('refused confirm-declined');
    expect(declined.notifier.notices).toEqual([]);

    const unasked = telling({}, { consent: 'refuse' });
    expect(ending(await unasked.run())).toMatch(/^refused /);
    expect(unasked.notifier.notices).toEqual([]);
  });

  it('is not sent in a dry run', async () => {
    const stage = telling({}, { dryRun: true });
    expect(ending(await stage.run())).toBe('planned planned');
    expect(stage.notifier.notices).toEqual([]);
  });

  it.each(['refused', 'broken', 'silent', 'defect'] as const)(
    'changes no verdict where it is %s, and holds up nothing beyond its five seconds',
    async (how) => {
      const stage = telling();
      if (how !== 'defect') stage.notifier.answer = how;
      stage.notifier.onTell = (_notice, patience) => {
        expect(patience).toBe(5_000);
        if (how === 'silent') stage.clock.pass(patience);
        if (how === 'defect') throw new Error('a defect of ours');
      };
      expect(ending(await stage.run())).toBe('passed drained');
      expect(stage.ecs.count('stopTask')).toBe(1);
      const [told] = eventsOf(stage.journal.events, 'GD_NOTIFIED');
      expect(told?.payload.told).toMatchObject([{ to: HOOK, result: 'not-told' }]);
    },
  );

  it('does not hide what happens meanwhile: a job that ends is not stopped', async () => {
    const stage = telling();
    stage.notifier.onTell = () => stage.finishJob();
    expect(ending(await stage.run())).toBe('inconclusive finished-before-stop');
    expect(stage.ecs.count('stopTask')).toBe(0);
  });

  it('is cut by an interrupt, and nothing is injected', async () => {
    const stage = telling();
    const interruption = new AbortController();
    stage.notifier.onTell = () => interruption.abort('SIGTERM');
    await stage.run(interruption.signal);
    expect(stage.ecs.count('stopTask')).toBe(0);
    expect(stage.journal.events.at(-1)?.code).toBe('GD_INTERRUPTED');
  });

  it('is not sent where its intent cannot be written, and nothing is injected', async () => {
    const whole = telling();
    await whole.run();
    const stage = telling();
    stage.fillDiskAt(at(whole, 'GD_NOTICE_INTENDED'));
    await stage.run().catch(() => undefined);
    expect([stage.notifier.notices, stage.ecs.count('stopTask')]).toEqual([[], 0]);
  });
});

describe('a runner that dies', () => {
  it.each(['written', 'unwritten'] as const)(
    'at any event (%s): nobody is told twice, and the drill ends as it would have',
    async (moment) => {
      const whole = telling();
      await whole.run();
      const intent = at(whole, 'GD_NOTICE_INTENDED');
      for (const count of [...anyEvent(whole.journal.events.length), intent, intent + 1, intent + 2]) {
        const stage = telling();
        stage.dieAt(count, moment);
        await expect(stage.run()).rejects.toBeInstanceOf(RunnerDied);
        stage.cutTo(count);
        stage.clock.pass(1_000);
        await stage.run();
        // Whoever died between the intent and the request told nobody, and nobody is told after it.
        const times = count === intent + 1 && moment === 'written' ? 0 : 1;
        expect([count, ending(fold(stage.journal.events)), stage.notifier.notices.length]).toEqual([
          count,
          'passed drained',
          times,
        ]);
      }
    },
  );

  it('after a stop that may have been sent: who goes on with hooks announces nothing', async () => {
    const notify: Destination[] = [];
    const stage = theatre({ plan: planOf({ notify }) });
    const whole = theatre();
    await whole.run();
    stage.dieAt(at(whole, 'GD_FAULT_INTENDED') + 1, 'written');
    await expect(stage.run()).rejects.toBeInstanceOf(RunnerDied);
    stage.cutTo(at(whole, 'GD_FAULT_INTENDED') + 1);
    notify.push(HOOK);
    expect(ending(await stage.run())).toBe('passed drained');
    expect(stage.notifier.notices).toEqual([]);
  });
});
