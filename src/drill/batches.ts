import type { Answer } from '../model/answer.ts';
import type { Clock } from '../model/clock.ts';
import type { Plan } from '../scenario/plan.ts';
import { askAgentsOfTask, askAgentsOfTasks } from './agent-questions.ts';
import { makeMissingTaskAnswer } from './ecs-questions.ts';
import {
  stampAnswer,
  listBuildFacts,
  makeUnreadableAnswer,
  type Answered,
  type Sources,
} from './questions.ts';
import { jobsWanted } from './own-builds.ts';
import { clusterOf, mayBeTask } from '../model/entities/task.ts';
import { keyOf, type Fact, type Subject, type World } from '../model/world.ts';

/** DescribeTasks and GetTaskProtection take a hundred tasks; a list of builds is cut by its client. */
const AT_ONCE = 100;
/** The agents of so many tasks cost Buildkite fewer points by one listing of all agents, a point each, than by a question for each task, about eight. */
const MANY_TASKS = 25;

/** Subjects that one request answers together, so that many cost no more requests than one: builds by UUID, tasks of one cluster and their protections, the agents of many tasks. The others stand alone. */
export function groupSubjects(subjects: readonly Subject[]): readonly (readonly Subject[])[] {
  const open = new Map<string, Subject[]>();
  const groups: Subject[][] = [];
  for (const subject of new Map(subjects.map((one) => [keyOf(one), one])).values()) {
    const name = groupOf(subject);
    const group = open.get(name) ?? [];
    if (group.length === 0) groups.push(group);
    group.push(subject);
    open.set(name, group.length === AT_ONCE && name !== AGENTS ? [] : group);
  }
  return groups.flatMap((group) =>
    group[0]?.kind === 'agents-of-task' && group.length < MANY_TASKS ? group.map((one) => [one]) : [group],
  );
}

const AGENTS = 'agents of many tasks';

function groupOf({ kind, id }: Subject): string {
  // A build that is named by its slug is looked for alone: it may not be there.
  if ((kind === 'build' || kind === 'build-jobs') && !id.includes('/')) return kind;
  // So is what no task can be called: an agent's tag says whatever somebody wrote there.
  if ((kind === 'task' || kind === 'protection') && mayBeTask(id)) return `${kind} in ${clusterOf(id) ?? ''}`;
  return kind === 'agents-of-task' ? AGENTS : `${kind}:${id}`;
}

/** Asks after several subjects of one group, at least two, with one request; each has its own answer. */
export async function askTogether(
  subjects: readonly Subject[],
  plan: Plan,
  world: World,
  sources: Sources,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Answered[]> {
  const sentAt = clock.now();
  const answers = await findAsker(subjects[0]?.kind)(subjects, plan, sources, signal, world).catch(
    (error: unknown) => subjects.map(() => makeUnreadableAnswer(error)),
  );
  return subjects.map((subject, at) =>
    stampAnswer(subject, sentAt, clock.now(), answers[at] ?? makeUnreadableAnswer('no answer'), sources),
  );
}

type Facts = Answer<readonly Fact[]>;

function findAsker(kind: Subject['kind'] | undefined): typeof askAgents {
  if (kind === 'task') return askTasks;
  if (kind === 'protection') return askProtections;
  return kind === 'agents-of-task' ? askAgents : askBuilds;
}

async function askAgents(
  subjects: readonly Subject[],
  plan: Plan,
  { buildkite }: Sources,
  signal: AbortSignal,
  world: World,
): Promise<readonly Facts[]> {
  const ids = subjects.map(({ id }) => id);
  const together = await askAgentsOfTasks(ids, plan, world, buildkite, signal);
  return together ?? Promise.all(ids.map((id) => askAgentsOfTask(id, plan, world, buildkite, signal)));
}

async function askBuilds(
  subjects: readonly Subject[],
  plan: Plan,
  { buildkite }: Sources,
  signal: AbortSignal,
  world: World,
): Promise<readonly Facts[]> {
  const buildIds = subjects.map(({ id }) => id);
  const wanted = jobsWanted(subjects[0]?.kind ?? 'build', { plan, world, buildIds });
  const answers = await buildkite.builds(buildIds, wanted, signal);
  return answers.map((answer) => (answer.ok ? { ok: true, value: listBuildFacts(answer.value) } : answer));
}

async function askTasks(
  subjects: readonly Subject[],
  plan: Plan,
  { ecs }: Sources,
  signal: AbortSignal,
): Promise<readonly Facts[]> {
  const arns = subjects.map(({ id }) => id);
  const cluster = clusterOf(arns[0] ?? '') ?? plan.scenario.cluster.name;
  const answer = await ecs.tasks(cluster, arns, signal);
  return arns.map((id): Facts => {
    if (!answer.ok) return answer;
    const value = answer.value.find(({ arn }) => arn === id);
    return value === undefined ? makeMissingTaskAnswer() : { ok: true, value: [{ kind: 'task', id, value }] };
  });
}

async function askProtections(
  subjects: readonly Subject[],
  plan: Plan,
  { ecs }: Sources,
  signal: AbortSignal,
): Promise<readonly Facts[]> {
  const arns = subjects.map(({ id }) => id);
  const cluster = clusterOf(arns[0] ?? '') ?? plan.scenario.cluster.name;
  const answer = await ecs.protections(cluster, arns, signal);
  return arns.map((id): Facts => {
    if (!answer.ok) return answer;
    const value = answer.value.find(({ taskArn }) => taskArn === id);
    return value === undefined
      ? makeMissingTaskAnswer()
      : { ok: true, value: [{ kind: 'protection', id, value }] };
  });
}
