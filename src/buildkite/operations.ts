import { readFileSync } from 'node:fs';
import { parse, print, separateOperations } from 'graphql';

/** Names of the documents in operations.graphql. */
export const OPERATIONS = [
  'Pipeline',
  'Build',
  'BuildJobs',
  'DrillBuild',
  'RecentBuilds',
  'StepHistory',
  'Job',
  'JobEvents',
  'Agent',
  'AgentNode',
  'AgentsWithTag',
  'CreateBuild',
  'CancelBuild',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Every document with just the fragments that it uses, by the name of its operation. */
export function loadDocuments(): ReadonlyMap<string, string> {
  const text = readFileSync(new URL('./operations.graphql', import.meta.url), 'utf8');
  return new Map(
    Object.entries(separateOperations(parse(text))).map(([name, document]) => [name, print(document)]),
  );
}
