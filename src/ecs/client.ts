import {
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  GetTaskProtectionCommand,
} from '@aws-sdk/client-ecs';
import { z } from 'zod';
import { GamedayError } from '../model/errors.ts';
import { systemClock } from '../http/clock.ts';
import { createNameExisting } from '../http/existing-names.ts';
import {
  ClusterAnswer,
  Failures,
  InstanceAnswer,
  ProtectionAnswer,
  ServiceAnswer,
  TaskDefinitionAnswer,
} from './answers.ts';
import { sendChange } from './changes.ts';
import {
  answerOfRead,
  answerOne,
  createTaskReader,
  pickOne,
  requireOnlyMissing,
  requireShape,
} from './describe.ts';
import { readServiceDeployments } from './deployments.ts';
import { readCapacityProviders, readServiceDocument, readTaskDefinitionDocument } from './documents.ts';
import { clusterOf, definitionOf, instanceOf, protectionOf, serviceOf, stopOf } from './map.ts';
import { readClusterNames, readServiceNames } from './names.ts';
import type { Ecs } from './port.ts';
import type { Protection } from '../model/entities/task.ts';
import { createSdk } from './sdk.ts';
import type { Called, EcsOptions, Sdk } from './sdk.ts';

/** The client of Amazon ECS, and what clients of other services of AWS share with it. Throws bad-input if the endpoint is not allowed. */
export function createEcsClient(options: EcsOptions): Ecs & { readonly sdk: Sdk } {
  if (options.loopbackOnly && (options.endpoint === undefined || options.credentials === undefined)) {
    throw new GamedayError('rig-failed', 'under --rig endpoint and credentials of ECS must be given');
  }
  const sdk = createSdk(options, systemClock);
  return {
    sdk,
    ...createPlaceReads(sdk),
    ...createInstanceRead(sdk),
    ...createTaskReads(sdk),
    clusterNames: (signal) => readClusterNames(sdk, signal),
    serviceNames: (cluster, signal) => readServiceNames(sdk, cluster, signal),
    taskDefinitionDocument: (arn, signal) => readTaskDefinitionDocument(sdk, arn, signal),
    serviceDeployments: (cluster, service, since, signal) =>
      readServiceDeployments(sdk, { cluster, service, since }, signal),
    capacityProviders: (cluster, names, signal) => readCapacityProviders(sdk, cluster, names, signal),
    credentials: async (signal) => {
      const renewed = await sdk.renewCredentials(signal);
      return answerOfRead(renewed);
    },
    caller: async (signal) => {
      // Only doctor asks, so only there the client of STS is loaded.
      const { readCaller } = await import('./caller.ts');
      return readCaller(sdk, options, signal);
    },
    send: (call, signal, hold) => sendChange(sdk, call, signal, hold),
    clock: () => sdk.clock(),
    restFor: (operations) => sdk.restFor(operations),
  };
}

function createPlaceReads(sdk: Sdk): Pick<Ecs, 'cluster' | 'service' | 'serviceDocument'> {
  const nameExisting = createNameExisting();
  const serviceIn = (cluster: string, name: string, signal: AbortSignal) => ({
    ...{ what: 'services', name: lastPartOf(name) },
    list: () => readServiceNames(sdk, cluster, signal),
  });
  return {
    cluster: async (name, signal) => {
      const read = await sdk.call('DescribeClusters', signal, async (abortSignal) => {
        const command = new DescribeClustersCommand({ clusters: [name], include: ['TAGS'] });
        const answer = await sdk.reads.send(command, { abortSignal });
        return pickOne(ClusterAnswer, answer.clusters, answer.failures, `cluster ${name}`);
      });
      return nameExisting(answerOne(read, `cluster "${name}"`, clusterOf), {
        ...{ what: 'clusters', name: lastPartOf(name) },
        list: () => readClusterNames(sdk, signal),
      });
    },
    service: async (cluster, name, signal) => {
      const read = await sdk.call('DescribeServices', signal, async (abortSignal) => {
        const command = new DescribeServicesCommand({ cluster, services: [name], include: ['TAGS'] });
        const answer = await sdk.reads.send(command, { abortSignal });
        return pickOne(ServiceAnswer, answer.services, answer.failures, `service ${name}`);
      });
      const answer = answerOne(read, `service "${name}" in cluster "${cluster}"`, serviceOf);
      return nameExisting(answer, serviceIn(cluster, name, signal));
    },
    serviceDocument: async (cluster, name, signal) =>
      nameExisting(await readServiceDocument(sdk, cluster, name, signal), serviceIn(cluster, name, signal)),
  };
}

/** The name in an ARN, or the name itself. */
function lastPartOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function createInstanceRead(sdk: Sdk): Pick<Ecs, 'instance'> {
  return {
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
): Pick<Ecs, 'tasks' | 'taskDefinition' | 'recentStops' | 'tasksOf' | 'tasksOn' | 'protections'> {
  const reader = createTaskReader(sdk);
  return {
    tasks: async (cluster, arns, signal) => {
      if (arns.length === 0) return { ok: true, value: [] };
      return answerOfRead(await reader.describe(cluster, arns, signal));
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
      const stopped = await reader.list(cluster, { ...of, stopped: true }, signal);
      if (!stopped.ok) return stopped;
      const { tasks, complete } = stopped.value;
      return { ok: true, value: { tasks: tasks.map(stopOf), complete } };
    },
    tasksOf: (cluster, of, signal) => reader.list(cluster, { stopped: false, ...of }, signal),
    tasksOn: (cluster, instance, signal) => reader.list(cluster, { instance, stopped: false }, signal),
    protections: async (cluster, taskArns, signal) => {
      if (taskArns.length === 0) return { ok: true, value: [] };
      return answerOfRead(await readProtections(sdk, cluster, taskArns, signal));
    },
  };
}

/** GetTaskProtection. A stopped task, or one without a service, cannot be protected, so it is not protected; a MISSING one is left out. */
function readProtections(
  sdk: Sdk,
  cluster: string,
  taskArns: readonly string[],
  signal: AbortSignal,
): Promise<Called<readonly Protection[]>> {
  return sdk.call('GetTaskProtection', signal, async (abortSignal) => {
    const command = new GetTaskProtectionCommand({ cluster, tasks: [...taskArns] });
    const answer = await sdk.reads.send(command, { abortSignal });
    const failures = requireShape(Failures, answer.failures, 'failures') ?? [];
    const [open, others] = [
      failures.filter(({ reason }) => reason === 'TASK_NOT_VALID'),
      failures.filter(({ reason }) => reason !== 'TASK_NOT_VALID'),
    ];
    requireOnlyMissing(others);
    const shown = requireShape(z.array(ProtectionAnswer), answer.protectedTasks, 'protected tasks');
    return [
      ...shown.map(protectionOf),
      ...open.flatMap(({ arn }) =>
        arn === undefined ? [] : [{ taskArn: arn, enabled: false, expiresAt: null }],
      ),
    ];
  });
}
