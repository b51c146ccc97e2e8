import type { Agent } from '../model/entities/agent.ts';
import { isJobHeld } from '../model/entities/job.ts';
import { isGoingDown, type Task } from '../model/entities/task.ts';
import { markOf, type DrillState } from '../state/state.ts';
import { paced, type Ask } from '../state/step.ts';
import { listFacts, findFact, type Subject } from '../model/world.ts';

/** What is seldom news is asked every so many polls. */
const SELDOM = 3;
/** Buildkite gives 5,000 points in five minutes, and a listing of one task's agents costs about ten: all of them together may take a third of it. */
const MS_PER_TASK = 1_800;

/** One agent on a task of the service or family. */
export interface Worker {
  readonly agent: Agent;
  readonly task: Task;
}

/** The list of the tasks that are looked through. */
export function makeListingSubject({ plan }: DrillState): Subject {
  return { kind: 'tasks-of', id: plan.lockKey };
}

/** Tasks of the service or family that run and are to go on running. */
export function listRunningTasks({ world, plan }: DrillState): readonly Task[] {
  return (findFact(world, 'tasks-of', plan.lockKey)?.arns ?? [])
    .map((arn) => findFact(world, 'task', arn))
    .filter((task) => task?.status === 'RUNNING' && !isGoingDown(task))
    .filter((task) => task !== undefined);
}

/** Which tasks were looked through, where those are not all: what was counted among them is the least that there is. Else nothing. */
export function sayCutListing({ world, plan }: DrillState): string {
  const listed = findFact(world, 'tasks-of', plan.lockKey);
  if (listed?.complete !== false) return '';
  return ` among the ${String(listed.arns.length)} tasks that could be listed (there are more)`;
}

/** How many of the running tasks lead to no agent, with what would make them; nothing where each leads to one. */
export function sayUnmapped(state: DrillState): string {
  const running = listRunningTasks(state);
  const without = running.filter(({ arn }) => {
    const found = findFact(state.world, 'agents-of-task', arn);
    return found?.complete === true && found.agents.length === 0;
  });
  if (without.length === 0) return '';
  const verb = `${running.length === 1 ? 'task' : 'tasks'} ${without.length === 1 ? 'leads' : 'lead'}`;
  return ` (${String(without.length)} of ${String(running.length)} running ${verb} to no agent: start agents with --tags-from-ecs-meta-data)`;
}

/** Agents that are connected from those tasks. */
export function workersOf(state: DrillState): readonly Worker[] {
  return listRunningTasks(state).flatMap((task) =>
    (findFact(state.world, 'agents-of-task', task.arn)?.agents ?? [])
      .map((id) => findFact(state.world, 'agent', id))
      .filter((agent) => agent?.connection === 'connected')
      .filter((agent) => agent !== undefined)
      .map((agent) => ({ agent, task })),
  );
}

/** Whether the agent has a job in its hands, by its own word or by that of any job that was read. */
export function isBusy({ world }: DrillState, agent: Agent): boolean {
  return (
    agent.isRunningJob || listFacts(world, 'job').some((job) => job.agentId === agent.id && isJobHeld(job))
  );
}

/** Reads that show who works on these tasks, at a pace that Buildkite's budget bears. */
export function listWorkerAsks(state: DrillState, tasks: readonly Task[], every: number): readonly Ask[] {
  const pace = Math.max(every, tasks.length * MS_PER_TASK);
  return [
    paced(makeListingSubject(state), every * SELDOM),
    ...tasks.map(({ arn }): Ask => {
      const subject: Subject = { kind: 'agents-of-task', id: arn };
      const first = markOf(state, subject.kind, subject.id)?.okSentAt == null;
      return paced(subject, first ? every : pace);
    }),
  ];
}
