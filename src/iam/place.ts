/** The place of a policy's resources. */
export interface Place {
  readonly partition: string;
  readonly region: string;
  /** Twelve digits, or null if the format fills them in. */
  readonly account: string | null;
  /** Name of the cluster; null: any (`gameday assert` reads it from the tasks' ARNs). */
  readonly cluster: string | null;
}

/** Placeholder in an ARN for an account that is filled in later; no name of AWS contains these characters. */
export const ACCOUNT = '<account>';

const PARTITIONS: readonly (readonly [RegExp, string])[] = [
  [/^cn-/, 'aws-cn'],
  [/^us-gov-/, 'aws-us-gov'],
  [/^eusc-/, 'aws-eusc'],
  [/^us-iso-/, 'aws-iso'],
  [/^us-isob-/, 'aws-iso-b'],
  [/^eu-isoe-/, 'aws-iso-e'],
  [/^us-isof-/, 'aws-iso-f'],
];

/** The partition of a region, by the AWS SDK's own table. */
export function partitionOf(region: string): string {
  return PARTITIONS.find(([pattern]) => pattern.test(region))?.[1] ?? 'aws';
}

const CLUSTER_ARN = /^arn:([a-z-]+):ecs:([a-z0-9-]+):([0-9]{12}):cluster\/(.+)$/;

/** The place of a cluster: an ARN contains all of it, a name only the cluster. */
export function placeOf(cluster: string, region: string, account: string | null): Place {
  const [, partition, regionOfArn, accountOfArn, name] = CLUSTER_ARN.exec(cluster) ?? [];
  if (
    partition === undefined ||
    regionOfArn === undefined ||
    accountOfArn === undefined ||
    name === undefined
  )
    return { partition: partitionOf(region), region, account, cluster };
  return { partition, region: regionOfArn, account: accountOfArn, cluster: name };
}

/** The account that a cluster's ARN names; null where it is a name. */
export function accountOf(cluster: string): string | null {
  return CLUSTER_ARN.exec(cluster)?.[3] ?? null;
}

/** The ARN of something at this place, `cluster/build-prod` for one; of ECS where no other service is named. */
export function arnOf({ partition, region, account }: Place, resource: string, service = 'ecs'): string {
  return `arn:${partition}:${service}:${region}:${account ?? ACCOUNT}:${resource}`;
}
