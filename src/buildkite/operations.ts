import { readFileSync } from 'node:fs';
import { Kind, parse, print, separateOperations } from 'graphql';
import type { DocumentNode, FieldNode, OperationDefinitionNode } from 'graphql';

/** Names of the documents in operations.graphql. */
export const OPERATIONS = [
  'Viewer',
  'Organizations',
  'Pipelines',
  'Pipeline',
  'PipelineSteps',
  'Build',
  'BuildHead',
  'BuildJobs',
  'BuildSteps',
  'DrillBuild',
  'RecentBuilds',
  'TriggeredBuilds',
  'StepHistory',
  'PastJobs',
  'PastWorkers',
  'Job',
  'JobEvents',
  'Agent',
  'AgentNode',
  'Agents',
  'CreateBuild',
  'CancelBuild',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Every document with only the fragments that it uses, by the name of its operation. */
export function loadDocuments(): ReadonlyMap<string, string> {
  const text = readFileSync(new URL('./operations.graphql', import.meta.url), 'utf8');
  return new Map(
    Object.entries(separateOperations(parse(text))).map(([name, document]) => [name, print(document)]),
  );
}

/** The documents that ask after one build, and can ask after several at once. */
export type BuildOperation = 'Build' | 'BuildHead' | 'BuildSteps';

/**
 * The document for several builds: the selection of an operation for each, as `b0`, `b1` ..., with the variables `u0`, `u1`
 * ... and those of the operation.
 */
export function writeBuildsQuery(
  documents: ReadonlyMap<string, string>,
  operation: BuildOperation,
  count: number,
): string {
  const document = parse(documents.get(operation) ?? '');
  const indices = Array.from({ length: count }, (_, index) => String(index));
  const variables = indices.map((index) => `$u${index}: ID!`).join(', ');
  const fields = indices.map((index) => `b${index}: build(uuid: $u${index}) { uuid }`).join(' ');
  const frame = operationIn(parse(`query Builds(${variables}) { ${fields} }`));
  const one = operationIn(document);
  const { selectionSet } = fieldIn(one);
  const selections = frame.selectionSet.selections.map((field) => ({ ...field, selectionSet }));
  const shared = (one.variableDefinitions ?? []).filter(
    ({ variable }) => !['slug', 'uuid'].includes(variable.name.value),
  );
  const many = {
    ...frame,
    variableDefinitions: [...(frame.variableDefinitions ?? []), ...shared],
    selectionSet: { ...frame.selectionSet, selections },
  };
  const others = document.definitions.filter(({ kind }) => kind !== Kind.OPERATION_DEFINITION);
  return print({ ...document, definitions: [many, ...others] } as DocumentNode);
}

function operationIn(document: DocumentNode): OperationDefinitionNode {
  const found = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  if (found === undefined) throw new Error('a document without an operation');
  return found;
}

function fieldIn({ selectionSet }: OperationDefinitionNode): FieldNode {
  const [field] = selectionSet.selections;
  if (field?.kind !== Kind.FIELD) throw new Error('an operation that does not begin with a field');
  return field;
}
