import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pathWithoutAgent } from '../e2e/support/agents.ts';
import { ROOT, startCli } from '../support/cli.ts';
import type { Cli } from '../support/cli.ts';
import { until } from '../support/until.ts';
import { goBuildkite } from './support/go-buildkite.ts';
import { bash } from './support/shell.ts';

const asker = goBuildkite();
const NOT_RUN = asker.path === null ? ` (not run: ${asker.why})` : '';

let folder: string;
let rig: Cli;
beforeAll(async () => {
  if (asker.path === null) return;
  folder = mkdtempSync(join(tmpdir(), 'go-buildkite-'));
  rig = startCli(['rig', 'up', join(ROOT, 'scenarios', 'rigs', 'exec-form.yaml')], folder, {
    PATH: pathWithoutAgent(),
  });
  await rig.said('The rig runs');
  writeFileSync(join(folder, 'rig.env'), rig.stdout());
});
afterAll(async () => {
  if (asker.path === null) return;
  rig.child.kill('SIGINT');
  await rig.ended;
  rmSync(folder, { recursive: true, force: true });
});

interface Answer<T> {
  readonly asked: string;
  readonly status: number;
  readonly value: T;
  readonly error: string;
}

/** Asks one question in a shell that knows nothing but the lines that the rig printed. */
async function ask<T>(question: string): Promise<Answer<T>> {
  const PATH = process.env['PATH'] ?? '';
  const { code, stdout, stderr } = await bash(`. ./rig.env && '${asker.path ?? ''}' '${question}'`, folder, {
    PATH,
    HOME: folder,
  });
  expect({ question, code, stderr }).toEqual({ question, code: 0, stderr: '' });
  return JSON.parse(stdout) as Answer<T>;
}

async function answer<T>(question: string): Promise<T> {
  const { value, ...rest } = await ask<T>(question);
  expect(rest).toEqual({ asked: question, status: 200, error: '' });
  return value;
}

/** Looks at a build until it is in one of these states; every two seconds, for a user has 50 requests a minute. */
async function seen(number: number, ...states: readonly string[]): Promise<Build> {
  return until(`${states.join(' or ')} of build ${String(number)}`, async () => {
    const build = await answer<Build>(`build canary ${String(number)}`);
    if (states.includes(build.state)) return build;
    await pause(2_000);
    return null;
  });
}

interface Build {
  readonly number: number;
  readonly state: string;
}

test("Buildkite's library for Go is here where tools are required", () => {
  if (process.env['GAMEDAY_REQUIRE_TOOLS'] === '1')
    expect(asker).toEqual({ path: expect.any(String) as string });
});

describe.runIf(asker.path !== null)(
  `BK-8: Buildkite's library for Go, by what the rig prints${NOT_RUN}`,
  () => {
    test('reads the token, the organization and its agents', async () => {
      expect(await answer('token')).toMatchObject({
        scopes: expect.arrayContaining(['read_builds']) as string[],
      });
      expect(await answer('organization')).toMatchObject({ slug: 'acme' });
      const agents = await answer<{ id: string; connection_state: string }[]>('agents');
      expect(agents.map(({ connection_state }) => connection_state)).toEqual(['connected', 'connected']);
      expect(await answer(`agent ${agents[0]?.id ?? ''}`)).toMatchObject({ id: agents[0]?.id });
    });

    test('makes a build, follows it to its end, and finds it in lists', async () => {
      const made = await answer<Build>('create canary');
      expect(made).toMatchObject({
        ...{ branch: 'main', commit: 'HEAD', message: 'by the library', source: 'api' },
        ...{ meta_data: { 'made-by': 'go-buildkite' }, env: { COLOUR: 'blue' } },
      });
      const ended = await seen(made.number, 'passed', 'failed');
      expect(ended).toMatchObject({
        state: 'passed',
        jobs: [{ type: 'script', state: 'passed', exit_status: 0, agent: { connection_state: 'connected' } }],
      });
      const second = await answer<Build>('create canary');
      const page = await answer<{ builds: Build[]; nextPage: number }>('builds canary');
      expect([page.builds.map(({ number }) => number), page.nextPage]).toEqual([[second.number], 2]);
      const passed = await answer<{ builds: Build[] }>('builds canary passed');
      expect(passed.builds.map(({ number }) => number)).toEqual([made.number]);
    });

    test('cancels a build', async () => {
      const { number } = await answer<Build>('create canary');
      expect(await answer(`cancel canary ${String(number)}`)).toMatchObject({ number });
      expect(await seen(number, 'canceled', 'passed')).toMatchObject({ state: 'canceled' });
    });

    test('is told of what is not there and of what the rig does not model', async () => {
      expect(await ask('build canary 999')).toMatchObject({ status: 404 });
      expect(await ask('rebuild canary 1')).toMatchObject({ status: 501 });
    });
  },
);
