import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readJournal } from '../../src/journal/replay.ts';
import { cli, documentIn } from '../support/cli.ts';
import { startServer } from '../support/http-server.ts';
import { processesWith } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { killedAndResumed } from './support/killing.ts';
import { drillIn, openRoad } from './support/lanes.ts';
import type { Lane, Road } from './support/lanes.ts';
import { bash, GAMEDAY, LIKE_ANYBODY, withDisk } from './support/shell.ts';
import { copyWith, strangerAfter } from './support/stored.ts';

let road: Road;
let lane: Lane;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gd-'));
  road = await openRoad(folder, { lanes: 4, workers: 2 });
  lane = laneNumber(0);
});
afterAll(async () => {
  await road.close();
  await until('the end of the rig', async () => (await processesWith(folder)).length === 0);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

function laneNumber(n: number): Lane {
  const found = road.lanes[n];
  if (found === undefined) throw new Error(`the rig has no lane ${String(n)}`);
  return found;
}

async function stopsSent(): Promise<number> {
  return (await road.counts()).ecs['StopTask'] ?? 0;
}

interface Spoilt {
  readonly name: string;
  readonly line: number;
  readonly says: string;
  readonly change: (lines: readonly string[]) => readonly string[];
}

function changed(line: number, change: (text: string) => string): Spoilt['change'] {
  return (lines) => lines.map((text, index) => (index + 1 === line ? change(text) : text));
}

const SPOILT: readonly Spoilt[] = [
  {
    name: 'of-another-version',
    line: 1,
    says: 'has version 2; this gameday reads version 1',
    change: changed(1, (text) => text.replace('"v":1', '"v":2')),
  },
  {
    name: 'with-a-wrong-checksum',
    line: 3,
    says: 'has a wrong checksum',
    change: changed(3, (text) => text.replace(/"at":\d/, '"at":9')),
  },
  {
    name: 'with-a-line-missing',
    line: 2,
    says: 'has a wrong checksum',
    change: (lines) => lines.filter((_line, index) => index !== 1),
  },
  {
    name: 'with-a-line-that-is-no-json',
    line: 2,
    says: 'is not JSON',
    change: changed(2, () => 'not JSON'),
  },
];

describe('a stored drill', () => {
  test('whose journal cannot be trusted is refused by its line, by every command, and nothing is sent', async () => {
    const out = join(lane.folder, 'after-GD_FAULT_LANDED');
    const died = join(folder, 'died');
    const whole = await killedAndResumed(road, lane, 'after:GD_FAULT_LANDED', {
      then: async () => {
        await copyWith(join(out, (await drillIn(out)) ?? ''), died, (lines) => lines);
      },
    });
    expect(whole, whole.said).toMatchObject({ outcome: 'passed', reason: 'drained', landed: 1 });
    const sent = await stopsSent();
    const spoilt = join(folder, 'spoilt');
    await mkdir(spoilt);
    await refused(spoilt, died);
    await unreadable(await copyWith(died, join(folder, 'unreadable'), (lines) => lines));
    expect(await stopsSent()).toBe(sent);
  });

  async function refused(spoilt: string, drill: string): Promise<void> {
    const last = (await readJournal(join(drill, 'journal.jsonl'))).events.length;
    const all: readonly Spoilt[] = [
      ...SPOILT,
      { name: 'of-two-drills', line: last, says: 'belongs to drill', change: strangerAfter },
    ];
    for (const { name, line, says, change } of all) {
      await copyWith(drill, join(spoilt, name), change);
      for (const command of ['resume', 'abort', 'analyze']) {
        const { code, stdout } = await cli([command, name, '--json', '--out', spoilt], folder, road.env);
        const [error] = documentIn(stdout).errors;
        const where = `${join(spoilt, name, 'journal.jsonl')}:${String(line)}:1`;
        expect([command, name, code, error?.at]).toEqual([command, name, 2, where]);
        expect(error?.message).toContain(says);
      }
    }
    const listed = await cli(['drills', '--out', spoilt], folder);
    expect(listed.code).toBe(0);
    for (const { name, says } of all)
      expect(listed.stdout).toMatch(new RegExp(`${name} +unreadable.*${says}`));
  }

  async function unreadable(drill: string): Promise<void> {
    await chmod(join(drill, 'journal.jsonl'), 0o000);
    for (const command of ['resume', 'abort', 'analyze']) {
      const run = await bash(`${LIKE_ANYBODY}${GAMEDAY} ${command} '${drill}'`, folder, road.env);
      expect(run, command).toMatchObject({ code: 2, stdout: '' });
      expect(run.stderr).toContain('cannot be read: EACCES');
      expect(run.stderr).not.toContain('    at ');
    }
  }
});

describe('a disk and a home', () => {
  // Each on a lane of its own: a build that nobody can write down any more is left running.
  test.each([
    [12, 1],
    [16, 2],
    [20, 3],
  ])(
    'a disk of %i KiB is full before the injection: nothing is stopped, and the answer says so',
    async (kib, n) => {
      const on = laneNumber(n);
      const out = join(folder, `full-${String(kib)}`);
      await mkdir(out);
      await road.settled(on);
      const sent = await stopsSent();
      const run = `${GAMEDAY} run --yes --json --out '${out}' '${on.scenario}'`;
      const { code, stdout, stderr } = await bash(withDisk(out, kib, run), folder, road.env);
      expect(code, stderr).toBe(4);
      const document = documentIn(stdout);
      expect(document).toMatchObject({ outcome: 'could-not-run', reason: 'journal-unwritable' });
      expect(JSON.stringify(document)).toContain('ENOSPC');
      expect(await stopsSent()).toBe(sent);
    },
  );

  test('in a home that is read-only no state can be kept: bad input, and nothing is contacted', async () => {
    const home = join(folder, 'home');
    await mkdir(home, { mode: 0o500 });
    const env = { ...road.env, HOME: home, GAMEDAY_STATE_DIR: '' };
    const sent = await stopsSent();
    const run = `${LIKE_ANYBODY}${GAMEDAY} run --yes --json --out '${join(folder, 'homeless')}' '${lane.scenario}'`;
    const { code, stdout, stderr } = await bash(run, folder, env);
    expect(code, stderr).toBe(2);
    expect(documentIn(stdout)).toMatchObject({
      drills: [],
      errors: [
        {
          message: `the state directory (GAMEDAY_STATE_DIR) ${join(home, '.local/state/gameday')} cannot be written: this user may not write there (EACCES)`,
          next: 'Give this user the right to write there, or name another folder.',
        },
      ],
    });
    expect(await stopsSent()).toBe(sent);
    expect(await readdir(home)).toEqual([]);
  });
});

describe('a proxy that answers for Buildkite', () => {
  const page = '<!DOCTYPE html><title>Sign in</title><form action="/login"></form>';

  test('with a login page is no Buildkite: could not run', async () => {
    const proxy = await startServer((_seen, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    });
    try {
      await answeredBy(proxy.url, 'buildkite-error');
    } finally {
      await proxy.close();
    }
  });

  test('with the way to a login page elsewhere gets no token there', async () => {
    const elsewhere = await startServer((_seen, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    });
    const proxy = await startServer((_seen, response) => {
      response.writeHead(302, { location: `${elsewhere.url}/login` }).end();
    });
    try {
      await answeredBy(proxy.url, 'buildkite-error');
      expect(elsewhere.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    } finally {
      await proxy.close();
      await elsewhere.close();
    }
  });

  async function answeredBy(url: string, reason: string): Promise<void> {
    const env = { ...road.env, BUILDKITE_GRAPHQL_ENDPOINT: `${url}/graphql` };
    const out = join(folder, `proxy-${new URL(url).port}`);
    const run = await cli(['run', '--yes', '--json', '--out', out, lane.scenario], folder, env);
    expect(documentIn(run.stdout), run.stderr).toMatchObject({ outcome: 'could-not-run', reason });
    expect(run.code).toBe(4);
  }
});
