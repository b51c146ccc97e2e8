/** By what a scenario says which tasks it means. */
const KINDS = ['service', 'family', 'tag'] as const;
type Kind = (typeof KINDS)[number];

/** The parts of a lock's key: a place (endpoint, region, cluster) and, behind the last bar, a service, `family:NAME` or `tag:KEY=VALUE`. */
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

/** Whether two keys may mean the same tasks: two services do not, but a service and a family of one cluster are taken to. */
export function mayBeSame(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)];
  return a.place === b.place && (a.kind !== b.kind || a.name === b.name);
}
