import type { EventEmitter } from 'node:events';

/** Something that happened in either half of the rig. */
export interface RigEvent {
  readonly at: number;
  readonly event: string;
  readonly half: 'buildkite' | 'ecs' | 'rig';
  readonly [detail: string]: unknown;
}

/** The rig's memory of what happened, for tests and people; it keeps the last twenty thousand events. */
export class RigLog {
  readonly #events: RigEvent[] = [];
  readonly #listeners = new Set<(event: RigEvent) => void>();
  readonly #verbose: boolean;
  #stopOrdered = false;

  constructor(verbose: boolean) {
    this.#verbose = verbose;
  }

  /** Everything that is remembered, the oldest first. */
  get events(): readonly RigEvent[] {
    return this.#events;
  }

  /** Whether anybody ordered a stop yet; an essential container that ends by itself is no order. */
  get stopOrdered(): boolean {
    return this.#stopOrdered;
  }

  /** Calls `listener` with everything that happens from now on, until the function it returns is called. */
  onEvent(listener: (event: RigEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follows one half's events. */
  follow(half: 'buildkite' | 'ecs', emitter: EventEmitter): void {
    emitter.on('event', (event: { readonly at: number; readonly event: string }) => {
      this.add({ ...event, half });
    });
  }

  /** Remembers an event and tells those who listen. */
  add(event: RigEvent): void {
    if (event.event === 'stop-requested' && event['by'] !== 'container') this.#stopOrdered = true;
    this.#events.push(event);
    if (this.#events.length > 20_000) this.#events.shift();
    if (this.#verbose) process.stderr.write(`${JSON.stringify(event)}\n`);
    for (const listener of this.#listeners) listener(event);
  }
}
