import { hasBuild } from '../scenario/schema.ts';
import type { Scenario } from '../scenario/schema.ts';

/** A scenario, and the file as the user named it. */
export interface Named {
  readonly file: string;
  readonly scenario: Pick<Scenario, 'title' | 'build' | 'cluster' | 'inject'>;
}

/** One step of the pipeline: it runs one scenario, so that a retry runs no other one again. */
export interface Shard {
  /** From 1 on, in the order of the files. */
  readonly number: number;
  readonly file: string;
  readonly title: string;
  /** The concurrency group: drills of one service wait for each other, those of other builds too. */
  readonly group: string;
  /** The shard before it in its lane; null for the first. */
  readonly after: number | null;
  /** A scenario that runs a person's own command is not run again unasked: the command may be a deployment. */
  readonly mayRetry: boolean;
}

/**
 * Makes one shard of each scenario. Scenarios that exclude each other (one service, or one pipeline and branch) follow each
 * other in one lane; with `parallel`, so many lanes are made of them.
 */
export function planShards(
  named: readonly Named[],
  parallel: number | null,
  region: string | null,
): readonly Shard[] {
  const groups = groupsOf(named, region);
  const chains = chainsOf(named.map(({ scenario }, index) => ({ scenario, group: groups[index] ?? '' })));
  const before = new Map<number, number>();
  for (const lane of lanesOf(chains, parallel ?? chains.length))
    for (const [place, index] of lane.entries()) {
      const previous = lane[place - 1];
      if (previous !== undefined) before.set(index, previous + 1);
    }
  return named.map(({ file, scenario }, index) => ({
    number: index + 1,
    file,
    title: scenario.title,
    group: groups[index] ?? '',
    after: before.get(index) ?? null,
    mayRetry: scenario.inject.fault !== 'command',
  }));
}

interface Selected {
  readonly place: string;
  readonly kind: 'service' | 'family' | 'tag';
  readonly name: string;
}

/** A group for each service; one for the cluster where scenarios select tasks in different ways, which may be the same tasks. */
function groupsOf(named: readonly Named[], region: string | null): readonly string[] {
  const selected = named.map(({ scenario }) => select(scenario.cluster, region));
  return selected.map(({ place, kind, name }) =>
    selected.some((other) => other.place === place && other.kind !== kind) ? place : `${place}/${name}`,
  );
}

function select(cluster: Scenario['cluster'], region: string | null): Selected {
  const { service, family, taskTag } = cluster;
  const where = cluster.region ?? /^arn:[^:]+:ecs:([^:]+):/.exec(cluster.name)?.[1] ?? region;
  const place = ['gameday', where, cluster.name.split('/').at(-1)].filter((part) => part !== null).join('/');
  if (service !== null) return { place, kind: 'service', name: service.split('/').at(-1) ?? service };
  if (family !== null) return { place, kind: 'family', name: `family:${family}` };
  return { place, kind: 'tag', name: `tag:${taskTag?.key ?? ''}=${taskTag?.value ?? ''}` };
}

/** Indexes of scenarios, joined where two exclude each other, each chain in the order of the files. */
function chainsOf(
  all: readonly { readonly scenario: Named['scenario']; readonly group: string }[],
): readonly (readonly number[])[] {
  let chains: (readonly number[])[] = [];
  for (const [index, one] of all.entries()) {
    const excludes = (other: number): boolean => {
      const rival = all[other];
      return rival !== undefined && (rival.group === one.group || isSameBranch(rival.scenario, one.scenario));
    };
    const joined = chains.filter((chain) => chain.some(excludes));
    const others = chains.filter((chain) => !joined.includes(chain));
    chains = [...others, [...joined.flat(), index].toSorted((a, b) => a - b)];
  }
  return chains.toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
}

/** The guard `intermediate-builds` refuses a second drill there. A branch that is not named may be any: it is the pipeline's default. */
function isSameBranch(one: Named['scenario'], other: Named['scenario']): boolean {
  if (!hasBuild(one) || !hasBuild(other) || one.build.pipeline !== other.build.pipeline) return false;
  const organizations = [one.build.organization, other.build.organization];
  if (!organizations.includes(null) && organizations[0] !== organizations[1]) return false;
  const branches = [one.build.branch, other.build.branch];
  return branches.includes(null) || branches[0] === branches[1];
}

/** The chains laid end to end in so many lanes, the longest first, each into the shortest lane. */
function lanesOf(chains: readonly (readonly number[])[], parallel: number): readonly (readonly number[])[] {
  const lanes: number[][] = Array.from({ length: Math.min(parallel, chains.length) }, () => []);
  for (const chain of chains.toSorted((a, b) => b.length - a.length)) {
    const shortest = lanes.toSorted((a, b) => a.length - b.length)[0];
    shortest?.push(...chain);
  }
  return lanes;
}
