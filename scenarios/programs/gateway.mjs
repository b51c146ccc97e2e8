#!/usr/bin/env node
// A small gateway as it stands beside an agent: it passes calls on to a model and streams the answers. The model is a
// clock here. `gateway.mjs --on-stop flush|cut|drop [--port 8080]`:
//   flush  on SIGTERM it takes no more calls, finishes those in flight and ends with 0;
//   cut    on SIGTERM it ends at once, with 1 if calls were in flight;
//   drop   the same, but always with 0, as many proxies do.
// GET /ready answers at once; GET /complete?in=SECONDS begins at once and ends with the word "done" after so long.
// It listens on its task's own address: 127.0.0.1, or where all tasks share a machine what GAMEDAY_RIG_TASK_ADDRESS names.
// It counts its calls in GAMEDAY_RIG_SHARED/TASK/CONTAINER.json, which outlives it: {"begun": 3, "finished": 2, "cut": 1}.
// A call is counted as begun before it is passed on: only then does one that is killed show as half-finished.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { 'on-stop': { type: 'string', default: 'flush' }, port: { type: 'string', default: '8080' } },
});
const onStop = values['on-stop'];
if (!['flush', 'cut', 'drop'].includes(onStop)) {
  console.error(`gateway: --on-stop is flush, cut or drop, not ${onStop}`);
  process.exit(2);
}

const counter = { begun: 0, finished: 0, cut: 0 };
const counterFile = await findCounterFile();
let inFlight = 0;
let stopping = false;

/** ECS tells a container its task and its name. */
async function findCounterFile() {
  const { GAMEDAY_RIG_SHARED: shared, ECS_CONTAINER_METADATA_URI_V4: metadata } = process.env;
  if (shared === undefined || metadata === undefined) return null;
  const { Labels: labels } = await (await fetch(metadata)).json();
  const task = labels['com.amazonaws.ecs.task-arn'].split('/').at(-1);
  return join(shared, task, `${labels['com.amazonaws.ecs.container-name']}.json`);
}

/** Whoever reads the file finds all of it, for it is put in its place when it is whole. */
function count(kind, calls = 1) {
  counter[kind] += calls;
  if (counterFile === null) return;
  mkdirSync(dirname(counterFile), { recursive: true });
  writeFileSync(`${counterFile}.new`, JSON.stringify(counter));
  renameSync(`${counterFile}.new`, counterFile);
}

function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url, 'http://gateway');
  if (pathname === '/ready') return void response.end('done');
  if (pathname !== '/complete') return void response.writeHead(404).end();
  inFlight += 1;
  count('begun');
  const over = setTimeout(() => response.end('done'), Number(searchParams.get('in') ?? 0) * 1000);
  response.write('the answer begins ... ');
  response.once('finish', () => count('finished'));
  response.once('close', () => {
    clearTimeout(over);
    inFlight -= 1;
    if (!response.writableFinished) count('cut');
    if (stopping && inFlight === 0) leave(0);
  });
}

function leave(code) {
  console.log(`gateway: ends with ${code}`);
  process.exit(code);
}

function stop() {
  if (stopping) return;
  stopping = true;
  console.log(`gateway: SIGTERM, ${inFlight} in flight, ${onStop}`);
  if (onStop !== 'flush') {
    count('cut', inFlight);
    return leave(onStop === 'cut' && inFlight > 0 ? 1 : 0);
  }
  server.close();
  if (inFlight === 0) leave(0);
}

const server = createServer({ keepAliveTimeout: 1 }, answer);
process.on('SIGTERM', stop);
count('begun', 0);
const address = process.env.GAMEDAY_RIG_TASK_ADDRESS ?? '127.0.0.1';
server.listen(Number(values.port), address, () =>
  console.log(`gateway: listens on ${address}:${values.port}`),
);
