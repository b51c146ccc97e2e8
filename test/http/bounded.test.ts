import { gzipSync } from 'node:zlib';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { createBuildkiteClient } from '../../src/buildkite/client.ts';
import type { Buildkite } from '../../src/buildkite/port.ts';
import { createEcsClient } from '../../src/ecs/client.ts';
import type { Ecs } from '../../src/ecs/port.ts';
import { DEEPEST_ANSWER, LARGEST_ANSWER } from '../../src/http/bounded.ts';
import { readSelf } from '../../src/surroundings/self.ts';
import { startServer, writeEndlessly } from '../support/http-server.ts';
import type { TestServer } from '../support/http-server.ts';

const MIB = 1024 * 1024;
const never = new AbortController().signal;
const rules = { allowInsecure: false, loopbackOnly: true };
const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(respond: (response: ServerResponse) => void): Promise<string> {
  const server = await startServer((_seen, response) => respond(response));
  servers.push(server);
  return server.url;
}

/** A gigabyte of blanks in a megabyte: gzip files may stand one behind another. */
const BOMB = Buffer.concat(Array.from({ length: 256 }, () => gzipSync(Buffer.alloc(4 * MIB, ' '))));

const JSON_TYPE = { 'content-type': 'application/json' };

interface Attack {
  readonly name: string;
  readonly respond: (response: ServerResponse) => void;
  readonly said: RegExp;
}

/** Blanks for ever, as fast as they are taken. */
function endless(response: ServerResponse): void {
  response.writeHead(200, JSON_TYPE);
  writeEndlessly(response, Buffer.alloc(64 * 1024, ' '));
}

const PLAIN: readonly Attack[] = [
  {
    name: 'a size that is announced and too large',
    respond: (response) => {
      response.writeHead(200, { ...JSON_TYPE, 'content-length': String(LARGEST_ANSWER + 1) });
      response.write('{');
    },
    said: /larger than 16 MiB, the limit/,
  },
  { name: 'a body without an end', respond: endless, said: /larger than 16 MiB/ },
  {
    name: 'lists in lists, a million deep',
    respond: (response) => {
      response.writeHead(200, JSON_TYPE);
      response.end(`{"data":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`);
    },
    said: new RegExp(`nested deeper than ${String(DEEPEST_ANSWER)} levels`),
  },
  {
    name: 'objects in objects behind a text full of quotes',
    respond: (response) => {
      response.writeHead(200, JSON_TYPE);
      response.end(`{"a":"\\"[\\\\","data":${'{"b":'.repeat(101)}1${'}'.repeat(101)}}`);
    },
    said: /nested deeper/,
  },
];

const COMPRESSED: Attack = {
  name: 'a gigabyte in a megabyte of gzip',
  respond: (response) => {
    response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' });
    response.end(BOMB);
  },
  said: /larger than 16 MiB/,
};

/** How much more memory this process ever had than before, bytes. */
async function growthOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.resourceUsage().maxRSS;
  await work();
  return (process.resourceUsage().maxRSS - before) * 1024;
}

function buildkiteAt(endpoint: string, timeoutMs = 20_000): Buildkite {
  return createBuildkiteClient({ endpoint, token: 't0ken', timeoutMs, ...rules });
}

function ecsAt(endpoint: string, timeoutMs = 20_000): Ecs {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMIK7MDENGbPxRfiCY' };
  return createEcsClient({ region: 'us-east-1', endpoint, credentials, timeoutMs, ...rules });
}

const CREATE = {
  kind: 'create-build',
  pipeline: 'canary',
  pipelineNodeId: 'UGlwZWxpbmU=',
  branch: 'main',
  commit: 'HEAD',
  message: 'drill',
  env: {},
  metaData: {},
} as const;
const ARN = 'arn:aws:ecs:us-east-1:123456789012:task/build-prod/0123456789abcdef0123456789abcdef';
const STOP = { kind: 'stop-task', cluster: 'build-prod', taskArn: ARN, reason: 'gameday d1' } as const;

describe('an answer without bounds', () => {
  test.each([...PLAIN, COMPRESSED])('from Buildkite: $name', async ({ respond, said }) => {
    const buildkite = buildkiteAt(await serve(respond));
    const grown = await growthOf(async () => {
      expect(await buildkite.build('acme/canary/1', 'all', never)).toMatchObject({
        trouble: { kind: 'garbage', message: expect.stringMatching(said) as string },
      });
      // It may have been created: what cannot be read proves nothing.
      expect(await buildkite.createBuild(CREATE, never)).toMatchObject({
        certainty: 'unknown',
        trouble: { kind: 'garbage', message: expect.stringMatching(said) as string },
      });
    });
    expect(grown).toBeLessThan(300 * MIB);
  });

  test.each(PLAIN)('from ECS: $name', async ({ respond, said }) => {
    const ecs = ecsAt(await serve(respond));
    const grown = await growthOf(async () => {
      expect(await ecs.tasks('build-prod', [ARN], never)).toMatchObject({
        trouble: { kind: 'garbage', message: expect.stringMatching(said) as string },
      });
      expect(await ecs.send(STOP, never)).toMatchObject({
        certainty: 'unknown',
        trouble: { kind: 'garbage', message: expect.stringMatching(said) as string },
      });
    });
    expect(grown).toBeLessThan(300 * MIB);
  });

  test.each([...PLAIN, COMPRESSED])('from the metadata endpoint: $name', async ({ respond, said }) => {
    const environment = { ECS_CONTAINER_METADATA_URI_V4: await serve(respond) };
    const grown = await growthOf(async () => {
      const self = await readSelf(environment, 20_000, never);
      expect(self).toMatchObject({ taskArn: null, unresolved: expect.stringMatching(said) as string });
    });
    expect(grown).toBeLessThan(300 * MIB);
  });

  test('gzip that never gives a byte ends at the deadline, in bounded memory', async () => {
    const nothing = gzipSync('');
    const url = await serve((response) => {
      response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' });
      const many = Buffer.concat(Array.from({ length: 1_000 }, () => nothing));
      writeEndlessly(response, many);
    });
    const grown = await growthOf(async () => {
      const read = await buildkiteAt(url, 1_000).job('x', never);
      expect(read).toMatchObject({ ok: false, trouble: { kind: 'timeout' } });
    });
    expect(grown).toBeLessThan(300 * MIB);
  });

  test('an answer of the greatest depth is read', async () => {
    const deep = `${'['.repeat(DEEPEST_ANSWER - 2)}${']'.repeat(DEEPEST_ANSWER - 2)}`;
    const url = await serve((response) => {
      response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' });
      response.end(gzipSync(`{"data":{"build":null,"x":"[[\\"{${'['.repeat(500)}","y":${deep}}}`));
    });
    expect(await buildkiteAt(url).build('acme/canary/1', 'all', never)).toMatchObject({
      trouble: { kind: 'not-found' },
    });
  });
});
