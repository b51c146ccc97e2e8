import { findClosest } from '../model/suggest.ts';
import { readTextAt, type CrossProblem, type Rule, type TreePath } from './problem.ts';

/** Where an ARN of ECS stands; the name of the cluster is not in an old ARN of a service (ECS Developer Guide, "ARN format"). */
interface ArnPlace {
  readonly region: string;
  readonly account: string;
  readonly cluster: string | null;
}

const ARN = /^arn:aws[a-z-]*:ecs:([a-z0-9-]+):([0-9]{12}):(cluster|service)\/(.+)$/;

function readArnAt(tree: unknown, path: TreePath): ArnPlace | null {
  const [, region, account, kind, name = ''] = ARN.exec(readTextAt(tree, ...path) ?? '') ?? [];
  if (region === undefined || account === undefined) return null;
  const parts = name.split('/');
  const cluster = kind === 'cluster' ? name : parts.length > 1 ? (parts[0] ?? null) : null;
  return { region, account, cluster };
}

const NAME: TreePath = ['cluster', 'name'];
const SERVICE: TreePath = ['cluster', 'service'];

/** The region of the first ARN that a scenario names; null where it names none. */
export function regionOfArns(tree: unknown): string | null {
  return readArnAt(tree, NAME)?.region ?? readArnAt(tree, SERVICE)?.region ?? null;
}

/** The cluster's ARN, the service's ARN and the region must mean one place: only names are sent to ECS. */
export const checkPlace: Rule = (tree) => {
  const region = readTextAt(tree, 'cluster', 'region');
  const cluster = readArnAt(tree, NAME);
  const service = readArnAt(tree, SERVICE);
  const problems: CrossProblem[] = [];
  const differ = (path: TreePath, message: string, next: string): void => {
    problems.push({ path, at: 'value', message, next });
  };
  if (region !== null && cluster !== null && cluster.region !== region)
    differ(
      ['cluster', 'region'],
      `cluster.region is not the region of the cluster's ARN, ${cluster.region}`,
      'Leave cluster.region out.',
    );
  if (service === null) return problems;
  const place = cluster?.region ?? region;
  const name = cluster?.cluster ?? readTextAt(tree, ...NAME);
  if (place !== null && service.region !== place)
    differ(
      SERVICE,
      `cluster.service: its ARN is of region ${service.region}, and the cluster of ${place}`,
      'Give the ARN of the service in this cluster, or its name alone.',
    );
  if (cluster !== null && service.account !== cluster.account)
    differ(
      SERVICE,
      `cluster.service: its ARN is of account ${service.account}, and the cluster's of ${cluster.account}`,
      'Give the ARN of the service in this cluster, or its name alone.',
    );
  if (service.cluster !== null && name !== null && service.cluster !== name)
    differ(
      SERVICE,
      `cluster.service: its ARN is of cluster ${service.cluster}, and cluster.name is ${name}`,
      `Give the ARN of the service in this cluster, or write cluster.name: ${service.cluster}.`,
    );
  return problems;
};

/** The directions in the names of AWS's regions: AWS General Reference, "AWS service endpoints". */
const DIRECTIONS = 'north south east west central northeast northwest southeast southwest'.split(' ');

/** The region that was meant where a word in the name is a misspelt direction; null where none is. */
export function findMeantRegion(region: string): string | null {
  const [, before = '', word = '', after = ''] = /^(.+-)([a-z]+)(-[0-9]+)$/.exec(region) ?? [];
  const near = word === '' || DIRECTIONS.includes(word) ? null : findClosest(word, DIRECTIONS);
  return near === null ? null : `${before}${near}${after}`;
}

/** A stand-in, as the rig, answers for any region: a misspelt one is found here or nowhere. */
export const checkRegionName: Rule = (tree) => {
  const region = readTextAt(tree, 'cluster', 'region');
  const meant = region === null ? null : findMeantRegion(region);
  if (region === null || meant === null) return [];
  const message = `cluster.region: AWS has no region ${region}`;
  return [{ path: ['cluster', 'region'], at: 'value', message, next: `Did you mean ${meant}?` }];
};
