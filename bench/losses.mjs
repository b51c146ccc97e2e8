// The count of lost runs: 100,000 job runs from the rig's Buildkite, within half of its limits; the same again from what was
// kept; and a million from a server that makes builds up and limits nobody.
// Expected: about fifty requests and two minutes for the first, and memory that does not grow with the history.
import { createServer } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, onRigFile, run } from './measure.mjs';

const STEPS = 20;
const BUILDS = 5000;
const LOSS = 0.02;
const MANY_BUILDS = 50_000;
const MINUTE = 60_000;

/** Says at its end how much memory the program took at most, as the kernel counted it. */
const TELLS_MEMORY = `data:text/javascript,process.on('exit',()=>console.error(process.resourceUsage().maxRSS))`;

const rigFile = `organization: acme
cluster: build-prod
pipelines: [{ slug: main, steps: steps.yaml }]
past:
  main: { builds: ${BUILDS}, every: 8m, loss: ${LOSS}, oddExit: 0.0002, disconnected: 0.01, retriedByHand: 0.3, seed: 2 }
`;
const steps = Array.from(
  { length: STEPS },
  (_, nth) => `  - { key: step-${nth}, command: make, soft_fail: ${nth === 0} }\n`,
).join('');

async function count(name, args, options) {
  const all = ['--import', TELLS_MEMORY, BIN, 'losses', '--pipeline', 'main', '--json', ...args];
  const { stdout, stderr, took } = await run(all, options);
  const { total, requests } = JSON.parse(stdout).losses;
  const memory = Number(stderr.trim().split('\n').at(-1)) / 1024;
  const rate = `${(total.rate.share * 100).toFixed(3)} % lost (${(total.rate.low * 100).toFixed(3)} to ${(total.rate.high * 100).toFixed(3)})`;
  return `${name}: ${total.runs} runs of ${total.builds} builds, ${rate}, ${total.undecided} undecided, ${requests} REST requests, ${(took / 1000).toFixed(1)} s, memory ${memory.toFixed(0)} MiB`;
}

/** A build of the past as REST lists it, made up when it is asked for. */
function build(number, createdAt) {
  const at = (ms) => new Date(createdAt + ms).toISOString();
  const jobs = Array.from({ length: STEPS }, (_, nth) => {
    const isLost = (number * STEPS + nth) % 50 === 0;
    const [id, end] = [`${number}-${nth}`, at(isLost ? 5 * MINUTE : 2 * MINUTE)];
    const agent = {
      ...{ id: `agent-${id}`, version: '3.78.0', meta_data: ['queue=default'] },
      lost_at: isLost ? end : null,
    };
    return {
      ...{ type: 'script', id, name: 'Test', step_key: `step-${nth}`, soft_failed: false, retried: false },
      ...{
        state: isLost ? 'failed' : 'passed',
        exit_status: isLost ? -1 : 0,
        signal: null,
        signal_reason: null,
      },
      ...{ runnable_at: at(0), started_at: at(0), finished_at: end, command: 'make test '.repeat(20), agent },
    };
  });
  return {
    ...{
      id: `build-${number}`,
      number,
      branch: 'main',
      state: 'failed',
      created_at: at(0),
      finished_at: at(MINUTE),
    },
    ...{ web_url: `https://buildkite.com/acme/main/builds/${number}`, jobs },
  };
}

/** One build a minute; pages by the bounds of the request alone. */
async function madeUp(work) {
  const newest = Math.floor(Date.now() / MINUTE) * MINUTE;
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url, 'http://x');
    const before = Math.min(newest, Date.parse(searchParams.get('created_to')));
    const first = Math.ceil((newest - before) / MINUTE);
    const numbers = Array.from({ length: 100 }, (_, nth) => first + nth).filter((nth) => nth < MANY_BUILDS);
    const more = numbers.length === 100 ? { link: '<http://x>; rel="next"' } : {};
    response.writeHead(200, { 'content-type': 'application/json', ...more });
    response.end(JSON.stringify(numbers.map((nth) => build(MANY_BUILDS - nth, newest - nth * MINUTE))));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${server.address().port}`;
    return await work({
      ...{ BUILDKITE_REST_API_ENDPOINT: url, BUILDKITE_GRAPHQL_ENDPOINT: `${url}/graphql` },
      ...{ BUILDKITE_API_TOKEN: 'bkua_0123456789', BUILDKITE_ORGANIZATION_SLUG: 'acme' },
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

export async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-bench-'));
  try {
    writeFileSync(join(folder, 'rig.yaml'), rigFile);
    writeFileSync(join(folder, 'steps.yaml'), `steps:\n${steps}`);
    const lines = await onRigFile(folder, async ({ env, control }) => {
      const read = await count('from the rig, within half of the limits', ['--since', '40d'], { env });
      const { buildkite } = await control('counts');
      return [
        `${read}; GraphQL asked of ${buildkite.Job ?? 0} jobs`,
        await count('the same again, from what was kept', ['--since', '40d'], { env }),
      ];
    });
    const state = { GAMEDAY_STATE_DIR: join(folder, 'many') };
    return [
      ...lines,
      ...(await madeUp(async (env) => [
        await count('a tenth of the made-up history', ['--since', '3d'], { env: { ...env, ...state } }),
        await count('a million runs, without limits', ['--since', '40d'], { env: { ...env, ...state } }),
        await count('a million runs, from what was kept', ['--since', '40d'], { env: { ...env, ...state } }),
      ])),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
