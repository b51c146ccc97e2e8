import { hasRunToEnd, listStoppedAfter } from '../../worker/stop-window.ts';
import type { ContainerDefinition, Task } from '../../model/entities/task.ts';
import type { Evidence, Sighting } from '../../evidence/evidence.ts';
import type { Grounds } from './grounds.ts';

/** A read that shows another container STOPPED and the agent's not: ECS gives no other evidence of the order. */
export function findEndedSidecar({
  evidence,
}: Grounds): { readonly name: string; readonly seen: Sighting<Task> } | null {
  const { target, injection } = evidence;
  if (target === null || injection === null) return null;
  const stillNeeded = (task: Task): Task['containers'] => {
    const definitions = definitionsIn(evidence, task);
    return task.containers.filter(({ name }) => !hasRunToEnd(name, definitions));
  };
  const stoppedOne = (task: Task): Task['containers'][number] | undefined =>
    stillNeeded(task).find(({ name, status }) => name !== target.container && status === 'STOPPED');
  // A container that had exited before the stop was not stopped by it.
  const first = evidence.firstLook('task', target.taskArn, (task) => stoppedOne(task) !== undefined);
  if (first !== undefined && first.seq < injection.intendedSeq) return null;
  const seen = evidence.firstLook('task', target.taskArn, (task) => {
    const agent = stillNeeded(task).find(({ name }) => name === target.container);
    return stoppedOne(task) !== undefined && agent !== undefined && agent.status !== 'STOPPED';
  });
  const gone = seen === undefined ? undefined : stoppedOne(seen.value);
  return seen === undefined || gone === undefined ? null : { name: gone.name, seen };
}

export function definitionsIn(evidence: Evidence, task: Task | undefined): readonly ContainerDefinition[] {
  return task === undefined
    ? []
    : (evidence.last('task-definition', task.definition)?.value.containers ?? []);
}

/** Containers that ECS stops at the same moment as the agent. */
export function listStoppedWithAgent({ evidence, agent }: Grounds): readonly string[] {
  const definitions = definitionsIn(evidence, agent?.task.value);
  const own = agent?.definition?.name ?? '';
  const after = listStoppedAfter(own, definitions);
  return definitions
    .map(({ name }) => name)
    .filter((name) => name !== own && !after.includes(name) && !hasRunToEnd(name, definitions));
}
