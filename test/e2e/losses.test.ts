import { cpSync, existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LossesDocument } from '../../src/losses/document.ts';
import { cli, startCli } from '../support/cli.ts';
import type { Ended } from '../support/cli.ts';
import { forkRig } from '../support/forked-rig.ts';
import type { ForkedRig } from '../support/forked-rig.ts';
import { startServer } from '../support/http-server.ts';
import { until } from '../support/until.ts';

const STEPS = `steps:
  - { key: build, command: make }
  - { key: unit, command: make test, retry: { automatic: [{ exit_status: -1, limit: 2 }] } }
  - { key: lint, command: make lint, soft_fail: true }
  - { key: integration, command: make integration }
`;
const HOUR = 3_600_000;
/** Eleven days ago the chance of a loss fell from 4 % to 0.3 %; 26 days ago a deployment cut twelve jobs within minutes. */
const RIG = `organization: acme
cluster: build-prod
services:
  - { name: build-agents, taskDefinition: ${JSON.stringify(new URL('../contract/rig/agent.json', import.meta.url).pathname)}, desiredCount: 1, launchType: FARGATE, pastDeployments: [{ ago: 626h, took: 90m }, { ago: 50h, took: 90m }] }
pipelines:
  - { slug: main, steps: steps.yaml }
  - { slug: other, steps: steps.yaml }
past:
  main:
    builds: 480
    every: 2h
    took: 5m
    loss: 0.04
    change: { ago: 264h, loss: 0.003 }
    spikes: [{ ago: 625h, builds: 3 }]
    failure: 0.02
    oddExit: 0.004
    retriedByHand: 0.5
    disconnected: 0.3
    versions: [3.78.0, 3.138.0]
    branches: [main, feature]
    seed: 3
  other: { builds: 3, every: 1h, loss: 0 }
`;

let folder: string;
let rig: ForkedRig;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-losses-'));
  await writeFile(join(folder, 'steps.yaml'), STEPS);
  await writeFile(join(folder, 'rig.yaml'), RIG);
  rig = await forkRig(pathToFileURL(join(folder, 'rig.yaml')));
}, 60_000);
afterAll(async () => {
  await rig.close();
  await rm(folder, { recursive: true, force: true });
});

const state = (): Readonly<Record<string, string>> => ({
  ...rig.environment,
  GAMEDAY_STATE_DIR: join(folder, 'state'),
});
const losses = (...args: readonly string[]): Promise<Ended> => cli(['losses', ...args], folder, state());
function documentOf({ code, stdout, stderr }: Ended, expected = 0): LossesDocument {
  expect({ code, stderr }).toEqual({ code: expected, stderr: '' });
  return (JSON.parse(stdout) as { losses: LossesDocument }).losses;
}

/** The same builds counted from Buildkite's own answers, by this test's own reading of them. */
async function countByHand() {
  const { BUILDKITE_REST_API_ENDPOINT: rest, BUILDKITE_API_TOKEN: token, ...others } = rig.environment;
  const headers = { authorization: `Bearer ${token ?? ''}`, 'content-type': 'application/json' };
  const jobs: Record<string, unknown>[] = [];
  for (let page = 1; page <= 5; page += 1) {
    const url = `${rest ?? ''}/v2/organizations/acme/pipelines/main/builds?include_retried_jobs=true&per_page=100&page=${page}`;
    const builds = (await (await fetch(url, { headers })).json()) as { jobs: Record<string, unknown>[] }[];
    jobs.push(...builds.flatMap((build) => build.jobs));
  }
  const lost = new Set<unknown>();
  for (const { id } of jobs.filter((job) => job['exit_status'] === -1)) {
    const query = `{ job(uuid: "${String(id)}") { ... on JobTypeCommand { events { edges { node { type } } } } } }`;
    const body = JSON.stringify({ query });
    const answer = await fetch(others['BUILDKITE_GRAPHQL_ENDPOINT'] ?? '', { method: 'POST', headers, body });
    if (/AGENT_(LOST|DISCONNECTED)/.test(await answer.text())) lost.add(id);
  }
  return {
    runs: jobs.length,
    lost: lost.size,
    odd: jobs.filter(({ exit_status: exit }) => exit === -1).length - lost.size,
  };
}

test('every planted loss is found, hidden ones too, and what only looks like one is not', async () => {
  const truth = await countByHand();
  expect(truth.lost).toBeGreaterThan(50);
  expect(truth.odd).toBeGreaterThan(2);
  const { total, spikes, change, requests } = documentOf(
    await losses('--pipeline', 'acme/main', '--since', '45d', '--json'),
  );
  expect(total).toMatchObject({ runs: truth.runs, lost: truth.lost, undecided: 0, builds: 483 });
  const { hiddenBy, hidden, lost } = total;
  expect(hiddenBy.retry + hiddenBy.person + hiddenBy['soft-fail']).toBe(hidden);
  expect(hidden + hiddenBy.no).toBe(lost);
  for (const why of ['retry', 'person', 'soft-fail', 'no'] as const) expect(hiddenBy[why]).toBeGreaterThan(0);
  expect(total.reddened).toBeGreaterThan(0);
  expect(total.retriedByPeople).toBeGreaterThan(0);
  // Each lost run of five minutes was given up three minutes later, or ended with its agent's disconnect.
  expect(total.wasted).toBeGreaterThan(lost * 5 * 60_000);
  expect(total.wasted).toBeLessThan(lost * 8 * 60_000);
  // 483 builds are five pages.
  expect(requests).toBe(5);

  // The spike: three builds of four jobs, each lost within eight minutes.
  expect(spikes.length).toBe(1);
  expect(spikes[0]).toMatchObject({ lost: 12, agents: 12 });
  expect(Math.abs((spikes[0]?.from ?? 0) - (Date.now() - 625 * HOUR))).toBeLessThan(0.5 * HOUR);

  // The change, without being told of it: within its days, from the planted rate to the planted rate.
  if (change?.kind !== 'guess') throw new Error('no change was found');
  const planted = Date.now() - 264 * HOUR;
  expect(Date.parse(change.from)).toBeLessThanOrEqual(planted);
  expect(Date.parse(change.to) + 24 * HOUR).toBeGreaterThanOrEqual(planted);
});

test('a change on a date: each rate within its interval, and the exact test', async () => {
  const at = new Date(Date.now() - 264 * HOUR).toISOString();
  const { change } = documentOf(
    await losses('--pipeline', 'main', '--since', '25d', '--before-after', at, '--json'),
  );
  if (change?.kind !== 'stated') throw new Error('the change was not taken');
  expect(change.before.rate.low).toBeLessThan(0.04);
  expect(change.before.rate.high).toBeGreaterThan(0.04);
  expect(change.since.rate.low).toBeLessThan(0.003);
  expect(change.since.rate.high).toBeGreaterThan(0.003);
  expect(change.low).toBeLessThan(0.003 / 0.04);
  expect(change.high).toBeGreaterThan(0.003 / 0.04);
  expect(change.chance).toBeLessThan(0.001);
});

test.each([
  ['0.5%', 10, 'above', 'failed'],
  ['20%', 0, 'below', 'clean'],
])('as a monitor: --max %s ends %i', async (max, code, answer, outcome) => {
  const ended = await losses('--pipeline', 'main', '--since', '30d', '--max', max, '--json');
  expect(documentOf(ended, code)).toMatchObject({ limit: { answer } });
  expect(JSON.parse(ended.stdout)).toMatchObject({ outcome, exitCode: code });
});

test('a monitor at the very rate that was seen says that the runs do not tell', async () => {
  const args = ['--pipeline', 'main', '--since', '30d', '--json'];
  const { total } = documentOf(await losses(...args));
  const ended = await losses(...args, '--max', (total.rate.share ?? 0).toFixed(5));
  expect(documentOf(ended, 11)).toMatchObject({ limit: { answer: 'not-enough-evidence' } });
  expect(JSON.parse(ended.stdout)).toMatchObject({ outcome: 'inconclusive', exitCode: 11 });
});

test('it is told on the screen, by groups, and drawn; the deployment that ECS keeps lies beside its spike', async () => {
  const { code, stdout } = await losses(
    ...['--pipeline', 'main', '--since', '45d', '--by', 'step', '--svg', 'losses.svg'],
    ...['--cluster', 'build-prod', '--service', 'build-agents'],
  );
  expect(code).toBe(0);
  for (const said of [
    'Lost job runs of acme/main',
    'by a retry rule',
    'integration',
    '12 lost of 12 agents',
    ', in deployment ',
    'The rate probably changed on',
  ])
    expect(stdout).toContain(said);
  const svg = readFileSync(join(folder, 'losses.svg'), 'utf8');
  for (const part of ['<svg', '<circle', '12 lost', 'change (a guess)', 'deployment', '</svg>'])
    expect(svg).toContain(part);
});

test('every pipeline that the token may see', async () => {
  const { total, by } = documentOf(await losses('--all', '--since', '3h', '--by', 'pipeline', '--json'));
  expect(by?.groups.map(({ name }) => name).toSorted()).toEqual(['main', 'other']);
  expect(total.lost).toBe(0);
});

describe('bad days', () => {
  test('killed in the middle, it goes on after what it had read', async () => {
    const pages = join(folder, 'killed');
    const args = ['losses', '--pipeline', 'main', '--since', '44d', '--pages', pages, '--json'];
    const first = startCli(args, folder, state());
    const kept = (): Promise<string[]> =>
      readdir(join(pages, 'acme--main')).then(
        (names) => names.filter((name) => name.endsWith('.gz')),
        () => [],
      );
    await until('two pages', async () => (await kept()).length >= 2);
    first.child.kill('SIGKILL');
    await first.ended;
    const before = (await kept()).length;
    const whole = documentOf(await cli(args, folder, state()));
    expect(whole.requests).toBeLessThanOrEqual(6 - before);
    const other = documentOf(await losses('--pipeline', 'main', '--since', '44d', '--json'));
    expect({ ...whole.total, wasted: 0 }).toEqual({ ...other.total, wasted: 0 });
  });

  test('without the right to ask GraphQL, what the list leaves open counts both ways', async () => {
    const pages = join(folder, 'unasked');
    // Read already, but for what GraphQL said.
    const own = join(folder, 'state', 'past-builds', 'acme--main');
    cpSync(own, join(pages, 'acme--main'), { recursive: true, filter: (path) => !path.endsWith('.jsonl') });
    const args = ['--pipeline', 'main', '--since', '20d', '--points', '0', '--pages', pages, '--json'];
    const { total, notes } = documentOf(await losses(...args));
    expect(total.undecided).toBeGreaterThan(0);
    expect(notes.join('\n')).toContain('count each of them both ways');
  });

  test('Ctrl-C while Buildkite does not answer ends it within half a second, as interrupted', async () => {
    const silent = await startServer(() => undefined);
    try {
      const env = { ...state(), BUILDKITE_REST_API_ENDPOINT: silent.url };
      const { child, ended, stdout } = startCli(['losses', '--pipeline', 'main', '--json'], folder, env);
      await until('the request', async () => silent.requests.length > 0);
      child.kill('SIGINT');
      expect(await ended).toEqual({ code: 130, signal: null });
      expect(JSON.parse(stdout())).toMatchObject({ outcome: 'interrupted', exitCode: 130 });
    } finally {
      await silent.close();
    }
  });

  test('an unknown pipeline', async () => {
    const { code, stderr } = await losses('--pipeline', 'none');
    expect(code).toBe(4);
    expect(stderr).toContain('pipeline "none" in "acme"');
  });
});

test.each([
  [[], 'the losses of which pipelines?'],
  [['--all', '--pipeline', 'main'], 'the losses of which pipelines?'],
  [['--pipeline', 'a/b', '--pipeline', 'c/d'], 'several organizations'],
  [['--pipeline', 'main', '--since', 'yesterday'], '--since: "yesterday" is not understood'],
  [['--pipeline', 'main', '--since', '2999-01-01'], 'does not lie in the past'],
  [['--pipeline', 'main', '--max', '50'], '--max: "50" is not a rate'],
  [['--pipeline', 'main', '--before-after', '2020-01-01'], 'does not lie after --since'],
  [['--pipeline', 'main', '--service', 's'], '--service needs its --cluster'],
])('%j is bad input, before anything is contacted', async (args, message) => {
  const nowhere = { BUILDKITE_API_TOKEN: 'bkua_not-a-real-token', BUILDKITE_ORGANIZATION_SLUG: 'acme' };
  const { code, stderr } = await cli(['losses', ...args], folder, nowhere);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test('without a token nothing is contacted, and no folder is made', async () => {
  const env = { GAMEDAY_STATE_DIR: join(folder, 'untouched') };
  const { code, stderr } = await cli(['losses', '--pipeline', 'acme/main'], folder, env);
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('BUILDKITE_API_TOKEN') as string,
  });
  expect(existsSync(join(folder, 'untouched'))).toBe(false);
});
