import type { Buildkite, BuildWithJobs, JobsWanted } from '../buildkite/port.ts';
import type { Ecs } from '../ecs/port.ts';
import type { Answer, Trouble } from '../model/answer.ts';
import type { Clock } from '../model/clock.ts';
import { mayBeTask, type Protection, type Task } from '../model/entities/task.ts';
import { createGather, type Gather } from './gather.ts';

/** DescribeTasks and GetTaskProtection take a hundred tasks (Amazon ECS API Reference). */
const TASKS_AT_ONCE = 100;
/** Buildkite's client sends a query for every fifty builds. */
const BUILDS_AT_ONCE = 50;

const ABORTED: { readonly ok: false; readonly trouble: Trouble } = {
  ok: false,
  trouble: { kind: 'aborted', message: 'interrupted', retryAfter: null },
};

type Send = (signal: AbortSignal) => Promise<Answer<unknown>>;
type AskAlike = <T>(
  key: readonly unknown[],
  signal: AbortSignal,
  send: (signal: AbortSignal) => Promise<Answer<T>>,
) => Promise<Answer<T>>;

/** Sends questions that several drills ask alike in the same turn once. */
function createAlike(clock: Clock): AskAlike {
  const gather = createGather<{ readonly key: string; readonly send: Send }, Answer<unknown>>({
    ...{ clock, most: 1, aborted: ABORTED, keyOf: ({ key }) => key },
    send: (questions, signal) => Promise.all(questions.map(({ send }) => send(signal))),
  });
  return <T>(key: readonly unknown[], signal: AbortSignal, send: (own: AbortSignal) => Promise<Answer<T>>) =>
    gather({ key: JSON.stringify(key), send }, signal) as Promise<Answer<T>>;
}

/** One gather for each name, made when it is first needed. */
function createByName<Q, A>(make: (name: string) => Gather<Q, A>): (name: string) => Gather<Q, A> {
  const made = new Map<string, Gather<Q, A>>();
  return (name) => {
    const gather = made.get(name) ?? make(name);
    made.set(name, gather);
    return gather;
  };
}

/** Buildkite for many drills: builds are read fifty a request, and what several ask alike is asked once. Calls that change something go through as they are. */
export function mergeBuildkiteReads(port: Buildkite, clock: Clock): Buildkite {
  const alike = createAlike(clock);
  const buildsBy = createByName((name) =>
    createGather<string, Answer<BuildWithJobs>>({
      ...{ clock, most: BUILDS_AT_ONCE, aborted: ABORTED, keyOf: (uuid) => uuid },
      send: (uuids, signal) =>
        readApart(uuids, (some) => readBuilds(some, JSON.parse(name) as JobsWanted, signal)),
    }),
  );

  async function readBuilds(
    uuids: readonly string[],
    jobs: JobsWanted,
    signal: AbortSignal,
  ): Promise<readonly Answer<BuildWithJobs>[]> {
    const [only, ...more] = uuids;
    return only !== undefined && more.length === 0
      ? [await port.build(only, jobs, signal)]
      : port.builds(uuids, jobs, signal);
  }

  const readOne = (uuid: string, jobs: JobsWanted, signal: AbortSignal): Promise<Answer<BuildWithJobs>> =>
    buildsBy(JSON.stringify(jobs))(uuid, signal);
  return {
    ...port,
    build: (id, jobs, signal) =>
      id.includes('/')
        ? alike(['build', id, jobs], signal, (own) => port.build(id, jobs, own))
        : readOne(id, jobs, signal),
    builds: (uuids, jobs, signal) => Promise.all(uuids.map((uuid) => readOne(uuid, jobs, signal))),
    pipeline: (...[organization, slug, branch, signal]) =>
      alike(['pipeline', organization, slug, branch], signal, (own) =>
        port.pipeline(organization, slug, branch, own),
      ),
    pipelineSteps: (organization, slug, signal) =>
      alike(['steps', organization, slug], signal, (own) => port.pipelineSteps(organization, slug, own)),
    stepHistory: (...[organization, slug, step, limit, signal]) =>
      alike(['history', organization, slug, step, limit], signal, (own) =>
        port.stepHistory(organization, slug, step, limit, own),
      ),
    pastWorkers: (organization, slug, signal) =>
      alike(['workers', organization, slug], signal, (own) => port.pastWorkers(organization, slug, own)),
    triggeredBuilds: (uuid, signal) =>
      alike(['triggered', uuid], signal, (own) => port.triggeredBuilds(uuid, own)),
    job: (uuid, signal) => alike(['job', uuid], signal, (own) => port.job(uuid, own)),
    agent: (organization, uuid, signal) =>
      alike(['agent', organization, uuid], signal, (own) => port.agent(organization, uuid, own)),
    agentsWithTag: (organization, tag, signal) =>
      alike(['tagged', organization, tag], signal, (own) => port.agentsWithTag(organization, tag, own)),
    agents: (organization, signal) =>
      alike(['agents', organization], signal, (own) => port.agents(organization, own)),
  };
}

/** What is wrong with one question spoils a request for several: each half is then asked by itself. */
async function readApart(
  uuids: readonly string[],
  read: (some: readonly string[]) => Promise<readonly Answer<BuildWithJobs>[]>,
): Promise<readonly Answer<BuildWithJobs>[]> {
  const answers = await read(uuids);
  const isSpoilt = answers.every(
    (answer) => !answer.ok && ['garbage', 'refused'].includes(answer.trouble.kind),
  );
  if (uuids.length < 2 || !isSpoilt) return answers;
  const half = Math.ceil(uuids.length / 2);
  const halves = [uuids.slice(0, half), uuids.slice(half)];
  return (await Promise.all(halves.map((some) => readApart(some, read)))).flat();
}

/** ECS for many drills: tasks and protections of a cluster are read a hundred a request, and what several ask alike is asked once. */
export function mergeEcsReads(port: Ecs, clock: Clock): Ecs {
  const alike = createAlike(clock);
  const tasksIn = createByName(
    gatherByArn(
      clock,
      (cluster, arns, signal) => port.tasks(cluster, arns, signal),
      (task: Task) => task.arn,
    ),
  );
  const protectionsIn = createByName(
    gatherByArn(
      clock,
      (cluster, arns, signal) => port.protections(cluster, arns, signal),
      (one: Protection) => one.taskArn,
    ),
  );
  return {
    ...port,
    // What no task can be called would have ECS refuse the whole request.
    tasks: (cluster, arns, signal) =>
      arns.every(mayBeTask) ? readAll(tasksIn(cluster), arns, signal) : port.tasks(cluster, arns, signal),
    protections: (cluster, arns, signal) =>
      arns.every(mayBeTask)
        ? readAll(protectionsIn(cluster), arns, signal)
        : port.protections(cluster, arns, signal),
    cluster: (name, signal) => alike(['cluster', name], signal, (own) => port.cluster(name, own)),
    service: (cluster, name, signal) =>
      alike(['service', cluster, name], signal, (own) => port.service(cluster, name, own)),
    taskDefinition: (arn, signal) =>
      alike(['definition', arn], signal, (own) => port.taskDefinition(arn, own)),
    taskDefinitionDocument: (arn, signal) =>
      alike(['definition document', arn], signal, (own) => port.taskDefinitionDocument(arn, own)),
    serviceDocument: (cluster, name, signal) =>
      alike(['service document', cluster, name], signal, (own) => port.serviceDocument(cluster, name, own)),
    capacityProviders: (cluster, names, signal) =>
      alike(['providers', cluster, names], signal, (own) => port.capacityProviders(cluster, names, own)),
    recentStops: (cluster, of, signal) =>
      alike(['stops', cluster, of], signal, (own) => port.recentStops(cluster, of, own)),
    tasksOf: (cluster, of, signal) =>
      alike(['tasks of', cluster, of], signal, (own) => port.tasksOf(cluster, of, own)),
    tasksOn: (cluster, instance, signal) =>
      alike(['tasks on', cluster, instance], signal, (own) => port.tasksOn(cluster, instance, own)),
    instance: (cluster, arn, signal) =>
      alike(['instance', cluster, arn], signal, (own) => port.instance(cluster, arn, own)),
    credentials: (signal) => alike(['credentials'], signal, (own) => port.credentials(own)),
  };
}

/** Objects of one cluster by the ARN of their task; null for one that ECS does not know. */
function gatherByArn<T>(
  clock: Clock,
  read: (cluster: string, arns: readonly string[], signal: AbortSignal) => Promise<Answer<readonly T[]>>,
  arnOf: (one: T) => string,
): (cluster: string) => Gather<string, Answer<T | null>> {
  return (cluster) =>
    createGather<string, Answer<T | null>>({
      ...{ clock, most: TASKS_AT_ONCE, aborted: ABORTED, keyOf: (arn) => arn },
      async send(arns, signal) {
        const answer = await read(cluster, arns, signal);
        if (!answer.ok) return arns.map(() => answer);
        const known = new Map(answer.value.map((one) => [arnOf(one), one]));
        return arns.map((arn) => ({ ok: true, value: known.get(arn) ?? null }));
      },
    });
}

async function readAll<T>(
  gather: Gather<string, Answer<T | null>>,
  arns: readonly string[],
  signal: AbortSignal,
): Promise<Answer<readonly T[]>> {
  const answers = await Promise.all(arns.map((arn) => gather(arn, signal)));
  const values: T[] = [];
  for (const answer of answers) {
    if (!answer.ok) return answer;
    if (answer.value !== null) values.push(answer.value);
  }
  return { ok: true, value: values };
}
