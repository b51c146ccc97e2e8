import { EcsError } from './errors.ts';

/** One token bucket: how many requests it holds, and how many come back in a second. */
interface Bucket {
  readonly burst: number;
  readonly sustained: number;
}

/** The buckets of one account in one region (ECS-81): Amazon ECS API Reference, "Request throttling for the Amazon ECS API". */
const buckets = {
  'cluster read': { burst: 50, sustained: 20 },
  'cluster resource read': { burst: 100, sustained: 20 },
  'cluster resource modify': { burst: 100, sustained: 40 },
  'service read': { burst: 100, sustained: 20 },
  'service modify': { burst: 50, sustained: 5 },
  'task definition read': { burst: 50, sustained: 20 },
  'task protection': { burst: 200, sustained: 80 },
} as const satisfies Record<string, Bucket>;
type BucketName = keyof typeof buckets;

/** Which bucket an operation takes from; operations that only set the cluster up are not limited. */
const bucketOf: Readonly<Record<string, BucketName>> = {
  ListClusters: 'cluster read',
  DescribeClusters: 'cluster read',
  DescribeCapacityProviders: 'cluster read',
  ListTasks: 'cluster resource read',
  DescribeTasks: 'cluster resource read',
  ListContainerInstances: 'cluster resource read',
  DescribeContainerInstances: 'cluster resource read',
  StopTask: 'cluster resource modify',
  RunTask: 'cluster resource modify',
  UpdateContainerInstancesState: 'cluster resource modify',
  DescribeServices: 'service read',
  ListServices: 'service read',
  ListServiceDeployments: 'service read',
  UpdateService: 'service modify',
  // Not in the public table: the smallest bucket, so that nobody counts on more.
  TagResource: 'service modify',
  UntagResource: 'service modify',
  DescribeTaskDefinition: 'task definition read',
  GetTaskProtection: 'task protection',
  UpdateTaskProtection: 'task protection',
};

/** The token buckets from which every request takes one. */
export class RateLimits {
  readonly #share: number;
  readonly #now: () => number;
  readonly #left = new Map<BucketName, { tokens: number; at: number }>();

  /** `share`: what the other clients of the account leave of each bucket, between 0 and 1. */
  constructor(share: number, now: () => number = Date.now) {
    this.#share = share;
    this.#now = now;
  }

  /** Takes a token; without one the request is throttled. */
  take(operation: string): void {
    const name = bucketOf[operation];
    if (name === undefined) return;
    const { burst, sustained } = buckets[name];
    const now = this.#now();
    const most = Math.max(1, burst * this.#share);
    const { tokens, at } = this.#left.get(name) ?? { tokens: most, at: now };
    const filled = Math.min(most, tokens + ((now - at) / 1000) * sustained * this.#share);
    this.#left.set(name, { tokens: filled < 1 ? filled : filled - 1, at: now });
    if (filled < 1) throw new EcsError('ThrottlingException', 'Rate exceeded');
  }
}
