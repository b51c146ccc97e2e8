import { randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import type { ContainerState, Health } from '../workers/plan.ts';
import type { Worker } from '../workers/worker.ts';
import type { ContainerDefinition } from './container-definition.ts';
import type { EcsKnobs } from './knobs.ts';
import type { StopCode, TaskSeed, TaskStatus } from './task-seed.ts';

/** A container as it was at an instant; the list of them is what `containerBatch` looks back into. */
export interface ContainerMoment {
  readonly at: number;
  readonly state: ContainerState;
}

/** Every way a deprovisioning takes longer on ECS (tens of seconds) is shortened to this. */
const deprovisioningMs = 100;

/** A 32-hex id as ECS gives to tasks. */
export function newTaskId(): string {
  return randomBytes(16).toString('hex');
}

/** One task: its statuses and time stamps, which follow what its worker's processes do. */
export class EcsTask {
  readonly seed: TaskSeed;
  readonly createdAt = Date.now();
  readonly privateAddress = `10.0.${randomBytes(1)[0] ?? 0}.${(randomBytes(1)[0] ?? 1) || 1}`;
  readonly containerIds = new Map<string, string>();
  readonly history = new Map<string, ContainerMoment[]>();
  lastStatus: TaskStatus = 'PROVISIONING';
  desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING';
  version = 1;
  tags: Readonly<Record<string, string>>;
  protectedUntil: number | undefined;
  startedAt: number | undefined;
  stoppingAt: number | undefined;
  executionStoppedAt: number | undefined;
  stoppedAt: number | undefined;
  stopCode: StopCode | undefined;
  stoppedReason: string | undefined;
  /** Old answers that DescribeTasks still has to give (knob staleDescribe). */
  stale: { readonly answer: unknown; left: number } | undefined;
  worker: Worker | undefined;
  /** Its host is gone, and with it all knowledge of how its containers ended. */
  hostIsGone = false;
  #place: { readonly availabilityZone: string; readonly instanceArn: string | undefined } | undefined;
  #deregistration: NodeJS.Timeout | undefined;
  readonly #timers = new Set<NodeJS.Timeout>();
  #closed = false;
  readonly #events: EventEmitter;
  readonly #knobs: EcsKnobs;

  constructor(seed: TaskSeed, events: EventEmitter, knobs: EcsKnobs) {
    this.seed = seed;
    this.tags = seed.tags;
    this.#events = events;
    this.#knobs = knobs;
    for (const { name } of seed.definition.containers) this.containerIds.set(name, newTaskId());
  }

  /** The zone that it runs in. */
  get availabilityZone(): string | undefined {
    return this.#place?.availabilityZone;
  }

  /** The host that it was placed on; none on Fargate. */
  get instanceArn(): string | undefined {
    return this.#place?.instanceArn;
  }

  /** Whether it is still without a host. */
  get waitsForCapacity(): boolean {
    return this.#place === undefined && this.desiredStatus === 'RUNNING';
  }

  /** Gives it the place that it is to run in. */
  place(availabilityZone: string, instanceArn: string | undefined): void {
    this.#place = { availabilityZone, instanceArn };
  }

  /** The host name inside a container: its interface's under awsvpc, its id's beginning under bridge, else the machine's own. */
  hostname(container: string): string | undefined {
    const { networkMode } = this.seed.definition;
    if (networkMode === 'bridge') return this.containerIds.get(container)?.slice(0, 12);
    return networkMode === 'awsvpc' ? this.privateDnsName : undefined;
  }

  /** The name of its network interface, which has a form of its own in the oldest region (ECS-79). */
  get privateDnsName(): string {
    const region = this.seed.arn.split(':')[3] ?? '';
    const domain = region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;
    return `ip-${this.privateAddress.replaceAll('.', '-')}.${domain}`;
  }

  /**
   * A loopback address of the task's own, by its id, so that two tasks can listen on the same port (ECS-46). Linux takes
   * every address that begins with 127 for its own, other systems only 127.0.0.1.
   */
  get loopbackAddress(): string {
    if (process.platform !== 'linux') return '127.0.0.1';
    const [second = 0, third = 0, fourth = 0] = Buffer.from(this.seed.id, 'hex');
    return `127.${String(Math.max(second, 1))}.${String(third)}.${String(Math.max(fourth % 255, 1))}`;
  }

  /** The definition of a container of this task. */
  container(name: string): ContainerDefinition | undefined {
    return this.seed.definition.containers.find((each) => each.name === name);
  }

  /** What the health checks of the essential containers say together (ECS-42). */
  get health(): Health {
    const healths = (this.worker?.containers ?? [])
      .filter(({ plan }) => plan.essential)
      .map((state) => state.health);
    if (healths.includes('UNHEALTHY')) return 'UNHEALTHY';
    return healths.length > 0 && healths.every((each) => each === 'HEALTHY') ? 'HEALTHY' : 'UNKNOWN';
  }

  /** Whether scale-in and deployments must leave this task alone for now. */
  get isProtected(): boolean {
    return this.protectedUntil !== undefined && this.protectedUntil > Date.now();
  }

  /** Starts the containers and follows them to their end. */
  async run(worker: Worker): Promise<void> {
    this.worker = worker;
    for (const state of worker.containers) this.history.set(state.plan.name, [{ at: this.createdAt, state }]);
    worker.events.on('container', (name: string) => {
      this.#containerChanged(name);
    });
    const { provisioningMs } = this.#knobs;
    if (provisioningMs > 0 && this.seed.definition.networkMode === 'awsvpc')
      await delay(provisioningMs, undefined, { ref: false });
    if (this.desiredStatus === 'RUNNING') this.#become('PENDING');
    if (this.#knobs.imagePullMs > 0) await delay(this.#knobs.imagePullMs, undefined, { ref: false });
    if (this.desiredStatus === 'RUNNING') await worker.start();
    if (this.desiredStatus === 'STOPPED') return;
    this.startedAt = Date.now();
    this.#become('RUNNING');
  }

  /**
   * Orders the stop: desired STOPPED and `stoppingAt` at once, the signals in the same turn (ECS-10, ECS-13); behind a
   * load balancer the signals wait until no request can come in any more (ECS-67).
   */
  stop(code: StopCode, reason: string, by: string): void {
    if (this.desiredStatus === 'STOPPED') return;
    this.desiredStatus = 'STOPPED';
    this.stopCode = code;
    this.stoppedReason = reason;
    const deregisters =
      this.seed.behindLoadBalancer === true && this.lastStatus === 'RUNNING' && by !== 'container';
    if (!deregisters || this.#knobs.stoppingAtBehindElb === 'requested') this.stoppingAt = Date.now();
    this.version += 1;
    this.#emit('stop-requested', { by, reason, stopCode: code });
    if (!deregisters) {
      this.#signal();
      return;
    }
    setImmediate(() => {
      if (this.lastStatus === 'RUNNING') this.#become('DEACTIVATING');
    });
    this.#deregistration = setTimeout(() => {
      this.#signal();
    }, this.#knobs.deregistrationMs);
  }

  #signal(): void {
    this.stoppingAt ??= Date.now();
    this.#later(this.#knobs.signalLagMs, () => void this.worker?.stop());
    setImmediate(() => {
      if (!this.worker) this.#stopped();
      else if (this.lastStatus !== 'STOPPED' && this.lastStatus !== 'DEPROVISIONING')
        this.#become('STOPPING');
    });
  }

  /** The host is terminated: the processes are gone without a signal, and nobody reports how (ECS-68). */
  loseHost(reason: string): void {
    if (this.lastStatus === 'STOPPED') return;
    this.hostIsGone = true;
    if (this.desiredStatus === 'RUNNING') {
      this.desiredStatus = 'STOPPED';
      this.stopCode = 'TerminationNotice';
      this.stoppedReason = reason;
      this.#emit('stop-requested', { by: 'host', reason, stopCode: this.stopCode });
    }
    this.stoppingAt ??= Date.now();
    this.worker?.kill();
  }

  /** Ends what it still waits for. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#deregistration);
    for (const timer of this.#timers) clearTimeout(timer);
    this.worker?.kill();
  }

  #containerChanged(name: string): void {
    const state = this.worker?.containers.find((each) => each.plan.name === name);
    if (!state) return;
    if (this.#isOwnEnd(state)) this.#later(this.#knobs.noticeLagMs, () => this.#notice(state));
    else this.#notice(state);
  }

  /** Whether a container ended by itself, neither by a stop of its task nor with its host: that ECS may notice late (ECS-75). */
  #isOwnEnd({ exit, signaledAt }: ContainerState): boolean {
    return exit !== undefined && signaledAt === undefined && !this.hostIsGone;
  }

  /** ECS hears of a container's state. */
  #notice(state: ContainerState): void {
    const moments = this.history.get(state.plan.name);
    if (!moments) return;
    const before = moments.at(-1)?.state;
    moments.push({ at: Date.now(), state });
    if (state.health !== before?.health) {
      this.version += 1;
      this.#emit('container-health', { container: state.plan.name, health: state.health });
    }
    if (state.status === before?.status) return;
    this.version += 1;
    if (state.status === 'STOPPED') this.#containerStopped(state);
  }

  #containerStopped(state: ContainerState): void {
    const { name: container, essential } = state.plan;
    this.#emit('container-stopped', { container, exitCode: state.exit?.code, reason: state.reason });
    if (essential && state.exit && !this.hostIsGone) this.executionStoppedAt ??= this.#firstEssentialEnd();
    const failed = !state.exit && this.desiredStatus === 'RUNNING';
    if (failed) this.stop('TaskFailedToStart', state.reason ?? 'Task failed to start', 'container');
    else if (essential)
      this.stop('EssentialContainerExited', 'Essential container in task exited', 'container');
    const noticed = [...this.history.values()].map((moments) => moments.at(-1)?.state.status);
    if (noticed.every((status) => status === 'STOPPED')) this.#ended();
  }

  /** When the first essential container ended, whether or not ECS has noticed that one yet. */
  #firstEssentialEnd(): number {
    const ended = (this.worker?.containers ?? []).flatMap(({ plan, exit }) =>
      plan.essential && exit ? [exit.at] : [],
    );
    return Math.min(...ended);
  }

  #ended(): void {
    if (this.desiredStatus === 'RUNNING') {
      this.stop('EssentialContainerExited', 'Essential container in task exited', 'container');
    }
    clearTimeout(this.#deregistration);
    this.stoppingAt ??= Date.now();
    if (this.seed.definition.networkMode !== 'awsvpc' || this.hostIsGone) {
      this.#stopped();
      return;
    }
    this.#become('DEPROVISIONING');
    setTimeout(() => {
      this.#stopped();
    }, deprovisioningMs);
  }

  /** Does something after a while (at once for 0 ms), unless the rig is closed by then. */
  #later(delayMs: number, act: () => void): void {
    if (delayMs === 0) {
      act();
      return;
    }
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, delayMs);
    this.#timers.add(timer);
  }

  #stopped(): void {
    this.stoppedAt = Date.now();
    // "Any tags associated with the task will be deleted" (ECS-12).
    this.tags = {};
    this.#become('STOPPED');
    this.#emit('task-stopped', { stopCode: this.stopCode });
  }

  #become(status: TaskStatus): void {
    if (this.lastStatus === status) return;
    this.lastStatus = status;
    this.version += 1;
    this.#emit('task-status', { status });
  }

  #emit(event: string, more: Readonly<Record<string, unknown>>): void {
    this.#events.emit('event', { at: Date.now(), event, taskArn: this.seed.arn, ...more });
  }
}
