// What the measurements share: running programs, a rig of their own, and numbers in words.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
export const BIN = join(ROOT, 'bin', 'run.js');

/** Median, least and most of some numbers, with their unit. */
export function spread(numbers, unit) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  const round = (value) => (value >= 10 ? value.toFixed(0) : value.toFixed(1));
  return {
    median,
    text: `median ${round(median)} ${unit} (${round(sorted[0])} to ${round(sorted.at(-1))}, n=${sorted.length})`,
  };
}

/** Starts a program; `ended` gives its code, output and milliseconds. */
export function start(args, { cwd = ROOT, env = {} } = {}) {
  const since = performance.now();
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr, took: performance.now() - since }));
  });
  return { child, ended, stdout: () => stdout, stderr: () => stderr };
}

export async function run(args, options) {
  const ended = await start(args, options).ended;
  if (ended.code !== 0)
    throw new Error(`${args.join(' ')} ended with ${ended.code}\n${ended.stdout}${ended.stderr}`);
  return ended;
}

/** The times of a program, after some that only warm up. */
export async function times(args, options, { warmUps = 3, runs = 10 } = {}) {
  const took = [];
  for (let index = 0; index < warmUps + runs; index += 1) {
    const ended = await run(args, options);
    if (index >= warmUps) took.push(ended.took);
  }
  return took;
}

/** The times of several programs that take turns, so that what else the machine does meets all of them alike. */
export async function timesInTurn(programs, { warmUps = 3, runs = 20 } = {}) {
  const took = programs.map(() => []);
  for (let round = 0; round < warmUps + runs; round += 1)
    for (const [index, args] of programs.entries()) {
      const ended = await run(args, {});
      if (round >= warmUps) took[index].push(ended.took);
    }
  return took;
}

/** Asks until there is an answer; `told` gives what to say when there is none. */
export async function until(ask, what, told = () => '') {
  for (const end = performance.now() + 60_000; performance.now() < end;) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited in vain for ${what}\n${told()}`);
}

const rigFile = (pipeline) => `organization: acme
region: us-east-1
cluster: build-prod
lostAfter: 3s
services:
  - { name: build-agents, taskDefinition: ${JSON.stringify(join(ROOT, 'scenarios/task-definitions/exec-form.json'))}, desiredCount: 2, launchType: FARGATE }
pipelines:
  - { slug: canary, steps: ${JSON.stringify(join(ROOT, 'scenarios/pipelines', pipeline))} }
`;

const drillFile = (inFlightFor, pollEvery) => `version: 1
title: A measured drill
build: { organization: acme, pipeline: canary }
cluster: { region: us-east-1, name: build-prod, service: build-agents }
when: { step: integration, inFlightFor: ${inFlightFor}, startWithin: 60s }
inject: { fault: stop-task }
limits: { verdictWithin: 60s, pollEvery: ${pollEvery} }
`;

/** A rig that keeps running and a drill for it, for as long as `work` takes. */
export async function onRig({ pipeline, inFlightFor, pollEvery }, work) {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-bench-'));
  try {
    writeFileSync(join(folder, 'rig.yaml'), rigFile(pipeline));
    writeFileSync(join(folder, 'drill.yaml'), drillFile(inFlightFor, pollEvery));
    return await onRigFile(folder, work);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The rig of a folder's rig.yaml, up for as long as `work` takes. */
export async function onRigFile(folder, work, flags = []) {
  const rig = start([BIN, 'rig', 'up', 'rig.yaml', ...flags], { cwd: folder });
  try {
    await until(() => rig.stdout().includes('GAMEDAY_RIG_CONTROL') || rig.child.exitCode !== null, 'the rig');
    const pairs = [...rig.stdout().matchAll(/^export (\w+)='?(.*?)'?$/gm)].map(([, name, value]) => [
      name,
      value,
    ]);
    const env = { ...Object.fromEntries(pairs), GAMEDAY_STATE_DIR: join(folder, 'state') };
    if (env.GAMEDAY_RIG_CONTROL === undefined) throw new Error(`the rig did not start: ${rig.stderr()}`);
    const control = async (path) => (await fetch(`${env.GAMEDAY_RIG_CONTROL}/${path}`)).json();
    return await work({ folder, env, control, pid: rig.child.pid });
  } finally {
    rig.child.kill('SIGTERM');
    await rig.ended;
  }
}
