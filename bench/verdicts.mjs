// False passes and false failures, one situation after the other, beside Chaos Toolkit. Expected of ours: 0 and 0.
// With GAMEDAY_CHAOS (its `chaos`) and GAMEDAY_CHAOS_EXPERIMENT (an experiment that reads GD_GQL_URL, GD_BUILD, GD_STEP,
// BUILDKITE_TOKEN and AWS's variables) it is measured here too, on the same rig files.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, onRigFile, ROOT, start } from './measure.mjs';
import { SITUATIONS } from './situations.mjs';

/** Measured 2026-11 with chaostoolkit 1.19.0 and chaostoolkit-aws 0.35.1, in eight situations in which nothing or the wrong thing was injected, or a retry hid the loss. */
const CHAOS_TOOLKIT = [
  'Chaos Toolkit, stock providers: passes 6 of 8 such situations (measured 2026-11, 1.19.0 + aws 0.35.1)',
  'Chaos Toolkit, guarded by hand: passes 2 of 8; every other outcome is exit 1, whatever it was',
];

function write(folder, { task, seconds, command, step, inFlightFor, rig }) {
  const json = (name, value) => writeFileSync(join(folder, name), `${JSON.stringify(value, null, 1)}\n`);
  json('steps.yaml', {
    steps: [{ key: 'integration', command: command ?? `sleep ${seconds}`, ...step }],
  });
  const taskDefinition = join(ROOT, 'scenarios', 'task-definitions', task);
  json('rig.yaml', {
    ...{ organization: 'acme', cluster: 'build-prod', lostAfter: '5s' },
    services: [{ name: 'build-agents', taskDefinition, desiredCount: 2, launchType: 'FARGATE' }],
    pipelines: [{ slug: 'canary', steps: 'steps.yaml' }],
    ...rig,
  });
  json('drill.yaml', {
    ...{ version: 1, title: 'A measured situation' },
    build: { organization: 'acme', pipeline: 'canary' },
    cluster: { region: 'us-east-1', name: 'build-prod', service: 'build-agents' },
    when: { step: 'integration', inFlightFor, startWithin: '60s' },
    inject: { fault: 'stop-task' },
    limits: { verdictWithin: '90s', pollEvery: '400ms' },
    rig: 'rig.yaml',
  });
}

async function ours(folder) {
  const { stdout } = await start([BIN, 'run', '--rig', '--json', 'drill.yaml'], { cwd: folder }).ended;
  const { outcome, reason } = JSON.parse(stdout);
  return { said: `${outcome}: ${reason}`, passed: outcome === 'passed', failed: outcome === 'failed' };
}

async function theirs(folder) {
  const { GAMEDAY_CHAOS: chaos, GAMEDAY_CHAOS_EXPERIMENT: experiment } = process.env;
  if (!chaos || !experiment) return null;
  return onRigFile(folder, async ({ env }) => {
    const control = `${env.GAMEDAY_RIG_CONTROL}/do`;
    const body = JSON.stringify({ do: 'create-build', pipeline: 'canary', branch: 'main' });
    await fetch(control, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const args = [
      '--no-version-check',
      '--no-log-file',
      'run',
      '--journal-path',
      join(folder, 'j.json'),
      experiment,
    ];
    const child = spawn(chaos, args, {
      cwd: folder,
      env: {
        ...process.env,
        ...env,
        GD_GQL_URL: env.BUILDKITE_GRAPHQL_ENDPOINT,
        GD_BUILD: 'acme/canary/1',
        GD_STEP: 'integration',
        BUILDKITE_TOKEN: env.BUILDKITE_API_TOKEN,
      },
      stdio: 'ignore',
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    return { said: `exit ${code}`, passed: code === 0, failed: code !== 0 };
  });
}

/** A pass that nothing proves is false; so is a failure where the worker drained or nothing was injected. */
function judged(truth, { passed, failed }) {
  if (passed && truth !== 'drained') return 'FALSE PASS';
  if (failed && truth !== 'hurt') return 'FALSE FAILURE';
  return '';
}

async function play(situation) {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-bench-'));
  try {
    write(folder, situation);
    return [await ours(folder), situation.oursAlone ? null : await theirs(folder)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function measure() {
  const lines = [];
  const counts = [0, 0, 0, 0];
  for (const situation of SITUATIONS) {
    const answers = await play(situation);
    const words = answers.map((answer, who) => {
      if (answer === null) return null;
      const wrong = judged(situation.truth, answer);
      if (wrong === 'FALSE PASS') counts[who * 2] += 1;
      if (wrong === 'FALSE FAILURE') counts[who * 2 + 1] += 1;
      return `${who === 0 ? '' : 'Chaos Toolkit '}${answer.said}${wrong === '' ? '' : ` ${wrong}`}`;
    });
    lines.push(
      `${situation.name.padEnd(56)} ${situation.truth.padEnd(8)} ${words.filter((word) => word !== null).join(' | ')}`,
    );
  }
  const here = process.env.GAMEDAY_CHAOS
    ? [
        `Chaos Toolkit here: ${counts[2]} false passes, ${counts[3]} false failures, ${SITUATIONS.filter(({ oursAlone }) => !oursAlone).length} situations`,
      ]
    : [];
  return [
    ...lines,
    `gameday: ${counts[0]} false passes, ${counts[1]} false failures, ${SITUATIONS.length} situations`,
    ...here,
    ...CHAOS_TOOLKIT,
  ];
}
