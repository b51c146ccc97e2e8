import { noteFailure } from './circuit-breaker.ts';
import { placeWaiting } from './launcher.ts';
import { Rollout } from './rollout.ts';
import { say } from './service.ts';
import type { EcsState } from './state.ts';
import type { EcsTask } from './task.ts';

/** A task that ended sooner than this after its start makes the scheduler hesitate. */
const quickFailureMs = 10_000;
const longestHesitationMs = 60_000;
const longestTimerMs = 2 ** 31 - 1;

/** Keeps every service at its desired count and rolls its deployments, whenever something happens (ECS-30 ff.). */
export class Scheduler {
  readonly #state: EcsState;
  #soon: NodeJS.Timeout | undefined;
  #wake: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined;
  #closed = false;

  constructor(state: EcsState) {
    this.#state = state;
    state.events.on('event', (event: { readonly event: string; readonly taskArn?: string }) => {
      if (event.event === 'stop-requested') this.#noteEnd(event.taskArn ?? '');
      if (this.#closed) return;
      this.#soon ??= setTimeout(() => {
        this.#soon = undefined;
        this.reconcile();
      }, 0);
    });
  }

  /** Stops scheduling; what runs is not touched. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#soon);
    clearTimeout(this.#wake?.timer);
  }

  /** Looks at all services again now. */
  reconcile(): void {
    if (this.#closed) return;
    placeWaiting(this.#state);
    for (const service of this.#state.services.values()) {
      new Rollout(this.#state, service, (at) => {
        this.#wakeAt(at);
      }).step();
    }
  }

  /** Remembers the earliest instant at which time alone changes something: an expiry, a task that has run long enough. */
  #wakeAt(at: number): void {
    if (this.#closed || (this.#wake && this.#wake.at <= at)) return;
    clearTimeout(this.#wake?.timer);
    const timer = setTimeout(
      () => {
        this.#wake = undefined;
        this.reconcile();
      },
      Math.min(Math.max(at - Date.now(), 0) + 1, longestTimerMs),
    );
    this.#wake = { at, timer };
  }

  #noteEnd(taskArn: string): void {
    const task = this.#state.findTask(taskArn);
    const service = this.#state.findService(task?.seed.serviceName ?? '');
    if (!task || !service) return;
    noteFailure(service, task);
    // A worker that leaves with 0 has done its work: the next one comes at once.
    const byItself = task.stopCode === 'EssentialContainerExited' || task.stopCode === 'TaskFailedToStart';
    if (!byItself || hasEndedClean(task) || Date.now() - task.createdAt > quickFailureMs) {
      service.quickFailures = 0;
      return;
    }
    service.quickFailures += 1;
    const waitMs = Math.min(1000 * 2 ** (service.quickFailures - 1), longestHesitationMs);
    service.notBefore = Date.now() + waitMs;
    say(service, 'is unable to consistently start tasks successfully.');
  }
}

function hasEndedClean({ worker }: EcsTask): boolean {
  return (worker?.containers ?? []).some(({ plan, exit }) => plan.essential && exit?.code === 0);
}
