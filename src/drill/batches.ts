import type { Answer } from '../model/call.ts';
import type { Clock } from '../model/clock.ts';
import type { Plan } from '../scenario/plan.ts';
import { makeMissingTaskAnswer } from './ecs-questions.ts';
import {
  stampAnswer,
  listBuildFacts,
  makeUnreadableAnswer,
  type Answered,
  type Sources,
} from './questions.ts';
import { clusterOf, mayBeTask } from '../model/entities/task.ts';
import { keyOf, type Fact, type Subject } from '../model/world.ts';

/** DescribeTasks takes a hundred tasks; a list of builds is cut by its client. */
const AT_ONCE = 100;

/** Subjects that one request answers together, so that many cost no more requests than one: builds by UUID, tasks of one cluster. The others stand alone. */
export function groupSubjects(subjects: readonly Subject[]): readonly (readonly Subject[])[] {
  const open = new Map<string, Subject[]>();
  const groups: Subject[][] = [];
  for (const subject of new Map(subjects.map((one) => [keyOf(one), one])).values()) {
    const name = groupOf(subject);
    const group = open.get(name) ?? [];
    if (group.length === 0) groups.push(group);
    group.push(subject);
    open.set(name, group.length === AT_ONCE ? [] : group);
  }
  return groups;
}

function groupOf({ kind, id }: Subject): string {
  // A build that is named by its slug is looked for alone: it may not be there.
  if (kind === 'build' && !id.includes('/')) return 'builds';
  // So is what no task can be called: an agent's tag says whatever somebody wrote there.
  if (kind === 'task' && mayBeTask(id)) return `tasks of ${clusterOf(id) ?? ''}`;
  return `${kind}:${id}`;
}

/** Asks after several subjects of one group, at least two, with one request; each has its own answer. */
export async function askTogether(
  subjects: readonly Subject[],
  plan: Plan,
  sources: Sources,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Answered[]> {
  const sentAt = clock.now();
  const isBuilds = subjects[0]?.kind === 'build';
  const answers = await (isBuilds ? askBuilds : askTasks)(subjects, plan, sources, signal).catch(
    (error: unknown) => subjects.map(() => makeUnreadableAnswer(error)),
  );
  return subjects.map((subject, at) =>
    stampAnswer(subject, sentAt, clock.now(), answers[at] ?? makeUnreadableAnswer('no answer'), sources),
  );
}

type Facts = Answer<readonly Fact[]>;

async function askBuilds(
  subjects: readonly Subject[],
  _plan: Plan,
  { buildkite }: Sources,
  signal: AbortSignal,
): Promise<readonly Facts[]> {
  const answers = await buildkite.builds(
    subjects.map(({ id }) => id),
    signal,
  );
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
