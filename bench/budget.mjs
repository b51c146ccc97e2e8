// What a drill spends of Buildkite's budget (5,000 points a user in five minutes), by the size of the build that it drills.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, onRigFile, ROOT, start, until } from './measure.mjs';

const SIZES = [10, 60, 400, 1000];
/** How long the drill waits with the step in flight. */
const WAITS_S = 75;
/** The time over which its rate is taken, milliseconds from when the step's wait is calm. */
const [CALM_AFTER_MS, MEASURED_MS] = [15_000, 45_000];

const RIG = `organization: acme
region: us-east-1
cluster: build-prod
services:
  - { name: build-agents, taskDefinition: ${JSON.stringify(join(ROOT, 'scenarios/task-definitions/exec-form.json'))}, desiredCount: 2, launchType: FARGATE }
pipelines:
  - { slug: canary, steps: steps.yaml }
`;
// The other jobs of the build wait for a queue that nobody serves.
const steps = (jobs) => `steps:
  - { key: integration, command: "sleep ${WAITS_S + 10}" }
${halves(jobs - 1)
  .map((half) => `  - { command: "true", parallelism: ${half}, agents: { queue: nobody } }\n`)
  .join('')}`;
// A step has 500 parallel jobs at the most.
const halves = (jobs) => [Math.ceil(jobs / 2), Math.floor(jobs / 2)];
const DRILL = `version: 1
title: A measured budget
build: { organization: acme, pipeline: canary }
cluster: { region: us-east-1, name: build-prod, service: build-agents }
when: { step: integration, inFlightFor: ${WAITS_S}s, startWithin: 150s }
inject: { fault: stop-task }
expect: { build: any }
limits: { verdictWithin: 120s, pollEvery: 2s }
`;

/** Points that the user has left. The look itself costs two. */
async function pointsLeft({ BUILDKITE_GRAPHQL_ENDPOINT: url, ...env }) {
  const headers = { authorization: `Bearer ${env.BUILDKITE_API_TOKEN}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ query: '{ viewer { user { name } } }' });
  const answer = await fetch(url, { method: 'POST', headers, body });
  await answer.text();
  return Number(answer.headers.get('ratelimit-user-remaining'));
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function ofBuild(jobs) {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-bench-'));
  try {
    writeFileSync(join(folder, 'rig.yaml'), RIG);
    writeFileSync(join(folder, 'steps.yaml'), steps(jobs));
    writeFileSync(join(folder, 'drill.yaml'), DRILL);
    return await onRigFile(folder, async ({ env, control }) => {
      await until(
        async () => (await control('log')).filter(({ event }) => event === 'agent-connected').length >= 2,
        'two agents',
      );
      const [points, before] = [await pointsLeft(env), await control('counts')];
      const drill = start([BIN, 'run', 'drill.yaml', '--yes', '--json'], { cwd: folder, env });
      await until(
        async () => (await control('log')).some(({ event }) => event === 'job-started'),
        'the step in flight',
      );
      await sleep(CALM_AFTER_MS);
      const calm = await pointsLeft(env);
      await sleep(MEASURED_MS);
      const waited = calm - (await pointsLeft(env)) - 2;
      const { stdout, stderr } = await drill.ended;
      const spent = points - (await pointsLeft(env)) - 6;
      const after = await control('counts');
      const result = JSON.parse(stdout).drills[0];
      if (result === undefined) throw new Error(`no drill: ${stdout}${stderr}`);
      const asked = sumOf(after.buildkite) - sumOf(before.buildkite) - 3;
      const rate = Math.round((waited * 60_000) / MEASURED_MS);
      return `${jobs} jobs: ${result.outcome} ${result.reason}; waiting ${rate} points a minute; in all ${spent} points, ${asked} requests`;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** GraphQL requests by their operation's name; the agents' own calls have a path for a name. */
function sumOf(counts) {
  return Object.entries(counts)
    .filter(([name]) => /^\w+$/.test(name))
    .reduce((total, [, count]) => total + count, 0);
}

/** Points and requests by the jobs in the build, with a service of two tasks. */
async function byJobs() {
  const lines = [];
  for (const jobs of SIZES) lines.push(await ofBuild(jobs));
  return [
    `by jobs in the build, ${WAITS_S} s of waiting, a poll every 2 s:`,
    ...lines.map((line) => `  ${line}`),
  ];
}

export async function measure() {
  return [...(await byJobs())];
}
