#!/usr/bin/env node
// A small gateway as it stands beside an agent: it passes calls on to a model and streams the answers. The model is a
// clock here. `gateway.mjs --on-stop flush|cut [--port 8080]`:
//   flush  on SIGTERM it takes no more calls, finishes those in flight and ends with 0;
//   cut    on SIGTERM it ends at once, with 1 if calls were in flight.
// GET /ready answers at once; GET /complete?in=SECONDS begins at once and ends with the word "done" after so long.
// It listens on its task's own address: 127.0.0.1, or where all tasks share a machine what GAMEDAY_RIG_TASK_ADDRESS names.
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { 'on-stop': { type: 'string', default: 'flush' }, port: { type: 'string', default: '8080' } },
});
const onStop = values['on-stop'];
if (onStop !== 'flush' && onStop !== 'cut') {
  console.error(`gateway: --on-stop is flush or cut, not ${onStop}`);
  process.exit(2);
}

let inFlight = 0;
let stopping = false;

function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url, 'http://gateway');
  if (pathname === '/ready') return void response.end('done');
  if (pathname !== '/complete') return void response.writeHead(404).end();
  inFlight += 1;
  const over = setTimeout(() => response.end('done'), Number(searchParams.get('in') ?? 0) * 1000);
  response.write('the answer begins ... ');
  response.once('close', () => {
    clearTimeout(over);
    inFlight -= 1;
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
  if (onStop === 'cut') return leave(inFlight > 0 ? 1 : 0);
  server.close();
  if (inFlight === 0) leave(0);
}

const server = createServer({ keepAliveTimeout: 1 }, answer);
process.on('SIGTERM', stop);
const address = process.env.GAMEDAY_RIG_TASK_ADDRESS ?? '127.0.0.1';
server.listen(Number(values.port), address, () =>
  console.log(`gateway: listens on ${address}:${values.port}`),
);
