import { ranToEnd, stoppedAfter } from '../../worker/stop-window.ts';
import type { ContainerDefinition, Task } from '../../model/entities/task.ts';
import type { Evidence, Sighting } from '../../evidence/evidence.ts';
import type { Grounds } from './grounds.ts';

/** A look that shows another container STOPPED and the agent's not: the only proof of the order that ECS gives. */
export function endedBesideAgent({
  evidence,
}: Grounds): { readonly name: string; readonly seen: Sighting<Task> } | null {
  const { target, strike } = evidence;
  if (target === null || strike === null) return null;
  for (const seen of evidence.sightings('task', target.taskArn)) {
    const definitions = definitionsIn(evidence, seen.value);
    const containers = seen.value.containers.filter(({ name }) => !ranToEnd(name, definitions));
    const agent = containers.find(({ name }) => name === target.container);
    const gone = containers.find(({ name, status }) => name !== target.container && status === 'STOPPED');
    // One that had done its work before the stop is no victim of it.
    const isOld = seen.seq < strike.intendedSeq;
    if (isOld && gone !== undefined) return null;
    if (gone !== undefined && agent !== undefined && agent.status !== 'STOPPED')
      return { name: gone.name, seen };
  }
  return null;
}

export function definitionsIn(evidence: Evidence, task: Task | undefined): readonly ContainerDefinition[] {
  return task === undefined
    ? []
    : (evidence.last('task-definition', task.definition)?.value.containers ?? []);
}

/** Containers that ECS stops at the same moment as the agent. */
export function besideAgent({ evidence, agent }: Grounds): readonly string[] {
  const definitions = definitionsIn(evidence, agent?.task.value);
  const own = agent?.definition?.name ?? '';
  const after = stoppedAfter(own, definitions);
  return definitions
    .map(({ name }) => name)
    .filter((name) => name !== own && !after.includes(name) && !ranToEnd(name, definitions));
}
