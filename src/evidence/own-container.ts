import type { TaskDefinition } from '../model/entities/task.ts';
import type { Target } from '../journal/events.ts';
import { isDockerNameOf } from '../worker/definition.ts';

/** Verdict rule 7: the scenario's name, the one that the agent's Docker name names, the only essential one. */
export function containerOf(
  names: readonly string[],
  definitionArn: string,
  definition: TaskDefinition | undefined,
  dockerName: string | undefined,
  named: string | null,
): { readonly name: string; readonly by: Target['containerBy'] } | null {
  if (named !== null) return names.includes(named) ? { name: named, by: 'named' } : null;
  const tagged = names.filter(
    (name) => dockerName !== undefined && isDockerNameOf(dockerName, name, definitionArn),
  );
  if (tagged.length === 1 && tagged[0] !== undefined) return { name: tagged[0], by: 'tag' };
  // Two names that Docker makes one of: which of them it is cannot be told, and the essential one need not be it.
  if (tagged.length > 1) return null;
  const essential = (definition?.containers ?? []).filter((one) => one.essential);
  const only = essential[0];
  return essential.length === 1 && only !== undefined ? { name: only.name, by: 'only-essential' } : null;
}
