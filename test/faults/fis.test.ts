import { describe, expect, it } from 'vitest';
import { aFisTemplate } from '../support/fake-fis.ts';
import { ending, type Theatre } from '../support/theatre.ts';
import { aHost, fleet, HOST, leave, taskOf, type FleetOptions } from './fleet.ts';

const TEMPLATE = 'EXT0000000000000001';
type Template = ReturnType<typeof aFisTemplate>;
const SERVICE = { cluster: 'build-prod', service: 'build-agents' };

/** A template that stops one task of the service. */
function stopping(over: Partial<Template['targets'][number]> = {}): Template {
  const target = { name: 'workers', type: 'aws:ecs:task', arns: [], open: false, selection: 'COUNT(1)' };
  return aFisTemplate({
    id: TEMPLATE,
    actions: [{ name: 'stop', action: 'aws:ecs:stop-task', targets: ['workers'] }],
    targets: [{ ...target, parameters: SERVICE, ...over }],
  });
}

/** FIS stops those workers, by number. */
function stops(stage: Theatre, workers: readonly number[], over: object = {}): void {
  stage.fis.acts = () => {
    for (const n of workers) {
      const stoppedReason = 'AWS FIS experiment EXP1';
      const stop = { desired: 'STOPPED', stopCode: 'UserInitiated', stoppedReason } as const;
      stage.ecs.setTask(taskOf(n), { ...stop, stoppingAt: stage.clock.now(), ...over });
      leave(stage, taskOf(n), {});
    }
    stage.fis.finish('completed', 'Experiment completed.');
  };
}

/** A template that drains a share of a cluster's hosts. */
function draining(cluster: string): Template {
  const target = { name: 'hosts', type: 'aws:ecs:cluster', open: false, selection: 'ALL', parameters: {} };
  return aFisTemplate({
    id: TEMPLATE,
    actions: [{ name: 'drain', action: 'aws:ecs:drain-container-instances', targets: ['hosts'] }],
    targets: [{ ...target, arns: [`arn:aws:ecs:us-east-1:123456789012:cluster/${cluster}`] }],
  });
}

function drainsHost(stage: Theatre): void {
  stage.fis.acts = () => {
    stage.ecs.world.instances.set(HOST, aHost({ status: 'DRAINING' }));
    stage.clock.at(stage.clock.now() + 60_000, () => stage.fis.finish('completed', 'Experiment completed.'));
  };
}

async function ended(
  template: Template,
  act: (stage: Theatre) => void,
  over: Partial<FleetOptions> = {},
): Promise<{ readonly end: string; readonly stage: Theatre }> {
  const stage = fleet({
    inject: { fault: 'fis', template: TEMPLATE },
    scenario: { safety: { tasks: 3 } },
    set: (one) => {
      one.fis.world.templates.set(TEMPLATE, template);
      act(one);
    },
    ...over,
  });
  const state = await stage.run();
  return { end: `${ending(state)}: ${state.verdict?.said ?? state.halted?.said ?? ''}`, stage };
}

describe('fault fis', () => {
  it('passes where the task that hosts the step is stopped and drains', async () => {
    const { end, stage } = await ended(stopping(), (one) => stops(one, [1]));
    expect(end).toMatch(/^passed drained/);
    expect([...stage.fis.world.templates.keys()]).toEqual([TEMPLATE]);
  });

  it.each([
    ['drains and then stops', {}, /^passed drained/],
    ['is deaf to', { deaf: [1] }, /^failed lost/],
  ])('judges a worker that %s an experiment which drains hosts', async (_what, over, expected) => {
    const { end, stage } = await ended(draining('build-prod'), drainsHost, { hosted: [1], ...over });
    expect(end).toMatch(expected);
    expect(stage.fis.world.experiments.size).toBe(1);
  });

  it('refuses one that drains hosts of another cluster', async () => {
    const { end } = await ended(draining('other'), drainsHost, { hosted: [1] });
    expect(end).toMatch(/^refused inert-fault: .*drains hosts of .*other, not of cluster build-prod alone/);
  });

  it('has missed its target where another task is stopped, whose job is judged', async () => {
    const scenario = { safety: { tasks: 3 }, expect: { build: 'any' as const } };
    const { end } = await ended(stopping(), (one) => stops(one, [2]), { busy: [2], scenario });
    expect(end).toMatch(/^inconclusive missed-target/);
  });

  it('is not ours where the task was stopping before the action began', async () => {
    const { end } = await ended(stopping(), (one) =>
      stops(one, [1], { stoppingAt: one.clock.now() - 60_000 }),
    );
    expect(end).toMatch(/^inconclusive/);
    expect(end).not.toContain('drained');
  });

  it('counts everything that the template may choose among', async () => {
    const { end } = await ended(stopping(), (one) => stops(one, [1]), { scenario: { safety: { tasks: 2 } } });
    expect(end).toMatch(/^refused blast-radius: .*3 tasks; limit 2/);
  });

  it.each([
    ['tags or filters', stopping({ open: true }), /chooses by tags or filters/],
    [
      'another service',
      stopping({ parameters: { ...SERVICE, service: 'other' } }),
      /another service or cluster/,
    ],
    ['others by ARN', stopping({ arns: [taskOf(2)], parameters: {} }), /cannot take the target/],
    [
      'the network',
      {
        ...stopping(),
        actions: [{ name: 'cut', action: 'aws:ecs:task-network-blackhole-port', targets: ['workers'] }],
      },
      /aws:ecs:task-network-blackhole-port; gameday judges only/,
    ],
    ['a Spot instance', aFisTemplate({ id: TEMPLATE }), /fault: spot-reclaim, through: fis/],
  ])('refuses a template that takes %s, and starts nothing', async (_what, template, said) => {
    const { end, stage } = await ended(template, () => undefined);
    expect(end).toMatch(/^refused inert-fault/);
    expect(end).toMatch(said);
    expect(stage.fis.world.experiments.size).toBe(0);
  });
});
