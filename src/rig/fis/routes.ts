import { randomUUID } from 'node:crypto';

import type { Hono } from 'hono';
import type * as z from 'zod';

import type { AccessControl } from '../ecs/access.ts';
import { EcsError } from '../ecs/errors.ts';
import type { Question } from '../ecs/policy.ts';
import type { EcsState } from '../ecs/state.ts';
import { messageOf } from '../failure.ts';
import type { FisEngine } from './engine.ts';
import { FisError } from './errors.ts';
import { hasEnded, type Experiment, type Template } from './model.ts';
import { createShape, startShape, type TemplateInput } from './shapes.ts';
import { viewExperiment, viewSummary, viewTemplate, viewTemplateSummary } from './views.ts';

/** What the door of ECS shares with FIS behind it. */
export interface Door {
  readonly state: EcsState;
  readonly access: AccessControl;
  /** Whether a request came with the rig's key; one that did not is counted. */
  admits(authorization: string | undefined): boolean;
  count(operation: string): void;
}

interface Asked {
  readonly id: string;
  readonly body: unknown;
  readonly query: Readonly<Record<string, string>>;
}

interface Operation {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** What IAM is asked about (FIS-10). */
  readonly asks: (asked: Asked) => readonly Ask[];
  readonly perform: (asked: Asked) => Record<string, unknown>;
}

interface Ask {
  readonly action: string;
  readonly resource: string;
  readonly keys?: Question['keys'];
  readonly tagKeys?: readonly string[];
}

/** Answers for FIS where ECS is answered for: its REST paths (FIS-1). */
export function attachFis(app: Hono, engine: FisEngine, door: Door): void {
  for (const [name, operation] of Object.entries(operationsOf(engine, door.state))) {
    app.on(operation.method, operation.path, async (context) => {
      const text = await context.req.text();
      const isAdmitted = door.admits(context.req.header('authorization'));
      const response = answerOf(() => {
        if (!isAdmitted)
          throw new FisError(
            'UnrecognizedClientException',
            'The security token included in the request is invalid.',
          );
        door.count(name);
        const asked = { id: context.req.param('id') ?? '', body: parse(text), query: context.req.query() };
        askAll(door.access, name, operation.asks(asked));
        return operation.perform(asked);
      });
      response.headers.set('date', new Date(Date.now() + door.state.knobs.clockOffsetMs).toUTCString());
      return response;
    });
  }
}

function operationsOf(engine: FisEngine, state: EcsState): Readonly<Record<string, Operation>> {
  const ahead = state.knobs.clockOffsetMs;
  return { ...templateOperations(engine, ahead), ...experimentOperations(engine, ahead) };
}

/** What knows no resource. */
function everything(action: string): Operation['asks'] {
  return () => [{ action, resource: '*' }];
}

/** The one thing that a request names in its path. */
function named(engine: FisEngine, action: string, kind: string): Operation['asks'] {
  return ({ id }) => [{ action, resource: engine.arnOf(kind, id) }];
}

function templateOperations(engine: FisEngine, ahead: number): Readonly<Record<string, Operation>> {
  const template = (id: string): Template => {
    const found = engine.templates.get(id);
    if (found === undefined)
      throw new FisError('ResourceNotFoundException', 'Experiment template not found.');
    return found;
  };
  return {
    CreateExperimentTemplate: {
      ...{ method: 'POST', path: '/experimentTemplates' },
      asks: ({ body }) => asksOfCreation(engine, read(createShape, body)),
      perform: ({ body }) => ({
        experimentTemplate: viewTemplate(engine.createTemplate(read(createShape, body)), ahead),
      }),
    },
    GetExperimentTemplate: {
      ...{ method: 'GET', path: '/experimentTemplates/:id' },
      asks: named(engine, 'fis:GetExperimentTemplate', 'experiment-template'),
      perform: ({ id }) => ({ experimentTemplate: viewTemplate(template(id), ahead) }),
    },
    DeleteExperimentTemplate: {
      ...{ method: 'DELETE', path: '/experimentTemplates/:id' },
      asks: named(engine, 'fis:DeleteExperimentTemplate', 'experiment-template'),
      perform: ({ id }) => {
        const found = template(id);
        engine.templates.delete(id);
        return { experimentTemplate: viewTemplate(found, ahead) };
      },
    },
    ListExperimentTemplates: {
      ...{ method: 'GET', path: '/experimentTemplates' },
      asks: everything('fis:ListExperimentTemplates'),
      perform: ({ query }) => {
        const { items, nextToken } = cutPage([...engine.templates.values()], query);
        return {
          experimentTemplates: items.map((one) => viewTemplateSummary(one, ahead)),
          ...(nextToken !== undefined && { nextToken }),
        };
      },
    },
  };
}

function experimentOperations(engine: FisEngine, ahead: number): Readonly<Record<string, Operation>> {
  const experiment = (id: string): Experiment => {
    const found = engine.experiments.get(id);
    if (found === undefined) throw new FisError('ResourceNotFoundException', 'Experiment not found.');
    return found;
  };
  return {
    StartExperiment: {
      ...{ method: 'POST', path: '/experiments' },
      asks: ({ body }) => asksOfStart(engine, read(startShape, body)),
      perform: ({ body }) => ({ experiment: viewExperiment(engine.start(read(startShape, body)), ahead) }),
    },
    GetExperiment: {
      ...{ method: 'GET', path: '/experiments/:id' },
      asks: named(engine, 'fis:GetExperiment', 'experiment'),
      perform: ({ id }) => ({ experiment: viewExperiment(experiment(id), ahead) }),
    },
    StopExperiment: {
      ...{ method: 'DELETE', path: '/experiments/:id' },
      asks: named(engine, 'fis:StopExperiment', 'experiment'),
      perform: ({ id }) => {
        const found = experiment(id);
        if (hasEnded(found)) throw new FisError('ValidationException', 'The experiment has ended.');
        engine.stop(found, 'Experiment stopped by user.');
        return { experiment: viewExperiment(found, ahead) };
      },
    },
    ListExperiments: {
      ...{ method: 'GET', path: '/experiments' },
      asks: everything('fis:ListExperiments'),
      perform: ({ query }) => {
        const of = query['experimentTemplateId'];
        const all = [...engine.experiments.values()].filter(
          (one) => of === undefined || one.template.id === of,
        );
        const { items, nextToken } = cutPage(all, query);
        return {
          experiments: items.map((one) => viewSummary(one, ahead)),
          ...(nextToken !== undefined && { nextToken }),
        };
      },
    },
    GetSafetyLever: {
      ...{ method: 'GET', path: '/safetyLevers/:id' },
      asks: named(engine, 'fis:GetSafetyLever', 'safety-lever'),
      perform: ({ id }) => {
        if (id !== 'default') throw new FisError('ResourceNotFoundException', 'Safety lever not found.');
        return { safetyLever: { id, arn: engine.arnOf('safety-lever', id), state: engine.lever } };
      },
    },
  };
}

/** The template, each of its actions, its tags, and the role that FIS is to use. */
function asksOfCreation(engine: FisEngine, input: TemplateInput): readonly Ask[] {
  const action = 'fis:CreateExperimentTemplate';
  const template = engine.arnOf('experiment-template', '*');
  const tagKeys = Object.keys(input.tags);
  return [
    ...Object.values(input.actions).map(({ actionId }) => ({
      ...{ action, resource: engine.arnOf('action', actionId), tagKeys },
    })),
    { action, resource: template, tagKeys },
    ...(tagKeys.length === 0 ? [] : [{ action: 'fis:TagResource', resource: template, tagKeys }]),
    {
      ...{ action: 'iam:PassRole', resource: input.roleArn },
      keys: { 'iam:passedtoservice': 'fis.amazonaws.com' },
    },
  ];
}

function asksOfStart(engine: FisEngine, input: z.infer<typeof startShape>): readonly Ask[] {
  const action = 'fis:StartExperiment';
  const experiment = engine.arnOf('experiment', '*');
  const tagKeys = Object.keys(input.tags);
  return [
    { action, resource: engine.arnOf('experiment-template', input.experimentTemplateId), tagKeys },
    { action, resource: experiment, tagKeys },
    ...(tagKeys.length === 0 ? [] : [{ action: 'fis:TagResource', resource: experiment, tagKeys }]),
  ];
}

function askAll(access: AccessControl, operation: string, asks: readonly Ask[]): void {
  access.ask(
    operation,
    asks.map(({ action, resource, keys = {}, tagKeys = [] }) => ({
      ...{ action, resource, keys },
      lists: { 'aws:tagkeys': tagKeys },
    })),
  );
}

function read<S extends z.ZodType>(shape: S, input: unknown): z.infer<S> {
  const result = shape.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : null;
  const said = keys === null ? (issue?.message ?? 'invalid') : `the rig does not model "${keys}"`;
  throw new FisError('ValidationException', `${(issue?.path ?? []).join('.')}: ${said}`);
}

function parse(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    throw new FisError('ValidationException', 'the request is not JSON');
  }
}

function cutPage<T>(
  all: readonly T[],
  query: Asked['query'],
): { readonly items: readonly T[]; readonly nextToken: string | undefined } {
  const start = Number(query['nextToken'] ?? 0);
  const end = start + Number(query['maxResults'] ?? 100);
  return { items: all.slice(start, end), nextToken: end < all.length ? String(end) : undefined };
}

function answerOf(act: () => Record<string, unknown>): Response {
  try {
    return answer(200, act());
  } catch (error) {
    // A denial is worded where ECS's are; each service has a status of its own for it.
    const known =
      error instanceof EcsError && error.type === 'AccessDeniedException'
        ? new FisError(error.type, error.message)
        : error;
    if (known instanceof FisError)
      return answer(known.status, { message: known.message }, { 'x-amzn-errortype': known.type });
    const message = `the rig failed: ${messageOf(error)}`;
    return answer(500, { message }, { 'x-amzn-errortype': 'InternalServerException' });
  }
}

function answer(
  status: number,
  body: Record<string, unknown>,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers },
  });
}
