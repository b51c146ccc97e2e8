// The forecast: a deployment of 500 workers, simulated 1,000 times, and a history of 100,000 jobs from a file.
// Expected: the first under 2 s on one core.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, run, spread, start } from './measure.mjs';

const WORKERS = 500;
const REPLICATIONS = 1000;
const JOBS = 100_000;

/** Run in a process of its own, so that its memory is its own too. */
const SIMULATION = `
const [{ simulateRollouts }, { stated }, { createRandom }] = await Promise.all(
  ['rollout', 'distribution', 'random'].map((name) => import('./dist/forecast/' + name + '.js')),
);
const rollout = {
  workers: ${WORKERS}, minimumHealthyPercent: 100, maximumPercent: 150, roomPercent: 150, idle: 11000,
  startUp: stated({ kind: 'uniform', from: 40000, to: 90000 }), jobs: stated({ kind: 'exponential', mean: 300000 }),
  window: 120000, signal: 'heard', utilisation: 0.7, measured: null,
};
const since = performance.now();
simulateRollouts(rollout, ${REPLICATIONS}, createRandom(1));
console.log(JSON.stringify({ ms: performance.now() - since, kilobytes: process.resourceUsage().maxRSS }));
`;

async function simulated() {
  const { stdout } = await run(['--input-type=module', '-e', SIMULATION]);
  return JSON.parse(stdout);
}

/** The largest memory of a program that ends by itself, as the kernel counted it: asked while it runs. */
async function command(args, cwd) {
  const { ended } = start([BIN, 'forecast', ...args], { cwd });
  const { code, stderr, took } = await ended;
  if (code !== 0) throw new Error(stderr);
  return took;
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
    const rows = Array.from({ length: JOBS }, (_, nth) => `${nth},step-${nth % 20},${(nth * 7919) % 600}`);
    writeFileSync(join(folder, 'history.csv'), `id,step,seconds\n${rows.join('\n')}\n`);
    const took = [];
    for (let turn = 0; turn < 5; turn += 1)
      took.push(await command(['--history', 'history.csv', '--json', '--replications', '1'], folder));
    const rate = Math.round(REPLICATIONS / (times.median / 1000));
    return [
      `${WORKERS} workers, ${REPLICATIONS} deployments: ${times.text}, ${rate} deployments a second, memory ${memory.text}`,
      `a history of ${JOBS} jobs from a file, the whole command: ${spread(took, 'ms').text}`,
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
