import { EventEmitter } from 'node:events';

import type { ContainerProcess, Executor, Exit, ProcessSpec, SignalName } from './executor.ts';

/** How a container waits for another one at its start. */
export type DependencyCondition = 'START' | 'COMPLETE' | 'SUCCESS';

/** One container of a task, ready to be run. */
export interface ContainerPlan {
  readonly name: string;
  readonly essential: boolean;
  readonly stopTimeoutMs: number;
  readonly dependsOn: readonly { readonly name: string; readonly condition: DependencyCondition }[];
  readonly process: ProcessSpec;
}

/** What is known of one container. */
export interface ContainerState {
  readonly plan: ContainerPlan;
  readonly status: 'PENDING' | 'RUNNING' | 'STOPPED';
  readonly exit?: Exit;
  readonly reason?: string;
  /** When the stop signal went to its main process. */
  readonly signaledAt?: number;
  /** SIGKILL was sent because the stop time-out was over. */
  readonly timedOut: boolean;
}

interface Slot {
  state: ContainerState;
  process?: ContainerProcess;
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

  constructor(executor: Executor, plans: readonly ContainerPlan[]) {
    this.#executor = executor;
    for (const plan of plans) {
      let finish = (): void => undefined;
      const over = new Promise<void>((resolve) => {
        finish = resolve;
      });
      this.#slots.set(plan.name, { state: { plan, status: 'PENDING', timedOut: false }, over, finish });
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
    for (const { name, condition } of slot.state.plan.dependsOn) {
      await startOne(name);
      if (condition !== 'START') await this.#slot(name).over;
      if (condition === 'SUCCESS' && this.#slot(name).state.exit?.code !== 0) {
        this.#end(slot, undefined, `dependency ${name} did not succeed`);
        return;
      }
    }
    if (this.#stopping) {
      this.#end(slot, undefined);
      return;
    }
    const container = await this.#executor.start(slot.state.plan.process);
    slot.process = container;
    if (slot.state.status !== 'PENDING') {
      // Stopped while it was being started.
      container.signal('SIGKILL');
      return;
    }
    void container.exited.then((exit) => {
      this.#end(slot, exit);
    });
    this.#change(slot, { status: 'RUNNING' });
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
    this.#change(slot, { signaledAt: Date.now() });
    slot.process?.signal('SIGTERM');
    const timer = setTimeout(() => {
      this.#change(slot, { timedOut: true });
      slot.process?.signal('SIGKILL');
    }, slot.state.plan.stopTimeoutMs);
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
    this.#change(slot, { reason: 'OutOfMemoryError: Container killed due to memory usage' });
    slot.process?.signal('SIGKILL');
  }

  /** Starts the container's command a second time beside the first, as a restarted container would. */
  async startAgain(name: string): Promise<void> {
    this.#extra.push(await this.#executor.start(this.#slot(name).state.plan.process));
  }

  /** Ends everything at once, without any stop signal: the host is gone. */
  kill(): void {
    this.#stopping = true;
    for (const slot of this.#slots.values()) {
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

  #end(slot: Slot, exit: Exit | undefined, reason?: string): void {
    if (slot.state.status === 'STOPPED') return;
    this.#change(slot, { status: 'STOPPED', ...(exit && { exit }), ...(reason !== undefined && { reason }) });
    slot.finish();
  }

  #change(slot: Slot, change: Partial<ContainerState>): void {
    slot.state = { ...slot.state, ...change };
    this.events.emit('container', slot.state.plan.name);
  }
}
