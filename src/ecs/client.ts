import {
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  GetTaskProtectionCommand,
} from '@aws-sdk/client-ecs';
import { GamedayError } from '../model/errors.ts';
import { systemClock } from '../http/clock.ts';
import { makeTrouble } from '../http/trouble.ts';
import {
  ClusterAnswer,
  Failures,
  InstanceAnswer,
  ProtectionAnswer,
  ServiceAnswer,
  TaskDefinitionAnswer,
} from './answers.ts';
import { sendChange } from './changes.ts';
import { answerOfRead, describeTasks, answerOne, pickOne, requireShape, readTasksBy } from './describe.ts';
import { readCapacityProviders, readServiceDocument, readTaskDefinitionDocument } from './documents.ts';
import { clusterOf, definitionOf, instanceOf, protectionOf, serviceOf, stopOf } from './map.ts';
import type { Ecs } from './port.ts';
import { createSdk } from './sdk.ts';
import type { EcsOptions, Sdk } from './sdk.ts';

/** The client of Amazon ECS. Throws bad-input if the endpoint is not allowed. */
export function createEcsClient(options: EcsOptions): Ecs {
  if (options.loopbackOnly && (options.endpoint === undefined || options.credentials === undefined)) {
    throw new GamedayError('rig-failed', 'under --rig endpoint and credentials of ECS must be given');
  }
  const sdk = createSdk(options, systemClock);
  return {
    ...createPlaceReads(sdk),
    ...createTaskReads(sdk),
    taskDefinitionDocument: (arn, signal) => readTaskDefinitionDocument(sdk, arn, signal),
    serviceDocument: (cluster, name, signal) => readServiceDocument(sdk, cluster, name, signal),
    capacityProviders: (names, signal) => readCapacityProviders(sdk, names, signal),
    send: (call, signal) => sendChange(sdk, call, signal),
    clock: () => sdk.clock(),
  };
}

function createPlaceReads(sdk: Sdk): Pick<Ecs, 'cluster' | 'service' | 'instance'> {
  return {
    cluster: async (name, signal) => {
      const read = await sdk.call('DescribeClusters', signal, async (abortSignal) => {
        const command = new DescribeClustersCommand({ clusters: [name], include: ['TAGS'] });
        const answer = await sdk.reads.send(command, { abortSignal });
        return pickOne(ClusterAnswer, answer.clusters, answer.failures, `cluster ${name}`);
      });
      return answerOne(read, `cluster "${name}"`, clusterOf);
    },
    service: async (cluster, name, signal) => {
      const read = await sdk.call('DescribeServices', signal, async (abortSignal) => {
        const command = new DescribeServicesCommand({ cluster, services: [name], include: ['TAGS'] });
        const answer = await sdk.reads.send(command, { abortSignal });
        return pickOne(ServiceAnswer, answer.services, answer.failures, `service ${name}`);
      });
      return answerOne(read, `service "${name}" in cluster "${cluster}"`, serviceOf);
    },
    instance: async (cluster, arn, signal) => {
      const read = await sdk.call('DescribeContainerInstances', signal, async (abortSignal) => {
        const command = new DescribeContainerInstancesCommand({ cluster, containerInstances: [arn] });
        const answer = await sdk.reads.send(command, { abortSignal });
        return pickOne(
          InstanceAnswer,
          answer.containerInstances,
          answer.failures,
          `container instance ${arn}`,
        );
      });
      return answerOne(read, `container instance "${arn}" in cluster "${cluster}"`, instanceOf);
    },
  };
}

function createTaskReads(
  sdk: Sdk,
): Pick<Ecs, 'tasks' | 'taskDefinition' | 'recentStops' | 'tasksOf' | 'tasksOn' | 'protection'> {
  return {
    tasks: async (cluster, arns, signal) => {
      if (arns.length === 0) return { ok: true, value: [] };
      return answerOfRead(await describeTasks(sdk, cluster, arns, signal));
    },
    taskDefinition: async (arn, signal) => {
      const read = await sdk.call('DescribeTaskDefinition', signal, async (abortSignal) => {
        const command = new DescribeTaskDefinitionCommand({ taskDefinition: arn });
        const answer = await sdk.reads.send(command, { abortSignal });
        return definitionOf(requireShape(TaskDefinitionAnswer, answer.taskDefinition, 'a task definition'));
      });
      return answerOfRead(read);
    },
    recentStops: async (cluster, of, signal) => {
      const stopped = await readTasksBy(sdk, cluster, { ...of, stopped: true }, signal);
      if (!stopped.ok) return stopped;
      if (!stopped.value.complete)
        return { ok: false, trouble: makeTrouble('garbage', 'more stopped tasks than can be read') };
      return { ok: true, value: { tasks: stopped.value.tasks.map(stopOf) } };
    },
    tasksOf: (cluster, of, signal) => readTasksBy(sdk, cluster, { stopped: false, ...of }, signal),
    tasksOn: (cluster, instance, signal) => readTasksBy(sdk, cluster, { instance, stopped: false }, signal),
    protection: async (cluster, taskArn, signal) => {
      const read = await sdk.call('GetTaskProtection', signal, async (abortSignal) => {
        const command = new GetTaskProtectionCommand({ cluster, tasks: [taskArn] });
        const answer = await sdk.reads.send(command, { abortSignal });
        const [failure] = requireShape(Failures, answer.failures, 'failures') ?? [];
        // A stopped task, or a task without a service, cannot be protected, so it is not protected.
        if (failure?.reason === 'TASK_NOT_VALID') return { taskArn, protectionEnabled: false };
        return pickOne(ProtectionAnswer, answer.protectedTasks, answer.failures, `protection of ${taskArn}`);
      });
      return answerOne(read, `protection of task "${taskArn}"`, protectionOf);
    },
  };
}
