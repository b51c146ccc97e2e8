import { readFileSync } from 'node:fs';
import { ECSClient } from '@aws-sdk/client-ecs';
import { buildSchema, Kind, parse } from 'graphql';
import { createBuildkiteClient } from '../../src/buildkite/client.ts';
import { createEcsClient } from '../../src/ecs/client.ts';
import type { Buildkite } from '../../src/buildkite/port.ts';
import type { Ecs } from '../../src/ecs/port.ts';
import { actualComplexity, requestedComplexity } from '../../src/rig/buildkite/complexity.ts';
import type { LiveSettings } from './settings.ts';

const SCHEMA = buildSchema(
  readFileSync(new URL('../../src/rig/buildkite/schema.graphql', import.meta.url), 'utf8'),
);

/** An answer of GraphQL as it came, with the points that Buildkite and the rig count for it. */
interface RawAnswer {
  readonly data: unknown;
  readonly requested: number | null;
  readonly actual: number | null;
  readonly rigRequested: number;
  readonly rigActual: number;
}

/** The services, through the product's clients and beside them. */
export interface LiveServices {
  readonly settings: LiveSettings;
  readonly buildkite: Buildkite;
  readonly ecs: Ecs;
  /** The SDK itself, for what the product never does: CreateService, DeleteService. */
  readonly sdk: ECSClient;
  ask(query: string, variables: Readonly<Record<string, unknown>>): Promise<RawAnswer>;
}

/** Builds the clients; nothing is contacted yet. */
export function openServices(settings: LiveSettings): LiveServices {
  const rules = { allowInsecure: false, loopbackOnly: false } as const;
  const { region, ecsEndpoint: endpoint } = settings;
  const place = { region, ...(endpoint === undefined ? {} : { endpoint }) };
  return {
    settings,
    buildkite: createBuildkiteClient({ endpoint: settings.graphqlEndpoint, token: settings.token, ...rules }),
    ecs: createEcsClient({ ...place, ...rules }),
    sdk: new ECSClient(place),
    ask: (query, variables) => ask(settings, query, variables),
  };
}

async function ask(
  { graphqlEndpoint, token }: LiveSettings,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<RawAnswer> {
  const response = await fetch(graphqlEndpoint, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const body = (await response.json()) as { readonly data?: unknown; readonly errors?: unknown };
  if (!response.ok || body.data === undefined || body.errors !== undefined)
    throw new Error(
      `Buildkite answers HTTP ${String(response.status)}: ${JSON.stringify(body.errors ?? body)}`,
    );
  const document = parse(query);
  const [operation] = document.definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('the document begins with no operation');
  const points = (name: string): number | null => {
    const value = response.headers.get(`ratelimit-complexity-${name}`);
    return value === null ? null : Number(value);
  };
  return {
    data: body.data,
    requested: points('requested'),
    actual: points('actual'),
    rigRequested: requestedComplexity(SCHEMA, document, operation, variables),
    rigActual: actualComplexity(body.data),
  };
}
