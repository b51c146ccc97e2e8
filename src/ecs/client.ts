import {
  DescribeClustersCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs';
import { z } from 'zod';
import type { Answer, Call, Outcome } from '../drill/call.ts';
import type { Task } from '../drill/entities/task.ts';
import { GamedayError } from '../drill/errors.ts';
import { systemClock } from '../http/clock.ts';
import { trouble } from '../http/trouble.ts';
import { ClusterAnswer, Failures, ServiceAnswer, TaskAnswer, TaskDefinitionAnswer } from './answers.ts';
import { UnusableAnswerError } from './failure.ts';
import { clusterOf, definitionOf, serviceOf, stopOf, taskOf } from './map.ts';
import type { Ecs } from './port.ts';
import { createSdk } from './sdk.ts';
import type { Called, EcsOptions, Sdk } from './sdk.ts';

/** DescribeTasks takes 100 tasks; ListTasks gives 100 a page, and ECS forgets stopped tasks after about an hour. */
const PAGE = 100;
const MOST_PAGES = 5;

type StopCall = Extract<Call, { kind: 'stop-task' }>;

/** Amazon ECS by its SDK. Throws bad-input where the endpoint may not be used. */
export function createEcsClient(options: EcsOptions): Ecs {
  if (options.loopbackOnly && (options.endpoint === undefined || options.credentials === undefined)) {
    throw new GamedayError('rig-failed', 'under --rig endpoint and credentials of ECS must be given');
  }
  const sdk = createSdk(options, systemClock);
  return {
    cluster: async (name, signal) => {
      const read = await sdk.call('DescribeClusters', signal, async (abortSignal) => {
        const command = new DescribeClustersCommand({ clusters: [name], include: ['TAGS'] });
        const answer = await sdk.reads.send(command, { abortSignal });
        return oneOf(ClusterAnswer, answer.clusters, answer.failures, `cluster ${name}`);
      });
      return found(read, `cluster "${name}"`, clusterOf);
    },
    service: async (cluster, name, signal) => {
      const read = await sdk.call('DescribeServices', signal, async (abortSignal) => {
        const command = new DescribeServicesCommand({ cluster, services: [name], include: ['TAGS'] });
        const answer = await sdk.reads.send(command, { abortSignal });
        return oneOf(ServiceAnswer, answer.services, answer.failures, `service ${name}`);
      });
      return found(read, `service "${name}" in cluster "${cluster}"`, serviceOf);
    },
    tasks: async (cluster, arns, signal) => {
      if (arns.length === 0) return { ok: true, value: [] };
      return answerOf(await describe(sdk, cluster, arns, signal));
    },
    taskDefinition: async (arn, signal) => {
      const read = await sdk.call('DescribeTaskDefinition', signal, async (abortSignal) => {
        const command = new DescribeTaskDefinitionCommand({ taskDefinition: arn });
        const answer = await sdk.reads.send(command, { abortSignal });
        return definitionOf(shaped(TaskDefinitionAnswer, answer.taskDefinition, 'a task definition'));
      });
      return answerOf(read);
    },
    recentStops: async (cluster, of, signal) => {
      const found = await listed(sdk, cluster, { ...of, desired: 'STOPPED' }, signal);
      if (!found.ok) return found;
      if (!found.value.complete)
        return { ok: false, trouble: trouble('garbage', 'more stopped tasks than can be looked through') };
      return { ok: true, value: { tasks: found.value.tasks.map(stopOf) } };
    },
    tasksOf: (cluster, of, signal) => listed(sdk, cluster, { ...of, desired: 'RUNNING' }, signal),
    stopTask: (call, signal) => stop(sdk, call, signal),
    clock: () => sdk.clock(),
  };
}

/** Sent once; whether it left decides what a failure means. */
async function stop(sdk: Sdk, call: StopCall, signal: AbortSignal): Promise<Outcome<Task>> {
  const sent = await sdk.call('StopTask', signal, async (abortSignal) => {
    const command = new StopTaskCommand({ cluster: call.cluster, task: call.taskArn, reason: call.reason });
    const answer = await sdk.once.send(command, { abortSignal });
    return taskOf(shaped(TaskAnswer, answer.task, 'a task'));
  });
  if (sent.ok) return sent;
  return { ok: false, certainty: sent.failure.certainty, trouble: sent.failure.trouble };
}

/** Tasks that ECS does not know come as failures with the reason MISSING; any other failure hides one that may be there. */
function describe(
  sdk: Sdk,
  cluster: string,
  arns: readonly string[],
  signal: AbortSignal,
): Promise<Called<readonly Task[]>> {
  return sdk.call('DescribeTasks', signal, async (abortSignal) => {
    const command = new DescribeTasksCommand({ cluster, tasks: [...arns], include: ['TAGS'] });
    const answer = await sdk.reads.send(command, { abortSignal });
    onlyMissing(answer.failures);
    const tasks = shaped(z.array(TaskAnswer), answer.tasks, 'tasks').map(taskOf);
    return tasks.filter((task) => arns.includes(task.arn));
  });
}

interface Wanted {
  readonly service?: string;
  readonly family?: string;
  /** What ECS wants of the task, not what it is: STOPPED holds those on their way down as well. */
  readonly desired: 'RUNNING' | 'STOPPED';
}

/** Every page of a listing, described. */
async function listed(
  sdk: Sdk,
  cluster: string,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Answer<{ readonly tasks: readonly Task[]; readonly complete: boolean }>> {
  const list = await arnsOf(sdk, cluster, wanted, signal);
  if (!list.ok) return answerOf(list);
  const { arns, complete } = list.value;
  const tasks: Task[] = [];
  for (let from = 0; from < arns.length; from += PAGE) {
    const part = await describe(sdk, cluster, arns.slice(from, from + PAGE), signal);
    if (!part.ok) return answerOf(part);
    tasks.push(...part.value);
  }
  return { ok: true, value: { tasks, complete } };
}

function arnsOf(
  sdk: Sdk,
  cluster: string,
  { desired, ...of }: Wanted,
  signal: AbortSignal,
): Promise<Called<{ readonly arns: readonly string[]; readonly complete: boolean }>> {
  return sdk.call('ListTasks', signal, async (abortSignal) => {
    const arns: string[] = [];
    let nextToken: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const command = new ListTasksCommand({
        cluster,
        desiredStatus: desired,
        maxResults: PAGE,
        ...(of.service === undefined ? {} : { serviceName: of.service }),
        ...(of.service === undefined && of.family !== undefined ? { family: of.family } : {}),
        ...(nextToken === undefined ? {} : { nextToken }),
      });
      const answer = await sdk.reads.send(command, { abortSignal });
      arns.push(...shaped(z.array(z.string()), answer.taskArns, 'task ARNs'));
      nextToken = answer.nextToken;
      if (nextToken === undefined || nextToken === '') return { arns, complete: true };
    }
    return { arns, complete: false };
  });
}

function shaped<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const path = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new UnusableAnswerError(path === '' ? `no ${what}` : `${what} of an unexpected shape at ${path}`);
}

function onlyMissing(failures: unknown): void {
  const other = (shaped(Failures, failures, 'failures') ?? []).find((one) => one.reason !== 'MISSING');
  if (other !== undefined) throw new UnusableAnswerError(`the failure ${other.reason ?? 'unnamed'}`);
}

/** The one that was asked for, or null where ECS says MISSING. */
function oneOf<T extends z.ZodType>(
  schema: T,
  values: unknown,
  failures: unknown,
  what: string,
): z.output<T> | null {
  onlyMissing(failures);
  const [first] = shaped(z.array(schema), values, what);
  return first ?? null;
}

function answerOf<T>(called: Called<T>): Answer<T> {
  return called.ok ? called : { ok: false, trouble: called.failure.trouble };
}

function found<From, To>(called: Called<From | null>, what: string, map: (from: From) => To): Answer<To> {
  if (!called.ok) return answerOf(called);
  if (called.value !== null) return { ok: true, value: map(called.value) };
  return { ok: false, trouble: trouble('not-found', `ECS knows no ${what} there`) };
}
