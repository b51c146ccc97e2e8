import { randomBytes, randomUUID } from 'node:crypto';

import { Hono } from 'hono';

import { messageOf } from '../failure.ts';
import { serveOnLoopback, type Listening } from '../listen.ts';
import { AccessControl, type Access } from './access.ts';
import { EcsError } from './errors.ts';
import type { Operation } from './input.ts';
import { clusterOperations } from './operations-cluster.ts';
import { instanceOperations } from './operations-instances.ts';
import { protectionOperations } from './operations-protection.ts';
import { serviceOperations } from './operations-services.ts';
import { taskOperations } from './operations-tasks.ts';
import type { AccessPolicy, Question } from './policy.ts';
import { RateLimits } from './rate-limits.ts';
import type { Scheduler } from './scheduler.ts';
import type { EcsState } from './state.ts';
import type { FisEngine } from '../fis/engine.ts';
import { attachFis } from '../fis/routes.ts';
import { Roles } from './roles.ts';
import type { Caller } from './roles.ts';
import { answerSts, queryForm } from './sts.ts';

/** The ECS API on loopback, with the one credential that opens it. */
export interface EcsServer extends Listening {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Performs an operation without a request. */
  perform(operation: string, input: unknown): Record<string, unknown>;
  /** How often each operation was asked for, whatever the answer was. */
  counts(): Record<string, number>;
  /** What requests asked IAM for, and what it said. */
  access(): readonly Access[];
  /** How many requests came with a credential that is not the rig's. */
  foreign(): number;
}

const service = 'AmazonEC2ContainerServiceV20141113';

/** Another service of AWS in the same protocol, at the same door. */
export interface Neighbour {
  /** Its name in X-Amz-Target. */
  readonly api: string;
  readonly operations: Record<string, Operation>;
  /** What IAM is asked about a request. */
  questions(operation: string, input: unknown): readonly Question[];
}

/** Serves ECS's JSON 1.1 protocol: POST / with the operation in X-Amz-Target (ECS-1 ff.). */
export async function startEcsServer(
  state: EcsState,
  scheduler: Scheduler,
  policy?: AccessPolicy,
  others: readonly Neighbour[] = [],
  fis?: FisEngine,
  roles: Roles = new Roles(state.cluster.account, {}, () => Promise.resolve([])),
): Promise<EcsServer> {
  const operations = new Map<string, Operation>(
    Object.entries({
      ...taskOperations(state),
      ...serviceOperations(state, scheduler),
      ...clusterOperations(state),
      ...instanceOperations(state, scheduler),
      ...protectionOperations(state, scheduler),
    }),
  );
  const ofEcs: EcsServer['perform'] = (name, input) => perform(operations.get(name), name, input);
  const accessKeyId = `AKIARIG${randomBytes(8).toString('hex').toUpperCase().slice(0, 13)}`;
  const callerOf = readCallers(state.cluster.account, accessKeyId, roles);
  const counts: Record<string, number> = {};
  const limits = new RateLimits(state.knobs.ecsRateShare);
  const access = new AccessControl(state, policy);
  let foreign = 0;
  const app = new Hono();
  app.post('/', async (context) => {
    const body = await context.req.text();
    const caller = callerOf(context.req.header('authorization'));
    const isOurs = caller !== null;
    const form = queryForm(context.req.header('content-type'), body);
    if (form !== undefined) {
      if (!isOurs && form.get('Action') !== 'AssumeRoleWithWebIdentity') foreign += 1;
      return dated(state.knobs.clockOffsetMs, await answerSts(form, caller, roles));
    }
    const target = context.req.header('x-amz-target') ?? '';
    const other = others.find(({ api }) => target.startsWith(`${api}.`));
    const name = target.replace(`${other?.api ?? service}.`, '');
    if (!isOurs) {
      foreign += 1;
      return answer(state.knobs.clockOffsetMs, () => {
        throw new EcsError(
          'UnrecognizedClientException',
          'The security token included in the request is invalid.',
        );
      });
    }
    counts[name] = (counts[name] ?? 0) + 1;
    return answer(state.knobs.clockOffsetMs, () => {
      const input = parseBody(body);
      if (other === undefined) limits.take(name);
      if (other === undefined) access.check(name, input);
      else access.ask(name, other.questions(name, input));
      return other === undefined ? ofEcs(name, input) : perform(other.operations[name], name, input);
    });
  });
  const door = {
    ...{ state, access },
    admits: (authorization: string | undefined) => {
      const isOurs = callerOf(authorization) !== null;
      if (!isOurs) foreign += 1;
      return isOurs;
    },
    count: (name: string) => (counts[name] = (counts[name] ?? 0) + 1),
  };
  if (fis !== undefined) attachFis(app, fis, door);
  const listening = await serveOnLoopback(app.fetch);
  const secretAccessKey = randomBytes(30).toString('base64');
  return {
    ...listening,
    accessKeyId,
    secretAccessKey,
    perform: (name, input) => {
      const other = others.find((each) => name in each.operations);
      return other === undefined ? ofEcs(name, input) : perform(other.operations[name], name, input);
    },
    counts: () => ({ ...counts }),
    access: () => access.log,
    foreign: () => foreign,
  };
}

/** Says whose key signed a request; null: the rig gave no such key. */
function readCallers(
  account: string,
  accessKeyId: string,
  roles: Roles,
): (authorization: string | undefined) => Caller | null {
  const owner = { arn: `arn:aws:iam::${account}:user/rig`, userId: 'AIDARIGRIGRIGRIGRIGRI', account };
  return (authorization) => {
    const keyId = keyIdIn(authorization);
    return keyId === accessKeyId ? owner : (roles.callerOf(keyId) ?? null);
  };
}

/** The id of the key by which a request is signed. The rig does not check signatures; the random key id is what keeps others out and foreign clients visible. */
function keyIdIn(authorization: string | undefined): string {
  return /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(authorization ?? '')?.[1] ?? '';
}

function perform(operation: Operation | undefined, name: string, input: unknown): Record<string, unknown> {
  if (operation) return operation(input);
  throw new EcsError('UnknownOperationException', `the rig does not model ${name || 'this request'}`);
}

/** Answers with what `act` gives or throws, dated by a clock that is `aheadMs` ahead. */
function answer(aheadMs: number, act: () => Record<string, unknown>): Response {
  return dated(aheadMs, answerOf(act));
}

function dated(aheadMs: number, response: Response): Response {
  response.headers.set('date', new Date(Date.now() + aheadMs).toUTCString());
  return response;
}

function answerOf(act: () => Record<string, unknown>): Response {
  try {
    return jsonAnswer(200, act());
  } catch (error) {
    return errorAnswer(error);
  }
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body === '' ? '{}' : body);
  } catch {
    throw new EcsError('SerializationException', 'the request is not JSON');
  }
}

function errorAnswer(error: unknown): Response {
  if (error instanceof EcsError) {
    return jsonAnswer(error.type === 'ServerException' ? 500 : 400, {
      __type: error.type,
      message: error.message,
    });
  }
  return jsonAnswer(500, { __type: 'ServerException', message: `the rig failed: ${messageOf(error)}` });
}

function jsonAnswer(status: number, body: Record<string, unknown>): Response {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() };
  return new Response(JSON.stringify(body), { status, headers });
}
