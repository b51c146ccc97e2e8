import * as z from 'zod';

import { checkTasks } from './identifiers.ts';
import { missing, read, type Operation } from './input.ts';
import type { Scheduler } from './scheduler.ts';
import type { Service } from './service.ts';
import type { EcsState } from './state.ts';
import type { EcsTask } from './task.ts';
import { seconds } from './task-view.ts';

const protectShape = z.strictObject({
  cluster: z.string(),
  tasks: z.array(z.string()).min(1).max(10),
  protectionEnabled: z.boolean(),
  expiresInMinutes: z.int().min(1).max(2880).default(120),
});
const protectionShape = z.strictObject({
  cluster: z.string(),
  tasks: z.array(z.string()).max(100).optional(),
});

/** The operations on the scale-in protection of tasks. */
export function protectionOperations(state: EcsState, scheduler: Scheduler): Record<string, Operation> {
  return {
    UpdateTaskProtection: (input) => protect(state, scheduler, read(protectShape, input)),
    GetTaskProtection: (input) => protection(state, read(protectionShape, input)),
  };
}

function viewProtection(task: EcsTask, { knobs }: EcsState): Record<string, unknown> {
  const { protectedUntil: until, isProtected: on } = task;
  return {
    taskArn: task.seed.arn,
    protectionEnabled: on,
    ...(on && until !== undefined && { expirationDate: seconds(until, knobs.clockOffsetMs) }),
  };
}

function protect(
  state: EcsState,
  scheduler: Scheduler,
  input: z.infer<typeof protectShape>,
): Record<string, unknown> {
  checkTasks(input.cluster, input.tasks);
  state.requireCluster(input.cluster);
  const protectedTasks: unknown[] = [];
  const failures: unknown[] = [];
  for (const reference of input.tasks) {
    const task = state.findTask(reference);
    const failure = task ? whyNot(state, task, input.protectionEnabled) : missing(reference);
    if (!task || failure) {
      failures.push(failure);
      continue;
    }
    const forMs = input.expiresInMinutes * state.knobs.protectionMinuteMs;
    task.protectedUntil = input.protectionEnabled ? Date.now() + forMs : undefined;
    state.events.emit('event', {
      at: Date.now(),
      event: 'task-protection',
      taskArn: task.seed.arn,
      protected: input.protectionEnabled,
    });
    protectedTasks.push(viewProtection(task, state));
  }
  scheduler.reconcile();
  return { protectedTasks, failures };
}

/** Only a service's live tasks can be protected, and none while protected ones hold up a deployment (ECS-34, ECS-64). */
function whyNot(state: EcsState, task: EcsTask, enable: boolean): Record<string, unknown> | undefined {
  const service = state.findService(task.seed.serviceName ?? '');
  if (!service || task.desiredStatus === 'STOPPED') {
    const detail = 'Only running tasks that belong to a service can be protected.';
    return { arn: task.seed.arn, reason: 'TASK_NOT_VALID', detail };
  }
  if (!enable || !isBlocked(state, service)) return undefined;
  const detail = 'Protected tasks keep the deployment of the service from its steady state.';
  return { arn: task.seed.arn, reason: 'DEPLOYMENT_BLOCKED', detail };
}

function isBlocked(state: EcsState, service: Service): boolean {
  const live = state.tasks.filter(
    (task) => task.seed.serviceName === service.name && task.desiredStatus === 'RUNNING',
  );
  const old = live.filter((task) => task.seed.deploymentId !== service.deployments[0]?.id);
  const protectedOnes = live.filter((task) => task.isProtected);
  return (
    protectedOnes.length > service.desiredCount || (old.length > 0 && old.every((each) => each.isProtected))
  );
}

function protection(state: EcsState, input: z.infer<typeof protectionShape>): Record<string, unknown> {
  checkTasks(input.cluster, input.tasks ?? []);
  state.requireCluster(input.cluster);
  const found = (input.tasks ?? []).map((reference) => ({ reference, task: state.findTask(reference) }));
  const isValid = (task: EcsTask | undefined): task is EcsTask => task?.seed.serviceName !== undefined;
  return {
    protectedTasks: found.flatMap(({ task }) => (isValid(task) ? [viewProtection(task, state)] : [])),
    failures: found.flatMap(({ task, reference }) => {
      if (isValid(task)) return [];
      return [task ? { arn: reference, reason: 'TASK_NOT_VALID' } : missing(reference)];
    }),
  };
}
