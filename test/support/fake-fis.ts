import type { Answer, Outcome } from '../../src/model/answer.ts';
import type { FisCall } from '../../src/model/call.ts';
import { hasExperimentEnded } from '../../src/model/entities/experiment.ts';
import type { Experiment, FisTemplate, SafetyLever } from '../../src/model/entities/experiment.ts';
import type { Fact } from '../../src/model/world.ts';
import type { Fis } from '../../src/fis/port.ts';
import { NOON } from './builders.ts';
import { carryOut, createScript, type FakeScript } from './fake-script.ts';

type Operation = Exclude<keyof Fis, 'send'> | FisCall['kind'];

interface FakeFisOptions {
  readonly now?: () => number;
  /** Does something at an instant. */
  readonly at?: (instant: number, act: () => void) => void;
}

/** FIS in memory: what an action does to the world is up to the test. */
export interface FakeFis extends Fis, FakeScript<Operation> {
  readonly world: {
    readonly templates: Map<string, FisTemplate>;
    readonly experiments: Map<string, Experiment>;
    /** Tags of templates and experiments: the drill that made them. */
    readonly drills: Map<string, string>;
    lever: SafetyLever;
  };
  /** What the action of an experiment does when it begins. */
  acts: (template: FisTemplate) => void;
  /** An experiment ends, or fails, by itself. */
  finish(status: string, reason: string): void;
}

const SPOT = 'aws:ec2:send-spot-instance-interruptions';

/** A template that names one thing by its ARN. */
export function aFisTemplate(over: Partial<FisTemplate> = {}): FisTemplate {
  return {
    id: 'EXT0000000000000001',
    stopConditions: [],
    actions: [{ name: 'act', action: SPOT, targets: ['host'] }],
    targets: [
      {
        ...{ name: 'host', type: 'aws:ec2:spot-instance', parameters: {}, open: false, selection: 'ALL' },
        arns: ['arn:aws:ec2:us-east-1:123456789012:instance/i-0feed'],
      },
    ],
    ...over,
  };
}

export function fakeFis({ now = () => NOON, at = () => undefined }: FakeFisOptions = {}): FakeFis {
  const world: FakeFis['world'] = {
    ...{ templates: new Map(), experiments: new Map(), drills: new Map() },
    lever: { status: 'disengaged', reason: null },
  };
  const script = createScript<Operation>();

  function change(id: string, over: Partial<Experiment>): void {
    const experiment = world.experiments.get(id);
    if (experiment !== undefined) world.experiments.set(id, { ...experiment, ...over });
  }
  function find<T>(found: T | undefined, id: string): Answer<T> {
    const trouble = { kind: 'not-found' as const, message: `FIS knows no ${id}`, retryAfter: null };
    return found === undefined ? { ok: false, trouble } : { ok: true, value: found };
  }
  function ask<T>(
    operation: Operation,
    args: readonly unknown[],
    signal: AbortSignal,
    answer: () => Answer<T>,
  ): Promise<Answer<T>> {
    const planned = script.enter(operation, args, signal);
    return Promise.resolve(planned === null ? answer() : { ok: false, trouble: planned.trouble });
  }
  const tagged = (drill: string, ids: Iterable<string>): string[] =>
    [...ids].filter((id) => world.drills.get(id) === drill);

  function begin(id: string, template: FisTemplate): void {
    const experiment = world.experiments.get(id);
    if (experiment === undefined || hasExperimentEnded(experiment)) return;
    const actions = experiment.actions.map((one) => ({ ...one, status: 'running', startedAt: now() }));
    change(id, { status: 'running', reason: 'Experiment is running.', actions });
    fake.acts(template);
  }

  function start(call: FisCall & { readonly kind: 'start-experiment' }): Outcome<readonly Fact[]> {
    const [known] = tagged(call.drill, world.experiments.keys());
    const template = world.templates.get(call.template);
    const id = known ?? `EXP000000000000000${String(world.experiments.size + 1)}`;
    if (known === undefined && template === undefined)
      return {
        ...{ ok: false, certainty: 'refused' },
        trouble: { kind: 'not-found', message: 'FIS knows no such template', retryAfter: null },
      };
    if (known === undefined && template !== undefined) {
      const isOff = world.lever.status !== 'disengaged';
      const actions = template.actions.map(({ name, action }) => ({
        ...{ name, action, status: 'pending', reason: null, startedAt: null },
      }));
      const state = isOff
        ? { status: 'cancelled', reason: 'Safety lever is engaged.' }
        : { status: 'pending', reason: 'Experiment is pending.' };
      world.experiments.set(id, { id, ...state, actions });
      world.drills.set(id, call.drill);
      at(now() + 300, () => begin(id, template));
    }
    const value = world.experiments.get(id);
    return { ok: true, value: value === undefined ? [] : [{ kind: 'experiment', id, value }] };
  }

  function act(call: FisCall): Outcome<readonly Fact[]> {
    switch (call.kind) {
      case 'create-template': {
        const known = tagged(call.drill, world.templates.keys())[0];
        const id = known ?? `EXT000000000000000${String(world.templates.size + 2)}`;
        const [target] = aFisTemplate().targets;
        const targets = target === undefined ? [] : [{ ...target, arns: [call.ec2Arn] }];
        world.templates.set(id, aFisTemplate({ id, targets }));
        world.drills.set(id, call.drill);
        return {
          ok: true,
          value: [{ kind: 'fis-of-drill', id: call.drill, value: { templates: [id], experiments: [] } }],
        };
      }
      case 'start-experiment':
        return start(call);
      case 'stop-experiment': {
        const found = world.experiments.get(call.experiment);
        if (found !== undefined && !hasExperimentEnded(found))
          change(call.experiment, { status: 'stopped', reason: 'Experiment stopped by user.' });
        const value = world.experiments.get(call.experiment);
        return { ok: true, value: value === undefined ? [] : [{ kind: 'experiment', id: value.id, value }] };
      }
      case 'delete-template':
        world.templates.delete(call.template);
        return { ok: true, value: [] };
    }
  }

  const fake: FakeFis = {
    ...script,
    world,
    acts: () => undefined,
    finish(status, reason) {
      for (const { id } of world.experiments.values()) change(id, { status, reason });
    },
    template: (id, signal) => ask('template', [id], signal, () => find(world.templates.get(id), id)),
    experiment: (id, signal) => ask('experiment', [id], signal, () => find(world.experiments.get(id), id)),
    ofDrill: (drill, signal) =>
      ask('ofDrill', [drill], signal, () => ({
        ok: true,
        value: {
          templates: tagged(drill, world.templates.keys()),
          experiments: tagged(drill, world.experiments.keys()).flatMap((id) => {
            const one = world.experiments.get(id);
            return one === undefined ? [] : [{ id, status: one.status }];
          }),
        },
      })),
    safetyLever: (signal) => ask('safetyLever', [], signal, () => ({ ok: true, value: world.lever })),
    send(call, signal, hold) {
      const why = hold?.() ?? null;
      if (why !== null) {
        const trouble = { kind: 'outdated' as const, message: `not sent: ${why}`, retryAfter: null };
        return Promise.resolve({ ok: false, certainty: 'refused', trouble });
      }
      const planned = script.enter(call.kind, [call], signal);
      return Promise.resolve(carryOut(planned, () => act(call)));
    },
  };
  return fake;
}
