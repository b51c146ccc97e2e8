import { randomInt, randomUUID } from 'node:crypto';

import { messageOf } from '../failure.ts';
import { launchTask } from './launcher.ts';
import type { Deployment, Service } from './service.ts';
import type { EcsState } from './state.ts';
import type { EcsTask } from './task.ts';

/** A task that ended sooner than this after its start makes the scheduler hesitate. */
const quickFailureMs = 10_000;
const longestHesitationMs = 60_000;

/** Keeps every service at its desired count and rolls its deployments (ECS-30 ff.). */
export class Scheduler {
  readonly #state: EcsState;
  readonly #timers = new Set<NodeJS.Timeout>();
  #soon = false;
  #closed = false;

  constructor(state: EcsState) {
    this.#state = state;
    state.events.on('event', (event: { readonly event: string; readonly taskArn?: string }) => {
      if (event.event === 'stop-requested') this.#noteEnd(event.taskArn ?? '');
      this.#later(0);
    });
  }

  /** Stops scheduling; what runs is not touched. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** Looks at all services again now. */
  reconcile(): void {
    if (this.#closed) return;
    for (const service of this.#state.services.values()) this.#reconcileService(service);
  }

  #later(delayMs: number): void {
    if (this.#closed || (delayMs === 0 && this.#soon)) return;
    if (delayMs === 0) this.#soon = true;
    const timer = setTimeout(() => {
      if (delayMs === 0) this.#soon = false;
      this.#timers.delete(timer);
      this.reconcile();
    }, delayMs);
    this.#timers.add(timer);
  }

  #noteEnd(taskArn: string): void {
    const task = this.#state.findTask(taskArn);
    const service = this.#state.findService(task?.seed.serviceName ?? '');
    if (!task || !service) return;
    const byItself = task.stopCode === 'EssentialContainerExited' || task.stopCode === 'TaskFailedToStart';
    if (!byItself || Date.now() - task.createdAt > quickFailureMs) {
      service.quickFailures = 0;
      return;
    }
    service.quickFailures += 1;
    const primary = service.deployments[0];
    if (primary) primary.failedTasks += 1;
    const waitMs = Math.min(1000 * 2 ** (service.quickFailures - 1), longestHesitationMs);
    service.notBefore = Date.now() + waitMs;
    say(service, 'is unable to consistently start tasks successfully.');
    this.#later(waitMs + 1);
  }

  #reconcileService(service: Service): void {
    const primary = service.deployments[0];
    if (!primary) return;
    const live = this.#state.tasks.filter(
      (task) => task.seed.serviceName === service.name && task.desiredStatus === 'RUNNING',
    );
    const leaving = live.filter((task) => this.#mustGo(task, primary));
    const staying = live.filter((task) => !leaving.includes(task));
    this.#scaleIn(service, primary, staying);
    this.#startMissing(service, primary, staying.length, live.length);
    this.#replaceLeaving(service, primary, leaving, live);
    settleDeployment(service, primary, leaving, staying);
  }

  #onDrainingInstance(task: EcsTask): boolean {
    const arn = task.seed.containerInstanceArn;
    return this.#state.instances.some((each) => each.arn === arn && each.status === 'DRAINING');
  }

  #mustGo(task: EcsTask, primary: Deployment): boolean {
    return task.seed.deploymentId !== primary.id || this.#onDrainingInstance(task);
  }

  /** The scheduler chooses by itself; only protection can steer it. */
  #scaleIn(service: Service, primary: Deployment, staying: readonly EcsTask[]): void {
    const free = staying.filter((task) => !task.isProtected);
    for (let surplus = staying.length - service.desiredCount; surplus > 0 && free.length > 0; surplus -= 1) {
      const [chosen] = free.splice(randomInt(free.length), 1);
      if (chosen) stopForService(service, primary, chosen);
    }
  }

  #startMissing(service: Service, primary: Deployment, staying: number, live: number): void {
    const upper = Math.floor((service.desiredCount * service.maximumPercent) / 100);
    const missing = Math.min(service.desiredCount - staying, upper - live);
    if (missing <= 0 || Date.now() < service.notBefore) return;
    for (let count = 0; count < missing; count += 1) {
      try {
        const task = launchTask(this.#state, {
          definition: primary.definition,
          launchType: service.launchType,
          capacityProvider: service.capacityProvider,
          group: `service:${service.name}`,
          startedBy: primary.id,
          serviceName: service.name,
          deploymentId: primary.id,
          tags: service.propagatesTags ? service.tags : {},
        });
        say(service, `has started 1 tasks: (task ${task.seed.id}).`);
      } catch (error) {
        say(service, `was unable to place a task. Reason: ${messageOf(error)}`);
        return;
      }
    }
  }

  #replaceLeaving(
    service: Service,
    primary: Deployment,
    leaving: readonly EcsTask[],
    live: readonly EcsTask[],
  ): void {
    const lower = Math.ceil((service.desiredCount * service.minimumHealthyPercent) / 100);
    const healthy = live.filter(
      (task) => task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING',
    ).length;
    let spare = healthy - lower;
    for (const task of leaving) {
      // Draining does not ask for protection; a deployment does (ECS-33, ECS-35).
      if (task.isProtected && !this.#onDrainingInstance(task)) continue;
      const pending = task.lastStatus !== 'RUNNING';
      if (!pending && spare <= 0) continue;
      if (!pending) spare -= 1;
      stopForService(service, primary, task);
    }
  }
}

function stopForService(service: Service, primary: Deployment, task: EcsTask): void {
  say(service, `has stopped 1 running tasks: (task ${task.seed.id}).`);
  task.stop(
    'ServiceSchedulerInitiated',
    `Scaling activity initiated by (deployment ${primary.id})`,
    'scheduler',
  );
}

function settleDeployment(
  service: Service,
  primary: Deployment,
  leaving: readonly EcsTask[],
  staying: readonly EcsTask[],
): void {
  const running = staying.filter(
    (task) => task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING',
  ).length;
  if (leaving.length > 0 || running !== service.desiredCount) return;
  if (primary.rolloutState === 'COMPLETED') return;
  primary.rolloutState = 'COMPLETED';
  primary.rolloutReason = `ECS deployment ${primary.id} completed.`;
  primary.updatedAt = Date.now();
  service.deployments = [primary];
  say(service, `(deployment ${primary.id}) deployment completed.`);
  say(service, 'has reached a steady state.');
}

/** Adds a line to the events of a service, the newest first as ECS shows them. */
function say(service: Service, text: string): void {
  const message = `(service ${service.name}) ${text}`;
  if (service.events[0]?.message === message) return;
  service.events.unshift({ id: randomUUID(), at: Date.now(), message });
  service.events.splice(100);
}
