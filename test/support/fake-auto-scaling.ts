import type { AutoScaling } from '../../src/auto-scaling/port.ts';
import type { Answer, Outcome } from '../../src/model/answer.ts';
import type { ScalingCall } from '../../src/model/call.ts';
import type {
  ScalableTarget,
  ScalingActivity,
  ScalingPolicy,
  ScheduledAction,
} from '../../src/model/entities/scaling.ts';
import type { Fact } from '../../src/model/world.ts';
import { NOON } from './builders.ts';
import { carryOut, createScript } from './fake-script.ts';
import type { FakeScript } from './fake-script.ts';

type Operation = 'target' | 'policies' | 'scheduledActions' | 'activities' | 'registerTarget';

/** What the fake knows, by the service's name; tests change it at will. */
export interface FakeScalingWorld {
  readonly targets: Map<string, ScalableTarget>;
  policies: readonly ScalingPolicy[];
  scheduled: readonly ScheduledAction[];
  /** The newest first. */
  activities: readonly ScalingActivity[];
}

export interface FakeAutoScaling extends AutoScaling, FakeScript<Operation> {
  readonly world: FakeScalingWorld;
  /** Sets the desired count of a service, and is remembered for it. */
  scale(service: string, count: number, cause: string): void;
}

export interface FakeScalingOptions {
  readonly now?: () => number;
  readonly targets?: Readonly<Record<string, ScalableTarget>>;
  /** What the service's desired count is; null: there is no such service. */
  readonly countOf?: (service: string) => number | null;
  readonly setCount?: (service: string, count: number) => void;
}

/** Application Auto Scaling in memory: a registration brings the desired count within the bounds. */
export function fakeAutoScaling(options: FakeScalingOptions = {}): FakeAutoScaling {
  const { now = () => NOON, countOf = () => null, setCount = () => undefined } = options;
  const script = createScript<Operation>();
  const targets = new Map(Object.entries(options.targets ?? {}));
  const world: FakeScalingWorld = { targets, policies: [], scheduled: [], activities: [] };

  function answer<T>(
    operation: Operation,
    args: readonly unknown[],
    signal: AbortSignal,
    look: () => T,
  ): Promise<Answer<T>> {
    const planned = script.enter(operation, args, signal);
    return Promise.resolve(
      planned === null ? { ok: true, value: look() } : { ok: false, trouble: planned.trouble },
    );
  }

  function scale(service: string, count: number, cause: string): void {
    const id = `activity-${String(world.activities.length + 1)}`;
    const startedAt = now() as ScalingActivity['startedAt'];
    world.activities = [{ id, startedAt, count, cause }, ...world.activities];
    setCount(service, count);
  }

  function register(call: ScalingCall): Outcome<readonly Fact[]> {
    const known = world.targets.get(call.service);
    if (known === undefined) {
      const message = 'ValidationException: MinCapacity and MaxCapacity are required';
      return {
        ...{ ok: false, certainty: 'refused' },
        trouble: { kind: 'refused', message, retryAfter: null },
      };
    }
    const change = call.kind === 'suspend-scaling' ? { suspended: call.suspended } : { min: call.min };
    const { min, max, suspended } = { ...known, ...change };
    world.targets.set(call.service, { min, max, suspended });
    const count = countOf(call.service);
    if (count !== null && count < min) scale(call.service, min, `minimum capacity was set to ${String(min)}`);
    if (count !== null && count > max) scale(call.service, max, `maximum capacity was set to ${String(max)}`);
    return { ok: true, value: [] };
  }

  const ofTarget = <T>(service: string, items: readonly T[]): readonly T[] =>
    world.targets.has(service) ? items : [];
  return {
    ...script,
    world,
    scale,
    target: (cluster, service, signal) =>
      answer('target', [cluster, service], signal, () => world.targets.get(service) ?? null),
    policies: (cluster, service, signal) =>
      answer('policies', [cluster, service], signal, () => ofTarget(service, world.policies)),
    scheduledActions: (cluster, service, signal) =>
      answer('scheduledActions', [cluster, service], signal, () => ofTarget(service, world.scheduled)),
    activities: (cluster, service, signal) =>
      answer('activities', [cluster, service], signal, () => ofTarget(service, world.activities)),
    send: (call, signal, hold) => {
      const held = hold?.() ?? null;
      if (held !== null)
        return Promise.resolve({
          ...{ ok: false, certainty: 'refused' },
          trouble: { kind: 'outdated', message: `not sent: ${held}`, retryAfter: null },
        });
      return Promise.resolve(carryOut(script.enter('registerTarget', [call], signal), () => register(call)));
    },
  };
}
