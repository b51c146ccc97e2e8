/** The kinds of names by which a scenario selects its tasks. */
const KINDS = ['service', 'family', 'tag'] as const;
type Kind = (typeof KINDS)[number];

/** A lock's key: place (endpoint, region, cluster), a bar, and a service, `family:NAME` or `tag:KEY=VALUE`. */
export function partsOf(key: string): {
  readonly place: string;
  readonly kind: Kind;
  readonly name: string;
} {
  const bar = key.lastIndexOf('|');
  const name = key.slice(bar + 1);
  return {
    place: key.slice(0, Math.max(bar, 0)),
    kind: KINDS.find((one) => name.startsWith(`${one}:`)) ?? 'service',
    name,
  };
}

/** Whether two keys may mean the same tasks. Two services do not; a service and a family of one cluster may. */
export function mayBeSame(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)];
  return a.place === b.place && (a.kind !== b.kind || a.name === b.name);
}
