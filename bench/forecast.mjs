// The forecast: a deployment of 500 workers, simulated 1,000 times, and a history of 100,000 jobs from a file.
// Expected: the first under 2 s on one core.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSources } from '../scripts/sources.mjs';
import { BIN, run, spread } from './measure.mjs';

const WORKERS = 500;
const REPLICATIONS = 1000;
const JOBS = 100_000;

/** Run in a process of its own, so that its memory is its own too. */
const SIMULATION = `
const [{ simulateRollouts }, { distributionOf }, { createRandom }] = await Promise.all(
  ['rollout', 'distribution', 'random'].map((name) => import(process.env.SOURCES + '/' + name + '.mjs')),
);
const rollout = {
  workers: ${WORKERS}, minimumHealthyPercent: 100, maximumPercent: 150, roomPercent: 150, idle: 11000,
  startUp: distributionOf({ kind: 'uniform', from: 40000, to: 90000 }), jobs: distributionOf({ kind: 'exponential', mean: 300000 }),
  window: 120000, signal: 'heard', utilisation: 0.7, measured: null,
};
const since = performance.now();
simulateRollouts(rollout, ${REPLICATIONS}, createRandom(1));
console.log(JSON.stringify({ ms: performance.now() - since, kilobytes: process.resourceUsage().maxRSS }));
`;

async function simulated() {
  const folder = await buildSources({
    rollout: 'forecast/rollout.ts',
    distribution: 'forecast/distribution.ts',
    random: 'forecast/random.ts',
  });
  try {
    const { stdout } = await run(['--input-type=module', '-e', SIMULATION], { env: { SOURCES: folder } });
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Says at its end how much memory the program took at most, as the kernel counted it. */
const TELLS_MEMORY = `data:text/javascript,process.on('exit',()=>console.error(process.resourceUsage().maxRSS))`;

async function command(args, cwd) {
  const { stderr, took } = await run(['--import', TELLS_MEMORY, BIN, 'forecast', ...args], { cwd });
  return { took, kilobytes: Number(stderr.trim().split('\n').at(-1)) };
}

/** The same jobs as a CSV, and as builds of 20 jobs each as the REST API lists them. */
function writeHistories(folder) {
  const jobs = Array.from({ length: JOBS }, (_, nth) => [nth, `step-${nth % 20}`, (nth * 7919) % 600]);
  writeFileSync(
    join(folder, 'history.csv'),
    `id,step,seconds\n${jobs.map((job) => job.join()).join('\n')}\n`,
  );
  const builds = Array.from({ length: JOBS / 20 }, (_, number) => ({
    number,
    jobs: jobs.slice(number * 20, number * 20 + 20).map(([id, step_key, seconds]) => ({
      id: String(id),
      type: 'script',
      step_key,
      state: 'passed',
      seconds,
    })),
  }));
  writeFileSync(join(folder, 'history.json'), JSON.stringify(builds));
}

async function history(name, cwd) {
  const runs = [];
  for (let turn = 0; turn < 5; turn += 1)
    runs.push(await command(['--history', name, '--json', '--replications', '1'], cwd));
  const times = spread(
    runs.map(({ took }) => took),
    'ms',
  );
  const memory = spread(
    runs.map(({ kilobytes }) => kilobytes / 1024),
    'MiB',
  );
  return `a history of ${JOBS} jobs, ${name}, the whole command: ${times.text}, memory ${memory.text}`;
}

export async function measure() {
  const runs = [];
  for (let turn = 0; turn < 5; turn += 1) runs.push(await simulated());
  const times = spread(
    runs.map(({ ms }) => ms),
    'ms',
  );
  const memory = spread(
    runs.map(({ kilobytes }) => kilobytes / 1024),
    'MiB',
  );
  const folder = mkdtempSync(join(tmpdir(), 'gameday-bench-'));
  try {
    writeHistories(folder);
    const rate = Math.round(REPLICATIONS / (times.median / 1000));
    return [
      `${WORKERS} workers, ${REPLICATIONS} deployments: ${times.text}, ${rate} deployments a second, memory ${memory.text}`,
      await history('history.csv', folder),
      await history('history.json', folder),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
