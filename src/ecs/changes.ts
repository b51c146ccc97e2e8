import {
  StopTaskCommand,
  UpdateContainerInstancesStateCommand,
  UpdateServiceCommand,
  UpdateTaskProtectionCommand,
} from '@aws-sdk/client-ecs';
import { z } from 'zod';
import type { CallOf, Outcome } from '../model/call.ts';
import type { Instance, Protection, Service, Task } from '../model/entities/task.ts';
import { trouble } from '../http/trouble.ts';
import { Failures, InstanceAnswer, ProtectionAnswer, ServiceAnswer, TaskAnswer } from './answers.ts';
import { shaped } from './describe.ts';
import { UnusableAnswerError } from './failure.ts';
import { instanceOf, protectionOf, serviceOf, taskOf } from './map.ts';
import type { Called, Sdk } from './sdk.ts';

/** Each is sent once: whether it left decides what a failure means. */
function outcomeOf<T>(called: Called<T>): Outcome<T> {
  if (called.ok) return called;
  return { ok: false, certainty: called.failure.certainty, trouble: called.failure.trouble };
}

/** StopTask. */
export async function stopTask(
  sdk: Sdk,
  call: CallOf<'stop-task'>,
  signal: AbortSignal,
): Promise<Outcome<Task>> {
  const sent = await sdk.call('StopTask', signal, async (abortSignal) => {
    const command = new StopTaskCommand({ cluster: call.cluster, task: call.taskArn, reason: call.reason });
    const answer = await sdk.once.send(command, { abortSignal });
    return taskOf(shaped(TaskAnswer, answer.task, 'a task'));
  });
  return outcomeOf(sent);
}

/** UpdateService: a desired count, or a new deployment. */
export async function updateService(
  sdk: Sdk,
  call: CallOf<'set-desired-count'> | CallOf<'force-deployment'>,
  signal: AbortSignal,
): Promise<Outcome<Service>> {
  const change =
    call.kind === 'set-desired-count' ? { desiredCount: call.desired } : { forceNewDeployment: true };
  const sent = await sdk.call('UpdateService', signal, async (abortSignal) => {
    const command = new UpdateServiceCommand({ cluster: call.cluster, service: call.service, ...change });
    const answer = await sdk.once.send(command, { abortSignal });
    return serviceOf(shaped(ServiceAnswer, answer.service, 'a service'));
  });
  return outcomeOf(sent);
}

/** UpdateTaskProtection; ECS answers 200 with failures for tasks that it would not protect. */
export async function protectTasks(
  sdk: Sdk,
  call: CallOf<'protect-tasks'>,
  signal: AbortSignal,
): Promise<Outcome<readonly Protection[]>> {
  const sent = await sdk.call('UpdateTaskProtection', signal, async (abortSignal) => {
    const command = new UpdateTaskProtectionCommand({
      cluster: call.cluster,
      tasks: [...call.tasks],
      protectionEnabled: call.enabled,
      ...(call.minutes === null ? {} : { expiresInMinutes: call.minutes }),
    });
    const answer = await sdk.once.send(command, { abortSignal });
    const failures = shaped(Failures, answer.failures, 'failures') ?? [];
    const tasks =
      shaped(z.array(ProtectionAnswer).optional(), answer.protectedTasks, 'protected tasks') ?? [];
    if (failures.length === 0 && tasks.length < call.tasks.length)
      throw new UnusableAnswerError('protected tasks without all that were asked for');
    return { tasks, failures };
  });
  const outcome = outcomeOf(sent);
  if (!outcome.ok) return outcome;
  const failure = outcome.value.failures[0];
  if (failure === undefined) return { ok: true, value: outcome.value.tasks.map(protectionOf) };
  const why = `${failure.reason ?? 'no reason'}${failure.detail === undefined ? '' : `: ${failure.detail}`}`;
  // Of ten tasks some may be protected now and others not.
  return {
    ok: false,
    certainty: outcome.value.tasks.length === 0 ? 'refused' : 'unknown',
    trouble: trouble('refused', `ECS would not change the protection: ${why}`),
  };
}

/** UpdateContainerInstancesState. */
export async function setInstanceState(
  sdk: Sdk,
  call: CallOf<'set-instance-state'>,
  signal: AbortSignal,
): Promise<Outcome<Instance>> {
  const sent = await sdk.call('UpdateContainerInstancesState', signal, async (abortSignal) => {
    const command = new UpdateContainerInstancesStateCommand({
      cluster: call.cluster,
      containerInstances: [call.instance],
      status: call.status,
    });
    const answer = await sdk.once.send(command, { abortSignal });
    const failures = shaped(Failures, answer.failures, 'failures') ?? [];
    const [instance] = shaped(
      z.array(InstanceAnswer),
      answer.containerInstances ?? [],
      'container instances',
    );
    if (instance === undefined && failures.length === 0)
      throw new UnusableAnswerError('neither container instances nor failures');
    return { instance, failures };
  });
  const outcome = outcomeOf(sent);
  if (!outcome.ok) return outcome;
  const { instance, failures } = outcome.value;
  if (instance !== undefined) return { ok: true, value: instanceOf(instance) };
  const why = failures[0]?.reason ?? 'it names no instance';
  return {
    ok: false,
    certainty: 'refused',
    trouble: trouble('refused', `ECS would not change the instance: ${why}`),
  };
}
