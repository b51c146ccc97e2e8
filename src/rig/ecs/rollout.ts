import { noteHealthy } from './circuit-breaker.ts';
import { leftWithout } from './instances.ts';
import { launchTask, type TaskOrder } from './launcher.ts';
import type { PlacementFailure } from './placement.ts';
import { findEmptiestZone, zoneConstraint } from './rebalancing.ts';
import { chooseTask } from './scale-in.ts';
import { endReleases, say, type Deployment, type Service } from './service.ts';
import { advanceShift, mayScaleUp } from './shift.ts';
import type { EcsState } from './state.ts';
import type { EcsTask } from './task.ts';

/** A service's live tasks, sorted by what is to become of them. */
interface Sorted {
  readonly live: readonly EcsTask[];
  readonly staying: readonly EcsTask[];
  readonly leaving: readonly EcsTask[];
}

/** One look of the scheduler at one service, and what it does after it. */
export class Rollout {
  readonly #state: EcsState;
  readonly #service: Service;
  readonly #wakeAt: (at: number) => void;

  constructor(state: EcsState, service: Service, wakeAt: (at: number) => void) {
    this.#state = state;
    this.#service = service;
    this.#wakeAt = wakeAt;
  }

  /** Stops what is too much, starts what is missing, and moves the deployment on. */
  step(): void {
    const primary = this.#service.deployments[0];
    if (!primary) return;
    if (this.#service.isDaemon) this.#service.desiredCount = this.#activeHosts;
    this.#shift(primary, this.#sorted(primary));
    this.#scaleIn(primary, this.#sorted(primary).staying);
    this.#startMissing(primary, this.#sorted(primary));
    this.#replaceLeaving(primary, this.#sorted(primary));
    this.#settle(primary, this.#sorted(primary));
    this.#rebalance(primary, this.#sorted(primary));
  }

  get #activeHosts(): number {
    return this.#state.hosts.filter(({ status }) => status === 'ACTIVE').length;
  }

  #shift(primary: Deployment, { staying }: Sorted): void {
    const healthy = staying.filter((task) => this.#isHealthy(task)).length;
    if (healthy > 0) noteHealthy(this.#service);
    advanceShift(this.#service, primary, {
      isUp: healthy >= this.#service.desiredCount,
      minuteMs: this.#state.knobs.bakeMinuteMs,
      wakeAt: this.#wakeAt,
    });
  }

  #sorted(primary: Deployment): Sorted {
    const live = this.#state.tasks.filter(
      (task) => task.seed.serviceName === this.#service.name && task.desiredStatus === 'RUNNING',
    );
    for (const task of live) if (task.isProtected) this.#wakeAt(task.protectedUntil ?? 0);
    const isOld = (task: EcsTask): boolean => task.seed.deploymentId !== primary.id;
    const leaving = live.filter(
      (task) =>
        (isOld(task) && primary.stage === 'CLEAN_UP') || this.#onDrainingHost(task) || this.#isIll(task),
    );
    return { live, leaving, staying: live.filter((task) => !leaving.includes(task) && !isOld(task)) };
  }

  #onDrainingHost(task: EcsTask): boolean {
    return this.#state.findInstance(task.instanceArn ?? '-')?.status === 'DRAINING';
  }

  #isIll(task: EcsTask): boolean {
    const graceUntil = (task.startedAt ?? Date.now()) + this.#service.gracePeriodMs;
    if (task.health !== 'UNHEALTHY') return false;
    if (graceUntil > Date.now()) this.#wakeAt(graceUntil);
    return graceUntil <= Date.now();
  }

  /** Whether a rollout may count on a task: by its health check, or else because it has run for a while. */
  #isHealthy(task: EcsTask): boolean {
    if (task.lastStatus !== 'RUNNING' || task.desiredStatus !== 'RUNNING') return false;
    const checked = (task.worker?.containers ?? []).filter(({ plan }) => plan.essential && plan.healthCheck);
    if (checked.length > 0) return checked.every(({ health }) => health === 'HEALTHY');
    const healthyAt = (task.startedAt ?? Date.now()) + this.#state.knobs.healthyAfterMs;
    if (healthyAt > Date.now()) this.#wakeAt(healthyAt);
    return healthyAt <= Date.now();
  }

  #scaleIn(primary: Deployment, staying: readonly EcsTask[]): void {
    let left = staying;
    // A task that is moved to another zone is stopped when the new one is there.
    if (this.#service.isRebalancing && !staying.every((task) => this.#isHealthy(task))) return;
    while (left.length > this.#service.desiredCount) {
      const chosen = chooseTask(left, {
        rule: this.#state.knobs.scaleInVictim,
        strategies: this.#service.placementStrategy,
        leftWithout: (task) => leftWithout(this.#state, task),
      });
      if (!chosen) {
        const surplus = left.length - this.#service.desiredCount;
        say(this.#service, `was unable to stop ${surplus} tasks because they are protected.`);
        return;
      }
      left = left.filter((task) => task !== chosen);
      if (this.#service.isRebalancing)
        say(
          this.#service,
          `has stopped 1 running tasks in ${chosen.availabilityZone ?? ''} due to AZ rebalancing: ${named([chosen])}.`,
        );
      this.#stop(chosen, `Scaling activity initiated by (deployment ${primary.id})`);
    }
  }

  get #upper(): number {
    const { options, desiredCount } = this.#service;
    // A blue/green deployment runs all of its new tasks beside the old ones, whatever the percentage.
    if (options.strategy !== 'ROLLING') return Infinity;
    return Math.floor((desiredCount * options.maximumPercent) / 100);
  }

  #startMissing(primary: Deployment, { staying, live }: Sorted): void {
    const service = this.#service;
    const missing = Math.min(service.desiredCount - staying.length, this.#upper - live.length);
    if (missing <= 0 || primary.rolloutState === 'FAILED' || !mayScaleUp(primary)) return;
    if (Date.now() < service.notBefore) {
      this.#wakeAt(service.notBefore);
      return;
    }
    const started: EcsTask[] = [];
    service.lacksRoom = false;
    while (started.length < missing && !service.lacksRoom) {
      const launched = launchTask(this.#state, this.#order(primary));
      if (launched.task) started.push(launched.task);
      else this.#sayNoRoom(launched.failures);
    }
    if (started.length > 0) say(service, `has started ${started.length} tasks: ${named(started)}.`);
    if (started.some((task) => task.waitsForCapacity)) service.lacksRoom = true;
  }

  #order(primary: Deployment): TaskOrder {
    const { launchType, capacityProvider, name, placementStrategy, isDaemon } = this.#service;
    const placementConstraints = [
      ...this.#service.placementConstraints,
      ...(isDaemon ? [{ type: 'distinctInstance' } as const] : []),
    ];
    return {
      definition: primary.definition,
      launchType,
      capacityProvider,
      placementStrategy,
      placementConstraints,
      behindLoadBalancer: this.#service.loadBalancers.length > 0,
      group: `service:${name}`,
      startedBy: primary.id,
      serviceName: name,
      deploymentId: primary.id,
      isIdle: this.#hasEnoughProcesses(),
      isInProcess: this.#state.agentsInProcess.has(name),
      exec: this.#service.exec,
      tags: this.#service.propagatesTags ? this.#service.tags : {},
    };
  }

  /** Whether as many tasks of the service run processes as are to: the next one only registers and idles. */
  #hasEnoughProcesses(): boolean {
    const wanted = this.#state.tasksWithProcesses.get(this.#service.name);
    if (wanted === undefined) return false;
    const isReal = ({ seed, desiredStatus }: EcsTask): boolean =>
      seed.serviceName === this.#service.name && desiredStatus === 'RUNNING' && seed.isIdle !== true;
    return this.#state.tasks.filter(isReal).length >= wanted;
  }

  #sayNoRoom(failures: readonly PlacementFailure[]): void {
    this.#service.lacksRoom = true;
    // The old task of a daemon still stops where its new one is to run.
    if (this.#service.isDaemon) return;
    const [closest] = failures;
    const why = closest
      ? `The closest matching (container-instance ${closest.arn.split('/').at(-1) ?? ''}) ${shortage(closest.reason)}.`
      : 'Reason: No Container Instances were found in your cluster.';
    say(
      this.#service,
      `was unable to place a task because no container instance met all of its requirements. ${why}`,
    );
  }

  #replaceLeaving(primary: Deployment, { leaving, live, staying }: Sorted): void {
    const lower = Math.ceil((this.#service.desiredCount * this.#service.options.minimumHealthyPercent) / 100);
    let spare = live.filter((task) => this.#isHealthy(task)).length - lower;
    const replaced = staying.filter((task) => this.#isHealthy(task)).length >= this.#service.desiredCount;
    let held = 0;
    for (const task of leaving) {
      const drains = this.#onDrainingHost(task);
      const ill = this.#isIll(task);
      // Draining and illness do not ask for protection; a deployment does (ECS-33, ECS-35, ECS-66).
      if (task.isProtected && !drains && !ill) continue;
      const counts = this.#isHealthy(task);
      // A sick task stays until its replacement is well, where the maximum leaves room for one.
      const isFull = staying.length < this.#service.desiredCount && live.length >= this.#upper;
      const mayGo = counts ? spare > 0 : !ill || replaced || isFull;
      if (!mayGo) {
        held += 1;
        continue;
      }
      if (counts) spare -= 1;
      this.#stop(
        task,
        ill
          ? 'Task failed container health checks'
          : `Scaling activity initiated by (deployment ${primary.id})`,
      );
    }
    if (held > 0 && staying.length < this.#service.desiredCount && live.length >= this.#upper) {
      say(
        this.#service,
        'was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
      );
    }
  }

  #stop(task: EcsTask, reason: string): void {
    const service = this.#service;
    if (reason.startsWith('Task failed'))
      say(service, `(task ${task.seed.id}) failed container health checks.`);
    if (service.loadBalancers.length > 0) say(service, 'has begun draining connections on 1 tasks.');
    say(service, `has stopped 1 running tasks: ${named([task])}.`);
    service.isSteady = false;
    task.stop('ServiceSchedulerInitiated', reason, 'scheduler');
  }

  #settle(primary: Deployment, { live, staying }: Sorted): void {
    const service = this.#service;
    const healthy = staying.filter((task) => this.#isHealthy(task)).length;
    const isSteady =
      live.length === staying.length &&
      healthy === service.desiredCount &&
      staying.length === service.desiredCount;
    if (isSteady && primary.rolloutState === 'IN_PROGRESS' && primary.stage === 'CLEAN_UP') {
      primary.rolloutState = 'COMPLETED';
      primary.rolloutReason = `ECS deployment ${primary.id} completed.`;
      primary.updatedAt = Date.now();
      service.deployments = [primary];
      endReleases(service, primary);
      say(service, `(deployment ${primary.id}) deployment completed.`);
    }
    if (isSteady && !service.isSteady) say(service, 'has reached a steady state.');
    service.isSteady = isSteady;
  }

  /** A steady service whose tasks are unevenly spread gets one more where the fewest are. */
  #rebalance(primary: Deployment, { staying }: Sorted): void {
    const service = this.#service;
    const zone = service.isSteady ? findEmptiestZone(this.#state, service, staying) : undefined;
    if (zone === undefined) return;
    const order = this.#order(primary);
    const placementConstraints = [...(order.placementConstraints ?? []), zoneConstraint(zone)];
    const { task } = launchTask(this.#state, { ...order, placementConstraints });
    if (task) say(service, `has started 1 tasks in ${zone} to AZ Rebalance: ${named([task])}.`);
    else
      say(
        service,
        `is unable to place a task in ${zone} because no container instance met all of its requirements.`,
      );
    if (!task) return;
    service.isSteady = false;
  }
}

function named(tasks: readonly EcsTask[]): string {
  return tasks.map((task) => `(task ${task.seed.id})`).join(' ');
}

function shortage(reason: string): string {
  if (reason === 'RESOURCE:CPU') return 'has insufficient CPU units available';
  if (reason === 'RESOURCE:MEMORY') return 'has insufficient memory available';
  return `encountered error "${reason}"`;
}
