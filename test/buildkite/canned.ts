import { createBuildkiteClient } from '../../src/buildkite/client.ts';
import type { Buildkite } from '../../src/buildkite/port.ts';
import { json, startServer } from '../support/http-server.ts';
import type { TestServer } from '../support/http-server.ts';

const servers: TestServer[] = [];

/** Ends every server that `against` started. */
export async function closeServers(): Promise<void> {
  await Promise.all(servers.splice(0).map((server) => server.close()));
}

export type Variables = Readonly<Record<string, unknown>>;
type Respond = (operation: string, variables: Variables) => unknown;

/** A client whose server answers each operation with the `data` that `respond` gives. */
export async function against(respond: Respond): Promise<{ buildkite: Buildkite; asked: string[] }> {
  const asked: string[] = [];
  const server = await startServer((seen, response) => {
    const { query, variables } = JSON.parse(seen.body) as { query: string; variables: Variables };
    const operation = /^(?:query|mutation) (\w+)/m.exec(query)?.[1] ?? '';
    asked.push(operation);
    json(response, 200, { data: respond(operation, variables) });
  });
  servers.push(server);
  const rules = { allowInsecure: false, loopbackOnly: true };
  return { buildkite: createBuildkiteClient({ endpoint: server.url, token: 't0ken', ...rules }), asked };
}

/** A running command job as GraphQL shows it, with a field that nobody asked for. */
export function jobNode(over: Variables = {}): Variables {
  return {
    __typename: 'JobTypeCommand',
    uuid: 'job-1',
    url: 'https://buildkite.com/acme/canary/builds/7#job-1',
    label: 'Integration',
    state: 'RUNNING',
    passed: false,
    softFailed: false,
    exitStatus: null,
    signal: null,
    signalReason: null,
    retried: false,
    retryType: null,
    retrySource: null,
    agent: { uuid: 'agent-1' },
    step: { key: 'integration' },
    parallelGroupIndex: null,
    runnableAt: '2026-11-24T12:00:00Z',
    startedAt: '2026-11-24T12:00:01.500Z',
    finishedAt: null,
    canceledAt: null,
    somethingNew: { nobody: 'knows' },
    ...over,
  };
}

/** A connection of nodes; with `next` there is a further page. */
export function page(nodes: readonly unknown[], next: string | null = null): Variables {
  return {
    pageInfo: { endCursor: next, hasNextPage: next !== null },
    edges: nodes.map((node) => ({ node })),
  };
}

/** A running build with one job. */
export function buildNode(over: Variables = {}): Variables {
  return {
    uuid: 'build-1',
    id: 'QnVpbGQ=',
    number: 7,
    url: 'https://buildkite.com/acme/canary/builds/7',
    branch: 'main',
    state: 'RUNNING',
    createdAt: '2026-11-24T12:00:00Z',
    startedAt: null,
    finishedAt: null,
    canceledAt: null,
    canceledBy: null,
    cancelReason: null,
    organization: { slug: 'acme' },
    pipeline: { slug: 'canary' },
    metaData: { edges: [{ node: { key: 'gameday-drill', value: 'd1' } }] },
    jobs: page([jobNode()]),
    ...over,
  };
}

/** A connected agent. */
export function agentNode(over: Variables = {}): Variables {
  return {
    uuid: 'agent-1',
    id: 'QWdlbnQ=',
    name: 'worker',
    hostname: 'ip-10-0-0-1',
    metaData: ['queue=old', 'queue=default', 'ecs:task-arn=arn:a=b', 'flag'],
    connectionState: 'CONNECTED',
    connectedAt: null,
    disconnectedAt: null,
    lostAt: null,
    stoppedGracefullyAt: null,
    stoppedGracefullyBy: null,
    stopForcedAt: null,
    stopForcedBy: null,
    version: '3.78.0',
    isRunningJob: true,
    jobs: page([]),
    ...over,
  };
}

/** An event of a job's history. */
export function event(type: string, over: Variables = {}): Variables {
  return { type, timestamp: '2026-11-24T12:00:02Z', actor: { type: 'AGENT' }, ...over };
}
