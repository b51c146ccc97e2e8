/** Which reads are answered from a copy of the state that lags behind, and how far. */
export interface ReplicaLag {
  /** How old the copy is, in milliseconds; 0 is no replica at all. */
  readonly lag: number;
  /** From the rig's start on, or from the first stop that somebody orders. */
  readonly from: 'start' | 'stop';
  /** All reads, or the second, the fourth and so on. */
  readonly reads: 'all' | 'every-second';
}

/** Every read is answered from the present. */
export const noReplica: ReplicaLag = { lag: 0, from: 'start', reads: 'all' };

/** So many copies cover the lag: the age of an answer is right to a fiftieth of it, and memory stays bounded. */
const copiesInLag = 50;
const shortestMs = 50;

/** Keeps copies of a state, and gives a read the one that is old enough. */
export class Replica<State> {
  readonly #lag: ReplicaLag;
  readonly #stopOrdered: () => boolean;
  readonly #copies: { readonly at: number; readonly state: State }[] = [];
  readonly #timer: NodeJS.Timeout | undefined;
  #reads = 0;

  constructor(lag: ReplicaLag, copy: () => State, stopOrdered: () => boolean) {
    this.#lag = lag;
    this.#stopOrdered = stopOrdered;
    if (lag.lag === 0) return;
    const take = (): void => {
      this.#copies.push({ at: Date.now(), state: copy() });
      this.#forget();
    };
    take();
    this.#timer = setInterval(take, Math.max(shortestMs, lag.lag / copiesInLag)).unref();
  }

  /** Takes no more copies. */
  close(): void {
    clearInterval(this.#timer);
  }

  /** The old state from which this read is answered; undefined where the present answers it. */
  read(): State | undefined {
    if (this.#lag.lag === 0 || (this.#lag.from === 'stop' && !this.#stopOrdered())) return undefined;
    this.#reads += 1;
    if (this.#lag.reads === 'every-second' && this.#reads % 2 === 1) return undefined;
    this.#forget();
    return this.#copies[0]?.state;
  }

  /** Keeps the newest copy that is old enough, and all that are newer. */
  #forget(): void {
    const oldEnough = Date.now() - this.#lag.lag;
    while ((this.#copies[1]?.at ?? Infinity) <= oldEnough) this.#copies.shift();
  }
}
