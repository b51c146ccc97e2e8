// A ledger of 10,000 drills, five a night: how long it takes to add and to count them, in a folder and on S3 (versitygw on this
// machine, by GAMEDAY_S3_SERVER), where a machine that has counted before reads only what is new.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { ROOT } from './measure.mjs';

const DRILLS = 10_000;
const PORT = 17_077;

async function load(folder) {
  const bundle = await rolldown({
    input: join(ROOT, 'bench', 'ledger-parts.ts'),
    platform: 'node',
    resolve: { mainFields: ['module', 'main'] },
    transform: { define: { __dirname: 'import.meta.dirname' } },
    cwd: ROOT,
  });
  try {
    await bundle.write({ dir: folder, format: 'esm', entryFileNames: 'parts.mjs' });
    return await import(pathToFileURL(join(folder, 'parts.mjs')).href);
  } finally {
    await bundle.close();
  }
}

/** Seconds of the clock and of the processor that some work took, and by how much the process grew. */
async function time(work) {
  globalThis.gc?.();
  const [since, used, size] = [performance.now(), process.cpuUsage(), process.memoryUsage.rss()];
  const answer = await work();
  const { user, system } = process.cpuUsage(used);
  const grown = (process.memoryUsage.rss() - size) / 1024 / 1024;
  const took = (performance.now() - since) / 1_000;
  return {
    answer,
    text: `${took.toFixed(1)} s (processor ${((user + system) / 1e6).toFixed(1)} s, ${Math.max(0, grown).toFixed(0)} MB more)`,
  };
}

async function measurePlace(name, url, parts, folder) {
  const { addAll, count, makeDocuments, open } = parts;
  const store = await open(url);
  const documents = makeDocuments(DRILLS);
  const cache = join(folder, `${name}.cache`);
  const added = await time(() => addAll(store, documents, 20));
  const cold = await time(() => count(store, cache));
  const again = await time(() => count(store, cache));
  if (cold.answer !== DRILLS || again.answer !== DRILLS)
    throw new Error(`${name}: counted ${cold.answer} and ${again.answer} of ${DRILLS}`);
  return [
    `${name}: ${DRILLS} drills added by 20 at once: ${added.text}`,
    `${name}: counted for the first time: ${cold.text}; again: ${again.text}`,
  ];
}

async function startServer(program, folder) {
  mkdirSync(join(folder, 's3', 'games'), { recursive: true });
  const keys = { ROOT_ACCESS_KEY: 'gameday-bench', ROOT_SECRET_KEY: 'not-a-secret-of-anybody' };
  const child = spawn(program, ['--port', `127.0.0.1:${PORT}`, '--quiet', 'posix', join(folder, 's3')], {
    env: { ...keys, PATH: process.env.PATH, HOME: folder },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${PORT}`;
  for (let tries = 0; tries < 100; tries += 1) {
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    );
    if (isUp) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: url,
    AWS_ACCESS_KEY_ID: keys.ROOT_ACCESS_KEY,
    AWS_SECRET_ACCESS_KEY: keys.ROOT_SECRET_KEY,
  });
  return child;
}

export async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-bench-ledger-'));
  const program = process.env.GAMEDAY_S3_SERVER ?? '';
  let server = null;
  try {
    const parts = await load(folder);
    const lines = await measurePlace('a folder', join(folder, 'ledger'), parts, folder);
    if (program === '') return [...lines, 'S3: not measured, GAMEDAY_S3_SERVER names no server'];
    server = await startServer(program, folder);
    return [...lines, ...(await measurePlace('S3', 's3://games/ledger', parts, folder))];
  } finally {
    server?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}
