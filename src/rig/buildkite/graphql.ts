import { readFileSync } from 'node:fs';
import {
  buildSchema,
  execute,
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  parse,
  validate,
} from 'graphql';
import type { DocumentNode, ExecutionResult, GraphQLSchema } from 'graphql';
import type { Context } from 'hono';
import type { Replica } from '../replica.ts';
import type { Book } from './book.ts';
import { actualComplexity, requestedComplexity } from './complexity.ts';
import type { Budgets } from './limits.ts';
import type { World } from './model.ts';
import { rootOf } from './queries.ts';
import { viewsOf } from './views.ts';

const MOST_COMPLEX = 50_000;
/** So many documents are kept, that clients which write values into theirs do not fill the memory. */
const MOST_DOCUMENTS = 500;

interface Ask {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

interface Costed {
  readonly result: ExecutionResult;
  readonly requested: number;
  readonly actual: number;
}

/** Answers `POST /graphql`: our subset of the schema, executed by graphql-js, under Buildkite's limits. */
export function graphqlEndpoint(
  world: World,
  book: Book,
  budgets: Budgets,
  replica: Replica<World>,
): (c: Context) => Promise<Response> {
  const schema = buildSchema(readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8'));
  const documentFor = keepDocuments(schema);
  const present = rootOf(world, viewsOf(world));
  const rootFor = (operation: OperationTypeNode): unknown => {
    const old = operation === OperationTypeNode.QUERY ? replica.read() : undefined;
    if (old === undefined) return present;
    // The first copy is older than the address that the server listens on.
    const then = { ...old, url: world.url };
    return rootOf(then, viewsOf(then));
  };
  return async (c) => {
    if (c.req.header('authorization') !== `Bearer ${world.apiToken}`) {
      book.countForeign();
      return c.json(
        {
          errors: [
            {
              message:
                'Authentication required. Please supply a valid API Access Token: https://buildkite.com/docs/apis/graphql-api#authentication',
            },
          ],
        },
        401,
      );
    }
    const ask = readAsk(await c.req.text());
    if (ask === undefined)
      return c.json({ errors: [{ message: 'The request body is not a GraphQL request' }] }, 400);
    book.count(nameOf(ask));
    const exceeded = exceededMessage(budgets);
    if (exceeded !== undefined) {
      return c.json({ errors: [{ message: exceeded }] }, { status: 429, headers: limitHeaders(budgets) });
    }
    const { result, requested, actual } = await run(schema, documentFor, rootFor, ask);
    budgets.organization.spend(actual);
    budgets.user.spend(actual);
    const wantsStats = c.req.header('buildkite-include-query-stats') === 'true';
    const stats = wantsStats ? { stats: { requestedComplexity: requested, actualComplexity: actual } } : {};
    const headers = {
      ...limitHeaders(budgets),
      'RateLimit-Complexity-Requested': String(requested),
      'RateLimit-Complexity-Actual': String(actual),
    };
    return c.json({ ...result, ...stats }, { headers });
  };
}

function readAsk(text: string): Ask | undefined {
  const body = parsed(text);
  const query = body['query'];
  if (typeof query !== 'string') return undefined;
  const variables = body['variables'];
  const operationName = body['operationName'];
  return {
    query,
    operationName: typeof operationName === 'string' ? operationName : undefined,
    variables: typeof variables === 'object' && variables !== null ? { ...variables } : {},
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? { ...body } : {};
  } catch {
    return {};
  }
}

function nameOf({ query, operationName }: Ask): string {
  return operationName ?? /\b(?:query|mutation)\s+(\w+)/.exec(query)?.[1] ?? 'anonymous';
}

async function run(
  schema: GraphQLSchema,
  documentFor: (query: string) => DocumentNode | readonly GraphQLError[],
  rootFor: (operation: OperationTypeNode) => unknown,
  ask: Ask,
): Promise<Costed> {
  const { query, operationName, variables: variableValues } = ask;
  const document = documentFor(query);
  if (!('kind' in document)) return refused(document);
  const operation = getOperationAST(document, operationName);
  if (!operation) return refused([new GraphQLError('An operation name is required')]);
  const requested = requestedComplexity(schema, document, operation, variableValues);
  if (requested > MOST_COMPLEX) {
    const message = `Query has complexity of ${requested}, which exceeds max complexity of ${MOST_COMPLEX}`;
    return { ...refused([new GraphQLError(message)]), requested };
  }
  const result = await execute({
    schema,
    document,
    rootValue: rootFor(operation.operation),
    variableValues,
    ...(operationName ? { operationName } : {}),
  });
  return { result, requested, actual: actualComplexity(result.data) };
}

function refused(errors: readonly GraphQLError[]): Costed {
  return { result: { errors }, requested: 0, actual: 0 };
}

/** Parses and checks each document once: clients send the same few again and again, and the check is the dear part of an answer. */
function keepDocuments(schema: GraphQLSchema): (query: string) => DocumentNode | readonly GraphQLError[] {
  const kept = new Map<string, DocumentNode | readonly GraphQLError[]>();
  return (query) => {
    const known = kept.get(query);
    if (known !== undefined) return known;
    const checked = checkDocument(schema, query);
    if (kept.size >= MOST_DOCUMENTS) kept.clear();
    kept.set(query, checked);
    return checked;
  };
}

function checkDocument(schema: GraphQLSchema, query: string): DocumentNode | readonly GraphQLError[] {
  try {
    const document = parse(query);
    const errors = validate(schema, document);
    return errors.length > 0 ? errors : document;
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

function exceededMessage({ organization, user }: Budgets): string | undefined {
  if (organization.left() === 0) {
    const seconds = organization.resetsInSeconds();
    return `Your organization has exceeded the limit of ${organization.limit} complexity points. Please try again in ${seconds} seconds.`;
  }
  if (user.left() > 0) return undefined;
  return `You have exceeded your per-user limit of ${user.limit} complexity points. Please try again in ${user.resetsInSeconds()} seconds.`;
}

function limitHeaders({ organization, user }: Budgets): Record<string, string> {
  return {
    'RateLimit-Remaining': String(organization.left()),
    'RateLimit-Limit': String(organization.limit),
    'RateLimit-Reset': String(organization.resetsInSeconds()),
    'RateLimit-User-Remaining': String(user.left()),
    'RateLimit-User-Limit': String(user.limit),
    'RateLimit-User-Reset': String(user.resetsInSeconds()),
  };
}
