import type { Statement } from './statements.ts';

/** One statement of a policy document. */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Conditions;
}
export type Conditions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A policy document, version 2012-10-17. */
export interface Policy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

/** The keys by which a change of a scalable target is limited to services of ECS. */
const DESIRED_COUNT = {
  'application-autoscaling:service-namespace': 'ecs',
  'application-autoscaling:scalable-dimension': 'ecs:service:DesiredCount',
};

/** A statement's conditions by operator and key; all of them must hold. */
export function conditionsOf({
  cluster,
  tag,
  tagKey,
  scaling,
  passedTo,
  listed,
}: Pick<Statement, 'cluster' | 'tag' | 'tagKey' | 'scaling' | 'passedTo' | 'listed'>): Conditions {
  return {
    ...(cluster === null ? {} : { ArnEquals: { 'ecs:cluster': cluster } }),
    ...(tag === null ? {} : { StringEquals: { [`aws:ResourceTag/${tag.key}`]: tag.value } }),
    ...(scaling ? { StringEquals: DESIRED_COUNT } : {}),
    ...(passedTo === null ? {} : { StringEquals: { 'iam:PassedToService': passedTo } }),
    ...(listed === null ? {} : { StringLike: { 's3:prefix': listed } }),
    // A request names several keys: each of them must be this one.
    ...(tagKey === null ? {} : { 'ForAllValues:StringEquals': { 'aws:TagKeys': tagKey } }),
  };
}

/** One statement in IAM's words. */
export function policyStatement(statement: Statement): PolicyStatement {
  const conditions = conditionsOf(statement);
  return {
    Sid: statement.sid,
    Effect: 'Allow',
    Action: statement.actions,
    Resource: statement.resources,
    ...(Object.keys(conditions).length === 0 ? {} : { Condition: conditions }),
  };
}

/** The policy document of these statements. */
export function policyOf(statements: readonly Statement[]): Policy {
  return { Version: '2012-10-17', Statement: statements.map(policyStatement) };
}

/** Limit of a managed policy, in characters without white space (IAM User Guide, "IAM and AWS STS quotas"). */
export const LARGEST_MANAGED = 6_144;

/** Size of the policy in characters; IAM does not count white space. */
export function charactersOf(policy: Policy): number {
  return JSON.stringify(policy).replaceAll(/\s/g, '').length;
}
