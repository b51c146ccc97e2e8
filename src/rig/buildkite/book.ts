/** Counts what reached the servers. */
export interface Book {
  count(name: string): void;
  countForeign(): void;
  counts(): Record<string, number>;
  foreign(): number;
}

/** An empty book. */
export function openBook(): Book {
  const counts = new Map<string, number>();
  let foreign = 0;
  return {
    count: (name) => void counts.set(name, (counts.get(name) ?? 0) + 1),
    countForeign: () => void (foreign += 1),
    counts: () => Object.fromEntries(counts),
    foreign: () => foreign,
  };
}
