import type { AwsOperation, StoreOperation } from '../model/call.ts';
import type { Clock } from '../model/clock.ts';

type Operation = AwsOperation | StoreOperation;

/** A token bucket of one account in one region: how many requests it holds, and how many come back in a second. */
interface Bucket {
  readonly burst: number;
  readonly sustained: number;
}

/** Amazon ECS API Reference, "Request throttling for the Amazon ECS API". */
const CLUSTER_READ: Bucket = { burst: 50, sustained: 20 };
const CLUSTER_RESOURCE_READ: Bucket = { burst: 100, sustained: 20 };
const CLUSTER_RESOURCE_MODIFY: Bucket = { burst: 100, sustained: 40 };
const SERVICE_READ: Bucket = { burst: 100, sustained: 20 };
const SERVICE_MODIFY: Bucket = { burst: 50, sustained: 5 };
const TASK_DEFINITION_READ: Bucket = { burst: 50, sustained: 20 };
const TASK_PROTECTION: Bucket = { burst: 200, sustained: 80 };

/** An operation of ECS that is not named here changes a resource of the cluster. */
const BUCKET_OF: Readonly<Partial<Record<Operation, Bucket>>> = {
  ListClusters: CLUSTER_READ,
  DescribeClusters: CLUSTER_READ,
  DescribeCapacityProviders: CLUSTER_READ,
  ListTasks: CLUSTER_RESOURCE_READ,
  DescribeTasks: CLUSTER_RESOURCE_READ,
  DescribeContainerInstances: CLUSTER_RESOURCE_READ,
  ListServices: SERVICE_READ,
  DescribeServices: SERVICE_READ,
  // Not in the published table: it is taken for a read of the service.
  ListServiceDeployments: SERVICE_READ,
  UpdateService: SERVICE_MODIFY,
  DescribeTaskDefinition: TASK_DEFINITION_READ,
  GetTaskProtection: TASK_PROTECTION,
  UpdateTaskProtection: TASK_PROTECTION,
  // Tagging is not in the published table: it is taken for as scarce as a change of the service.
  TagResource: SERVICE_MODIFY,
  UntagResource: SERVICE_MODIFY,
};

function findBucket(operation: Operation): Bucket {
  return BUCKET_OF[operation] ?? CLUSTER_RESOURCE_MODIFY;
}

/** The account's other clients keep this share of every bucket. */
const OURS = 0.5;
/** A throttled request shows that others use the bucket too: repeated reads then rest for so long, seconds. */
const REST_S = 2;
const LONGEST_REST_S = 10;

/** What a client may take of ECS's token buckets. It is overdrawn by reads that cannot wait; repeated reads pay it back. */
export interface AwsBudget {
  noteSent(operation: Operation): void;
  noteThrottled(operation: Operation): void;
  /** How long repeated reads by these operations are to rest, milliseconds. */
  restFor(operations: readonly AwsOperation[]): number;
}

/** Our share of every bucket, full at the start. */
export function createAwsBudget(clock: Clock): AwsBudget {
  const left = new Map<Bucket, { readonly tokens: number; readonly at: number }>();

  function tokensIn(bucket: Bucket): number {
    const most = bucket.burst * OURS;
    const { tokens, at } = left.get(bucket) ?? { tokens: most, at: clock.now() };
    return Math.min(most, tokens + ((clock.now() - at) / 1_000) * bucket.sustained * OURS);
  }
  function leave(bucket: Bucket, tokens: number): void {
    left.set(bucket, { tokens, at: clock.now() });
  }

  return {
    noteSent(operation) {
      const bucket = findBucket(operation);
      leave(bucket, tokensIn(bucket) - 1);
    },
    noteThrottled(operation) {
      const bucket = findBucket(operation);
      const perSecond = bucket.sustained * OURS;
      const tokens = Math.min(0, tokensIn(bucket)) - REST_S * perSecond;
      leave(bucket, Math.max(-LONGEST_REST_S * perSecond, tokens));
    },
    restFor(operations) {
      const rests = operations.map((operation) => {
        const bucket = findBucket(operation);
        return (-tokensIn(bucket) / (bucket.sustained * OURS)) * 1_000;
      });
      return Math.ceil(Math.max(0, ...rests));
    },
  };
}
