import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agentFlags, realAgent } from '../e2e/support/agents.ts';
import { inFolder, surroundings } from '../e2e/support/case.ts';
import { EXEC, taskDefinition } from '../e2e/support/files.ts';
import { exportsIn, ROOT, startCli } from '../support/cli.ts';
import { until } from '../support/until.ts';
import { exitsOf, isRunning, pipelineOf } from './support/pipelines.ts';

/** File names that a shell or an upload would change. */
const FILES = { a: 'drain of a.yaml', b: `b's $HOME "{}.yaml`, c: 'c.yaml' } as const;
type Name = keyof typeof FILES;
const NAMES: readonly Name[] = ['a', 'b', 'c'];

/** The first build of c ends before anything can be stopped, so its first drill proves nothing. */
const LASTS: Readonly<Record<Name, string>> = {
  a: 'sleep 8',
  b: 'sleep 8',
  c: '[ "$BUILDKITE_BUILD_NUMBER" = 1 ] || sleep 8',
};

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 1)}\n`);
}

/** A service, a queue and a pipeline for each scenario, and workers on which the game day's own steps run. */
async function writeWorld(folder: string): Promise<void> {
  const services = [...NAMES, 'game-day'];
  for (const name of services) {
    const argv = [...EXEC, '--tags', `queue=${name}`];
    await writeJson(join(folder, `${name}.json`), taskDefinition({ argv }, name));
  }
  for (const name of NAMES) {
    const step = { key: 'integration', command: LASTS[name], agents: { queue: name } };
    await writeJson(join(folder, `${name}.pipeline.json`), { steps: [step] });
    await writeJson(join(folder, FILES[name]), {
      version: 1,
      title: `A worker of ${name} costs $0 and drains`,
      build: { organization: 'acme', pipeline: name },
      cluster: { region: 'us-east-1', name: 'build-prod', service: name },
      when: { step: 'integration', inFlightFor: '300ms', startWithin: '60s' },
      inject: { fault: 'stop-task' },
      expect: { build: 'passed' },
      limits: { verdictWithin: '120s', pollEvery: '300ms' },
    });
  }
  const files = NAMES.map((name) => `"$GAME_DAY_FOLDER"/'${FILES[name].replaceAll("'", `'\\''`)}'`);
  const nightly = `gameday pipeline ${files.join(' ')} --queue game-day > pipeline.yml`;
  await writeJson(join(folder, 'nightly.json'), {
    steps: [
      {
        command: `${nightly}\nbuildkite-agent pipeline upload pipeline.yml`,
        agents: { queue: 'game-day' },
      },
    ],
  });
  const claim = 'lost-given-stop < 90 % at 50 %';
  const gate = `gameday gate --rig --cluster build-prod --service a --claim "${claim}" --within 30d`;
  await writeJson(join(folder, 'release.json'), {
    agents: { queue: 'game-day' },
    steps: [
      { key: 'proven', command: gate },
      { key: 'deploy', command: 'echo deployed', depends_on: 'proven' },
    ],
  });
  await mkdir(join(folder, 'ledger'));
  await mkdir(join(folder, 'programs'));
  await writeJson(join(folder, 'rig.yaml'), {
    organization: 'acme',
    cluster: 'build-prod',
    lostAfter: '30s',
    programs: 'programs',
    services: services.map((name) => ({
      ...{ name, taskDefinition: `${name}.json`, launchType: 'FARGATE' },
      desiredCount: name === 'game-day' ? 3 : 2,
    })),
    pipelines: [
      ...NAMES.map((name) => ({ slug: name, steps: `${name}.pipeline.json` })),
      { slug: 'nightly', steps: 'nightly.json' },
      { slug: 'release', steps: 'release.json' },
    ],
  });
}

/** `gameday` on the workers' PATH, with what a fleet's environment hook would export. */
async function writeProgram(folder: string, env: Readonly<Record<string, string>>): Promise<void> {
  const told = {
    ...env,
    GAMEDAY_STATE_DIR: join(folder, 'state'),
    GAMEDAY_LEDGER: join(folder, 'ledger'),
  };
  const exports = Object.entries(told).map(([name, value]) => `export ${name}='${value}'`);
  const path = join(folder, 'programs', 'gameday');
  await writeFile(
    path,
    ['#!/bin/bash', ...exports, `exec ${process.execPath} ${join(ROOT, 'bin/run.js')} "$@"`, ''].join('\n'),
  );
  await chmod(path, 0o755);
}

test.skipIf(realAgent() === null && process.env['GAMEDAY_REQUIRE_TOOLS'] !== '1')(
  'a generated pipeline is run by real agents, its shards become one result, and a release waits for what they showed (real agent)',
  async () => {
    await inFolder(async (folder) => {
      await writeWorld(folder);
      // A program must be there before the rig looks at the folder.
      await writeProgram(folder, {});
      const rig = startCli(
        ['rig', 'up', join(folder, 'rig.yaml'), ...agentFlags('real')],
        folder,
        surroundings(folder),
      );
      try {
        await rig.said('The rig runs');
        const env = exportsIn(rig.stdout());
        await writeProgram(folder, env);
        const service = pipelineOf('nightly', env, folder);
        const release = pipelineOf('release', env, folder);

        const early = await release.run(() => Promise.resolve());
        expect(exitsOf(early)).toEqual({ proven: [11], deploy: [null] });

        const green = await service.run(() => Promise.resolve());
        expect(exitsOf(green)).toEqual({
          'game-day-1': [0],
          'game-day-2': [0],
          'game-day-3': [11, 0],
          'game-day-merge': [0],
        });
        const passed = await service.result(green);
        expect(passed).toMatchObject({
          ...{ outcome: 'passed', reason: 'drained', exitCode: 0, counts: { passed: 3, inconclusive: 1 } },
          merge: { shards: 3, problems: [] },
        });
        expect(
          passed.merge?.attempts.map(({ shard, attempt, outcome, counts }) => [
            shard,
            attempt,
            outcome,
            counts,
          ]),
        ).toEqual([
          [1, 0, 'passed: drained', true],
          [2, 0, 'passed: drained', true],
          // Over before it was seen, or before it could be stopped.
          [3, 0, expect.stringMatching(/^inconclusive: (step-never-ran|finished-before-stop)$/), false],
          [3, 1, 'passed: drained', true],
        ]);
        expect(passed.drills.map(({ file }) => file)).toEqual(
          [FILES.a, FILES.b, FILES.c, FILES.c].map((file) => join(folder, file)),
        );

        const released = await release.run(() => Promise.resolve());
        expect(exitsOf(released)).toEqual({ proven: [0], deploy: [0] });

        const red = await service.run(async (build) => {
          await until('the drill of b', async () => isRunning(await service.read(build), 'game-day-2'));
          await service.act({ do: 'forget-agent', step: 'game-day-2' });
        });
        expect(exitsOf(red)).toMatchObject({ 'game-day-1': [0], 'game-day-2': [-1], 'game-day-merge': [11] });
        expect(await service.result(red)).toMatchObject({
          ...{ outcome: 'inconclusive', reason: 'evidence-missing', exitCode: 11 },
          merge: { problems: [expect.stringMatching(/^shard 2 \(.*\): it is missing/)] },
        });
      } finally {
        rig.child.kill('SIGINT');
        await rig.ended;
      }
    });
  },
);
