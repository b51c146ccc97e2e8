// Drills against fleets that are never quite settled: scaled from zero by the drill's own build, one-shot workers, workers that
// leave when idle. Which share gives a verdict: goal nine of ten. GAMEDAY_BEFORE names another bin/run.js to compare with.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, onRigFile, start, until } from './measure.mjs';

const DRILLS = Number(process.env.GAMEDAY_DRILLS ?? 40);
const VERDICTS = ['passed', 'failed', 'outlasted'];
const FLEETS = [
  {
    name: 'autoscaled from zero',
    flags: [],
    desiredCount: 0,
    autoscaler: { service: 'build-agents', every: '500ms', scaleInAfter: '1s', max: 4 },
    steps: [{ key: 'side', command: 'sleep 3', parallelism: 2 }],
    fromZero: true,
  },
  {
    name: 'one-shot, 20 workers',
    flags: ['--disconnect-after-job'],
    desiredCount: 20,
    steps: [{ key: 'side', command: 'sleep 0.3', parallelism: 6 }],
  },
  {
    name: 'idle time-out, 4 workers',
    flags: ['--disconnect-after-idle-timeout', '4'],
    desiredCount: 4,
    steps: [],
  },
];

const definition = (flags) => ({
  family: 'build-agent',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '1024',
  memory: '2048',
  containerDefinitions: [
    {
      name: 'agent',
      image: 'example/build-agent:1',
      entryPoint: ['buildkite-agent', 'start', '--tags-from-ecs-meta-data', ...flags],
      stopTimeout: 30,
    },
  ],
});
const rig = ({ desiredCount, autoscaler }) => ({
  organization: 'acme',
  cluster: 'build-prod',
  lostAfter: '30s',
  standInAgent: 'reporting',
  services: [{ name: 'build-agents', taskDefinition: 'agent.json', launchType: 'FARGATE', desiredCount }],
  ...(autoscaler === undefined ? {} : { autoscaler }),
  pipelines: [{ slug: 'canary', steps: 'canary.yaml' }],
  knobs: { provisioning: '1s', imagePull: '1s' },
});
const DRILL = {
  version: 1,
  title: 'A drill against a fleet that is never quite settled',
  build: { organization: 'acme', pipeline: 'canary' },
  cluster: { region: 'us-east-1', name: 'build-prod', service: 'build-agents' },
  when: { step: 'integration', inFlightFor: '500ms', startWithin: '60s' },
  inject: { fault: 'stop-task' },
  limits: { verdictWithin: '60s', pollEvery: '300ms' },
};

/** The outcome of each drill of one `gameday run`. */
async function play(bin, files, { folder, env }) {
  const { stdout, stderr } = await start([bin, 'run', ...files, '--yes', '--json'], { cwd: folder, env })
    .ended;
  const { drills } = JSON.parse(stdout || `{"drills":[],"errors":${JSON.stringify(stderr)}}`);
  return drills.map(({ outcome, reason }) => ({ outcome, reason }));
}

async function playAll(bin, fleet, count) {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-bench-'));
  const write = (name, content) => writeFileSync(join(folder, name), JSON.stringify(content));
  try {
    write('agent.json', definition(fleet.flags));
    write('rig.yaml', rig(fleet));
    write('canary.yaml', { steps: [{ key: 'integration', command: 'sleep 4' }, ...fleet.steps] });
    const files = Array.from({ length: count }, (_, index) => `drill-${index + 1}.yaml`);
    for (const file of files) write(file, DRILL);
    return await onRigFile(folder, async (up) => {
      if (!fleet.fromZero) return play(bin, files, up);
      const ended = [];
      for (const file of files) {
        await until(
          async () => (await up.control('processes')).every(({ pids }) => pids.length === 0),
          'a service at zero',
        );
        ended.push(...(await play(bin, [file], up)));
      }
      return ended;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function say(ended) {
  const given = ended.filter(({ outcome }) => VERDICTS.includes(outcome)).length;
  const reasons = ended.map(({ outcome, reason }) => (outcome === reason ? outcome : `${outcome} ${reason}`));
  const kinds = [...new Set(reasons)].map(
    (kind) => `${reasons.filter((one) => one === kind).length} ${kind}`,
  );
  return `${given} of ${ended.length} (${kinds.join(', ')})`;
}

export async function measure() {
  const before = process.env.GAMEDAY_BEFORE;
  const lines = [];
  const all = { now: [], before: [] };
  for (const [index, fleet] of FLEETS.entries()) {
    const count = Math.floor(DRILLS / FLEETS.length) + (index < DRILLS % FLEETS.length ? 1 : 0);
    const now = await playAll(BIN, fleet, count);
    all.now.push(...now);
    lines.push(`${fleet.name}: a verdict in ${say(now)}`);
    if (before === undefined) continue;
    const then = await playAll(before, fleet, count);
    all.before.push(...then);
    lines.push(`${fleet.name}, before: a verdict in ${say(then)}`);
  }
  const total = (ended) =>
    `${ended.filter(({ outcome }) => VERDICTS.includes(outcome)).length} of ${ended.length}`;
  lines.push(`in all: a verdict in ${total(all.now)}; goal nine of ten`);
  if (before !== undefined) lines.push(`in all, before: a verdict in ${total(all.before)}`);
  return lines;
}
