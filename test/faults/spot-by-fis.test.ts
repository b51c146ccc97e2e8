import { describe, expect, it } from 'vitest';
import { UNDO_TAG } from '../../src/model/entities/undo-mark.ts';
import { hasExperimentEnded } from '../../src/model/entities/experiment.ts';
import { eventsOf } from '../../src/journal/events.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { anyEvent } from '../support/any-event.ts';
import { aFisTemplate } from '../support/fake-fis.ts';
import { BY_FIS } from '../support/spot.ts';
import { ending, RunnerDied, type Theatre } from '../support/theatre.ts';
import { aHost, fleet, HOST, left, OFTEN, type FleetOptions } from './fleet.ts';

const NAMED = { ...BY_FIS, role: null, template: 'EXT0000000000000001' };

/** AWS interrupts the host: ECS drains it at the notice, and after two minutes it is gone. */
function interrupts(stage: Theatre, drains = true): void {
  stage.fis.acts = () => {
    if (drains) stage.ecs.world.instances.set(HOST, aHost({ status: 'DRAINING' }));
    stage.clock.at(stage.clock.now() + 120_000, () => {
      stage.ecs.world.instances.delete(HOST);
      stage.fis.finish('completed', 'Experiment completed.');
    });
  };
}

const OPTIONS: FleetOptions = {
  inject: BY_FIS,
  hosted: [1],
  scenario: OFTEN,
  set: (stage) => interrupts(stage),
};

function staged(over: Partial<FleetOptions> = {}, set: (stage: Theatre) => void = interrupts): Theatre {
  return fleet({ ...OPTIONS, ...over, set });
}

/** What of the drill is left at AWS. */
function held({ fis, ecs }: Theatre): string {
  const running = [...fis.world.experiments.values()].filter((one) => !hasExperimentEnded(one));
  const mark = ecs.world.services.get('build-agents')?.tags[UNDO_TAG] ?? 'none';
  return `templates ${[...fis.world.templates.keys()].join(' ')}, running ${String(running.length)}, mark ${mark}`;
}
const NOTHING = 'templates , running 0, mark none';

async function ended(stage: Theatre): Promise<string> {
  const state = await stage.run();
  return `${ending(state)}: ${state.verdict?.said ?? state.halted?.said ?? ''}`;
}

describe('spot-reclaim through FIS', () => {
  it('passes where the host drains at the notice; the template is deleted and the experiment stopped', async () => {
    const stage = staged();
    expect(await ended(stage)).toMatch(/^passed drained/);
    expect(stage.fis.calls.map(({ operation }) => operation)).toEqual(
      expect.arrayContaining(['create-template', 'start-experiment', 'stop-experiment', 'delete-template']),
    );
    expect([held(stage), left(stage.journal.events)]).toEqual([NOTHING, []]);
    const result = summarizeDrill(stage.journal.events, null);
    expect(result.experiment).toMatchObject({
      template: expect.stringMatching(/^EXT/) as string,
      status: 'running',
    });
    expect(result.notes.join()).not.toContain('equivalent');
  });

  it('is lost where the worker hears nothing', async () => {
    const stage = staged({ deaf: [1] });
    expect(await ended(stage)).toMatch(/^failed lost/);
    expect(held(stage)).toBe(NOTHING);
  });

  it('says that nothing landed where FIS completes and the host stays', async () => {
    const stage = staged({}, (one) => {
      one.fis.acts = () => one.fis.finish('completed', 'Experiment completed.');
    });
    expect(await ended(stage)).toMatch(/^inconclusive stop-not-confirmed/);
    expect(held(stage)).toBe(NOTHING);
  });

  it.each([
    ['failed', 'could-not-run fault-refused', 'Target resolution returned empty set.'],
    ['stopped', 'refused halted', 'Experiment halted by stop condition.'],
    ['cancelled', 'refused kill-switch', 'Safety lever is engaged.'],
  ])('ends an experiment that is %s as %s', async (status, end, reason) => {
    const stage = staged({}, (one) => {
      one.fis.before('experiment', 1, () => one.fis.finish(status, reason));
    });
    const said = await ended(stage);
    expect(said).toContain(end);
    expect(said).toContain(reason);
    expect(held(stage)).toBe(NOTHING);
  });

  it('is refused at the gate while the safety lever is engaged, and starts nothing', async () => {
    const stage = staged({}, (one) => {
      one.fis.world.lever = { status: 'engaged', reason: 'an incident' };
    });
    expect(await ended(stage)).toMatch(/^refused kill-switch: .*safety lever of FIS is engaged: an incident/);
    expect(stage.fis.calls.map(({ operation }) => operation)).toEqual(['safetyLever']);
    expect(stage.buildkite.count('createBuild')).toBe(0);
  });

  it('that FIS does not show is not called ours, and its worker is watched to its end', async () => {
    const stage = staged({}, (one) => {
      interrupts(one);
      one.fis.fail('experiment', { trouble: 'denied', times: Infinity });
    });
    expect(await ended(stage)).toMatch(
      /^inconclusive observation-gap: FIS experiment .* is pending .*, as far as FIS could be read$/,
    );
    expect(eventsOf(stage.journal.events, 'GD_TARGET_CHOSEN')).toHaveLength(1);
    const { findings } = summarizeDrill(stage.journal.events, null);
    expect(findings.find(({ check }) => check === 'no-job-lost')?.holds).toBe('yes');
    expect(held(stage)).toBe(NOTHING);
  });

  it.each(['create-template', 'start-experiment'] as const)('reports that %s is denied', async (call) => {
    const stage = staged();
    stage.fis.fail(call, { trouble: { kind: 'denied', message: 'AWS denies it', retryAfter: null } });
    expect(await ended(stage)).toContain('could-not-run aws-denied');
    expect(held(stage)).toBe(NOTHING);
  });

  it.each(['create-template', 'start-experiment'] as const)(
    'loses the answer to %s, and has one template and one experiment all the same',
    async (call) => {
      for (const acted of [true, false]) {
        const stage = staged();
        stage.fis.fail(call, { trouble: 'timeout', certainty: 'unknown', acted });
        expect(await ended(stage)).toMatch(/^passed drained/);
        expect([stage.fis.world.experiments.size, held(stage)]).toEqual([1, NOTHING]);
      }
    },
  );

  it('is refused on Fargate: FIS has no action for it', async () => {
    const stage = staged({ hosted: [] });
    expect(await ended(stage)).toMatch(/^refused inert-fault: .*Fargate/);
    expect(stage.fis.world.experiments.size).toBe(0);
  });
});

describe('a template that the scenario names', () => {
  const target = aFisTemplate().targets[0];
  if (target === undefined) throw new Error('no target');

  function named(over: Partial<ReturnType<typeof aFisTemplate>>): Theatre {
    return staged({ inject: NAMED }, (stage) => {
      stage.fis.world.templates.set(NAMED.template, aFisTemplate({ id: NAMED.template, ...over }));
      interrupts(stage);
    });
  }

  it('is started, and left as it is', async () => {
    const stage = named({ stopConditions: ['arn:aws:cloudwatch:us-east-1:123456789012:alarm:red'] });
    expect(await ended(stage)).toMatch(/^passed drained/);
    expect(held(stage)).toBe(`templates ${NAMED.template}, running 0, mark none`);
    expect(stage.fis.count('create-template')).toBe(0);
  });

  it.each([
    ['another host', { targets: [{ ...target, arns: [`${target.arns[0] ?? ''}1`] }] }, /the target runs on/],
    ['whoever has a tag', { targets: [{ ...target, arns: [], open: true }] }, /is not known/],
    [
      'something else',
      { actions: [{ name: 'act', action: 'aws:ec2:reboot-instances', targets: ['host'] }] },
      /aws:ec2:reboot-instances/,
    ],
  ])('is refused where it takes %s', async (_what, over, said) => {
    const stage = named(over);
    const end = await ended(stage);
    expect(end).toMatch(/^refused inert-fault/);
    expect(end).toMatch(said);
    expect(stage.fis.world.experiments.size).toBe(0);
  });

  it('could not run where FIS does not know it', async () => {
    const stage = staged({ inject: NAMED });
    expect(await ended(stage)).toMatch(/^could-not-run fault-refused/);
  });
});

describe.each(['written', 'unwritten'] as const)('a runner that dies at any event (%s)', (moment) => {
  async function died(at: number): Promise<Theatre> {
    const stage = staged();
    stage.dieAt(at, moment);
    await expect(stage.run()).rejects.toBeInstanceOf(RunnerDied);
    stage.cutTo(at);
    stage.clock.pass(4_000);
    return stage;
  }
  async function countEvents(): Promise<number> {
    const stage = staged();
    await stage.run();
    return stage.journal.events.length;
  }

  it('is resumed to the verdict with one experiment, and nothing is left', async () => {
    for (const at of anyEvent(await countEvents())) {
      const stage = await died(at);
      const end = ending(await stage.run());
      expect([at, end, stage.fis.world.experiments.size, held(stage)]).toEqual([
        at,
        'passed drained',
        1,
        NOTHING,
      ]);
    }
  });

  it('is aborted, and nothing is left', async () => {
    for (const at of anyEvent(await countEvents())) {
      const stage = await died(at);
      await stage.abort();
      expect([at, held(stage)]).toEqual([at, NOTHING]);
    }
  });
});

it('a signal at any event stops the experiment at once, deletes the template and removes the mark', async () => {
  const whole = staged();
  await whole.run();
  for (const at of anyEvent(whole.journal.events.length)) {
    const stage = staged();
    const stop = new AbortController();
    const state = await stage.run(stop.signal, ({ seq }) => {
      if (seq === at) stop.abort('SIGTERM');
    });
    expect([at, state.interrupted, held(stage)]).toEqual([at, 'SIGTERM', NOTHING]);
    expect(eventsOf(stage.journal.events, 'GD_FAULT_INTENDED').length).toBeLessThanOrEqual(3);
  }
});
