import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import type { DrillEvent } from '../../src/journal/events.ts';
import { cli, documentIn, startCli } from '../support/cli.ts';
import { inFolder, journalIn, play } from './support/case.ts';
import { writeCase, writeScenario } from './support/files.ts';
import { held, jobsSeen } from './support/gates.ts';
import type { Opens } from './support/gates.ts';
import { standing } from './support/standing.ts';

const KILLER = fileURLToPath(new URL('../long/support/kill-at.mjs', import.meta.url));
const COUNT = 3;
const build = { organization: 'acme', pipeline: 'canary', count: COUNT };

/** The gate opens when every job of the step was read by itself after the stop landed. */
const whenAllAreProven: Opens = (events) => {
  const landed = eventsOf(events, 'GD_FAULT_LANDED').at(-1)?.seq ?? Infinity;
  const read = (id: string): boolean =>
    eventsOf(events, 'GD_OBSERVED').some(
      ({ seq, payload }) => seq > landed && payload.reads.some(({ ok, subject }) => ok && subject.id === id),
    );
  const jobs = jobsSeen(events).filter(({ stepKey }) => stepKey === 'integration');
  return jobs.length === COUNT && jobs.every(({ id }) => read(id)) ? ['struck'] : [];
};

const DEPLOYMENT = {
  build,
  // So long that the others run too before the first of them is stopped.
  when: { inFlightFor: '4s' },
  inject: { fault: 'deployment' },
  safety: { tasks: COUNT },
};

describe.concurrent('a deployment over several builds', () => {
  test('kills one of them: the verdict is the worst, and each build is told of', async () => {
    const endless = 'if [ "$BUILDKITE_BUILD_NUMBER" = 2 ]; then sleep 600; fi';
    const played = await play({
      steps: [{ key: 'integration', command: `${endless}\n${held()}` }],
      workers: COUNT,
      container: { stopTimeout: 15 },
      scenario: DEPLOYMENT,
      rig: { lostAfter: '4s' },
      opens: whenAllAreProven,
      expected: { exit: 10, outcome: 'failed', reason: 'lost', cause: 'step-over-window', sent: 1 },
    });
    const { fleet, builds } = played.drill;
    expect(fleet).toMatchObject({ buildsHit: COUNT, buildsKilled: 1, jobsHit: COUNT, drained: 2, lost: 1 });
    expect(builds).toEqual([
      { url: expect.stringContaining('/builds/1') as string, number: 1, state: 'PASSED', ...drained },
      { url: expect.stringContaining('/builds/2') as string, number: 2, state: 'FAILED', ...killed },
      { url: expect.stringContaining('/builds/3') as string, number: 3, state: 'PASSED', ...drained },
    ]);
    expect(eventsOf(played.journal, 'GD_BUILD_KNOWN')).toHaveLength(COUNT);
  });

  test('says on its last page how many it killed, and the journal says so again', async () => {
    await inFolder(async (folder) => {
      const steps = [{ key: 'integration', command: 'sleep 600' }];
      const container = { stopTimeout: 3 };
      const scenario = await writeCase(folder, {
        steps,
        container,
        workers: COUNT,
        scenario: { ...DEPLOYMENT, title: 'Three at once' },
        rig: { lostAfter: '3s' },
      });
      const run = await cli(['run', '--rig', '--verbose', scenario], folder, { TMPDIR: folder });
      expect(run.code, run.stderr).toBe(10);
      expect(run.stdout).toContain(`builds killed by this deployment: ${COUNT} of ${COUNT} (${COUNT} hit)`);
      expect(run.stdout).toContain(`Builds  ${COUNT} of ${COUNT} killed by this deployment`);
      expect(run.stdout.match(/Build #\d \(FAILED\): 1 job hit, 1 LOST, KILLED/g)).toHaveLength(COUNT);
      const [drill = ''] = await readdir(join(folder, '.gameday'));
      const again = documentIn((await cli(['analyze', drill, '--json'], folder)).stdout).drills[0];
      expect(again).toMatchObject({ reason: 'lost', fleet: { buildsHit: COUNT, buildsKilled: COUNT } });
      expect(again?.builds.map((one) => one.killed)).toEqual([true, true, true]);
    });
  });
});

const drained = { hit: 1, drained: 1, lost: 0, masked: 0, killed: false };
const killed = { hit: 1, drained: 0, lost: 1, masked: 0, killed: true };

const baseline = { build, inject: { fault: 'none' } } as const;
const step = { key: 'integration', command: held() };

/** Runs a command of a drill until it dies at a line of its journal. */
async function killedAt(
  line: string,
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const killing = { ...env, GAMEDAY_TEST_KILL_AT: line };
  const run = startCli([...args, '--yes'], folder, killing, ['--import', KILLER]);
  expect((await run.ended).signal, run.stderr()).toBe('SIGKILL');
}

function known(events: readonly DrillEvent[]): readonly string[] {
  return eventsOf(events, 'GD_BUILD_KNOWN').map(({ payload }) => payload.buildId);
}

describe.concurrent('a runner that dies while it starts several builds', () => {
  test('is resumed, starts the missing ones, and none twice', async () => {
    await standing({ steps: [step], workers: 1 }, async ({ folder, env, state }) => {
      const scenario = await writeScenario(folder, { scenario: baseline }, 'three.yaml');
      const out = join(folder, 'drills');
      await killedAt('after:GD_BUILD_KNOWN', ['run', scenario, '--out', out], folder, env);
      expect((await state()).builds).toHaveLength(1);
      const [drill = ''] = await readdir(out);
      // The second build is there, and nobody was told.
      await killedAt('before:GD_BUILD_SENT', ['resume', drill, '--out', out], folder, env);
      expect((await state()).builds).toHaveLength(2);
      const resumed = startCli(['resume', drill, '--yes', '--json', '--out', out], folder, env);
      await resumed.said('watching without an injection');
      await writeFile(join(folder, 'gates', 'struck'), '');
      expect((await resumed.ended).code, resumed.stderr()).toBe(0);
      expect(documentIn(resumed.stdout())).toMatchObject({ outcome: 'baseline' });
      const builds = (await state()).builds.map(({ buildId }) => buildId);
      expect(builds).toHaveLength(COUNT);
      const events = await journalIn(out);
      expect([...known(events)].toSorted()).toEqual(builds.toSorted());
      expect(eventsOf(events, 'GD_BUILD_KNOWN').map(({ payload }) => payload.by)).toContain('meta-data');
    });
  });

  test('is aborted, and every build that it started is canceled', async () => {
    await standing({ steps: [step], workers: 1 }, async ({ folder, env, state }) => {
      const scenario = await writeScenario(folder, { scenario: baseline }, 'three.yaml');
      const out = join(folder, 'drills');
      await killedAt('after:GD_BUILD_KNOWN', ['run', scenario, '--out', out], folder, env);
      const [drill = ''] = await readdir(out);
      await killedAt('after:GD_BUILD_SENT', ['resume', drill, '--out', out], folder, env);
      const aborted = await cli(['abort', drill, '--json', '--out', out], folder, env);
      expect(aborted.code, aborted.stderr).toBe(0);
      const states = (await state()).builds.map((one) => one.state.toLowerCase());
      expect(states).toHaveLength(2);
      for (const one of states) expect(['canceling', 'canceled']).toContain(one);
    });
  });
});
