import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createCounters } from '../../src/counters/client.ts';
import type { Counters, CounterSource } from '../../src/counters/port.ts';
import { createUserCommand } from '../../src/user-command/client.ts';
import { fakeCounters } from '../support/fake-counters.ts';
import { deadAddress, json, startServer, writeEndlessly } from '../support/http-server.ts';
import type { TestServer } from '../support/http-server.ts';
import { processesWith } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { countersContract } from './counters.contract.ts';

const NODE = process.execPath;
const never = new AbortController().signal;
const servers: TestServer[] = [];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-counters-'));
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

function client(timeoutMs = 20_000): Counters {
  return createCounters({
    timeoutMs,
    openCommand: ({ onLine, onEnd }) =>
      createUserCommand({
        ...{ environment: { PATH: process.env['PATH'] }, now: Date.now, grace: 1_000, onEnd },
        onLine: (line, from) => (from === 'stdout' ? onLine(line) : undefined),
      }),
  });
}

const at = (url: string): CounterSource => ({ container: 'gateway', url, command: null });
const by = (...command: readonly string[]): CounterSource => ({ container: 'gateway', url: null, command });
const script = (text: string): CounterSource => by(NODE, '-e', text);

type Respond = Parameters<typeof startServer>[0];

async function serve(respond: Respond): Promise<string> {
  const server = await startServer(respond);
  servers.push(server);
  return server.url;
}

countersContract('the client, at an address', () => ({
  port: client(),
  stage: async (shows) =>
    at(await serve((_seen, response) => json(response, shows === null ? 404 : 200, shows ?? {}))),
}));

countersContract('the client, by a command', () => ({
  port: client(),
  stage: async (shows) => {
    if (shows === null) return by('./there-is-none');
    const file = join(folder, 'counter.json');
    await writeFile(file, JSON.stringify(shows));
    return by('cat', file);
  },
}));

countersContract('the fake', () => {
  const port = fakeCounters();
  const gone = { kind: 'not-found', message: 'scripted: no counter', retryAfter: null } as const;
  return {
    port,
    stage(shows) {
      port.fails = shows === null ? gone : null;
      if (shows !== null) port.shows = shows;
      return Promise.resolve(at('http://127.0.0.1:9/'));
    },
  };
});

const NO_COUNTERS: readonly (readonly [text: string, said: RegExp])[] = [
  ['', /not JSON/],
  ['<html>busy</html>', /not JSON/],
  ['3', /no counter: .*object/],
  ['[]', /no counter/],
  ['null', /no counter/],
  ['{}', /no counter: begun/],
  ['{"begun": 1, "finished": 1}', /no counter: cut/],
  ['{"begun": "1", "finished": 1, "cut": 0}', /no counter: begun/],
  ['{"begun": 1.5, "finished": 1, "cut": 0}', /no counter: begun/],
  ['{"begun": -1, "finished": 0, "cut": 0}', /no counter: begun/],
  ['{"begun": 1e400, "finished": 0, "cut": 0}', /no counter: begun/],
  ['{"begun": 9007199254740993, "finished": 0, "cut": 0}', /no counter: begun/],
  ['{"begun": null, "finished": 0, "cut": 0}', /no counter: begun/],
  ['{"begun": 2, "finished": 2, "cut": 1}', /more calls are finished or cut than were begun/],
  [`${'['.repeat(200)}${']'.repeat(200)}`, /nested deeper|no counter/],
];

test.each(NO_COUNTERS)('answer %# is no counter', async (text, said) => {
  const url = await serve((_seen, response) => void response.end(text));
  for (const source of [at(url), script(`process.stdout.write(${JSON.stringify(text)})`)])
    expect(await client().read(source, never)).toMatchObject({
      ...{ ok: false, trouble: { kind: 'garbage', message: expect.stringMatching(said) as string } },
    });
});

test('a counter may say more than is asked of it', async () => {
  const url = await serve((_seen, response) =>
    json(response, 200, { begun: 2, finished: 1, cut: 0, since: 'noon', errors: [] }),
  );
  expect(await client().read(at(url), never)).toEqual({
    ...{ ok: true, value: { begun: 2, finished: 1, cut: 0 } },
  });
});

test.each([
  [401, 'denied'],
  [403, 'denied'],
  [404, 'not-found'],
  [302, 'server-error'],
  [500, 'server-error'],
])('an address that answers HTTP %i shows no counter, whatever its body says', async (status, kind) => {
  const elsewhere = await serve((_seen, response) => json(response, 200, { begun: 0, finished: 0, cut: 0 }));
  const url = await serve((_seen, response) => {
    response.writeHead(status, { location: elsewhere });
    response.end('{"begun": 0, "finished": 0, "cut": 0}');
  });
  const message = expect.stringContaining(`HTTP ${String(status)}`) as string;
  expect(await client().read(at(url), never)).toMatchObject({ ok: false, trouble: { kind, message } });
});

test('an answer without an end is not read to it', async () => {
  const url = await serve((_seen, response) => writeEndlessly(response, Buffer.alloc(65_536, ' ')));
  expect(await client().read(at(url), never)).toMatchObject({
    ...{ ok: false, trouble: { kind: 'garbage', message: expect.stringContaining('16 MiB') as string } },
  });
});

test('an address that is dead or silent shows no counter, and is never shown itself', async () => {
  const dead = `${await deadAddress()}/?key=not-to-be-shown`;
  const silent = `${await serve(() => undefined)}/?key=not-to-be-shown`;
  for (const [url, kind] of [
    [dead, 'unreachable'],
    [silent, 'timeout'],
  ] as const) {
    const answer = await client(200).read(at(url), never);
    expect(answer).toMatchObject({ ok: false, trouble: { kind } });
    expect(JSON.stringify(answer)).not.toMatch(/not-to-be-shown/);
  }
});

test.each([
  ['process.exit(3)', /exit code 3/],
  ['process.stdout.write(\'{"begun": 0, "finished": 0, "cut": 0}\'); process.exitCode = 1', /exit code 1/],
  ['process.kill(process.pid, "SIGKILL")', /signal SIGKILL/],
])('a command that fails shows no counter: %s', async (text, said) => {
  expect(await client().read(script(text), never)).toMatchObject({
    ...{ ok: false, trouble: { kind: 'refused', message: expect.stringMatching(said) as string } },
  });
});

test('a command may warn on stderr', async () => {
  const text =
    'console.error("a warning"); console.log(JSON.stringify({ begun: 1, finished: 1, cut: 0 }, null, 2))';
  expect(await client().read(script(text), never)).toMatchObject({ ok: true, value: { begun: 1 } });
});

test('a file that may not be executed is no command', async () => {
  const file = join(folder, 'plain');
  await writeFile(file, '');
  await chmod(file, 0o644);
  expect(await client().read(by(file), never)).toMatchObject({ ok: false, trouble: { kind: 'denied' } });
});

test('a command that hangs is ended at its limit, and when the drill is interrupted', async () => {
  const mark = `counter-${String(process.pid)}-hangs`;
  const source = by(NODE, '-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)', mark);
  expect(await client(300).read(source, never)).toMatchObject({ ok: false, trouble: { kind: 'timeout' } });
  await until('its end', async () => (await processesWith(mark)).length === 0);
  const interruption = new AbortController();
  const reading = client().read(source, interruption.signal);
  await until('its start', async () => (await processesWith(mark)).length > 0);
  interruption.abort();
  expect(await reading).toMatchObject({ ok: false, trouble: { kind: 'aborted' } });
  await until('its end', async () => (await processesWith(mark)).length === 0);
});
