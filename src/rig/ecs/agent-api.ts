import type { Hono } from 'hono';
import * as z from 'zod';

import { EcsError } from './errors.ts';
import type { EcsTask } from './task.ts';

/** Performs an operation of the ECS API that no client of the rig sent. */
export type Perform = (operation: string, input: unknown) => Record<string, unknown>;

/** What the ECS agent reads of a PUT; it refuses members that it does not know (ECS-102). */
const request = z.strictObject({
  ProtectionEnabled: z.boolean().optional(),
  ExpiresInMinutes: z.int().optional(),
});

const path = '/api/:id/task-protection/v1/state';

interface Reply {
  readonly status: 200 | 400 | 403 | 404 | 500;
  readonly body: object;
}

/** The endpoint in `ECS_AGENT_URI` by which a task reads and changes its own scale-in protection (ECS-102). */
export function serveAgentApi(
  app: Hono,
  findTask: (containerId: string) => EcsTask | undefined,
  perform: Perform,
): void {
  const ask = (id: string, operation: string, more: object): Reply => {
    const task = findTask(id);
    if (!task) return refusal(404, 'ResourceNotFoundException', 'Failed to find a task for the request');
    const { arn, clusterArn, definition } = task.seed;
    if (definition.document['taskRoleArn'] === undefined) {
      const why = 'Invalid Request: no task IAM role credentials available for task';
      return refusal(403, 'AccessDeniedException', why, arn);
    }
    try {
      return replyOf(perform(operation, { cluster: clusterArn, tasks: [arn], ...more }));
    } catch (error) {
      if (!(error instanceof EcsError)) throw error;
      return refusal(error.type === 'ServerException' ? 500 : 400, error.type, error.message, arn);
    }
  };
  app.get(path, (context) => {
    const { status, body } = ask(context.req.param('id'), 'GetTaskProtection', {});
    return context.json(body, status);
  });
  app.put(path, async (context) => {
    const read = request.safeParse(await context.req.json().catch(() => undefined));
    const { status, body } = change(read.data, (more) =>
      ask(context.req.param('id'), 'UpdateTaskProtection', more),
    );
    return context.json(body, status);
  });
}

function change(wanted: z.infer<typeof request> | undefined, ask: (more: object) => Reply): Reply {
  if (wanted === undefined)
    return refusal(400, 'InvalidParameterException', 'UpdateTaskProtection: failed to decode request');
  const { ProtectionEnabled: protectionEnabled, ExpiresInMinutes: expiresInMinutes } = wanted;
  if (protectionEnabled === undefined) {
    const why = "Invalid request: does not contain 'ProtectionEnabled' field";
    return refusal(400, 'InvalidParameterException', why);
  }
  return ask({ protectionEnabled, ...(expiresInMinutes !== undefined && { expiresInMinutes }) });
}

function refusal(status: Reply['status'], code: string, message: string, arn?: string): Reply {
  return {
    status,
    body: { error: { ...(arn !== undefined && { Arn: arn }), Code: code, Message: message } },
  };
}

/** A failure of ECS is HTTP 200 too. */
function replyOf(answer: Record<string, unknown>): Reply {
  const [failure] = answer['failures'] as Record<string, unknown>[];
  const [shown] = answer['protectedTasks'] as Record<string, unknown>[];
  const { arn: Arn, detail: Detail = null, reason: Reason } = failure ?? {};
  const { expirationDate, protectionEnabled: ProtectionEnabled, taskArn: TaskArn } = shown ?? {};
  const ExpirationDate =
    typeof expirationDate === 'number' ? new Date(expirationDate * 1000).toISOString() : null;
  return {
    status: 200,
    body: failure
      ? { failure: { Arn, Detail, Reason } }
      : { protection: { ExpirationDate, ProtectionEnabled, TaskArn } },
  };
}
