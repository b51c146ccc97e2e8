// Large services: what a drill costs by the tasks in its service: Buildkite's points and requests, and calls to ECS. Behind
// all but two tasks stands no process (rig file: `processes`). GAMEDAY_BENCH_TASKS names other sizes.
// Expected: a stop-task drill costs the same whatever the size; a steered scale-in costs one call for ten tasks, twice.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, onRigFile, ROOT, start } from './measure.mjs';

const SIZES = (process.env.GAMEDAY_BENCH_TASKS ?? '5,100,500,1000').split(',').map(Number);
const FAULTS = ['stop-task', 'scale-in'];
const POINTS_OF_A_USER = 5_000;

const rigFile = (size) => `organization: acme
cluster: build-prod
lostAfter: 60s
services:
  - { name: build-agents, taskDefinition: ${JSON.stringify(join(ROOT, 'scenarios/task-definitions/exec-form.json'))}, desiredCount: ${size}, processes: 2, launchType: FARGATE }
pipelines:
  - { slug: canary, steps: ${JSON.stringify(join(ROOT, 'scenarios/pipelines/eight-seconds.yaml'))} }
`;

const drillFile = (fault) => `version: 1
title: A drill of a large service
build: { organization: acme, pipeline: canary }
cluster: { region: us-east-1, name: build-prod, service: build-agents }
when: { step: integration, inFlightFor: 1s, startWithin: 60s }
inject: { fault: ${fault} }
limits: { verdictWithin: 120s, pollEvery: 1s }
`;

/** The points that are gone, by the header of one more request. */
async function spentPoints(env) {
  const response = await fetch(env.BUILDKITE_GRAPHQL_ENDPOINT, {
    method: 'POST',
    headers: { authorization: `Bearer ${env.BUILDKITE_API_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ viewer { user { uuid } } }' }),
  });
  await response.text();
  return POINTS_OF_A_USER - Number(response.headers.get('ratelimit-user-remaining'));
}

const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0);

async function drillOf(size, fault) {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-bench-'));
  try {
    writeFileSync(join(folder, 'rig.yaml'), rigFile(size));
    writeFileSync(join(folder, 'drill.yaml'), drillFile(fault));
    return await onRigFile(folder, async ({ env, control }) => {
      const before = await control('counts');
      const { stdout, stderr, took } = await start([BIN, 'run', 'drill.yaml', '--yes', '--json'], {
        cwd: folder,
        env,
      }).ended;
      const points = await spentPoints(env);
      const after = await control('counts');
      const [drill] = JSON.parse(stdout === '' ? '{}' : stdout).drills ?? [{ reason: stderr }];
      // Agents talk to Buildkite too, by /v3.
      const graphql = (counts) =>
        sum(Object.fromEntries(Object.entries(counts.buildkite).filter(([name]) => !name.includes('/v3'))));
      const calls = ['ListTasks', 'DescribeTasks', 'GetTaskProtection', 'UpdateTaskProtection']
        .map((name) => `${name} ${(after.ecs[name] ?? 0) - (before.ecs[name] ?? 0)}`)
        .join(', ');
      return `${fault}, ${size} tasks: ${drill.reason} in ${(took / 1000).toFixed(0)} s; ${points} points, ${graphql(after) - graphql(before)} requests to Buildkite, ${sum(after.ecs) - sum(before.ecs)} calls to ECS (${calls})`;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function measure() {
  const lines = [];
  for (const fault of FAULTS) for (const size of SIZES) lines.push(await drillOf(size, fault));
  return lines;
}
