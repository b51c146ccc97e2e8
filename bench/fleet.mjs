// A deployment over ten workers and ten builds: memory, time, requests and points of one drill; and what an idle worker of the
// rig costs. With real agents where GAMEDAY_REAL_AGENT names one. Buildkite grants a user 5,000 points in five minutes.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, onRigFile, ROOT, start, until } from './measure.mjs';

const WORKERS = 10;
const IDLE_FOR_MS = 10_000;
/** Clock ticks of /proc a second. */
const TICKS = 100;
const AGENT = process.env.GAMEDAY_REAL_AGENT ?? '';
const FLAGS = AGENT === '' ? [] : ['--agent', AGENT];

const rigFile = (workers) => `organization: acme
region: us-east-1
cluster: build-prod
services:
  - { name: build-agents, taskDefinition: ${JSON.stringify(join(ROOT, 'scenarios/task-definitions/exec-form.json'))}, desiredCount: ${workers}, launchType: FARGATE }
pipelines:
  - { slug: canary, steps: steps.yaml }
`;
const STEPS = `steps:
  - { key: integration, command: "sleep 45" }
`;
const DRILL = `version: 1
title: A measured deployment
build: { organization: acme, pipeline: canary, count: ${WORKERS} }
cluster: { region: us-east-1, name: build-prod, service: build-agents }
when: { step: integration, inFlightFor: 30s, startWithin: 120s }
inject: { fault: deployment }
limits: { verdictWithin: 240s, pollEvery: 2s }
safety: { tasks: ${WORKERS} }
`;

async function onFleet(workers, work) {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-bench-'));
  try {
    writeFileSync(join(folder, 'rig.yaml'), rigFile(workers));
    writeFileSync(join(folder, 'steps.yaml'), STEPS);
    writeFileSync(join(folder, 'drill.yaml'), DRILL);
    return await onRigFile(folder, work, FLAGS);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Most memory that the process ever held, MiB; null when it is gone. */
function peakMiB(pid) {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return null;
  }
}

/** Points that the user has left, and what the look itself cost (two). */
async function pointsLeft({ BUILDKITE_GRAPHQL_ENDPOINT: url, ...env }) {
  const headers = { authorization: `Bearer ${env.BUILDKITE_API_TOKEN}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ query: '{ viewer { user { name } } }' });
  const answer = await fetch(url, { method: 'POST', headers, body });
  await answer.text();
  return Number(answer.headers.get('ratelimit-user-remaining'));
}

/** Requests by their operation's name; the agents' own calls have a path for a name. */
const sum = (counts) =>
  Object.entries(counts)
    .filter(([name]) => /^[A-Z]\w+$/.test(name))
    .reduce((total, [, count]) => total + count, 0);

async function deployment() {
  return onFleet(WORKERS, async ({ folder, env, control }) => {
    await connected(control, WORKERS);
    const before = await control('counts');
    const points = await pointsLeft(env);
    const drill = start([BIN, 'run', 'drill.yaml', '--yes', '--json'], { cwd: folder, env });
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, peakMiB(drill.child.pid) ?? 0)), 200);
    const { stdout, stderr, took } = await drill.ended;
    clearInterval(watch);
    const spent = points - (await pointsLeft(env));
    const after = await control('counts');
    const result = JSON.parse(stdout).drills[0];
    if (result === undefined) throw new Error(`no drill: ${stdout}${stderr}`);
    const { buildsHit, buildsKilled } = result.fleet ?? { buildsHit: 0, buildsKilled: 0 };
    const asked = (service) => sum(after[service]) - sum(before[service]);
    return [
      `deployment over ${WORKERS} workers and ${WORKERS} builds (${AGENT === '' ? 'stand-in agents' : 'real agents'}): ${result.outcome} ${result.reason}, ${buildsHit} builds hit, ${buildsKilled} killed`,
      `  wall-clock ${(took / 1000).toFixed(1)} s, memory of gameday at most ${peak.toFixed(0)} MiB`,
      `  requests: Buildkite ${asked('buildkite')}, ECS ${asked('ecs')}; GraphQL points ${spent} of 5000`,
    ];
  });
}

async function connected(control, workers) {
  await until(async () => {
    const log = await control('log');
    return log.filter(({ event }) => event === 'agent-connected').length >= workers;
  }, `${workers} connected agents`);
}

/** The process and all below it. */
function treeOf(root) {
  const parents = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = statOf(pid);
    if (stat !== null) parents.set(Number(pid), Number(stat[1]));
  }
  const tree = new Set([root]);
  for (let grew = true; grew;) {
    grew = false;
    for (const [pid, parent] of parents)
      if (tree.has(parent) && !tree.has(pid)) {
        tree.add(pid);
        grew = true;
      }
  }
  return [...tree];
}

/** What stands in /proc/PID/stat after the name: state, parent ...; null when the process is gone. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

function residentMiB(pid) {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function usage(root) {
  const pids = treeOf(root);
  const ticks = pids.reduce((total, pid) => {
    const stat = statOf(pid);
    return stat === null ? total : total + Number(stat[11]) + Number(stat[12]);
  }, 0);
  return { ticks, memory: pids.reduce((total, pid) => total + residentMiB(pid), 0), count: pids.length };
}

/** Memory and time of a rig with so many idle workers, its agents and its own processes together. */
async function idle(workers) {
  return onFleet(workers, async ({ control, pid }) => {
    await connected(control, workers);
    const before = usage(pid);
    await new Promise((resolve) => setTimeout(resolve, IDLE_FOR_MS));
    const after = usage(pid);
    const cpu = (((after.ticks - before.ticks) / TICKS) * 1000) / (IDLE_FOR_MS / 1000);
    return { memory: after.memory, cpu, count: after.count };
  });
}

async function idleWorkers() {
  const none = await idle(0);
  const many = await idle(WORKERS);
  const memory = (many.memory - none.memory) / WORKERS;
  const cpu = (many.cpu - none.cpu) / WORKERS;
  const processes = (many.count - none.count) / WORKERS;
  return [
    `the rig without workers: ${none.memory.toFixed(0)} MiB, ${none.cpu.toFixed(1)} ms of CPU a second`,
    `the rig with ${WORKERS} idle workers: ${many.memory.toFixed(0)} MiB, ${many.cpu.toFixed(1)} ms of CPU a second`,
    `  an idle worker: ${memory.toFixed(1)} MiB (resident, shared pages counted for each), ${cpu.toFixed(2)} ms of CPU a second, ${processes.toFixed(1)} processes`,
  ];
}

export async function measure() {
  return [...(await deployment()), ...(await idleWorkers())];
}
