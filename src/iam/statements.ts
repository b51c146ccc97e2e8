import type { Scenario } from '../scenario/schema.ts';
import type { Need } from './needs.ts';
import { ALL_OPERATIONS, actionOf, OPERATIONS, type ResourceKind } from './operations.ts';
import { arnOf, type Place } from './place.ts';

type TaskTag = Scenario['cluster']['taskTag'];

/** One action on one resource under its conditions, and its purpose. */
export interface Grant {
  readonly sid: string;
  readonly action: string;
  readonly resource: string;
  /** ARN that `ecs:cluster` must equal; null: no such condition. */
  readonly cluster: string | null;
  /** Tag that the task must carry; null: no such condition. */
  readonly tag: TaskTag;
  /** The only key of tags that may be set or removed; null: no such condition. */
  readonly tagKey: string | null;
  /** Only the desired count of services of ECS may be scaled by it. */
  readonly scaling: boolean;
  /** The service that a role may be handed to; null: no such condition. */
  readonly passedTo: string | null;
  /** The only keys of a bucket that may be listed, as a pattern; null: no such condition. */
  readonly listed: string | null;
  readonly why: readonly string[];
}

/** Grants with the same resources and conditions. */
export interface Statement {
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly cluster: string | null;
  readonly tag: TaskTag;
  /** The only key of tags that may be set or removed; null: no such condition. */
  readonly tagKey: string | null;
  /** Only the desired count of services of ECS may be scaled by it. */
  readonly scaling: boolean;
  /** The service that a role may be handed to; null: no such condition. */
  readonly passedTo: string | null;
  /** The only keys of a bucket that may be listed, as a pattern; null: no such condition. */
  readonly listed: string | null;
  readonly why: readonly string[];
}

/** Where a ledger on S3 is. The prefix is empty, or ends in a slash. */
export interface LedgerPlace {
  readonly bucket: string;
  readonly prefix: string;
}

/** What the grants of a scenario depend on, besides its place. */
export interface Limits {
  /** Name of the service; null: none is named. */
  readonly service: string | null;
  readonly taskTag: TaskTag;
  /** Role that FIS uses, and template that the scenario names. */
  readonly role: string | null;
  readonly template: string | null;
  /** Bucket and prefix of the ledger; null: it is in none. */
  readonly ledger: LedgerPlace | null;
}

/** The grants for these needs at one place. */
export function grantsOf(needs: readonly Need[], place: Place, limits: Limits): readonly Grant[] {
  return needs.flatMap(({ operation, why }) => {
    const row = OPERATIONS[operation];
    return [row.resource, ...(row.besides ?? [])].map((kind) => ({
      sid: row.sid,
      action: actionOf(operation),
      resource: resourceOf(kind, place, limits),
      cluster: row.byCluster && place.cluster !== null ? arnOf(place, `cluster/${place.cluster}`) : null,
      tag: row.byTaskTag ? limits.taskTag : null,
      tagKey: row.tagKey,
      scaling: kind === 'scalable-target',
      passedTo: kind === 'role' ? 'fis.amazonaws.com' : null,
      listed:
        kind === 'bucket' && (limits.ledger?.prefix ?? '') !== '' ? `${limits.ledger?.prefix ?? ''}*` : null,
      why: [why],
    }));
  });
}

function resourceOf(kind: ResourceKind, place: Place, { service, role, template, ledger }: Limits): string {
  const cluster = place.cluster ?? '*';
  switch (kind) {
    case 'any':
      return '*';
    case 'cluster':
      return arnOf(place, `cluster/${cluster}`);
    case 'service':
      return arnOf(place, `service/${cluster}/${service ?? '*'}`);
    case 'capacity-provider':
      return arnOf(place, 'capacity-provider/*');
    case 'scalable-target':
      return arnOf(place, 'scalable-target/*', 'application-autoscaling');
    case 'task':
    case 'container-instance':
      return arnOf(place, place.cluster === null ? `${kind}/*` : `${kind}/${cluster}/*`);
    case 'fis-action':
      return arnOf(place, 'action/*', 'fis');
    case 'experiment-template':
      return arnOf(place, `${kind}/${template ?? '*'}`, 'fis');
    case 'experiment':
    case 'safety-lever':
      return arnOf(place, `${kind}/${kind === 'experiment' ? '*' : 'default'}`, 'fis');
    case 'role':
      return role ?? '*';
    case 'bucket':
      return `arn:${place.partition}:s3:::${ledger?.bucket ?? '*'}`;
    case 'object':
      return `arn:${place.partition}:s3:::${ledger?.bucket ?? '*'}/${ledger?.prefix ?? ''}*`;
  }
}

/**
 * The fewest statements that allow exactly the union of these grants. Resources are joined only where action and conditions
 * are the same, and actions only where resources and conditions are the same, so that nothing else becomes allowed.
 */
export function statementsOf(grants: readonly Grant[]): readonly Statement[] {
  const singles = withoutCovered(grants).map(({ action, resource, ...rest }): Statement => ({
    ...rest,
    actions: [action],
    resources: [resource],
  }));
  const byAction = mergeStatementsBy(singles, (one) => [one.sid, one.actions, conditionOf(one)]);
  const byResources = mergeStatementsBy(byAction, (one) => [one.sid, one.resources, conditionOf(one)]);
  return numberSids(
    byResources.toSorted((a, b) => rankStatement(a) - rankStatement(b) || compareTexts(textOf(a), textOf(b))),
  );
}

function conditionOf({ cluster, tag, tagKey, scaling, passedTo, listed }: Grant | Statement): unknown {
  return [cluster, tag?.key ?? null, tag?.value ?? null, tagKey, scaling, passedTo, listed];
}

/** Drops a grant with a tag condition where the same grant exists without it. */
function withoutCovered(grants: readonly Grant[]): readonly Grant[] {
  const free = new Set(grants.filter(({ tag }) => tag === null).map(keyOf));
  return grants.filter((grant) => grant.tag === null || !free.has(keyOf(grant)));
}

function keyOf({ action, resource, cluster }: Grant): string {
  return JSON.stringify([action, resource, cluster]);
}

/** Joins the statements of one key; their lists are merged and sorted. */
function mergeStatementsBy(
  all: readonly Statement[],
  key: (one: Statement) => unknown,
): readonly Statement[] {
  const byKey = new Map<string, Statement>();
  for (const one of all) {
    const name = JSON.stringify(key(one));
    const before = byKey.get(name);
    byKey.set(name, before === undefined ? one : mergeStatements(before, one));
  }
  return [...byKey.values()];
}

function mergeStatements(a: Statement, b: Statement): Statement {
  return {
    ...a,
    actions: sortUnique([...a.actions, ...b.actions]),
    resources: sortUnique([...a.resources, ...b.resources]),
    why: sortUnique([...a.why, ...b.why]),
  };
}

function sortUnique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted(compareTexts);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Reads first, then changes, in the order of the table. */
function rankStatement({ sid }: Statement): number {
  return ALL_OPERATIONS.findIndex((operation) => OPERATIONS[operation].sid === sid);
}

function textOf({ resources, cluster, tag }: Statement): string {
  return JSON.stringify([resources, cluster, tag]);
}

/** Makes Sids unique; a Sid may contain letters and digits only. */
function numberSids(statements: readonly Statement[]): readonly Statement[] {
  return statements.map((statement, at) => {
    const nth = statements.slice(0, at).filter(({ sid }) => sid === statement.sid).length + 1;
    return nth === 1 ? statement : { ...statement, sid: `${statement.sid}${String(nth)}` };
  });
}
