import { DescribeTasksCommand, ListTasksCommand } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import type { Answer } from '../model/call.ts';
import type { Task } from '../model/entities/task.ts';
import { makeTrouble } from '../http/trouble.ts';
import { Failures, TaskAnswer } from './answers.ts';
import { UnusableAnswerError } from './failure.ts';
import { taskOf } from './map.ts';
import type { Called, Sdk } from './sdk.ts';

/** Limit of DescribeTasks and page size of ListTasks: 100 tasks. ECS forgets stopped tasks after about an hour. */
const PAGE = 100;
const MOST_PAGES = 5;

/** Which tasks to list: of a service or family, or on an instance; `stopped` includes stopping tasks. */
export interface TaskFilter {
  readonly service?: string;
  readonly family?: string;
  readonly instance?: string;
  readonly stopped: boolean;
}

/** Describes tasks. ECS reports an unknown task as a failure MISSING; after any other failure the task may exist. */
export function describeTasks(
  sdk: Sdk,
  cluster: string,
  arns: readonly string[],
  signal: AbortSignal,
): Promise<Called<readonly Task[]>> {
  return sdk.call('DescribeTasks', signal, async (abortSignal) => {
    const command = new DescribeTasksCommand({ cluster, tasks: [...arns], include: ['TAGS'] });
    const answer = await sdk.reads.send(command, { abortSignal });
    requireOnlyMissing(answer.failures);
    const tasks = requireShape(z.array(TaskAnswer), answer.tasks, 'tasks').map(taskOf);
    return tasks.filter((task) => arns.includes(task.arn));
  });
}

/** ARNs of the tasks that match a filter. */
function listTasks(
  sdk: Sdk,
  cluster: string,
  { service, family, instance, stopped }: TaskFilter,
  signal: AbortSignal,
): Promise<Called<{ readonly arns: readonly string[]; readonly complete: boolean }>> {
  return sdk.call('ListTasks', signal, async (abortSignal) => {
    const arns: string[] = [];
    let nextToken: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const command = new ListTasksCommand({
        cluster,
        maxResults: PAGE,
        desiredStatus: stopped ? 'STOPPED' : 'RUNNING',
        ...(service === undefined ? {} : { serviceName: service }),
        ...(service === undefined && family !== undefined ? { family } : {}),
        ...(instance === undefined ? {} : { containerInstance: instance }),
        ...(nextToken === undefined ? {} : { nextToken }),
      });
      const answer = await sdk.reads.send(command, { abortSignal });
      arns.push(...requireShape(z.array(z.string()), answer.taskArns, 'task ARNs'));
      nextToken = answer.nextToken;
      if (nextToken === undefined || nextToken === '') return { arns, complete: true };
    }
    return { arns, complete: false };
  });
}

/** The tasks that match a filter: listed, then described a hundred at a time. */
export async function readTasksBy(
  sdk: Sdk,
  cluster: string,
  filter: TaskFilter,
  signal: AbortSignal,
): Promise<Answer<{ readonly tasks: readonly Task[]; readonly complete: boolean }>> {
  const listed = await listTasks(sdk, cluster, filter, signal);
  if (!listed.ok) return answerOfRead(listed);
  const { arns, complete } = listed.value;
  const tasks: Task[] = [];
  for (let from = 0; from < arns.length; from += PAGE) {
    const part = await describeTasks(sdk, cluster, arns.slice(from, from + PAGE), signal);
    if (!part.ok) return answerOfRead(part);
    tasks.push(...part.value);
  }
  return { ok: true, value: { tasks, complete } };
}

/** Checks an answer against its schema. Throws UnusableAnswerError if it does not fit. */
export function requireShape<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const path = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new UnusableAnswerError(path === '' ? `no ${what}` : `${what} of an unexpected shape at ${path}`);
}

/** Throws UnusableAnswerError for failures other than MISSING, after which the object may exist. */
export function requireOnlyMissing(failures: unknown): void {
  const other = (requireShape(Failures, failures, 'failures') ?? []).find((one) => one.reason !== 'MISSING');
  if (other !== undefined) throw new UnusableAnswerError(`the failure ${other.reason ?? 'unnamed'}`);
}

/** The object that was asked for, or null if ECS answers MISSING. */
export function pickOne<T extends z.ZodType>(
  schema: T,
  values: unknown,
  failures: unknown,
  what: string,
): z.output<T> | null {
  requireOnlyMissing(failures);
  const [first] = requireShape(z.array(schema), values, what);
  return first ?? null;
}

/** The result of a read as an Answer of the port. */
export function answerOfRead<T>(called: Called<T>): Answer<T> {
  return called.ok ? called : { ok: false, trouble: called.failure.trouble };
}

/** The object that was asked for, mapped to our model; null becomes not-found. */
export function answerOne<From, To>(
  called: Called<From | null>,
  what: string,
  map: (from: From) => To,
): Answer<To> {
  if (!called.ok) return answerOfRead(called);
  if (called.value !== null) return { ok: true, value: map(called.value) };
  return { ok: false, trouble: makeTrouble('not-found', `ECS knows no ${what} there`) };
}
