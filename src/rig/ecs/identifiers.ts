import { invalid } from './errors.ts';

/** Ids of tasks have 32 characters, those from before 2018 had 36. */
const lengthsOfTaskIds: readonly number[] = [32, 36];

/** What an ARN `...:KIND/CLUSTER/ID` holds; one of the old form has no cluster, and a bare id or name nothing else. */
function partsOf(reference: string): { readonly cluster: string | undefined; readonly id: string } {
  if (!reference.startsWith('arn:')) return { cluster: undefined, id: reference };
  const [, ...parts] = (reference.split(':')[5] ?? '').split('/');
  return { cluster: parts.length > 1 ? parts[0] : undefined, id: parts.at(-1) ?? '' };
}

/** Refuses ARNs of another cluster than the one that the request names (ECS-77). */
export function checkClusterOf(cluster: string | undefined, references: readonly string[]): void {
  const own = (cluster ?? 'default').split('/').at(-1) ?? '';
  const foreign = references.map((each) => partsOf(each).cluster).find((each) => (each ?? own) !== own);
  if (foreign === undefined) return;
  throw invalid(`Invalid identifier: Identifier is for cluster ${foreign}. Your cluster is ${own}`);
}

/** The same for tasks, whose ids also have to look like some (ECS-78). */
export function checkTasks(cluster: string | undefined, references: readonly string[]): void {
  checkClusterOf(cluster, references);
  const isWhole = references.every((each) => lengthsOfTaskIds.includes(partsOf(each).id.length));
  if (!isWhole) throw invalid('taskId length should be one of [32,36]');
}
