import { getNamedType, getNullableType, isListType, Kind, typeFromAST } from 'graphql';
import type {
  DocumentNode,
  FieldNode,
  FragmentDefinitionNode,
  GraphQLNamedType,
  GraphQLSchema,
  OperationDefinitionNode,
  SelectionSetNode,
} from 'graphql';

// https://buildkite.com/docs/apis/graphql/graphql-resource-limits: 0 for a scalar, 1 for anything else, 500 per unnamed page.
const DEFAULT_PAGE = 500;

interface Ask {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The most points that a document can cost. */
export function requestedComplexity(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const root = schema.getRootType(operation.operation);
  return root ? costOf({ schema, fragments, variables }, operation.selectionSet, root, 1) : 0;
}

function costOf(ask: Ask, set: SelectionSetNode, parent: GraphQLNamedType, page: number): number {
  let cost = 0;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      cost += fieldCost(ask, selection, parent, page);
      continue;
    }
    const fragment =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : ask.fragments.get(selection.name.value);
    if (fragment === undefined) continue;
    const type = fragment.typeCondition ? typeFromAST(ask.schema, fragment.typeCondition) : parent;
    if (type !== undefined) cost += costOf(ask, fragment.selectionSet, type, page);
  }
  return cost;
}

function fieldCost(ask: Ask, field: FieldNode, parent: GraphQLNamedType, page: number): number {
  const type = 'getFields' in parent ? parent.getFields()[field.name.value]?.type : undefined;
  if (type === undefined || field.selectionSet === undefined) return 0;
  const named = getNamedType(type);
  // The list of edges costs one, and what it holds is paid for one by one.
  if (isListType(getNullableType(type))) return 1 + page * costOf(ask, field.selectionSet, named, 1);
  const inner = named.name.endsWith('Connection') ? pageOf(ask, field) : 1;
  return 1 + costOf(ask, field.selectionSet, named, inner);
}

function pageOf(ask: Ask, field: FieldNode): number {
  for (const argument of field.arguments ?? []) {
    if (argument.name.value !== 'first' && argument.name.value !== 'last') continue;
    if (argument.value.kind === Kind.INT) return Number(argument.value.value);
    const given =
      argument.value.kind === Kind.VARIABLE ? ask.variables[argument.value.name.value] : undefined;
    if (typeof given === 'number') return given;
  }
  return DEFAULT_PAGE;
}

/** The points that an answer did cost: one for each object in it and one for each list of edges, the answer itself aside. */
export function actualComplexity(data: unknown): number {
  if (typeof data !== 'object' || data === null) return 0;
  return Object.entries(data).reduce((sum, [name, value]) => sum + costOfValue(name, value), 0);
}

function costOfValue(name: string, value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (!Array.isArray(value)) return 1 + actualComplexity(value);
  // An edge is free beside the list that holds it.
  if (name === 'edges') return value.reduce<number>((sum, edge) => sum + actualComplexity(edge), 1);
  return value.reduce<number>((sum, one) => sum + costOfValue('', one), 0);
}
