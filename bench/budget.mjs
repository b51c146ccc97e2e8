// What a drill spends of Buildkite's budget (5,000 points a user in five minutes, half of them ours) and how often it calls ECS:
// by the jobs in the build, with two tasks in the service; and by the tasks in the service, with one job in the build. Behind all
// but two tasks stands no process (rig file: `processes`). GAMEDAY_BENCH_JOBS and GAMEDAY_BENCH_TASKS name other sizes.
// Expected: waiting costs the same whatever the sizes, a drill two listings of three points a job beside that, a stop-task drill
// the same calls whatever the tasks, a steered scale-in one call for ten tasks, twice. 1,000 jobs cost more than a drill's share
// of five minutes, twice: its points are waited for, about ten minutes.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, onRigFile, ROOT, start, until } from './measure.mjs';

const sizes = (name, others) => (process.env[name] ?? others).split(',').filter(Boolean).map(Number);
const JOBS = sizes('GAMEDAY_BENCH_JOBS', '10,60,400,1000');
const TASKS = sizes('GAMEDAY_BENCH_TASKS', '5,100,500,1000');
/** How long a drill of a build of many jobs waits with the step in flight. */
const WAITS_S = 60;
/** Its rate is taken over so long, from when the first listing is over, milliseconds. */
const [CALM_AFTER_MS, MEASURED_MS] = [12_000, 40_000];
/** The job ends so long after the stop landed: its read in flight comes first. */
const ENDS_AFTER_MS = 3_000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const definition = JSON.stringify(join(ROOT, 'scenarios/task-definitions/exec-form.json'));

const rigFile = (tasks) => `organization: acme
region: us-east-1
cluster: build-prod
lostAfter: 60s
services:
  - { name: build-agents, taskDefinition: ${definition}, desiredCount: ${tasks}, processes: 2, launchType: FARGATE }
pipelines:
  - { slug: canary, steps: steps.yaml }
`;
/** The other jobs of the build wait for a queue that nobody serves; a step has 500 parallel jobs at the most. */
const stepsFile = (jobs, ended) => `steps:
  - { key: integration, command: "until [ -e '${ended}' ]; do sleep 0.2; done" }
${[Math.ceil((jobs - 1) / 2), Math.floor((jobs - 1) / 2)]
  .filter((half) => half > 0)
  .map((half) => `  - { command: "true", parallelism: ${half}, agents: { queue: nobody } }\n`)
  .join('')}`;
const drillFile = (fault, waits) => `version: 1
title: A measured budget
build: { organization: acme, pipeline: canary }
cluster: { region: us-east-1, name: build-prod, service: build-agents }
when: { step: integration, inFlightFor: ${waits}s, startWithin: 10m }
inject: { fault: ${fault} }
expect: { build: any }
limits: { verdictWithin: 10m, pollEvery: 2s }
`;

/** Points that the user has left. The look itself costs two. */
async function pointsLeft({ BUILDKITE_GRAPHQL_ENDPOINT: url, ...env }) {
  const headers = { authorization: `Bearer ${env.BUILDKITE_API_TOKEN}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ query: '{ viewer { user { name } } }' });
  const answer = await fetch(url, { method: 'POST', headers, body });
  await answer.text();
  return Number(answer.headers.get('ratelimit-user-remaining'));
}

/** The drill's journal as far as it is written. */
function readJournal(folder) {
  const [drill] = existsSync(join(folder, '.gameday')) ? readdirSync(join(folder, '.gameday')) : [];
  const file = join(folder, '.gameday', drill ?? '', 'journal.jsonl');
  return drill === undefined || !existsSync(file) ? '' : readFileSync(file, 'utf8');
}

/** Ends the job when the stop has landed, so that a worker that drains lives to its end. */
async function endJobAfterStop(folder, ended, drill) {
  while (drill.child.exitCode === null && !readJournal(folder).includes('GD_FAULT_LANDED')) await sleep(200);
  await sleep(ENDS_AFTER_MS);
  writeFileSync(ended, '');
}

/** Points a minute while the step is waited for. */
async function measureWaiting(env, control) {
  await until(async () => (await control('log')).some(({ event }) => event === 'job-started'), 'the step');
  await sleep(CALM_AFTER_MS);
  const before = await pointsLeft(env);
  await sleep(MEASURED_MS);
  const spent = before - (await pointsLeft(env)) - 2;
  return `waiting ${Math.round((spent * 60_000) / MEASURED_MS)} points a minute`;
}

/** One drill on a rig of its own: its end and what it spent, in words. */
async function drillOf({ jobs = 1, tasks = 2, fault = 'stop-task', waits = 1 }) {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-bench-'));
  const ended = join(folder, 'ended');
  try {
    writeFileSync(join(folder, 'rig.yaml'), rigFile(tasks));
    writeFileSync(join(folder, 'steps.yaml'), stepsFile(jobs, ended));
    writeFileSync(join(folder, 'drill.yaml'), drillFile(fault, waits));
    return await onRigFile(folder, async ({ env, control }) => {
      await until(async () => countAgents(await control('log')) >= Math.min(2, tasks), 'two agents');
      const before = await control('counts');
      const drill = start([BIN, 'run', 'drill.yaml', '--yes', '--json'], { cwd: folder, env });
      const ending = endJobAfterStop(folder, ended, drill);
      const waiting = waits < WAITS_S ? [] : [await measureWaiting(env, control)];
      const { stdout, stderr, took } = await drill.ended;
      await ending;
      const { ecs } = await control('counts');
      const [result] = JSON.parse(stdout === '' ? '{}' : stdout).drills ?? [];
      if (!result?.budget) throw new Error(`no drill: ${stdout}${stderr}`);
      const { points, requests, lowest } = result.budget;
      const refused = readJournal(folder).split('"kind":"rate-limited"').length - 1;
      return [
        `${result.outcome} ${result.reason} in ${Math.round(took / 1_000)} s`,
        ...waiting,
        `${points} points, ${requests} requests, at the least ${lowest.user} left`,
        ...(refused > 0 ? [`${refused} refused for want of points`] : []),
        ...(tasks > 2 ? [sayCalls(before.ecs, ecs)] : []),
      ].join('; ');
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const countAgents = (log) => log.filter(({ event }) => event === 'agent-connected').length;

function sayCalls(before, after) {
  const made = (name) => (after[name] ?? 0) - (before[name] ?? 0);
  const all = Object.keys(after).reduce((total, name) => total + made(name), 0);
  const named = ['ListTasks', 'DescribeTasks', 'GetTaskProtection', 'UpdateTaskProtection'];
  return `${all} calls to ECS (${named.map((name) => `${name} ${made(name)}`).join(', ')})`;
}

/** The builds at the same time, each with its own rig and so with its own limits: the largest waits for its points. */
async function measureJobs() {
  const lines = JOBS.map(async (jobs) => `  ${jobs} jobs: ${await drillOf({ jobs, waits: WAITS_S })}`);
  return [`by jobs in the build, ${WAITS_S} s of waiting, a poll every 2 s:`, ...(await Promise.all(lines))];
}

async function measureTasks() {
  const lines = [];
  for (const fault of ['stop-task', 'scale-in'])
    for (const tasks of TASKS) lines.push(`  ${fault}, ${tasks} tasks: ${await drillOf({ tasks, fault })}`);
  return ['by tasks in the service:', ...lines];
}

export async function measure() {
  return (await Promise.all([measureJobs(), measureTasks()])).flat();
}
