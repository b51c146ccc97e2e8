import { describe, expect, it } from 'vitest';
import { TASK_ARN } from '../support/builders.ts';
import { planOf } from '../support/plans.ts';
import { ending, theatre, type Theatre } from '../support/theatre.ts';

const sent = (stage: Theatre): readonly number[] => [
  stage.buildkite.count('createBuild'),
  stage.ecs.count('stopTask'),
  stage.buildkite.count('cancelBuild'),
];

describe('a person', () => {
  it('is shown what will be stopped and which jobs run there', async () => {
    const stage = theatre({ plan: planOf({}, { consent: 'ask' }) });
    expect(ending(await stage.run())).toBe('passed drained');
    expect(stage.person.shown).toHaveLength(1);
    expect(stage.person.shown[0]?.join('\n')).toContain(TASK_ARN);
    expect(stage.person.shown[0]?.join('\n')).toContain('integration');
  });

  it('who says no has the last word', async () => {
    const stage = theatre({ plan: planOf({}, { consent: 'ask' }) });
    stage.person.says = false;
    expect(ending(await stage.run())).toBe('refused confirm-declined');
    expect(sent(stage)).toEqual([1, 0, 1]);
  });

  it('who said no is asked again by a process that goes on, never taken for a yes', async () => {
    const stage = theatre({ plan: planOf({}, { consent: 'ask' }) });
    stage.person.says = false;
    await stage.run();
    const no = stage.journal.events.findIndex(({ code }) => code === 'GD_CONFIRMED');
    stage.cutTo(no + 1);
    await stage.run();
    expect(stage.person.shown).toHaveLength(2);
    expect(stage.ecs.count('stopTask')).toBe(0);
  });

  it('is read after: a job that ends while they think is not stopped', async () => {
    const stage = theatre({ plan: planOf({}, { consent: 'ask' }) });
    const shown = stage.person.shown;
    const push = shown.push.bind(shown);
    shown.push = (...lines) => {
      stage.finishJob();
      return push(...lines);
    };
    expect(ending(await stage.run())).toBe('inconclusive finished-before-stop');
    expect(stage.ecs.count('stopTask')).toBe(0);
  });
});
