import { definition, draining, waitFor, type TestCluster } from './ecs-support.ts';

/** A service as DescribeServices gives it, as far as tests look at it. */
export interface ShownService {
  readonly runningCount: number;
  readonly pendingCount: number;
  readonly desiredCount: number;
  readonly deployments: readonly { id: string; status: string; rolloutState: string; runningCount: number }[];
  readonly taskSets: readonly { id: string; stabilityStatus: string }[];
  readonly events: readonly { message: string }[];
}

/** One service of a test cluster and the questions that tests ask about it. */
export class TestService {
  readonly cluster: TestCluster;
  readonly name: string;

  constructor(cluster: TestCluster, name: string) {
    this.cluster = cluster;
    this.name = name;
  }

  /** Creates it and does not wait for anything. */
  async create(desiredCount: number, more: object = {}, document: unknown = worker()): Promise<this> {
    const taskDefinition = await this.cluster.register(document);
    await this.cluster.ask('CreateService', {
      serviceName: this.name,
      taskDefinition,
      desiredCount,
      launchType: 'FARGATE',
      ...more,
    });
    return this;
  }

  async update(change: object): Promise<ShownService> {
    const { service } = await this.cluster.ask<{ service: ShownService }>('UpdateService', {
      service: this.name,
      ...change,
    });
    return service;
  }

  async now(): Promise<ShownService> {
    const { services } = await this.cluster.ask<{ services: [ShownService] }>('DescribeServices', {
      services: [this.name],
    });
    return services[0];
  }

  /** Waits until something holds of it. */
  async until(what: string, holds: (service: ShownService) => boolean): Promise<ShownService> {
    return waitFor(what, async () => {
      const now = await this.now();
      return holds(now) ? now : undefined;
    });
  }

  /** Waits until one deployment has so many tasks. */
  async settled(count: number): Promise<ShownService> {
    return this.until(`${count} running in one deployment`, ({ deployments, runningCount }) => {
      const isOne = deployments.length === 1 && deployments[0]?.rolloutState === 'COMPLETED';
      return isOne && runningCount === count;
    });
  }

  /** Waits for an event whose text matches. */
  async says(text: RegExp): Promise<string> {
    const { events } = await this.until(String(text), (now) =>
      now.events.some(({ message }) => text.test(message)),
    );
    return events.find(({ message }) => text.test(message))?.message ?? '';
  }

  async tasks(desiredStatus = 'RUNNING'): Promise<readonly string[]> {
    const { taskArns } = await this.cluster.ask<{ taskArns: string[] }>('ListTasks', {
      serviceName: this.name,
      desiredStatus,
    });
    return taskArns;
  }

  /** Turns the protection of tasks on or off. */
  async protect(tasks: readonly string[], protectionEnabled = true, more: object = {}): Promise<unknown> {
    return this.cluster.ask('UpdateTaskProtection', { tasks, protectionEnabled, ...more });
  }
}

/** A worker that leaves at once when it is told to. */
export function worker(more: object = {}): unknown {
  return definition({ worker: { argv: draining(), cpu: 256, memory: 512, ...more } });
}

/** The same for hosts of the EC2 launch type. */
export function ec2Worker(more: object = {}): unknown {
  return definition(
    { worker: { argv: draining(), cpu: 256, memory: 512, ...more } },
    { requiresCompatibilities: ['EC2'], networkMode: 'bridge' },
  );
}

/** The ARN of the host of a task. */
export async function hostOf(cluster: TestCluster, task: string): Promise<string> {
  return String((await cluster.describe(task))['containerInstanceArn']);
}
