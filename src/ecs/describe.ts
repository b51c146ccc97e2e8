import { DescribeTasksCommand, ListTasksCommand } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import type { Answer } from '../model/answer.ts';
import { hasTaskEnded, type Task } from '../model/entities/task.ts';
import { makeTrouble } from '../http/trouble.ts';
import { Failures, TaskAnswer } from './answers.ts';
import { UnusableAnswerError } from './failure.ts';
import { taskOf } from './map.ts';
import type { Called, Sdk } from './sdk.ts';

/** Limit of DescribeTasks and page size of ListTasks: 100 tasks. */
const PAGE = 100;
/** A listing without an end is given up: an ECS service has at most 5,000 tasks (Amazon ECS endpoints and quotas). */
const MOST_PAGES = 200;

/** Which tasks to list: of a service or family, or on an instance; `stopped` includes stopping tasks. */
export interface TaskFilter {
  readonly service?: string;
  readonly family?: string;
  readonly instance?: string;
  readonly stopped: boolean;
}

/** The tasks of a listing; not `complete`: there may be more. */
export interface Listed {
  readonly tasks: readonly Task[];
  readonly complete: boolean;
}

/** Reads tasks, and remembers those that it has seen STOPPED: an hour of them is not described again at every look. */
export interface TaskReader {
  /** At most 100 tasks. ECS reports an unknown task as a failure MISSING; after any other failure the task may exist. */
  describe(cluster: string, arns: readonly string[], signal: AbortSignal): Promise<Called<readonly Task[]>>;
  /** The tasks that match a filter, paged to the end as far as the time of one call goes. */
  list(cluster: string, filter: TaskFilter, signal: AbortSignal): Promise<Answer<Listed>>;
}

/** Creates the reader of one client. */
export function createTaskReader(sdk: Sdk): TaskReader {
  /** By cluster and filter: what the latest whole listing showed that has ended. Nothing of it changes any more but an exit code. */
  const ended = new Map<string, Map<string, Task>>();

  async function describe(
    cluster: string,
    arns: readonly string[],
    signal: AbortSignal,
  ): Promise<Called<readonly Task[]>> {
    const read = await describeTasks(sdk, cluster, arns, signal);
    for (const task of read.ok ? read.value : [])
      for (const known of ended.values()) if (known.has(task.arn)) known.set(task.arn, task);
    return read;
  }

  return {
    describe,
    async list(cluster, filter, signal) {
      const key = JSON.stringify([cluster, filter]);
      const known: ReadonlyMap<string, Task> = ended.get(key) ?? new Map<string, Task>();
      // Pages follow one another, and each is described while the next one is listed.
      const parts: Promise<Called<readonly Task[]>>[] = [];
      const arns: string[] = [];
      const listed = await listTasks(sdk, cluster, filter, signal, (page) => {
        arns.push(...page);
        const unknown = page.filter((arn) => !known.has(arn));
        if (unknown.length > 0) parts.push(describe(cluster, unknown, signal));
      });
      const described = await Promise.all(parts);
      if (!listed.ok) return answerOfRead(listed);
      const failed = described.find((part) => !part.ok);
      if (failed !== undefined) return answerOfRead(failed);
      const read = new Map(
        described.flatMap((part) => (part.ok ? part.value : [])).map((task) => [task.arn, task]),
      );
      const tasks = [...new Set(arns)]
        .map((arn) => read.get(arn) ?? known.get(arn))
        .filter((task) => task !== undefined);
      if (filter.stopped) ended.set(key, new Map(tasks.filter(hasTaskEnded).map((task) => [task.arn, task])));
      return { ok: true, value: { tasks, complete: listed.value.complete } };
    },
  };
}

function describeTasks(
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

/** Gives the ARNs of the tasks that match a filter, page by page. A listing that takes too long ends incomplete: it is no failure of the service. */
function listTasks(
  sdk: Sdk,
  cluster: string,
  { service, family, instance, stopped }: TaskFilter,
  signal: AbortSignal,
  take: (arns: readonly string[]) => void,
): Promise<Called<{ readonly complete: boolean }>> {
  const startedAt = sdk.now();
  return sdk.call('ListTasks', signal, async (abortSignal) => {
    let nextToken: string | undefined;
    for (let page = 0; page < MOST_PAGES && !sdk.isNearlyLate(startedAt); page += 1) {
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
      take(requireShape(z.array(z.string()), answer.taskArns, 'task ARNs'));
      nextToken = answer.nextToken;
      if (nextToken === undefined || nextToken === '') return { complete: true };
    }
    return { complete: false };
  });
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
