import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { eventsOf } from '../../src/journal/events.ts';
import { onlyTheStopped } from '../e2e/support/gates.ts';
import { cli, documentIn, startCli } from '../support/cli.ts';
import type { Cli } from '../support/cli.ts';
import { processesWith } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { drillIn, eventsIn, followed, openRoad } from './support/lanes.ts';
import type { Lane, Road } from './support/lanes.ts';
import { bash, GAMEDAY } from './support/shell.ts';

let road: Road;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gd-'));
  road = await openRoad(folder, { lanes: 3 });
});
afterAll(async () => {
  await road.close();
  await until('the end of the rig', async () => (await processesWith(folder)).length === 0);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A lane that nobody drills at, and a folder for its drill. */
async function freeLane(n: number, name: string): Promise<{ readonly lane: Lane; readonly out: string }> {
  const lane = road.lanes[n];
  if (lane === undefined) throw new Error(`the rig has no lane ${String(n)}`);
  await road.settled(lane);
  return { lane, out: join(lane.folder, name) };
}

function begin(lane: Lane, out: string): Cli {
  return startCli(['run', '--yes', '--json', '--out', out, lane.scenario], road.folder, road.env);
}

async function goOn(how: 'resume' | 'abort', out: string): Promise<Cli> {
  const yes = how === 'resume' ? ['--yes'] : [];
  return startCli([how, (await drillIn(out)) ?? '', '--json', '--out', out, ...yes], road.folder, road.env);
}

async function landedOn(out: string): Promise<number> {
  const intents = eventsOf(await eventsIn(out), 'GD_FAULT_INTENDED');
  const { stopTaskLanded } = await road.counts();
  const arns = new Set(
    intents.map(({ payload }) => (payload.call.kind === 'stop-task' ? payload.call.taskArn : '')),
  );
  return [...arns].reduce((sum, arn) => sum + (stopTaskLanded[arn] ?? 0), 0);
}

test.concurrent(
  'two runners on one folder: the second is refused, the first goes on undisturbed',
  async () => {
    const { lane, out } = await freeLane(0, 'twice');
    const first = begin(lane, out);
    await first.said('the stop landed');
    for (const how of ['resume', 'abort'] as const) {
      const second = await goOn(how, out);
      expect((await second.ended).code, second.stderr()).toBe(3);
      const document = documentIn(second.stdout());
      expect(document).toMatchObject({ outcome: 'refused', reason: 'lock-held' });
      expect(JSON.stringify(document)).toContain(`process ${String(first.child.pid)}`);
    }
    const drill = (await drillIn(out)) ?? '';
    expect((await cli(['drills', '--out', out], folder)).stdout).toMatch(new RegExp(`${drill} +observing`));
    expect((await followed(first, out, road.folder, onlyTheStopped)).code, first.stderr()).toBe(0);
    expect(documentIn(first.stdout())).toMatchObject({ outcome: 'passed', reason: 'drained' });
    expect(await landedOn(out)).toBe(1);
  },
);

test.concurrent.each([
  ['SIGINT', 130, 1],
  ['SIGTERM', 143, 2],
] as const)('%s twice ends it at once with %i, and what it leaves is resumed', async (signal, code, n) => {
  const { lane, out } = await freeLane(n, signal);
  const run = begin(lane, out);
  await run.said('the stop landed');
  run.child.kill(signal);
  run.child.kill(signal);
  const sentAt = Date.now();
  expect(await run.ended).toEqual({ code, signal: null });
  expect(Date.now() - sentAt).toBeLessThan(10_000);
  const resumed = await goOn('resume', out);
  await followed(resumed, out, road.folder, onlyTheStopped);
  expect(documentIn(resumed.stdout()), resumed.stderr()).toMatchObject({
    outcome: 'passed',
    reason: 'drained',
  });
  expect(await landedOn(out)).toBe(1);
});

test('a drill that is aborted by hand after its injection sends nothing more, and proves nothing', async () => {
  const { lane, out } = await freeLane(0, 'aborted');
  const run = begin(lane, out);
  await run.said('the stop landed');
  run.child.kill('SIGTERM');
  await run.ended;
  const aborted = await goOn('abort', out);
  const { code } = await aborted.ended;
  const document = documentIn(aborted.stdout());
  expect(document, aborted.stderr()).toMatchObject({ outcome: 'aborted', exitCode: 0 });
  expect(code).toBe(0);
  await road.release(await eventsIn(out));
  for (const how of ['abort', 'resume'] as const) {
    const again = await goOn(how, out);
    expect((await again.ended).code, again.stderr()).toBe(0);
    expect(documentIn(again.stdout()).reason).toBe(document.reason);
  }
  expect(await landedOn(out)).toBe(1);
});

const Started = z.object({
  event: z.string(),
  jobId: z.string().optional(),
  buildNumber: z.number().optional(),
});

async function runningJob(): Promise<{ readonly job: string; readonly build: number }> {
  const control = road.env['GAMEDAY_RIG_CONTROL'] ?? '';
  const seen = async (): Promise<readonly z.infer<typeof Started>[]> =>
    z.array(Started).parse(await (await fetch(`${control}/log`)).json());
  const before = (await seen()).length;
  const answer = await fetch(`${control}/do`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ do: 'create-build', pipeline: 'lane-3', branch: 'main' }),
  });
  expect(await answer.json()).toMatchObject({ ok: true });
  return until('the job of the build', async () => {
    const started = (await seen()).slice(before).find(({ event }) => event === 'job-started');
    const { jobId: job, buildNumber: build } = started ?? {};
    return job === undefined || build === undefined ? null : { job, build };
  });
}

test('an assertion that was interrupted is resumed to its answer', async () => {
  const { out } = await freeLane(2, 'asserted');
  const { job, build } = await runningJob();
  const flags = ['--within', '60s', '--poll-every', '300ms', '--json', '--out', out];
  const first = startCli(['assert', '--build', `acme/lane-3/${String(build)}`, ...flags], folder, road.env);
  await until('its first look at the job', async () =>
    (await eventsIn(out)).some(
      (event) => event.code === 'GD_OBSERVED' && event.payload.facts.some(({ kind }) => kind === 'job'),
    ),
  );
  first.child.kill('SIGINT');
  expect(await first.ended).toEqual({ code: 130, signal: null });
  await writeFile(join(folder, 'gates', job), '');
  const resumed = await goOn('resume', out);
  const { code } = await resumed.ended;
  expect(documentIn(resumed.stdout()), resumed.stderr()).toMatchObject({ outcome: 'not-lost', exitCode: 0 });
  expect(code).toBe(0);
});

test('a reader who takes one line and goes changes no exit code', async () => {
  const { lane, out } = await freeLane(1, 'read');
  const run = begin(lane, out);
  await followed(run, out, road.folder, onlyTheStopped);
  const drill = (await drillIn(out)) ?? '';
  const where = `--out '${out}'`;
  const commands: readonly (readonly [string, number])[] = [
    [`resume ${drill} ${where}`, 0],
    [`resume ${drill} ${where} --json`, 0],
    [`abort ${drill} ${where}`, 0],
    [`analyze ${drill} ${where}`, 0],
    [`analyze ${drill} ${where} --json`, 0],
    [`drills ${where}`, 0],
    [`drills ${where} --json`, 0],
    [`run --dry-run '${lane.scenario}' ${where}`, 0],
    [`run '${lane.scenario}' --json --out '${out}-refused'`, 3],
    [`validate '${lane.scenario}'`, 0],
    [`assert --build acme/lane-2/999 --within 1s --out '${out}-none'`, 4],
  ];
  for (const [command, code] of commands) {
    const piped = await bash(`${GAMEDAY} ${command} | head -1`, folder, road.env);
    expect([command, piped.code, piped.stdout.trimEnd().split('\n').length]).toEqual([command, code, 1]);
    expect(piped.stderr).not.toContain('EPIPE');
    expect(piped.stderr).not.toContain('    at ');
  }
});
