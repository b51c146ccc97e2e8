import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readJournal } from '../../src/journal/replay.ts';
import { cli, documentIn, ROOT, startCli } from '../support/cli.ts';
import { processesWith } from '../support/processes.ts';
import { until } from '../support/until.ts';

/** Two services on one rig, each with a queue and a pipeline of its own. */
const SERVICES = ['blue', 'green'] as const;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-parallel-'));
  const definition = JSON.parse(
    await readFile(join(ROOT, 'scenarios/task-definitions/exec-form.json'), 'utf8'),
  ) as { containerDefinitions: { environment?: object[] }[] };
  for (const name of SERVICES) {
    const environment = [{ name: 'BUILDKITE_AGENT_TAGS', value: `queue=${name}` }];
    const containerDefinitions = definition.containerDefinitions.map((one) => ({ ...one, environment }));
    await write(`${name}.json`, JSON.stringify({ ...definition, family: name, containerDefinitions }));
    await write(`${name}-steps.yaml`, stepsOf(name));
    await write(`${name}.yaml`, scenarioOf(name));
  }
  await write('rig.yaml', RIG);
});
afterEach(async () => {
  for (const pid of await processesWith(folder)) process.kill(pid, 'SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), text);
}

const stepsOf = (name: string): string => `steps:
  - { key: integration, command: sleep 4, agents: { queue: ${name} } }
`;
const scenarioOf = (name: string): string => `version: 1
title: A ${name} worker drains
build: { organization: acme, pipeline: ${name} }
cluster: { region: us-east-1, name: build-prod, service: ${name} }
when: { step: integration, inFlightFor: 500ms, startWithin: 60s }
inject: { fault: stop-task }
limits: { verdictWithin: 60s, pollEvery: 300ms }
rig: rig.yaml
`;
const RIG = `organization: acme
region: us-east-1
cluster: build-prod
lostAfter: 3s
services:
${SERVICES.map((name) => `  - { name: ${name}, taskDefinition: ${name}.json, desiredCount: 3, launchType: FARGATE }\n`).join('')}pipelines:
${SERVICES.map((name) => `  - { slug: ${name}, steps: ${name}-steps.yaml }\n`).join('')}`;

/** When each drill began and ended, by its journal, and where it drilled. */
async function readSpans() {
  const names = await readdir(join(folder, '.gameday'));
  const spans = names.map(async (name) => {
    const { events } = await readJournal(join(folder, '.gameday', name, 'journal.jsonl'));
    const [planned] = events;
    const service =
      planned?.code === 'GD_DRILL_PLANNED' ? planned.payload.plan.scenario.cluster.service : null;
    return { service, from: planned?.at ?? 0, to: events.at(-1)?.at ?? 0, last: events.at(-1)?.code };
  });
  return Promise.all(spans);
}

const overlap = (a: { from: number; to: number }, b: { from: number; to: number }): boolean =>
  a.from < b.to && b.from < a.to;

test('drills of two services run at the same time on one rig, and those of one service one after another', async () => {
  const run = ['run', '--rig', '--json', 'blue.yaml', 'green.yaml', '--parallel', '4', '--repeat', '2'];
  const { code, stdout, stderr } = await cli(run, folder);
  const { drills, counts } = documentIn(stdout);
  expect({ code, counts, stderr: code === 0 ? '' : stderr }).toEqual({
    code: 0,
    counts: { passed: 4 },
    stderr: '',
  });
  expect(drills.map(({ title }) => title)).toEqual(
    ['blue', 'green', 'blue', 'green'].map((name) => `A ${name} worker drains`),
  );
  expect(new Set(drills.map(({ drill }) => drill)).size).toBe(4);
  const spans = await readSpans();
  const pairs = spans.flatMap((a, index) => spans.slice(index + 1).map((b) => [a, b] as const));
  expect(pairs.filter(([a, b]) => a.service === b.service && overlap(a, b))).toEqual([]);
  expect(pairs.some(([a, b]) => a.service !== b.service && overlap(a, b))).toBe(true);
});

test('drills of one service run at the same time where the scenario allows it, and each proves its own stop', async () => {
  await write('blue.yaml', `${scenarioOf('blue')}safety: { drillsAtOnce: 2 }\n`);
  const run = ['run', '--rig', '--json', 'blue.yaml', '--parallel', '2', '--repeat', '2'];
  const { code, stdout, stderr } = await cli(run, folder);
  const { drills, counts } = documentIn(stdout);
  expect({ code, counts, stderr: code === 0 ? '' : stderr }).toEqual({
    code: 0,
    counts: { passed: 2 },
    stderr: '',
  });
  expect(new Set(drills.map(({ target }) => target?.taskArn)).size).toBe(2);
  const [one, other] = await readSpans();
  expect(one !== undefined && other !== undefined && overlap(one, other)).toBe(true);
});

test('one signal ends all of them, and the document has each with how to go on', async () => {
  const run = startCli(['run', '--rig', '--json', 'blue.yaml', 'green.yaml', '--parallel', '2'], folder);
  await run.said('A blue worker drains: step integration runs');
  await run.said('A green worker drains: step integration runs');
  run.child.kill('SIGINT');
  expect(await run.ended).toEqual({ code: 130, signal: null });
  const { outcome, drills } = documentIn(run.stdout());
  expect(outcome).toBe('interrupted');
  expect(drills.map((drill) => drill.outcome)).toEqual(['interrupted', 'interrupted']);
  for (const { drill, commands } of drills) expect(commands).toContain(`gameday drills resume ${drill}`);
  expect((await readSpans()).map(({ last }) => last)).toEqual(['GD_INTERRUPTED', 'GD_INTERRUPTED']);
  await until('the end of the rig', async () => (await processesWith(folder)).length === 0);
});

test.each([
  [['--parallel', '0'], '--parallel "0" is no count from 1 to 1000'],
  [['--repeat', '2', '--side-by-side'], '--side-by-side shows each scenario once'],
])('bad input is found before anything is started: %j', async (flags, said) => {
  const { code, stderr } = await cli(['run', '--rig', 'blue.yaml', ...flags], folder);
  expect(code).toBe(2);
  expect(stderr).toContain(said);
  expect(await readdir(folder)).not.toContain('.gameday');
});
