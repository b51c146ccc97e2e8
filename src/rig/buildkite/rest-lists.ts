import type { Context } from 'hono';
import type { Agent, Build } from './model.ts';
import { notModelled } from './rest-answers.ts';

const DEFAULT_PAGE = 30;
const LARGEST_PAGE = 100;
const PAGING = ['page', 'per_page'];
const OF_BUILDS = ['branch', 'commit', 'created_from', 'created_to', 'creator', 'state'];
const SHOWN = ['include_retried_jobs', 'exclude_jobs', 'exclude_pipeline'];
const OF_AGENTS = ['name', 'hostname', 'version'];

/** One page of a list, with the `Link` to the next one; an empty page follows the last. */
export function pageOf<T>(c: Context, all: readonly T[]): readonly T[] {
  const page = Math.max(1, Number(c.req.query('page') ?? 1) || 1);
  const asked = Number(c.req.query('per_page') ?? DEFAULT_PAGE) || DEFAULT_PAGE;
  const size = Math.min(LARGEST_PAGE, Math.max(1, asked));
  if (page * size < all.length) {
    const next = new URL(c.req.url);
    next.searchParams.set('page', String(page + 1));
    c.header('Link', `<${next.href}>; rel="next"`);
  }
  return all.slice((page - 1) * size, page * size);
}

/** The refusal of a filter of builds that the rig does not know: to ignore it would be to answer another question. */
export function refusedBuildFilter(c: Context): Response | undefined {
  const known = (name: string): boolean =>
    name.startsWith('meta_data[') || isOneOf(name, ...OF_BUILDS, ...SHOWN);
  return refusedFilter(c, known);
}

/** The refusal of a filter of agents that the rig does not know. */
export function refusedAgentFilter(c: Context): Response | undefined {
  return refusedFilter(c, (name) => isOneOf(name, ...OF_AGENTS));
}

function refusedFilter(c: Context, known: (name: string) => boolean): Response | undefined {
  const names = [...new URL(c.req.url).searchParams.keys()];
  const other = names.find((name) => !known(name) && !PAGING.includes(name));
  return other === undefined ? undefined : notModelled(c, `the parameter "${other}" of`);
}

function isOneOf(name: string, ...known: readonly string[]): boolean {
  return known.includes(name.replace(/\[\]$/, ''));
}

/** Whether the request's filters let a build through. */
export function asksForBuild(c: Context): (build: Build) => boolean {
  const { searchParams } = new URL(c.req.url);
  const all = (name: string): readonly string[] => [
    ...searchParams.getAll(name),
    ...searchParams.getAll(`${name}[]`),
  ];
  const instant = (name: string, otherwise: number): number => Date.parse(all(name)[0] ?? '') || otherwise;
  const [from, to] = [instant('created_from', -Infinity), instant('created_to', Infinity)];
  const metaData = [...searchParams].flatMap(([name, value]) => {
    const key = /^meta_data\[(.*)\]$/.exec(name)?.[1];
    return key === undefined ? [] : [{ key, value }];
  });
  return (build) =>
    fits(all('state'), build.state.toLowerCase()) &&
    fits(all('branch'), build.branch) &&
    fits(all('commit'), build.commit) &&
    fits(all('creator'), build.createdBy.uuid) &&
    build.createdAt >= from &&
    build.createdAt <= to &&
    metaData.every(({ key, value }) => build.metaData.get(key) === value);
}

/** Whether the request's filters let an agent through. */
export function asksForAgent(c: Context): (agent: Agent) => boolean {
  const wanted = (name: string): readonly string[] => c.req.queries(name) ?? [];
  return ({ name, hostname, version }) =>
    fits(wanted('name'), name) && fits(wanted('hostname'), hostname) && fits(wanted('version'), version);
}

function fits(wanted: readonly string[], got: string): boolean {
  return wanted.length === 0 || wanted.includes(got);
}
