// Injections at random instants on the rig, beside what `gameday forecast` says of them from the jobs that went before.
// GAMEDAY_BENCH_STRIKES says how many (300: eight minutes). Expected: they agree, which is: for a value within the
// prediction's 95 % interval the exact binomial test (two-sided, 5 %) does not refuse what was counted.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { BIN, onRigFile, run, until } from './measure.mjs';

const MOMENTS = Number(process.env.GAMEDAY_BENCH_STRIKES ?? '300');
// Many workers, so that each is stopped seldom: a worker that is stopped as soon as it is there never gets to be old, and the
// instant would not be random in its life.
const WORKERS = 32;
const WINDOW_S = 3;
const SECONDS = [1, 2, 4, 8];
const MEAN_PAUSE_MS = 1500;
const CALM_MS = 30_000;
const PATIENCE_MS = 120_000;

const ALPHA = 0.05;

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
  json('rig.yaml', {
    ...{ organization: 'acme', cluster: 'build-prod', lostAfter: '3s' },
    services: [
      { name: 'workers', taskDefinition: 'task.json', desiredCount: WORKERS, launchType: 'FARGATE' },
    ],
    pipelines: [{ slug: 'canary', steps: 'steps.yaml' }],
    builds: Array.from({ length: buildsNeeded() }, () => ({ pipeline: 'canary' })),
  });
}

/** A build has one job of each duration, so that all kinds wait alike; more of them than can be done in the time. */
function buildsNeeded() {
  const work = SECONDS.reduce((sum, seconds) => sum + seconds, 0);
  const time = (MOMENTS * MEAN_PAUSE_MS * 1.3 + CALM_MS) / 1000;
  return Math.ceil((time * WORKERS) / work) + WORKERS;
}

/** What the rig's log tells, gathered from look to look: it keeps the last few thousand events alone. */
function createRecord(control) {
  const jobs = new Map();
  const stops = new Map();
  const take = (event) => {
    const { jobId, taskArn, at } = event;
    if (event.event === 'stop-requested' && !stops.has(taskArn)) stops.set(taskArn, at);
    if (jobId === undefined) return;
    if (!jobs.has(jobId)) jobs.set(jobId, { jobId });
    const job = jobs.get(jobId);
    if (event.event === 'job-started') Object.assign(job, { taskArn, startedAt: at });
    if (event.event === 'job-finished') Object.assign(job, { endedAt: at, lost: false });
    if (event.event === 'job-lost') Object.assign(job, { endedAt: at, lost: true });
  };
  const look = async () => (await control('log')).forEach(take);
  return {
    look,
    stops,
    jobs: () => [...jobs.values()].filter(({ startedAt }) => startedAt !== undefined),
    /** Tasks that have had a job and were not stopped. */
    workers: () => [
      ...new Set([...jobs.values()].map(({ taskArn }) => taskArn).filter((arn) => arn && !stops.has(arn))),
    ],
  };
}

/** The jobs that began while nobody stopped, when all of them are over: a history without an injection in it. */
async function calm(record) {
  await until(async () => {
    await record.look();
    return record.workers().length >= WORKERS;
  }, 'every worker with a job');
  const [from, to] = [Date.now(), Date.now() + CALM_MS];
  while (Date.now() < to) {
    await pause(1000);
    await record.look();
  }
  const begun = () => record.jobs().filter(({ startedAt }) => startedAt >= from && startedAt < to);
  await until(async () => {
    await record.look();
    return begun().every(({ endedAt }) => endedAt !== undefined);
  }, 'the end of the calm jobs');
  return begun();
}

/** Injections a worker after a pause: it is chosen before, so that nothing of its job can have a say. */
async function injectAll(record, env) {
  const stopped = new Set();
  let since = performance.now();
  // Where nothing is left to be stopped the injections that were made count.
  while (stopped.size < MOMENTS && performance.now() - since < PATIENCE_MS) {
    const workers = record.workers().filter((arn) => !stopped.has(arn));
    const chosen = workers[Math.floor(Math.random() * workers.length)];
    await pause(-MEAN_PAUSE_MS * Math.log(1 - Math.random()));
    if (chosen !== undefined) {
      since = performance.now();
      stopped.add(chosen);
      await stopTask(env, chosen);
    }
    await record.look();
  }
  return stopped;
}

async function stopTask(env, taskArn) {
  await fetch(`${env.GAMEDAY_RIG_CONTROL}/do`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ do: 'stop-task', taskArn, reason: 'bench' }),
  });
}

/** The jobs that were in flight at the very instant of their worker's stop, when all of them are over. */
async function met(record, stopped) {
  const inFlight = () =>
    record.jobs().filter(({ taskArn, startedAt, endedAt }) => {
      const stop = stopped.has(taskArn) ? record.stops.get(taskArn) : undefined;
      return stop !== undefined && startedAt <= stop && (endedAt ?? Infinity) > stop;
    });
  await until(async () => {
    await record.look();
    return inFlight().every(({ endedAt }) => endedAt !== undefined);
  }, 'the end of every target job');
  return inFlight();
}

/** The product's own forecast, from the calm jobs as a history and the definition that is stopped. */
async function forecast(folder, jobs) {
  const rows = jobs.map(({ jobId, startedAt, endedAt }) => `${jobId},mixed,${endedAt - startedAt}`);
  writeFileSync(join(folder, 'history.csv'), `id,step,ms\n${rows.join('\n')}\n`);
  const args = [
    '--history',
    'history.csv',
    '--task-definition',
    'task.json',
    '--json',
    '--replications',
    '1',
  ];
  const { stdout } = await run([BIN, 'forecast', ...args], { cwd: folder });
  const { loss, interval } = JSON.parse(stdout).forecast;
  return { loss, interval: interval ?? [loss, loss] };
}

/** P(X = k) for X of n trials at p. */
function chance(k, n, p) {
  if (p <= 0 || p >= 1) return Number(k === (p <= 0 ? 0 : n));
  let log = 0;
  for (let i = 1; i <= k; i += 1) log += Math.log((n - k + i) / i);
  return Math.exp(log + k * Math.log(p) + (n - k) * Math.log(1 - p));
}

/** The exact two-sided binomial test: how likely is what is no likelier than k hits of n at p. */
function binomialTest(k, n, p) {
  const most = chance(k, n, p) * (1 + 1e-7);
  let sum = 0;
  for (let other = 0; other <= n; other += 1) {
    const one = chance(other, n, p);
    if (one <= most) sum += one;
  }
  return Math.min(1, sum);
}

/** What the forecast would be if a worker were met at this pace and not at any instant of an endless life. */
function atPace(jobs, perMs) {
  const weight = (ms) => 1 - Math.exp(-perMs * Math.max(0, ms));
  const durations = jobs.map(({ startedAt, endedAt }) => endedAt - startedAt);
  const over = durations.reduce((sum, ms) => sum + weight(ms - WINDOW_S * 1000), 0);
  return over / durations.reduce((sum, ms) => sum + weight(ms), 0);
}

const percent = (share) => `${(share * 100).toFixed(1)} %`;

function told({ loss, interval }, lost, hit, paced) {
  const [low, high] = interval;
  const nearest = Math.min(high, Math.max(low, lost / hit));
  const [atLoss, atNearest] = [binomialTest(lost, hit, loss), binomialTest(lost, hit, nearest)];
  return [
    `lost: ${lost} of ${hit} (${percent(lost / hit)}); predicted: ${percent(loss)} (95 %: ${percent(low)} to ${percent(high)}); at this pace: ${percent(paced)}`,
    `exact binomial test: p = ${atLoss.toFixed(2)} against the prediction, ${atNearest.toFixed(2)} against the nearest value of its interval: ${atNearest >= ALPHA ? 'they agree' : 'THEY DISAGREE'}`,
  ];
}

export async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-bench-'));
  const agent = process.env.GAMEDAY_REAL_AGENT;
  try {
    write(folder);
    const flags = agent ? ['--agent', agent] : [];
    return await onRigFile(
      folder,
      async ({ control, env }) => {
        const record = createRecord(control);
        const history = await calm(record);
        const predicted = await forecast(folder, history);
        const since = performance.now();
        const stopped = await injectAll(record, env);
        const pace = stopped.size / WORKERS / (performance.now() - since);
        const hits = await met(record, stopped);
        const lost = hits.filter((job) => job.lost).length;
        return [
          `${stopped.size} injections at random instants on ${WORKERS} workers (${agent ? 'real agent' : 'the rig chooses the agent'}), T = ${WINDOW_S} s, jobs of ${SECONDS.join(', ')} s; ${hits.length} met a job; a history of ${history.length} jobs`,
          ...told(predicted, lost, hits.length, atPace(history, pace)),
        ];
      },
      flags,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
