import {
  DescribeContainerInstancesCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  GetTaskProtectionCommand,
  ListContainerInstancesCommand,
  ListTasksCommand,
} from '@aws-sdk/client-ecs';
import type { Task } from '@aws-sdk/client-ecs';

/** What somebody finds in the rig's ECS: by its API, as anybody would look. */
export interface Places {
  readonly desired: readonly number[];
  /** Tasks that are protected from scale-in. */
  readonly shielded: readonly string[];
  readonly hosts: readonly string[];
  /** Tasks that are to run. */
  readonly tasks: readonly string[];
  /** Ids of the deployments of the first service. */
  readonly deployments: readonly string[];
  /** What the first service is marked with. */
  readonly marks: readonly string[];
}

const CLUSTER = 'build-prod';

/** Looks at service, tasks, protections and hosts. */
export async function placesIn(
  env: Readonly<Record<string, string>>,
  service = 'build-agents',
): Promise<Places> {
  return asking(env, (client) => look(client, service));
}

/** Every task of the cluster, those that have stopped too. */
export async function tasksIn(env: Readonly<Record<string, string>>): Promise<readonly Task[]> {
  return asking(env, async (client) => {
    const lists = await Promise.all(
      (['RUNNING', 'STOPPED'] as const).map((desiredStatus) =>
        client.send(new ListTasksCommand({ cluster: CLUSTER, desiredStatus })),
      ),
    );
    const tasks = lists.flatMap(({ taskArns = [] }) => taskArns);
    if (tasks.length === 0) return [];
    return (await client.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks }))).tasks ?? [];
  });
}

async function asking<T>(
  env: Readonly<Record<string, string>>,
  ask: (client: ECSClient) => Promise<T>,
): Promise<T> {
  const client = new ECSClient({
    endpoint: env['AWS_ENDPOINT_URL_ECS'] ?? '',
    region: env['AWS_REGION'] ?? '',
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  });
  try {
    return await ask(client);
  } finally {
    client.destroy();
  }
}

async function look(client: ECSClient, service: string): Promise<Places> {
  const { taskArns = [] } = await client.send(new ListTasksCommand({ cluster: CLUSTER }));
  const described =
    taskArns.length === 0
      ? []
      : ((await client.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: taskArns }))).tasks ?? []);
  const hosted = await client.send(new ListContainerInstancesCommand({ cluster: CLUSTER }));
  const containerInstances = hosted.containerInstanceArns ?? [];
  const hosts =
    containerInstances.length === 0
      ? []
      : ((await client.send(new DescribeContainerInstancesCommand({ cluster: CLUSTER, containerInstances })))
          .containerInstances ?? []);
  const inService = described.filter(({ group }) => group?.startsWith('service:') === true);
  return {
    ...(await serviceIn(client, inService.length > 0 ? [service] : [])),
    shielded: await shieldedOf(
      client,
      inService.map(({ taskArn }) => taskArn ?? ''),
    ),
    hosts: hosts.map(({ status }) => status ?? ''),
    tasks: taskArns,
  };
}

async function serviceIn(
  client: ECSClient,
  services: string[],
): Promise<Pick<Places, 'desired' | 'deployments' | 'marks'>> {
  if (services.length === 0) return { desired: [], deployments: [], marks: [] };
  const command = new DescribeServicesCommand({ cluster: CLUSTER, services, include: ['TAGS'] });
  const { services: found = [] } = await client.send(command);
  return {
    desired: found.map(({ desiredCount }) => desiredCount ?? -1),
    deployments: (found[0]?.deployments ?? []).map(({ id }) => id ?? ''),
    marks: (found[0]?.tags ?? []).flatMap(({ key, value = '' }) => (key === 'gameday:undo' ? [value] : [])),
  };
}

async function shieldedOf(client: ECSClient, tasks: readonly string[]): Promise<readonly string[]> {
  if (tasks.length === 0) return [];
  const command = new GetTaskProtectionCommand({ cluster: CLUSTER, tasks: [...tasks] });
  const { protectedTasks = [] } = await client.send(command);
  return protectedTasks
    .filter(({ protectionEnabled }) => protectionEnabled === true)
    .map(({ taskArn }) => taskArn ?? '');
}
