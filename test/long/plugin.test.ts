import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Ajv from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { agentFlags, realAgent } from '../e2e/support/agents.ts';
import { inFolder, surroundings } from '../e2e/support/case.ts';
import { EXEC, taskDefinition } from '../e2e/support/files.ts';
import { blocksOf } from '../docs/pages.ts';
import { exportsIn, ROOT, startCli } from '../support/cli.ts';

const PLUGIN = join(ROOT, 'buildkite-plugin');

test('the hooks do what bats says of them', async () => {
  const bats = join(ROOT, 'node_modules/bats/bin/bats');
  const env = { ...process.env, BATS_LIB_PATH: join(ROOT, 'node_modules') };
  const said = await new Promise<string>((resolve) => {
    execFile(bats, [join(PLUGIN, 'tests')], { env }, (error, stdout, stderr) =>
      resolve(`${stdout}${stderr}${error === null ? '' : `bats failed: ${error.message}`}`),
    );
  });
  expect(said).toMatch(/^1\.\.\d+\nok 1 /);
  expect(said).not.toMatch(/^not ok|bats failed/m);
});

/** What Buildkite asks of a plugin.yml, closed: https://buildkite.com/docs/pipelines/integrations/plugins/writing. */
const PluginFile = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  author: z.url(),
  requirements: z.array(z.string()),
  configuration: z.strictObject({
    properties: z.record(z.string().regex(/^[a-z-]+$/), z.looseObject({ description: z.string().min(1) })),
    required: z.array(z.string()),
    additionalProperties: z.literal(false),
  }),
});

const Steps = z.object({ steps: z.array(z.object({ plugins: z.array(z.record(z.string(), z.unknown())) })) });

/** Whether the command hook takes the configuration. */
async function reads(configuration: unknown): Promise<boolean> {
  const env = { PATH: process.env['PATH'], BUILDKITE_PLUGIN_CONFIGURATION: JSON.stringify(configuration) };
  const reader = join(PLUGIN, 'lib/read-configuration.mjs');
  return new Promise((resolve) => {
    execFile(process.execPath, [reader, 'folder'], { env }, (error) => resolve(error === null));
  });
}

test('plugin.yml is one that Buildkite takes, and its schema is what the hook reads', async () => {
  const file = PluginFile.parse(parse(await readFile(join(PLUGIN, 'plugin.yml'), 'utf8')));
  const schema = { ...file.configuration, type: 'object' };
  const takes = new Ajv().compile(schema);
  const whole = {
    ...{
      command: 'certify',
      scenarios: ['a.yaml'],
      rig: true,
      yes: true,
      ledger: 'l',
      claim: 'c',
      args: ['--max', '3'],
    },
    ...{ reports: ['html', 'junit', 'markdown', 'test-engine'], annotate: false, version: '0.1.0' },
  };
  expect(Object.keys(whole).toSorted()).toEqual(Object.keys(file.configuration.properties).toSorted());
  for (const good of [whole, { scenarios: 'a.yaml' }, { command: 'assert' }])
    expect([good, takes(good), await reads(good)]).toEqual([good, true, true]);
  const wrong = Object.keys(whole).map((name) => ({ ...whole, [name]: 7 }));
  for (const bad of [...wrong, { ...whole, more: true }, { ...whole, scenarios: [] }])
    expect([bad, takes(bad), await reads(bad)]).toEqual([bad, false, false]);
});

const PAGES = ['docs/how-to/install.md', 'docs/how-to/use-the-plugin.md', 'buildkite-plugin/README.md'];

test.each(PAGES)('the steps of %s are configured as the plugin takes it', async (page) => {
  const blocks = blocksOf(page, 'yaml').filter((block) => block.includes('plugins:'));
  const steps = blocks.flatMap((block) => Steps.parse(parse(block)).steps);
  const given = steps.flatMap(({ plugins }) => plugins.flatMap((plugin) => Object.entries(plugin)));
  expect(given.length).toBeGreaterThan(0);
  for (const [named, one] of given) {
    expect([named, await reads(one)]).toEqual([named, true]);
    // An agent takes what follows `.git/` as a folder of the repository.
    const [, at = ''] = /^(?:\.|https:\/\/github\.com\/OWNER\/gameday\.git)\/([^#]+)/.exec(named) ?? [];
    expect(existsSync(join(ROOT, at, 'plugin.yml')), named).toBe(true);
  }
});

test('npx gets the version that this plugin belongs to', async () => {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const reader = await readFile(join(PLUGIN, 'lib/read-configuration.mjs'), 'utf8');
  expect(reader).toContain(`const VERSION = '${version}';`);
});

const Build = z.object({
  finished_at: z.string().nullable(),
  jobs: z.array(z.object({ step_key: z.string().nullish(), exit_status: z.number().nullish() })),
});

/** A pipeline whose steps use the plugin from the checkout, and workers with a real agent that have gameday on their PATH. */
async function writeWorld(folder: string): Promise<void> {
  for (const name of ['source', 'hooks', 'programs']) await mkdir(join(folder, name));
  await cp(PLUGIN, join(folder, 'source/buildkite-plugin'), { recursive: true });
  await cp(join(ROOT, 'scenarios'), join(folder, 'source/scenarios'), { recursive: true });
  const scenario = await readFile(join(folder, 'source/scenarios/exec-form.yaml'), 'utf8');
  // No worker drains within a millisecond.
  await writeFile(
    join(folder, 'source/scenarios/too-slow.yaml'),
    scenario.replace('within: 20s', 'within: 1ms'),
  );
  // The hook stands for git.
  const checkout = `#!/bin/bash\ncp -r '${join(folder, 'source')}/.' "$BUILDKITE_BUILD_CHECKOUT_PATH/"\n`;
  await writeFile(join(folder, 'hooks/checkout'), checkout, { mode: 0o755 });
  const gameday = [
    '#!/bin/bash',
    `export GAMEDAY_STATE_DIR='${join(folder, 'state')}'`,
    `exec ${process.execPath} ${join(ROOT, 'bin/run.js')} "$@"`,
    '',
  ].join('\n');
  await writeFile(join(folder, 'programs/gameday'), gameday, { mode: 0o755 });
  const step = (key: string, configuration: object) => ({
    ...{ key, plugins: [{ './buildkite-plugin': configuration }] },
  });
  const steps = [
    step('drains', { scenarios: 'scenarios/exec-form.yaml', rig: true, reports: ['markdown'] }),
    step('too-slow', { scenarios: ['scenarios/too-slow.yaml'], rig: true, reports: ['markdown'] }),
    step('mistyped', { scenario: 'scenarios/exec-form.yaml' }),
  ];
  await writeFile(join(folder, 'pipeline.json'), JSON.stringify({ steps }));
  await writeFile(join(folder, 'worker.json'), JSON.stringify(taskDefinition({ argv: EXEC })));
  await writeFile(
    join(folder, 'rig.yaml'),
    JSON.stringify({
      ...{ organization: 'acme', cluster: 'build-prod', programs: 'programs', hooks: 'hooks' },
      services: [{ name: 'workers', taskDefinition: 'worker.json', launchType: 'FARGATE', desiredCount: 1 }],
      pipelines: [{ slug: 'game-day', steps: 'pipeline.json' }],
    }),
  );
}

test.skipIf(realAgent() === null && process.env['GAMEDAY_REQUIRE_TOOLS'] !== '1')(
  'a real agent runs the plugin: the drills annotate their build, are its artifacts and end its jobs (real agent)',
  async () => {
    await inFolder(async (folder) => {
      await writeWorld(folder);
      const args = ['rig', 'up', join(folder, 'rig.yaml'), ...agentFlags('real')];
      const rig = startCli(args, folder, surroundings(folder));
      try {
        await rig.said('The rig runs');
        const env = exportsIn(rig.stdout());
        const act = async (action: object): Promise<unknown> => {
          const url = `${env['GAMEDAY_RIG_CONTROL'] ?? ''}/do`;
          const answer = await fetch(url, { method: 'POST', body: JSON.stringify(action) });
          return ((await answer.json()) as { readonly result: unknown }).result;
        };
        await act({ do: 'create-build' });
        const url = `${env['BUILDKITE_REST_API_ENDPOINT'] ?? ''}/v2/organizations/acme/pipelines/game-day/builds/1`;
        const headers = { authorization: `Bearer ${env['BUILDKITE_API_TOKEN'] ?? ''}` };
        const ask = async (path: string): Promise<unknown> =>
          (await fetch(`${url}${path}`, { headers })).json();
        let build = Build.parse(await ask(''));
        while (build.finished_at === null) {
          // Buildkite grants a user 50 requests a minute.
          await pause(1_500);
          build = Build.parse(await ask(''));
        }
        const log = await act({ do: 'log', step: 'too-slow' });
        expect(
          build.jobs.map(({ step_key: key, exit_status: status }) => [key, status]),
          String(log),
        ).toEqual([
          ['drains', 0],
          ['too-slow', 10],
          ['mistyped', 2],
        ]);
        expect(await act({ do: 'log', step: 'mistyped' })).toContain('there is no option "scenario"');

        expect(await act({ do: 'annotations' })).toEqual([
          {
            ...{ context: expect.stringMatching(/^gameday-exec-form-[0-9a-f]{8}$/), style: 'SUCCESS' },
            body: expect.stringContaining('A step in flight survives StopTask on its task'),
          },
          {
            ...{ context: expect.stringMatching(/^gameday-too-slow-[0-9a-f]{8}$/), style: 'ERROR' },
            body: expect.stringContaining('drain-too-slow'),
          },
        ]);
        const artifacts = z.array(z.object({ path: z.string() })).parse(await ask('/artifacts?per_page=100'));
        const names = artifacts.map(({ path }) => path.split('/').at(-1) ?? '').toSorted();
        expect(names).toEqual([
          'journal.jsonl',
          'journal.jsonl',
          'report.md',
          'report.md',
          'result.json',
          'result.json',
        ]);
      } finally {
        rig.child.kill('SIGINT');
        await rig.ended;
      }
    });
  },
);
