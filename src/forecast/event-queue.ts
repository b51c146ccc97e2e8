/** A queue of events, ordered by time. */
export interface Queue {
  clear(): void;
  size(): number;
  push(at: number, kind: number): void;
  /** The time of the next event. */
  time(): number;
  /** Removes the next event and returns its kind. */
  pop(): number;
}

/** A binary heap in two flat arrays: a replication has a few events a worker and should create no objects. */
export function createQueue(capacity: number): Queue {
  const times = new Float64Array(capacity);
  const kinds = new Int32Array(capacity);
  let size = 0;
  const timeAt = (place: number): number => times[place] ?? Infinity;
  const move = (from: number, to: number): void => {
    times[to] = timeAt(from);
    kinds[to] = kinds[from] ?? 0;
  };
  const put = (place: number, at: number, kind: number): void => {
    times[place] = at;
    kinds[place] = kind;
  };
  return {
    clear: () => void (size = 0),
    size: () => size,
    time: () => timeAt(0),
    push(at, kind) {
      let place = size;
      size += 1;
      for (let above = (place - 1) >> 1; place > 0 && timeAt(above) > at; above = (place - 1) >> 1) {
        move(above, place);
        place = above;
      }
      put(place, at, kind);
    },
    pop() {
      const first = kinds[0] ?? 0;
      size -= 1;
      const [at, kind] = [timeAt(size), kinds[size] ?? 0];
      let place = 0;
      for (let below = 1; below < size; below = 2 * place + 1) {
        const next = below + 1 < size && timeAt(below + 1) < timeAt(below) ? below + 1 : below;
        if (timeAt(next) >= at) break;
        move(next, place);
        place = next;
      }
      put(place, at, kind);
      return first;
    },
  };
}
