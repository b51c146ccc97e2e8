// Strikes at random instants on the rig, beside what the forecast says of them. GAMEDAY_BENCH_STRIKES says how many (100;
// a strike every three seconds). Expected: the prediction lies within the 95 % interval of what was measured.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onRigFile, ROOT, until } from './measure.mjs';

const STRIKES = Number(process.env.GAMEDAY_BENCH_STRIKES ?? '100');
const WORKERS = 6;
const WINDOW_S = 3;
const SECONDS = [1, 2, 4, 8];
const MEAN_PAUSE_MS = 3000;
const IDLE_MS = 60_000;

function write(folder) {
  const json = (name, value) => writeFileSync(join(folder, name), JSON.stringify(value));
  json('task.json', {
    family: 'build-agent',
    requiresCompatibilities: ['FARGATE'],
    containerDefinitions: [
      {
        ...{ name: 'agent', image: 'example/build-agent:1', essential: true, stopTimeout: WINDOW_S },
        entryPoint: ['buildkite-agent', 'start', '--tags-from-ecs-meta-data'],
        secrets: [{ name: 'BUILDKITE_AGENT_TOKEN', valueFrom: 'token' }],
      },
    ],
  });
  json('steps.yaml', {
    steps: [{ key: 'mixed', command: 'sleep {{matrix}}', matrix: SECONDS.map(String) }],
  });
  // A build has one job of each duration, so that at any time all kinds wait alike; more builds than the strikes need.
  const work = SECONDS.reduce((sum, seconds) => sum + seconds, 0);
  const builds = Math.ceil((STRIKES * MEAN_PAUSE_MS * WORKERS) / 1000 / work) + 10;
  json('rig.yaml', {
    ...{ organization: 'acme', cluster: 'build-prod', lostAfter: '3s' },
    services: [
      { name: 'workers', taskDefinition: 'task.json', desiredCount: WORKERS, launchType: 'FARGATE' },
    ],
    pipelines: [{ slug: 'canary', steps: 'steps.yaml' }],
    builds: Array.from({ length: builds }, () => ({ pipeline: 'canary' })),
  });
}

/** Jobs of the rig's log: when they started, when and how they ended. */
function jobsIn(log) {
  const jobs = new Map();
  for (const event of log) {
    if (event.event === 'job-started') jobs.set(event.jobId, { ...event, startedAt: event.at });
    const job = jobs.get(event.jobId);
    if (job === undefined) continue;
    if (event.event === 'job-finished') Object.assign(job, { endedAt: event.at, lost: false });
    if (event.event === 'job-lost') Object.assign(job, { endedAt: event.at, lost: true });
  }
  return jobs;
}

async function strikeAll({ control, env }) {
  const struck = new Map();
  const tasks = new Set();
  let struckAt = performance.now();
  // Where nothing runs any more the strikes that were made count.
  while (struck.size < STRIKES && performance.now() - struckAt < IDLE_MS) {
    // Exponential pauses: no strike knows when a job begins.
    await new Promise((resolve) => setTimeout(resolve, -MEAN_PAUSE_MS * Math.log(1 - Math.random())));
    const running = [...jobsIn(await control('log')).values()].filter(
      ({ endedAt, taskArn }) => endedAt === undefined && taskArn && !tasks.has(taskArn),
    );
    const job = running[Math.floor(Math.random() * running.length)];
    if (job === undefined) continue;
    struckAt = performance.now();
    tasks.add(job.taskArn);
    struck.set(job.jobId, job);
    await fetch(`${env.GAMEDAY_RIG_CONTROL}/do`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ do: 'stop-task', taskArn: job.taskArn, reason: 'bench' }),
    });
  }
  const ended = async () => {
    const jobs = jobsIn(await control('log'));
    return [...struck.keys()].every((id) => jobs.get(id)?.endedAt !== undefined) ? jobs : null;
  };
  return { struck, jobs: await until(ended, 'the end of every struck job') };
}

/** The exact 95 % interval of a share (Clopper and Pearson), by bisection of the binomial's tails. */
function exactInterval(hits, of) {
  const tail = (p, from, to) => {
    let sum = 0;
    for (let k = from; k <= to; k += 1) {
      let log = 0;
      for (let i = 1; i <= k; i += 1) log += Math.log((of - k + i) / i);
      sum += Math.exp(log + k * Math.log(p) + (of - k) * Math.log(1 - p));
    }
    return sum;
  };
  const solve = (grows) => {
    let [low, high] = [1e-9, 1 - 1e-9];
    for (let turn = 0; turn < 60; turn += 1) {
      const middle = (low + high) / 2;
      if (grows(middle)) high = middle;
      else low = middle;
    }
    return low;
  };
  const low = hits === 0 ? 0 : solve((p) => tail(p, hits, of) > 0.025);
  const high = hits === of ? 1 : solve((p) => tail(p, 0, hits) < 0.025);
  return [low, high];
}

/** What the jobs that nobody struck took: that is the history of the forecast. */
async function predicted(struck, jobs) {
  const durations = [...jobs.values()]
    .filter(({ jobId, lost, endedAt }) => endedAt !== undefined && !lost && !struck.has(jobId))
    .map(({ startedAt, endedAt }) => endedAt - startedAt);
  // Long jobs are struck more often, so that those left over are too short: each kind counts as often as it was asked for.
  const [{ empirical }, { lossInFlight }] = await Promise.all([
    import(join(ROOT, 'dist/forecast/distribution.js')),
    import(join(ROOT, 'dist/forecast/loss.js')),
  ]);
  const kinds = SECONDS.map((seconds) => {
    const own = durations.filter((ms) => Math.abs(ms - seconds * 1000) < 900);
    if (own.length === 0) throw new Error(`no job of ${seconds} s was left in peace`);
    return own.reduce((sum, ms) => sum + ms, 0) / own.length;
  });
  return { kinds, loss: lossInFlight(empirical(kinds), WINDOW_S * 1000) };
}

export async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-bench-'));
  try {
    write(folder);
    const { struck, jobs } = await onRigFile(folder, strikeAll);
    const lost = [...struck.keys()].filter((id) => jobs.get(id).lost).length;
    const [low, high] = exactInterval(lost, struck.size);
    const { kinds, loss } = await predicted(struck, jobs);
    const percent = (share) => `${(share * 100).toFixed(1)} %`;
    return [
      `${struck.size} strikes at random instants, T = ${WINDOW_S} s, jobs of ${kinds.map((ms) => `${(ms / 1000).toFixed(1)} s`).join(', ')}`,
      `lost: ${lost} (${percent(lost / struck.size)}, 95 %: ${percent(low)} to ${percent(high)}); predicted: ${percent(loss)}${loss < low || loss > high ? ' OUTSIDE' : ''}`,
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
