import { existsSync, readFileSync } from 'node:fs';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Forecast } from '../../src/forecast/document.ts';
import { cli, documentIn, ROOT, startCli } from '../support/cli.ts';
import type { Ended } from '../support/cli.ts';
import { forkRig } from '../support/forked-rig.ts';
import { until } from '../support/until.ts';
import { surroundings } from './support/case.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-forecast-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const SHIPPED = join(ROOT, 'scenarios/forecast');
const forecast = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  cli(['forecast', ...args], folder, env);

/** The forecast of the one document; its head is that of every document. */
function forecastIn({ code, stdout, stderr }: Ended): Forecast {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const document = JSON.parse(stdout) as Record<string, unknown>;
  expect(document).toMatchObject({ version: 1, outcome: 'planned', exitCode: 0, errors: [], drills: [] });
  return Forecast.parse(document['forecast']);
}

describe('the shipped history is the situation of the incident', () => {
  const shipped = (definition: string, ...more: readonly string[]): Promise<Ended> =>
    forecast([
      ...['--history', join(SHIPPED, 'history.csv')],
      ...['--task-definition', join(SHIPPED, definition), ...more],
    ]);

  test('before: nobody is told within 30 s, about 2 % of the stops lose a job, 8 to 15 jobs a deployment', async () => {
    const { window, lossPerStop, deployments, steps } = forecastIn(await shipped('before.json', '--json'));
    expect(window).toMatchObject({
      container: 'agent',
      drain: 30_000,
      signal: 'eaten',
      launchType: 'FARGATE',
    });
    expect(lossPerStop).toBeGreaterThan(0.015);
    expect(lossPerStop).toBeLessThan(0.025);
    expect(deployments[0]?.lost?.median).toBeGreaterThanOrEqual(8);
    expect(deployments[0]?.lost?.median).toBeLessThanOrEqual(15);
    expect(steps.find(({ step }) => step === 'integration')).toMatchObject({
      fits: 'never',
      fitsCeiling: false,
    });
  });

  test('after: under 0.1 %, no job in a deployment, a minute to drain, and a longer deployment', async () => {
    const { window, lossPerStop, lossPerStopInterval, deployments, busyDrain } = forecastIn(
      await shipped('after.json', '--json'),
    );
    expect(window).toMatchObject({ drain: 120_000, signal: 'heard', wholeStop: 150_000 });
    expect(lossPerStop).toBeLessThan(0.001);
    expect(lossPerStopInterval?.[0]).toBeLessThan(lossPerStop);
    const [before, after] = deployments;
    expect(after?.lost?.median).toBe(0);
    expect(after?.wallClock?.median).toBeGreaterThan(before?.wallClock?.median ?? Infinity);
    expect(busyDrain?.mean).toBeGreaterThan(40_000);
    expect(busyDrain?.mean).toBeLessThan(80_000);
  });

  test('it is told in tables, and drawn', async () => {
    const { code, stdout, stderr } = await shipped('before.json', '--svg', 'loss.svg');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const said of [
      'the agent never hears the stop',
      'as given: never signalled',
      'after a fix',
      'integration',
      '█',
    ])
      expect(stdout).toContain(said);
    expect(readFileSync(join(folder, 'loss.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  });
});

test('a stated distribution gives the known figure', async () => {
  const args = [
    '--durations',
    'exponential:300s',
    '--stop-timeout',
    '115s',
    '--utilisation',
    '50%',
    '--json',
  ];
  const answer = forecastIn(await forecast([...args, '--replications', '10']));
  expect(answer.loss).toBeCloseTo(Math.exp(-115 / 300), 12);
  expect(answer.lossPerStop).toBeCloseTo(Math.exp(-115 / 300) / 2, 12);
});

test('the service tells where it runs, how many and by which percentages; a flag goes before it', async () => {
  await Promise.all([
    writeFile(
      join(folder, 'task.json'),
      '{\n  // as it is registered\n  "containerDefinitions": [{"name": "a", "command": ["buildkite-agent", "start"], "stopTimeout": 600}]}',
    ),
    writeFile(
      join(folder, 'service.json'),
      JSON.stringify({
        services: [
          {
            ...{ launchType: 'EC2', desiredCount: 7 },
            deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 150 },
          },
        ],
      }),
    ),
  ]);
  const files = ['--task-definition', 'task.json', '--service', 'service.json'];
  const few = ['--durations', '5m', '--replications', '5', '--json'];
  const { fleet, window, timeouts } = forecastIn(await forecast([...few, ...files]));
  expect(fleet).toMatchObject({ workers: 7, minimumHealthyPercent: 50, maximumPercent: 150 });
  // On EC2 nothing bounds a stopTimeout: the table goes on until no job is lost.
  expect(window).toMatchObject({ launchType: 'EC2', drain: 600_000, ceiling: null });
  expect(timeouts.at(-1)).toMatchObject({ loss: 0 });
  expect(forecastIn(await forecast([...few, ...files, '--workers', '9'])).fleet.workers).toBe(9);
});

test('a fleet whose hooks protect busy workers waits for the longest jobs, and loses none', async () => {
  const args = [
    '--durations',
    'uniform:1m..9m',
    '--utilisation',
    '70%',
    '--workers',
    '40',
    '--protection',
    '2h',
  ];
  const { protection, deployments } = forecastIn(await forecast([...args, '--json']));
  expect(protection).toEqual({ expiry: 7_200_000, loss: 0 });
  const [given, , without] = deployments;
  expect(given).toMatchObject({ name: 'as given: protected while busy', lost: { p5: 0, p95: 0 } });
  // Start-up of a minute, at most nine minutes of a job, and the exit.
  expect(given?.wallClock?.p95).toBeLessThanOrEqual(611_000);
  expect(given?.wallClock?.median).toBeGreaterThan(480_000);
  expect(without?.lost?.median).toBeGreaterThan(10);
  const { code, stdout } = await forecast(args);
  expect(code).toBe(0);
  expect(stdout).toMatch(/protected from scale-in while it has a job +for 2 h 0 min at most/);
  expect(stdout).toContain('as given: protected while busy');
});

test('an init before a shell: the signal cuts every job off, and a forecast says so', async () => {
  const agent = {
    ...{ name: 'agent', entryPoint: ['sh', '-c', 'buildkite-agent start'], stopTimeout: 120 },
    linuxParameters: { initProcessEnabled: true },
  };
  await writeFile(join(folder, 'task.json'), JSON.stringify({ containerDefinitions: [agent] }));
  const args = ['--durations', '60s', '--utilisation', '40%', '--task-definition', 'task.json'];
  const { window, loss, lossPerStop } = forecastIn(await forecast([...args, '--json']));
  expect(window).toMatchObject({ signal: 'fatal', drain: 0, granted: 120_000 });
  expect([loss, lossPerStop]).toEqual([1, 0.4]);
  const heard = forecastIn(await forecast([...args, '--signal', 'heard', '--json']));
  expect([heard.loss, heard.window.drain]).toEqual([0, 120_000]);
  expect((await forecast(args)).stdout).toContain('the signal cuts the job off');
});

test('a deployment is simulated with the drains that drills measured, and says how few they are', async () => {
  const drills = ['exec-form.yaml', 'triggers/agent-idle.yaml'].map((name) => join(ROOT, 'scenarios', name));
  const env = surroundings(folder);
  const played = await cli(['run', '--rig', ...drills, '--json'], folder, env);
  expect(played.code, played.stderr).toBe(0);
  const results = documentIn(played.stdout).drills;
  const [busy, idle] = results.map(({ drain }) => drain?.ms);

  const args = ['--durations', '5m', '--stop-timeout', '60s', '--replications', '50', '--json'];
  const ofFolder = forecastIn(await forecast([...args, '--drains', '.gameday'], env));
  expect(ofFolder.drains).toMatchObject({
    ...{ drills: 2, onRig: 2, unproven: 0 },
    busy: { workers: 1, drained: 1, median: busy, longest: busy },
    idle: { workers: 1, drained: 1, median: idle, longest: idle },
  });
  expect(ofFolder.notes.join()).toContain(
    '1 busy worker and 1 idle ones, of 2 drills, 2 of them on a rig: too few',
  );
  // Start-up of all, then the one drain that was measured of busy workers, told by the row of what was given.
  const given = ofFolder.deployments.find(({ name }) => name === 'as given');
  expect(given?.wallClock?.median).toBeCloseTo(60_000 + (busy ?? Number.NaN), 3);
  expect(given?.lost?.median).toBe(0);

  const one = results[0]?.drill ?? '';
  const { drains } = forecastIn(await forecast([...args, '--drains', one], env));
  expect(drains).toMatchObject({ drills: 1, idle: { workers: 0 } });
  const shown = await forecast(['--durations', '5m', '--drains', one], env);
  expect(shown.stdout).toContain('busy: 1 of 1 drained');

  const unknown = await forecast(['--durations', '5m', '--drains', 'nothing'], env);
  expect(unknown).toMatchObject({ code: 2, stdout: '' });
  expect(unknown.stderr).toContain('there is no drill "nothing"');
});

describe('what is wrong is told with its place, and whose move it is', () => {
  test.each<[string, readonly string[], string, string]>([
    ['a cell', ['--history', 'h.csv'], 'h.csv:3:6', '"soon" is not a number'],
    [
      'a definition',
      ['--durations', '5m', '--task-definition', 't.json'],
      't.json:1:75',
      'stopTimeout must be a whole number, not "120"',
    ],
    [
      'which container',
      ['--durations', '5m', '--task-definition', 'two.json'],
      'two.json',
      '--container a or b',
    ],
    [
      'a circle',
      ['--durations', '5m', '--task-definition', 'circle.json'],
      'circle.json:1:',
      'depends on itself',
    ],
    [
      "CloudFormation's casing",
      ['--durations', '5m', '--task-definition', 'cfn.json'],
      'cfn.json:1:26',
      "CloudFormation's spelling",
    ],
    [
      'no container of that name',
      [...['--durations', '5m', '--task-definition', 'two.json'], ...['--container', 'c']],
      'two.json',
      'there is no container "c"',
    ],
    ['a service alone', ['--durations', '5m', '--service', 'service.json'], '', 'none is given'],
    ['no workers', ['--durations', '5m', '--workers', '0'], '', '--workers'],
    ['too many workers', ['--durations', '5m', '--workers', '5001'], '', '--workers'],
    ['half a worker', ['--durations', '5m', '--workers', '2.5'], '', '--workers'],
    [
      'a service of none',
      [...['--durations', '5m', '--task-definition', 'one.json'], ...['--service', 'service.json']],
      '',
      'a fleet of 0 workers',
    ],
    [
      'too much for Fargate',
      ['--durations', '5m', '--stop-timeout', '15m'],
      '--stop-timeout',
      'limit on Fargate 120 s',
    ],
    [
      'half a minute of protection',
      ['--durations', '5m', '--protection', '90s'],
      '--protection',
      'ECS protects no task for 1 min 30 s',
    ],
    [
      'more than two days of it',
      ['--durations', '5m', '--protection', '49h'],
      '--protection',
      'whole minutes from 1m to 48h',
    ],
    ['two sources', ['--durations', '5m', '--history', 'h.csv'], '', 'one source of durations'],
    ['a distribution', ['--durations', 'normal:5m'], '', '--durations: "normal:5m"'],
    ['a share', ['--durations', '5m', '--utilisation', '130%'], '', '--utilisation: "130%"'],
    [
      'no token',
      ['--pipeline', 'canary'],
      '',
      'BUILDKITE_ORGANIZATION_SLUG and BUILDKITE_API_TOKEN: not set',
    ],
    ['no such step', ['--history', 'good.csv', '--step', 'none'], 'good.csv', 'Its steps: test.'],
    ['nothing over', ['--history', 'running.csv'], 'running.csv', 'left out: 1 not over yet'],
    [
      'no folder',
      ['--history', 'good.csv', '--svg', 'none/x.svg'],
      'none/x.svg',
      'the SVG cannot be written',
    ],
  ])('%s', async (_name, args, at, said) => {
    await Promise.all([
      writeFile(join(folder, 'h.csv'), 'step,seconds\ntest,5\ntest,soon\n'),
      writeFile(join(folder, 'good.csv'), 'step,seconds\ntest,5\n'),
      writeFile(join(folder, 'running.csv'), 'step,started_at,finished_at\ntest,2026-11-24T12:00:00Z,\n'),
      writeFile(
        join(folder, 't.json'),
        '{"taskDefinition": {"containerDefinitions": [{"name": "a", "stopTimeout": "120"}]}}',
      ),
      writeFile(
        join(folder, 'circle.json'),
        '{"containerDefinitions": [{"name": "a", "dependsOn": [{"containerName": "a"}]}]}',
      ),
      writeFile(join(folder, 'cfn.json'), '{"ContainerDefinitions": []}'),
      writeFile(join(folder, 'one.json'), '{"containerDefinitions": [{"name": "a"}]}'),
      writeFile(join(folder, 'service.json'), '{"services": [{"desiredCount": 0}]}'),
      writeFile(join(folder, 'two.json'), '{"containerDefinitions": [{"name": "a"}, {"name": "b"}]}'),
    ]);
    const { code, stdout, stderr } = await forecast(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(at);
    expect(stderr).toContain(said);
    expect(stderr).not.toContain('    at ');
  });
});

test('100,000 jobs of a file', async () => {
  const lines = Array.from({ length: 100_000 }, (_, nth) => `${nth},step-${nth % 7},${(nth * 7919) % 400}`);
  await writeFile(join(folder, 'h.csv'), `id,step,seconds\n${lines.join('\n')}\n`);
  const { source, steps, interval, loss } = forecastIn(
    await forecast(['--history', 'h.csv', '--json', '--stop-timeout', '100s']),
  );
  expect(source.jobs).toBe(100_000);
  expect(steps).toHaveLength(7);
  // Whole seconds from 0 to 399, all as often: 300 * 299 / 2 of 400 * 399 / 2 lie beyond 100 s.
  expect(loss).toBeCloseTo((300 * 299) / (400 * 399), 9);
  expect(interval?.[0]).toBeLessThan(loss);
  expect(interval?.[1]).toBeGreaterThan(loss);
});

/** A rig whose pipeline has a past of 250 jobs, of 1 s to 250 s. */
async function rigWithAPast(over: object = {}): Promise<Awaited<ReturnType<typeof forkRig>>> {
  const took = Array.from({ length: 250 }, (_, nth) => `${nth + 1}s`);
  const rigFile = {
    ...{ organization: 'acme', cluster: 'build-prod' },
    pipelines: [{ slug: 'canary', steps: join(ROOT, 'scenarios/pipelines/three-seconds.yaml') }],
    history: { canary: [{ step: 'integration', took }] },
    ...over,
  };
  await writeFile(join(folder, 'rig.yaml'), JSON.stringify(rigFile));
  return forkRig(new URL(`file://${folder}/rig.yaml`));
}

test('killed in the middle of a past, it goes on behind what it had read', async () => {
  // Every page but the first takes its time: the runner is killed while it waits for the second one, asked for already or not.
  const slow = { operation: 'PastJobs', from: 2, do: { delay: '5s' } };
  const rig = await rigWithAPast({ faulty: { buildkite: [slow] } });
  try {
    const env = { ...rig.environment, GAMEDAY_STATE_DIR: join(folder, 'state') };
    const kept = join(folder, 'state', 'past-jobs', 'acme--canary.jsonl');
    const args = ['forecast', '--pipeline', 'canary', '--json'];
    const killed = startCli(args, folder, env);
    const lines = (): number => (existsSync(kept) ? readFileSync(kept, 'utf8').split('\n').length : 0);
    await until('the first page on the disk', async () => lines() >= 3);
    killed.child.kill('SIGKILL');
    expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' });
    const firstPage = readFileSync(kept, 'utf8');
    expect(firstPage.split('\n')).toHaveLength(3);

    const { source } = forecastIn(await forecast(args.slice(1), env));
    expect(source).toMatchObject({ jobs: 250, complete: true });
    // It was written on behind, not read again.
    expect(readFileSync(kept, 'utf8').startsWith(firstPage)).toBe(true);
  } finally {
    await rig.close();
  }
});

test("a pipeline's own past, page by page within the points; the next run goes on behind it", async () => {
  const rig = await rigWithAPast();
  try {
    const ask = (...more: readonly string[]): Promise<Ended> =>
      forecast(['--pipeline', 'canary', '--cache', 'canary.jsonl', '--json', ...more], rig.environment);
    const first = forecastIn(await ask('--points', '700'));
    expect(first.source).toMatchObject({
      kind: 'buildkite',
      name: 'acme/canary',
      jobs: 200,
      complete: false,
    });
    expect(first.steps[0]?.seen).toMatchObject({ longest: 250_000 });
    expect(first.notes.join('\n')).toContain('run the same command again');
    const second = forecastIn(await ask('--points', '700'));
    expect(second.source).toMatchObject({ jobs: 250, complete: true });
    // 120 s of 1 s to 250 s: the sum of 1 to 130 beyond it.
    expect(forecastIn(await ask('--stop-timeout', '120s')).loss).toBeCloseTo((130 * 131) / (250 * 251), 9);

    // A line that was cut short by a crash is read again; the cache of another pipeline is none.
    const cache = join(folder, 'canary.jsonl');
    const whole = readFileSync(cache, 'utf8');
    await writeFile(cache, whole.split('\n').slice(0, 2).join('\n') + '\n');
    await appendFile(cache, '{"jobs": [{"id"');
    expect(forecastIn(await ask()).source).toMatchObject({ jobs: 250, complete: true });
    expect(readFileSync(cache, 'utf8') === whole).toBe(true);
    const other = await forecast(['--pipeline', 'other', '--cache', 'canary.jsonl'], rig.environment);
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toContain('canary.jsonl:1:1');
    const unknown = await forecast(['--pipeline', 'acme/nothing'], rig.environment);
    expect(unknown.code).toBe(4);
    expect(unknown.stderr).toContain('pipeline "nothing"');
    expect(existsSync(join(folder, '.gameday'))).toBe(false);
  } finally {
    await rig.close();
  }
});
