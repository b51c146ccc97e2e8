import { randomBytes, randomUUID } from 'node:crypto';

import { EcsError } from '../ecs/errors.ts';
import type { Service } from '../ecs/service.ts';
import type { EcsState } from '../ecs/state.ts';

/** What of a scalable target's scaling rests. */
export interface Suspended {
  readonly in: boolean;
  readonly out: boolean;
  readonly scheduled: boolean;
}

/** A target-tracking policy: so many jobs, queued or running, for each task of the service. */
export interface TrackingPolicy {
  readonly name: string;
  readonly target: number;
  readonly disableScaleIn: boolean;
  readonly scaleInCooldown: number;
  readonly scaleOutCooldown: number;
  /** How long the load must be low, or high, before the policy acts: what CloudWatch's alarms take. */
  readonly scaleInAfter: number;
  readonly scaleOutAfter: number;
}

/** Sets other bounds at an instant, once. */
export interface ScheduledAction {
  readonly name: string;
  readonly at: number;
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** One thing that Application Auto Scaling did. */
export interface Activity {
  readonly id: string;
  readonly at: number;
  readonly count: number;
  readonly cause: string;
}

/** One service that is registered, and what scales it. */
export interface ScalableTarget {
  readonly service: string;
  readonly arn: string;
  readonly createdAt: number;
  min: number;
  max: number;
  suspended: Suspended;
  readonly policies: readonly TrackingPolicy[];
  readonly scheduled: readonly ScheduledAction[];
  /** The newest first. */
  readonly activities: Activity[];
}

/** What a target is registered with. */
export interface Registration {
  readonly min: number;
  readonly max: number;
  readonly suspended: Suspended;
  readonly policies?: readonly TrackingPolicy[];
  readonly scheduled?: readonly ScheduledAction[];
}

/** AWS's own alarm for the low side lies a tenth below the target (AAS-8). */
const lowShare = 0.9;

interface Watch {
  lowSince: number | undefined;
  highSince: number | undefined;
  lastIn: number;
  lastOut: number;
}

/** Application Auto Scaling for the services of the rig's cluster: what is registered, and what it does to their counts. */
export class Scaling {
  readonly targets = new Map<string, ScalableTarget>();
  readonly state: EcsState;
  readonly #setCount: (service: string, count: number) => void;
  readonly #watches = new Map<string, Watch>();
  readonly #ran = new Set<ScheduledAction>();

  constructor(state: EcsState, setCount: (service: string, count: number) => void) {
    this.state = state;
    this.#setCount = setCount;
  }

  /** Registers a service, or changes how it is registered; its count is brought within the bounds at once (AAS-4). */
  register(name: string, given: Partial<Registration>): ScalableTarget {
    const service = this.state.findService(name);
    if (!service) throw new EcsError('ValidationException', `ECS service doesn't exist: ${this.idOf(name)}`);
    const known = this.targets.get(service.name);
    const { min = known?.min, max = known?.max } = given;
    if (min === undefined || max === undefined)
      throw new EcsError(
        'ValidationException',
        'MinCapacity and MaxCapacity are required to register a new scalable target',
      );
    if (min > max)
      throw new EcsError('ValidationException', 'Maximum capacity cannot be less than minimum capacity');
    const target = known ?? this.#newTarget(service.name, given);
    target.min = min;
    target.max = max;
    target.suspended = given.suspended ?? target.suspended;
    this.targets.set(service.name, target);
    this.state.events.emit('event', {
      ...{ at: Date.now(), event: 'scaling-registered', service: service.name, min, max },
      suspended: target.suspended,
    });
    this.#keepWithin(target, service);
    return target;
  }

  #newTarget(service: string, { policies = [], scheduled = [] }: Partial<Registration>): ScalableTarget {
    const { region, account } = this.state.cluster;
    const id = randomBytes(17).toString('hex');
    return {
      service,
      arn: `arn:aws:application-autoscaling:${region}:${account}:scalable-target/${id}`,
      createdAt: Date.now(),
      ...{ min: 0, max: 0, suspended: { in: false, out: false, scheduled: false } },
      ...{ policies, scheduled, activities: [] },
    };
  }

  /** The resource id of a service of the cluster. */
  idOf(service: string): string {
    return `service/${this.state.cluster.name}/${service}`;
  }

  /** Looks at every target: scheduled actions that are due, then the policies. `jobs` are queued or running. */
  look(jobs: number): void {
    for (const target of this.targets.values()) {
      const service = this.state.findService(target.service);
      if (!service) continue;
      this.#runScheduled(target, service);
      for (const policy of target.policies) this.#track(target, service, policy, jobs);
    }
  }

  #runScheduled(target: ScalableTarget, service: Service): void {
    for (const action of target.scheduled) {
      if (this.#ran.has(action) || action.at > Date.now() || target.suspended.scheduled) continue;
      this.#ran.add(action);
      target.min = action.min ?? target.min;
      target.max = action.max ?? target.max;
      this.#keepWithin(target, service, ` by scheduled action ${action.name}`);
    }
  }

  #keepWithin(target: ScalableTarget, { desiredCount }: Service, by = ''): void {
    const { min, max } = target;
    if (desiredCount < min) this.#act(target, min, `minimum capacity was set to ${String(min)}${by}`);
    if (desiredCount > max) this.#act(target, max, `maximum capacity was set to ${String(max)}${by}`);
  }

  #act(target: ScalableTarget, count: number, cause: string): void {
    target.activities.unshift({ id: randomUUID(), at: Date.now(), count, cause });
    const { service } = target;
    this.state.events.emit('event', { at: Date.now(), event: 'scaling-activity', service, count, cause });
    this.#setCount(service, count);
  }

  #track(target: ScalableTarget, service: Service, policy: TrackingPolicy, jobs: number): void {
    const { desiredCount: now } = service;
    const wanted = Math.ceil(jobs / policy.target);
    const watch = this.#watchOf(target, policy);
    const at = Date.now();
    watch.highSince = jobs > now * policy.target ? (watch.highSince ?? at) : undefined;
    watch.lowSince = jobs < now * policy.target * lowShare ? (watch.lowSince ?? at) : undefined;
    const mayOut = !target.suspended.out && at - watch.lastOut >= policy.scaleOutCooldown;
    const mayIn =
      !target.suspended.in &&
      !policy.disableScaleIn &&
      !isDeploying(service) &&
      at - watch.lastIn >= policy.scaleInCooldown;
    const more = Math.min(target.max, Math.max(target.min, wanted));
    const fewer = Math.max(target.min, wanted);
    if (mayOut && isLong(watch.highSince, policy.scaleOutAfter) && more > now) {
      watch.lastOut = at;
      this.#act(target, more, causeOf(target, policy, 'High'));
    } else if (mayIn && isLong(watch.lowSince, policy.scaleInAfter) && fewer < now) {
      watch.lastIn = at;
      this.#act(target, fewer, causeOf(target, policy, 'Low'));
    }
  }

  #watchOf({ service }: ScalableTarget, { name }: TrackingPolicy): Watch {
    const key = `${service}/${name}`;
    const watch = this.#watches.get(key) ?? {
      ...{ lowSince: undefined, highSince: undefined },
      ...{ lastIn: -Infinity, lastOut: -Infinity },
    };
    this.#watches.set(key, watch);
    return watch;
  }
}

/** Application Auto Scaling scales nothing in while a deployment is in progress (AAS-7). */
function isDeploying({ deployments, controller }: Service): boolean {
  return controller !== 'EXTERNAL' && deployments.some(({ rolloutState }) => rolloutState === 'IN_PROGRESS');
}

function isLong(since: number | undefined, howLong: number): boolean {
  return since !== undefined && Date.now() - since >= howLong;
}

function causeOf({ service }: ScalableTarget, { name }: TrackingPolicy, side: 'High' | 'Low'): string {
  return `monitor alarm TargetTracking-service/${service}-Alarm${side}-${name} in state ALARM triggered policy ${name}`;
}
