import { z } from 'zod';
import { TASK_ARN_TAG } from './agent.ts';

/** How the tasks that run now lead to their agents, before anything is started. */
export const Mapping = z.strictObject({
  /** Tasks that run and that the scenario allows to be stopped. */
  tasks: z.number().int(),
  /** Those with exactly one agent. */
  mapped: z.number().int(),
  /** ARNs of those with no agent, and of those with several. */
  without: z.array(z.string()),
  several: z.array(z.string()),
  by: z.enum(['tag', 'hostname']),
  /** Versions of the agents on these tasks, each once. */
  versions: z.array(z.string()),
  /** Whether Buildkite's filter by tag lacks an agent that the list of all agents has. */
  filterLacks: z.boolean(),
  /** What is not known of it, or null. */
  unknown: z.string().nullable(),
});
export type Mapping = z.infer<typeof Mapping>;

/** Whether it is known that no running task leads to an agent, so that a drill could not aim at any. */
export function hasNoAgent({ tasks, without, unknown }: Mapping): boolean {
  return tasks > 0 && without.length === tasks && unknown === null;
}

/** `2 of 3 running tasks have exactly one agent with the tag ecs:task-arn; 1 has none`. */
export function formatMapping({
  tasks,
  mapped,
  without,
  several,
  by,
  filterLacks,
  unknown,
}: Mapping): string {
  const what = by === 'tag' ? `with the tag ${TASK_ARN_TAG}` : 'by its tag or its host name';
  const verb = tasks === 1 ? 'task has' : 'tasks have';
  const parts = [
    tasks === 0
      ? 'no task is running'
      : `${String(mapped)} of ${String(tasks)} running ${verb} exactly one agent ${what}`,
    ...(without.length === 0 || tasks === without.length ? [] : [`${String(without.length)} without any`]),
    ...(several.length === 0 ? [] : [`${String(several.length)} with several`]),
    ...(filterLacks ? ["Buildkite's filter by tag lacks agents that the list of all agents has"] : []),
    ...(unknown === null ? [] : [`not known: ${unknown}`]),
  ];
  return parts.join('; ');
}
