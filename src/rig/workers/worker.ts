import { EventEmitter } from 'node:events';

import type { ContainerProcess, Executor, Exit, SignalName } from './executor.ts';
import { HealthWatch } from './health.ts';
import type { ContainerPlan, ContainerState, DependencyCondition } from './plan.ts';
import { startsAgain } from './restart.ts';

const outOfMemory = 'OutOfMemoryError: Container killed due to memory usage';

/** A timer's longest delay; a stop time-out of years must not become one of a millisecond (ECS-45). */
const longestTimerMs = 2 ** 31 - 1;

interface Slot {
  state: ContainerState;
  process?: ContainerProcess;
  health?: HealthWatch;
  /** What the engine says of it at its end, whatever it ended of. */
  mark?: string | undefined;
  /** When the container's command began, for the last time. */
  beganAt: number;
  over: Promise<void>;
  finish: () => void;
}

/** The containers of one task: their order at start and stop, their time-outs, and how they ended. */
export class Worker {
  /** Emits `container` with the name whenever a container's state has changed. */
  readonly events = new EventEmitter();
  readonly #executor: Executor;
  readonly #slots = new Map<string, Slot>();
  readonly #extra: ContainerProcess[] = [];
  #stopping = false;
  #killed = false;

  constructor(executor: Executor, plans: readonly ContainerPlan[]) {
    this.#executor = executor;
    this.events.setMaxListeners(0);
    for (const plan of plans) {
      let finish = (): void => undefined;
      const over = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const state: ContainerState = {
        plan,
        status: 'PENDING',
        health: 'UNKNOWN',
        restarts: 0,
        timedOut: false,
      };
      this.#slots.set(plan.name, { state, beganAt: 0, over, finish });
    }
  }

  /** The containers in the order of the task definition. */
  get containers(): readonly ContainerState[] {
    return [...this.#slots.values()].map((slot) => slot.state);
  }

  /** Starts every container in the order of `dependsOn`; resolves when each has been started or cannot be. */
  async start(): Promise<void> {
    const started = new Map<string, Promise<void>>();
    const startOne = (name: string): Promise<void> => {
      const known = started.get(name);
      if (known) return known;
      const promise = this.#startSlot(this.#slot(name), startOne);
      started.set(name, promise);
      return promise;
    };
    await Promise.all([...this.#slots.keys()].map(startOne));
  }

  async #startSlot(slot: Slot, startOne: (name: string) => Promise<void>): Promise<void> {
    const waits = slot.state.plan.dependsOn.map(async ({ name, condition }) => {
      await startOne(name);
      return this.#fulfilled(this.#slot(name), condition);
    });
    const failure = (await Promise.all(waits)).find((each) => each !== undefined);
    if (this.#stopping || slot.state.status !== 'PENDING') this.#end(slot, undefined);
    else if (failure !== undefined) this.#end(slot, undefined, failure);
    else await this.#begin(slot);
  }

  /** Waits until a container is where another one wants it before its own start; gives why that will never be (ECS-41). */
  async #fulfilled(slot: Slot, condition: DependencyCondition): Promise<string | undefined> {
    if (condition === 'START') return undefined;
    const { name, startTimeoutMs } = slot.state.plan;
    const isMet = (): boolean =>
      condition === 'HEALTHY' ? slot.state.health === 'HEALTHY' : slot.state.status === 'STOPPED';
    const isDecided = (): boolean => this.#stopping || isMet() || slot.state.status === 'STOPPED';
    const inTime = await this.#until(isDecided, startTimeoutMs);
    if (!inTime) return `dependency ${name} did not become ${condition} within its start time-out`;
    if (condition === 'SUCCESS' && slot.state.exit?.code !== 0) return `dependency ${name} did not succeed`;
    return isMet() ? undefined : `dependency ${name} ended before it was ${condition}`;
  }

  /** Resolves when a condition on the containers holds: true, or when time is over: false. */
  #until(holds: () => boolean, atMostMs: number | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (result: boolean): void => {
        clearTimeout(timer);
        this.events.off('container', look);
        resolve(result);
      };
      const look = (): void => {
        if (holds()) settle(true);
      };
      const timer = setTimeout(
        () => {
          settle(false);
        },
        Math.min(atMostMs ?? longestTimerMs, longestTimerMs),
      );
      this.events.on('container', look);
      look();
    });
  }

  async #begin(slot: Slot): Promise<void> {
    slot.beganAt = Date.now();
    const container = await this.#executor.start(slot.state.plan.process);
    slot.process = container;
    if (slot.state.status === 'STOPPED' || this.#killed) container.signal('SIGKILL');
    // A container that was being restarted when the stop came has missed its signal.
    else if (slot.state.signaledAt !== undefined) container.signal('SIGTERM');
    void container.exited.then((exit) => this.#ended(slot, exit));
    if (slot.state.status === 'STOPPED') return;
    this.#change(slot, { status: 'RUNNING' });
    this.#watchHealth(slot, container);
  }

  #watchHealth(slot: Slot, container: ContainerProcess): void {
    const { healthCheck } = slot.state.plan;
    if (!healthCheck || this.#stopping) return;
    slot.health = new HealthWatch(
      healthCheck,
      () => container.execute?.(healthCheck.argv, healthCheck.timeoutMs) ?? Promise.resolve(126),
      (health) => {
        if (slot.state.health !== health) this.#change(slot, { health });
      },
    );
  }

  async #ended(slot: Slot, exit: Exit): Promise<void> {
    slot.health?.close();
    const { restartPolicy } = slot.state.plan;
    if (this.#stopping || !startsAgain(restartPolicy, exit.code, exit.at - slot.beganAt)) {
      this.#end(slot, exit);
      return;
    }
    slot.mark = undefined;
    this.#change(slot, { restarts: slot.state.restarts + 1, health: 'UNKNOWN', reason: undefined });
    await this.#begin(slot);
  }

  /**
   * Stops all containers: those that nothing else depends on at once, each of the others when its dependants are gone;
   * the stop time-outs of a chain therefore follow one another (ECS-19, ECS-20).
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const extra of this.#extra) extra.signal('SIGTERM');
    await Promise.all([...this.#slots.values()].map((slot) => this.#stopSlot(slot)));
    for (const extra of this.#extra) extra.signal('SIGKILL');
  }

  async #stopSlot(slot: Slot): Promise<void> {
    const dependants = [...this.#slots.values()].filter((other) =>
      other.state.plan.dependsOn.some((dependency) => dependency.name === slot.state.plan.name),
    );
    if (dependants.length > 0) await Promise.all(dependants.map((other) => other.over));
    if (slot.state.status === 'PENDING') this.#end(slot, undefined);
    if (slot.state.status === 'STOPPED' || slot.state.signaledAt !== undefined) return slot.over;
    slot.health?.close();
    this.#change(slot, { signaledAt: Date.now() });
    if (slot.process?.stop) slot.process.stop();
    else slot.process?.signal('SIGTERM');
    const timer = setTimeout(
      () => {
        this.#change(slot, { timedOut: true });
        slot.process?.signal('SIGKILL');
      },
      Math.min(slot.state.plan.stopTimeoutMs, longestTimerMs),
    );
    await slot.over;
    clearTimeout(timer);
  }

  /** Signals the main process of a container. */
  signal(name: string, signal: SignalName): boolean {
    return this.#slot(name).process?.signal(signal) ?? false;
  }

  /** Kills a container as the kernel does when its memory is used up. */
  outOfMemory(name: string): void {
    const slot = this.#slot(name);
    if (slot.state.status !== 'RUNNING') return;
    this.#change(slot, { reason: outOfMemory });
    slot.process?.signal('SIGKILL');
  }

  /** Leaves the mark that the kernel has killed something in it for memory: it shows when the container ends (ECS-27). */
  markOutOfMemory(name: string): void {
    this.#slot(name).mark = outOfMemory;
  }

  /** Starts the container's command a second time beside the first, as a restarted container would. */
  async startAgain(name: string): Promise<void> {
    this.#extra.push(await this.#executor.start(this.#slot(name).state.plan.process));
  }

  /** Ends everything at once, without any stop signal: the host is gone. */
  kill(): void {
    this.#stopping = true;
    this.#killed = true;
    for (const slot of this.#slots.values()) {
      slot.health?.close();
      if (slot.state.status === 'PENDING') this.#end(slot, undefined);
      slot.process?.signal('SIGKILL');
    }
    for (const extra of this.#extra) extra.signal('SIGKILL');
  }

  /** Host process ids by container. */
  processes(): readonly { readonly container: string; readonly pids: readonly number[] }[] {
    const own = [...this.#slots].map(([container, slot]) => ({
      container,
      pids: slot.process?.processes() ?? [],
    }));
    return [...own, ...this.#extra.map((extra) => ({ container: 'restarted', pids: extra.processes() }))];
  }

  #slot(name: string): Slot {
    const slot = this.#slots.get(name);
    if (!slot) throw new Error(`no container named ${name}`);
    return slot;
  }

  #end(slot: Slot, exit: Exit | undefined, reason = exit?.reason ?? slot.mark): void {
    if (slot.state.status === 'STOPPED') return;
    this.#change(slot, { status: 'STOPPED', ...(exit && { exit }), ...(reason !== undefined && { reason }) });
    slot.finish();
  }

  #change(slot: Slot, change: Partial<ContainerState>): void {
    slot.state = { ...slot.state, ...change };
    this.events.emit('container', slot.state.plan.name);
  }
}
