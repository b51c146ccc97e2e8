import {
  StopTaskCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateContainerInstancesStateCommand,
  UpdateServiceCommand,
  UpdateTaskProtectionCommand,
} from '@aws-sdk/client-ecs';
import { z } from 'zod';
import type { CallOf, EcsCall } from '../model/call.ts';
import type { Hold, Outcome } from '../model/answer.ts';
import { UNDO_TAG } from '../model/entities/undo-mark.ts';
import type { Fact } from '../model/world.ts';
import { makeTrouble } from '../http/trouble.ts';
import { Failures, InstanceAnswer, ProtectionAnswer, ServiceAnswer, TaskAnswer } from './answers.ts';
import { requireShape } from './describe.ts';
import { UnusableAnswerError } from './failure.ts';
import { instanceOf, protectionOf, serviceOf, taskOf } from './map.ts';
import type { Called, Sdk } from './sdk.ts';

type Send<K extends EcsCall['kind']> = (
  sdk: Sdk,
  call: CallOf<K>,
  signal: AbortSignal,
) => Promise<Outcome<readonly Fact[]>>;

/** The sender of each kind of call. */
const SENDS: { readonly [K in EcsCall['kind']]: Send<K> } = {
  'stop-task': stopTask,
  'set-desired-count': (sdk, call, signal) =>
    updateService(sdk, call, { desiredCount: call.desired }, signal),
  'force-deployment': (sdk, call, signal) => updateService(sdk, call, { forceNewDeployment: true }, signal),
  'protect-tasks': protectTasks,
  'set-instance-state': setInstanceState,
  'mark-service': async (sdk, { serviceArn, mark }, signal) =>
    outcomeOf(
      await sdk.call('TagResource', signal, async (abortSignal) => {
        const tags = [{ key: UNDO_TAG, value: mark }];
        await sdk.once.send(new TagResourceCommand({ resourceArn: serviceArn, tags }), { abortSignal });
        return [];
      }),
    ),
  'unmark-service': async (sdk, { serviceArn }, signal) =>
    outcomeOf(
      await sdk.call('UntagResource', signal, async (abortSignal) => {
        const command = new UntagResourceCommand({ resourceArn: serviceArn, tagKeys: [UNDO_TAG] });
        await sdk.once.send(command, { abortSignal });
        return [];
      }),
    ),
};

/** Sends one mutating call, exactly once; `hold` may keep it back. */
export function sendChange(
  sdk: Sdk,
  call: EcsCall,
  signal: AbortSignal,
  hold: Hold | undefined,
): Promise<Outcome<readonly Fact[]>> {
  const held: Sdk = { ...sdk, call: (operation, until, work) => sdk.call(operation, until, work, hold) };
  return sendOf<EcsCall['kind']>(call.kind)(held, call, signal);
}

function sendOf<K extends EcsCall['kind']>(kind: K): Send<K> {
  return SENDS[kind];
}

/** The outcome of a call; a failure of a call that was never sent means refused. */
function outcomeOf<T>(called: Called<T>): Outcome<T> {
  if (called.ok) return called;
  return { ok: false, certainty: called.failure.certainty, trouble: called.failure.trouble };
}

/** StopTask. */
async function stopTask(
  sdk: Sdk,
  call: CallOf<'stop-task'>,
  signal: AbortSignal,
): Promise<Outcome<readonly Fact[]>> {
  const sent = await sdk.call('StopTask', signal, async (abortSignal) => {
    const command = new StopTaskCommand({ cluster: call.cluster, task: call.taskArn, reason: call.reason });
    const answer = await sdk.once.send(command, { abortSignal });
    const value = taskOf(requireShape(TaskAnswer, answer.task, 'a task'));
    return [{ kind: 'task', id: value.arn, value } as const];
  });
  return outcomeOf(sent);
}

/** UpdateService: a desired count, or a new deployment. */
async function updateService(
  sdk: Sdk,
  { cluster, service }: { readonly cluster: string; readonly service: string },
  change: { readonly desiredCount: number } | { readonly forceNewDeployment: true },
  signal: AbortSignal,
): Promise<Outcome<readonly Fact[]>> {
  const sent = await sdk.call('UpdateService', signal, async (abortSignal) => {
    const command = new UpdateServiceCommand({ cluster, service, ...change });
    const answer = await sdk.once.send(command, { abortSignal });
    const value = serviceOf(requireShape(ServiceAnswer, answer.service, 'a service'));
    return [{ kind: 'service', id: service, value } as const];
  });
  return outcomeOf(sent);
}

/** UpdateTaskProtection; ECS answers 200 with failures for tasks that it would not protect. */
async function protectTasks(
  sdk: Sdk,
  call: CallOf<'protect-tasks'>,
  signal: AbortSignal,
): Promise<Outcome<readonly Fact[]>> {
  const sent = await sdk.call('UpdateTaskProtection', signal, async (abortSignal) => {
    const command = new UpdateTaskProtectionCommand({
      cluster: call.cluster,
      tasks: [...call.tasks],
      protectionEnabled: call.enabled,
      ...(call.minutes === null ? {} : { expiresInMinutes: call.minutes }),
    });
    const answer = await sdk.once.send(command, { abortSignal });
    const failures = requireShape(Failures, answer.failures, 'failures') ?? [];
    const tasks =
      requireShape(z.array(ProtectionAnswer).optional(), answer.protectedTasks, 'protected tasks') ?? [];
    if (failures.length === 0 && tasks.length < call.tasks.length)
      throw new UnusableAnswerError('protected tasks without all that were asked for');
    return { tasks, failures };
  });
  const outcome = outcomeOf(sent);
  if (!outcome.ok) return outcome;
  const failure = outcome.value.failures[0];
  if (failure === undefined)
    return { ok: true, value: outcome.value.tasks.map(protectionOf).map(protectionFact) };
  const why = `${failure.reason ?? 'no reason'}${failure.detail === undefined ? '' : `: ${failure.detail}`}`;
  // Of several tasks some may be protected now and others not.
  return {
    ok: false,
    certainty: outcome.value.tasks.length === 0 ? 'refused' : 'unknown',
    trouble: makeTrouble('refused', `ECS would not change the protection: ${why}`),
  };
}

function protectionFact(value: ReturnType<typeof protectionOf>): Fact {
  return { kind: 'protection', id: value.taskArn, value };
}

/** UpdateContainerInstancesState. */
async function setInstanceState(
  sdk: Sdk,
  call: CallOf<'set-instance-state'>,
  signal: AbortSignal,
): Promise<Outcome<readonly Fact[]>> {
  const sent = await sdk.call('UpdateContainerInstancesState', signal, async (abortSignal) => {
    const command = new UpdateContainerInstancesStateCommand({
      cluster: call.cluster,
      containerInstances: [call.instance],
      status: call.status,
    });
    const answer = await sdk.once.send(command, { abortSignal });
    const failures = requireShape(Failures, answer.failures, 'failures') ?? [];
    const [instance] = requireShape(
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
  if (instance !== undefined) {
    const value = instanceOf(instance);
    return { ok: true, value: [{ kind: 'instance', id: value.arn, value }] };
  }
  const why = failures[0]?.reason ?? 'it names no instance';
  return {
    ok: false,
    certainty: 'refused',
    trouble: makeTrouble('refused', `ECS would not change the instance: ${why}`),
  };
}
