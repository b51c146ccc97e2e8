// Many waiting drills in one process, beside a process for each: memory, time on the CPU, requests and points a minute, and how
// soon an edge is seen. The rig runs beside it. GAMEDAY_BENCH_MANY names the counts, `1,10,50,500,1000`.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, onRigFile, ROOT, start } from './measure.mjs';

const COUNTS = (process.env.GAMEDAY_BENCH_MANY ?? '1,10,50,500,1000').split(',').map(Number);
/** Beyond it a process each does not fit in a small machine. */
const MOST_PROCESSES = 50;
const MEASURED_FOR_MS = 60_000;
const SETTLED_AFTER_MS = 10_000;
const POINTS_BACK_AFTER_MS = 300_000;
const EDGES = 3;
/** Clock ticks of /proc a second. */
const TICKS = 100;
/** Chaos Toolkit 1.19 with one process for each waiting drill, measured on two cores against loopback stand-ins: MiB of proportional memory. */
const CHAOS_TOOLKIT = { 1: 34, 50: 1694 };

const RIG = `organization: acme
region: us-east-1
cluster: build-prod
services:
  - { name: build-agents, taskDefinition: ${JSON.stringify(join(ROOT, 'scenarios/task-definitions/exec-form.json'))}, desiredCount: 1, launchType: FARGATE }
pipelines:
  - { slug: canary, steps: steps.yaml }
`;
// No agent of this queue connects: every drill waits for its step.
const STEPS = 'steps:\n  - { key: integration, command: "sleep 5", agents: { queue: nobody } }\n';
const DRILL = `version: 1
title: A waiting drill
build: { organization: acme, pipeline: canary }
cluster: { region: us-east-1, name: build-prod, service: build-agents }
when: { step: integration, startWithin: 30m }
inject: { fault: stop-task }
limits: { pollEvery: 2s }
safety: { allowLastWorker: true, drillsAtOnce: 1000 }
`;

async function onWaitingRig(work) {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-bench-'));
  try {
    writeFileSync(join(folder, 'rig.yaml'), RIG);
    writeFileSync(join(folder, 'steps.yaml'), STEPS);
    writeFileSync(join(folder, 'drill.yaml'), DRILL);
    return await onRigFile(folder, work);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Proportional memory of some processes, MiB: what several share is counted once. */
function memoryOf(pids) {
  const one = (pid) =>
    Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024;
  return pids.reduce((sum, pid) => sum + one(pid), 0);
}

function ticksOf(pids) {
  return pids.reduce((sum, pid) => {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return sum + Number(fields[11]) + Number(fields[12]);
  }, 0);
}

/** Requests by their operation's name; the agents' own calls have a path for a name. */
const countRequests = (counts) =>
  Object.entries(counts)
    .filter(([name]) => /^[A-Z]\w+$/.test(name) || name.startsWith('GET /v2'))
    .reduce((total, [, count]) => total + count, 0);

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A request to Buildkite as another client of the same user. */
async function askBuildkite({ BUILDKITE_GRAPHQL_ENDPOINT: url, BUILDKITE_API_TOKEN: token }, query) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return { data: (await answer.json()).data, left: Number(answer.headers.get('ratelimit-user-remaining')) };
}

/** Milliseconds from the end of a build until its drill says so. */
async function measureEdge(env, drills, number) {
  const { data } = await askBuildkite(env, `{ build(slug: "acme/canary/${number}") { id } }`);
  const said = () =>
    drills.some(
      (drill) =>
        drill.stderr().includes(`build #${number} was canceled`) ||
        drill.stderr().includes(`build #${number} is being canceled`) ||
        drill.stderr().includes(`build ${number} is CANCEL`),
    );
  const since = performance.now();
  await askBuildkite(env, `mutation { buildCancel(input: { id: "${data.build.id}" }) { clientMutationId } }`);
  for (const end = since + 600_000; !said() && performance.now() < end;) await sleep(20);
  return performance.now() - since;
}

async function measureWaiting(count, isTogether) {
  return onWaitingRig(async ({ folder, env, control }) => {
    const flags = isTogether ? [`--parallel=${count}`, `--repeat=${count}`] : [];
    const drills = Array.from({ length: isTogether ? 1 : count }, (_, nth) => {
      const own = isTogether ? env : { ...env, GAMEDAY_STATE_DIR: join(folder, `state-${nth}`) };
      return start([BIN, 'run', 'drill.yaml', '--yes', '--json', '--reporter', 'log', ...flags], {
        cwd: folder,
        env: own,
      });
    });
    const created = () =>
      drills.reduce((sum, drill) => sum + drill.stderr().split('was created').length - 1, 0);
    const told = () => drills.map((drill) => drill.stderr().slice(-2_000)).join('');
    const since = performance.now();
    while (created() < count && performance.now() - since < 1_200_000) await sleep(100);
    if (created() < count) throw new Error(`${created()} of ${count} builds\n${told()}`);
    const startedIn = performance.now() - since;
    await sleep(SETTLED_AFTER_MS);
    // What the builds' creation has spent comes back within five minutes.
    if (count > MOST_PROCESSES) await sleep(POINTS_BACK_AFTER_MS);
    const pids = drills.map(({ child }) => child.pid);
    const [ticks, counts, points] = [ticksOf(pids), await control('counts'), await pointsSpent(env)];
    await sleep(MEASURED_FOR_MS);
    const after = await control('counts');
    const result = {
      count,
      startedIn,
      memory: memoryOf(pids),
      cpu: (ticksOf(pids) - ticks) / TICKS,
      buildkite: countRequests(after.buildkite) - countRequests(counts.buildkite),
      ecs: countRequests(after.ecs) - countRequests(counts.ecs),
      points: (await pointsSpent(env)) - points,
      edges: [],
    };
    for (let nth = 0; nth < Math.min(EDGES, count); nth += 1)
      result.edges.push(await measureEdge(env, drills, count - nth));
    const stopped = performance.now();
    for (const { child } of drills) child.kill('SIGINT');
    await Promise.all(drills.map(({ ended }) => ended));
    return { ...result, endedIn: performance.now() - stopped };
  });
}

/** Points that the user has spent in the running window, by what is left. */
async function pointsSpent(env) {
  return 5_000 - (await askBuildkite(env, '{ viewer { user { name } } }')).left;
}

const row = ({ count, startedIn, memory, cpu, buildkite, ecs, points, edges, endedIn }, base) =>
  [
    String(count).padStart(6),
    `${memory.toFixed(0)} MiB`.padStart(9),
    `${(memory - base).toFixed(0)} MiB`.padStart(9),
    `${cpu.toFixed(1)} s`.padStart(8),
    String(buildkite).padStart(10),
    String(ecs).padStart(5),
    String(points).padStart(7),
    `${(Math.max(...edges) / 1000).toFixed(1)} s`.padStart(9),
    `${(startedIn / 1000).toFixed(0)} s`.padStart(8),
    `${(endedIn / 1000).toFixed(2)} s`.padStart(7),
  ].join(' ');
const HEAD = '  drills    memory over base  CPU/min Buildkite   ECS  points edge seen  started   ended';

export async function measure() {
  const together = [];
  for (const count of COUNTS) {
    together.push(await measureWaiting(count, true));
    process.stderr.write(`${row(together.at(-1), together[0].memory)}\n`);
  }
  const apart = [];
  for (const count of COUNTS.filter((one) => one <= MOST_PROCESSES))
    apart.push(await measureWaiting(count, false));
  return [
    'waiting drills in one process; requests and points a minute; the longest of three edges (a build is canceled):',
    HEAD,
    ...together.map((one) => row(one, together[0].memory)),
    'a process for each drill:',
    HEAD,
    ...apart.map((one) => row(one, apart[0].memory)),
    `Chaos Toolkit 1.19, a process for each: ${Object.entries(CHAOS_TOOLKIT)
      .map(([count, mebibytes]) => `${count} drills ${mebibytes} MiB`)
      .join(', ')} (measured elsewhere, on two cores)`,
  ];
}
