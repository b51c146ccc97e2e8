import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from '../support/cli.ts';
import { startServer } from '../support/http-server.ts';

interface Sent {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
  readonly events: readonly { readonly name: string }[];
}

const TRACE = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
const PARENT = 'bbbbbbbbbbbbbbbb';
const HEADERS = 'authorization=Bearer%20canary-of-the-collector';

/** The spans of one request, as OTLP's JSON names them. */
function spansIn(body: string): readonly Sent[] {
  const { resourceSpans } = JSON.parse(body) as {
    resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Sent[] }[] }[];
  };
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

let folder: string;
let live: Awaited<ReturnType<typeof cli>>;
let collector: Awaited<ReturnType<typeof startServer>>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gameday-otel-'));
  collector = await startServer((_seen, response) => response.end('{}'));
  live = await cli(['run', '--rig', '@exec-form', '--json'], folder, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: HEADERS,
    TRACEPARENT: `00-${TRACE}-${PARENT}-01`,
  });
});
afterAll(async () => {
  await collector.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a drill is one trace below the TRACEPARENT of its caller, with the phases below the drill', () => {
  expect(live.code, live.stderr).toBe(0);
  const [seen] = collector.requests;
  expect(seen).toMatchObject({ method: 'POST', path: '/v1/traces' });
  const spans = spansIn(seen?.body ?? '');
  expect(spans.map(({ name }) => name)).toEqual([
    ...['drill', 'arm', 'aim', 'inject', 'drain', 'settle', 'judge'],
  ]);
  const [drill, ...phases] = spans;
  expect(drill).toMatchObject({ traceId: TRACE, parentSpanId: PARENT });
  for (const phase of phases) expect(phase).toMatchObject({ traceId: TRACE, parentSpanId: drill?.spanId });
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  for (const { startTimeUnixNano, endTimeUnixNano } of spans)
    expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
  expect(drill?.events.map(({ name }) => name)).toEqual(['SIGTERM', 'disconnect', 'exit', 'task stopped']);
  const attributes = Object.fromEntries(
    (drill?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]),
  );
  expect(attributes).toMatchObject({
    'gameday.outcome': 'passed',
    'gameday.reason': 'drained',
    'gameday.fault': 'stop-task',
    'test.case.result.status': 'pass',
    'process.exit.code': 0,
    'cicd.pipeline.name': 'canary',
    'cicd.pipeline.result': 'success',
    'cicd.pipeline.task.name': 'integration',
    'cloud.region': 'us-east-1',
    'aws.ecs.cluster.arn': 'arn:aws:ecs:us-east-1:123456789012:cluster/build-prod',
  });
  expect(attributes).not.toHaveProperty('error.type');
});

test("the build gets the drill's own span as TRACEPARENT, so that its spans lie below", () => {
  const drill = readdirSync(join(folder, '.gameday'))[0] ?? '';
  const journal = readFileSync(join(folder, '.gameday', drill, 'journal.jsonl'), 'utf8');
  const [span] = spansIn(collector.requests[0]?.body ?? '');
  expect(journal).toContain(`"TRACEPARENT":"00-${TRACE}-${span?.spanId ?? ''}-01"`);
});

test("the collector gets the environment's headers, and nothing else shows them", () => {
  expect(collector.requests[0]?.headers['authorization']).toBe('Bearer canary-of-the-collector');
  const drill = readdirSync(join(folder, '.gameday'))[0] ?? '';
  const files = readdirSync(join(folder, '.gameday', drill)).filter((name) => /\.jsonl?$/.test(name));
  const all = files.map((name) => readFileSync(join(folder, '.gameday', drill, name), 'utf8'));
  expect([live.stdout, live.stderr, ...all].join('\n')).not.toContain('canary-of-the-collector');
});

test('a stored drill gives the same spans', async () => {
  const before = collector.requests.length;
  const { code, stderr } = await cli(['drills', 'report', '--reporter', 'otel'], folder, {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces`,
  });
  expect(code, stderr).toBe(0);
  expect(spansIn(collector.requests[before]?.body ?? '')).toEqual(spansIn(collector.requests[0]?.body ?? ''));
});

test('without an endpoint nothing is sent, and no TRACEPARENT is made up', async () => {
  const { stdout } = await cli(['run', '--rig', '--dry-run', '@exec-form'], folder);
  expect(stdout).not.toContain('TRACEPARENT');
});

test('a dry run says that the build would get a TRACEPARENT', async () => {
  const { stdout } = await cli(['run', '--rig', '--dry-run', '@exec-form'], folder, {
    TRACEPARENT: `00-${TRACE}-${PARENT}-01`,
  });
  expect(stdout.replace(/\s+/g, ' ')).toContain('with TRACEPARENT in its environment');
});

describe('a collector that cannot be reached changes no exit code and is one line', () => {
  test('refused', async () => {
    // A port that was free a moment ago.
    const server = await startServer(() => undefined);
    await server.close();
    await expectOneLine(server.url);
  });

  test('accepted and never answered', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await expectOneLine(`http://127.0.0.1:${String(port)}`);
    expect(sockets.length).toBeGreaterThan(0);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });
});

async function expectOneLine(url: string): Promise<void> {
  const { code, stderr } = await cli(['drills', 'report', '--reporter', 'otel'], folder, {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_HEADERS: HEADERS,
  });
  expect(code, stderr).toBe(0);
  expect(stderr.trimEnd().split('\n')).toEqual([
    expect.stringMatching(
      /^the drill's spans did not reach the OTLP collector: .*The verdict does not change/,
    ),
  ]);
  expect(stderr).not.toContain('canary');
}
