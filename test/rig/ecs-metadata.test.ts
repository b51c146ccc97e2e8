import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isDockerNameOf } from '../../src/worker/definition.ts';
import { definition, startCluster, type TestCluster } from './ecs-support.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.close());

interface Limits {
  readonly CPU?: number;
  readonly Memory?: number;
}
interface ContainerDocument {
  readonly DockerId: string;
  readonly DockerName: string;
  readonly Name: string;
  readonly Limits: Limits;
}
interface TaskDocument {
  readonly Limits?: Limits;
  readonly Containers: readonly ContainerDocument[];
}

/** Prints both documents, each on a line of its own, and stays. */
const asks =
  'curl -s $ECS_CONTAINER_METADATA_URI_V4; echo; curl -s $ECS_CONTAINER_METADATA_URI_V4/task; echo';
const argv = ['bash', '-c', `${asks}; echo ready; while :; do sleep 0.05; done`];

/** What the first container reads at its metadata endpoint, and the task that it is in. */
async function read(
  launchType: string,
  containers: Parameters<typeof definition>[0],
  more: object = {},
): Promise<{ arn: string; own: ContainerDocument; task: TaskDocument }> {
  const arn = await cluster.run(definition(containers, { ...more }), { launchType });
  const [first = ''] = Object.keys(containers);
  const [own = '', task = ''] = (await cluster.untilWritten(arn, first, 'ready')).trim().split('\n');
  return { arn, own: JSON.parse(own) as ContainerDocument, task: JSON.parse(task) as TaskDocument };
}

describe('the metadata of a task', () => {
  it('ECS-48: on EC2 the name of Docker leaves out what is no letter, digit or "-" of the name', async () => {
    const containers = { build_agent: { argv }, 'build_agent-proxy': { argv } };
    const { arn, own, task } = await read('EC2', containers);
    const { taskDefinitionArn, containers: described } = (await cluster.describe(arn)) as unknown as {
      taskDefinitionArn: string;
      containers: readonly { name: string; runtimeId: string }[];
    };
    const revision = taskDefinitionArn.split(':').at(-1) ?? '';
    expect(own.DockerName).toMatch(new RegExp(`^ecs-workers-${revision}-buildagent-[0-9a-f]{20}$`));
    expect(own.Name).toBe('build_agent');
    expect(own.DockerId).toBe(described.find(({ name }) => name === 'build_agent')?.runtimeId);
    // The product knows each by its name, and takes neither for the other.
    for (const container of task.Containers)
      expect(
        Object.keys(containers).filter((name) =>
          isDockerNameOf(container.DockerName, name, taskDefinitionArn),
        ),
      ).toEqual([container.Name]);
  });

  it('ECS-48: on Fargate the name of Docker is the plain one, and its id begins with that of the task', async () => {
    const { arn, own } = await read('FARGATE', { build_agent: { argv } });
    expect(own.DockerName).toBe('build_agent');
    const id = arn.split('/').at(-1) ?? '';
    expect(own.DockerId).toMatch(new RegExp(`^${id}-\\d{10}$`));
    const { containers } = await cluster.describe(arn);
    expect(containers).toMatchObject([{ name: 'build_agent', runtimeId: own.DockerId }]);
  });

  it('ECS-49: the limits are those of the definition', async () => {
    const named = { worker: { argv, cpu: 512, memory: 256 } };
    const ofTask = { cpu: '1024', memory: '2048' };
    for (const launchType of ['EC2', 'FARGATE']) {
      const { own, task } = await read(launchType, named, ofTask);
      expect(own.Limits).toEqual({ CPU: 512, Memory: 256 });
      expect(task.Limits).toEqual({ CPU: 1, Memory: 2048 });
    }
  });

  it('ECS-49: what the definition does not name is 0 on EC2, and not there on Fargate', async () => {
    const reserved = { worker: { argv, memoryReservation: 64 } };
    const onEc2 = await read('EC2', reserved);
    expect(onEc2.own.Limits).toEqual({ CPU: 0, Memory: 0 });
    expect(onEc2.task).not.toHaveProperty('Limits');
    expect((await read('FARGATE', reserved)).own.Limits).toEqual({ CPU: 2 });
  });

  it.each([
    ['us-east-1', 'ec2.internal'],
    ['eu-west-1', 'eu-west-1.compute.internal'],
  ])(
    'ECS-79: in %s the interface of a task is called ip-A-B-C-D.%s, and so is its host',
    async (region, domain) => {
      const other = await startCluster({}, undefined, undefined, undefined, region);
      try {
        const arn = await other.run(definition({ worker: { argv } }));
        const { attachments, containers } = (await other.describe(arn)) as unknown as {
          attachments: readonly { details: readonly { name: string; value: string }[] }[];
          containers: readonly { networkInterfaces: readonly { privateIpv4Address: string }[] }[];
        };
        const address = containers[0]?.networkInterfaces[0]?.privateIpv4Address ?? '';
        const name = `ip-${address.replaceAll('.', '-')}.${domain}`;
        expect(attachments[0]?.details).toContainEqual({ name: 'privateDnsName', value: name });
        expect(other.rig.state.findTask(arn)?.hostname('worker')).toBe(name);
      } finally {
        await other.close();
      }
    },
  );
});
