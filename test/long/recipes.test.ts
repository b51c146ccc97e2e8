import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agentFlags, realAgent } from '../e2e/support/agents.ts';
import { inFolder, surroundings } from '../e2e/support/case.ts';
import { EXEC, taskDefinition } from '../e2e/support/files.ts';
import { cli, exportsIn, ROOT, startCli } from '../support/cli.ts';
import { until } from '../support/until.ts';
import { exitsOf, pipelineOf } from './support/pipelines.ts';

/** What a recipe leaves to its reader. */
const LEDGER = 's3://acme-game-days/ledger';
const ACCOUNT = '123456789012';
const DIGEST = `sha256:${'a'.repeat(64)}`;

interface World {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly pipeline: ReturnType<typeof pipelineOf>;
}

/** The first build ends before anything can be stopped, so that the first drill proves nothing. */
const SHORT_AT_FIRST = '[ "$BUILDKITE_BUILD_NUMBER" = 1 ] || sleep 8';

/** A fleet, the workers of the game day's own steps, and a recipe in the place of a repository. */
async function inWorld(recipe: string, work: (world: World) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    await writeFleet(folder, recipe === 'nightly' ? SHORT_AT_FIRST : 'sleep 8');
    await writeRepository(folder, recipe);
    await writeTrust(folder, recipe);
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
      await work({ folder, env, pipeline: pipelineOf(recipe, env, folder) });
    } finally {
      rig.child.kill('SIGINT');
      await rig.ended;
    }
  });
}

async function writeFleet(folder: string, command: string): Promise<void> {
  for (const name of ['build-agents', 'game-day']) {
    const queue = name === 'game-day' ? name : 'default';
    const definition = taskDefinition({ argv: [...EXEC, '--tags', `queue=${queue}`] }, name);
    // By its digest, as a gate asks for it: a tag may be another image tomorrow.
    const text = JSON.stringify(definition).replace(
      /"image":"[^"]+"/,
      `"image":"acme/build-agent@${DIGEST}"`,
    );
    await writeFile(join(folder, `${name}.json`), text);
  }
  const step = { key: 'integration', command };
  await writeFile(
    join(folder, 'canary.json'),
    JSON.stringify({ agents: { queue: 'default' }, steps: [step] }),
  );
}

/** The recipe's folder as its reader has it, with a ledger in a folder; the `checkout` hook stands in for git. */
async function writeRepository(folder: string, recipe: string): Promise<void> {
  const repository = join(folder, 'repository', 'game-day');
  await cp(join(ROOT, 'recipes', recipe), repository, { recursive: true });
  const path = join(repository, 'pipeline.yml');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replaceAll(LEDGER, join(folder, 'ledger')));
  await mkdir(join(folder, 'hooks'));
  await mkdir(join(folder, 'programs'));
  await mkdir(join(folder, 'ledger'));
  const checkout = [
    '#!/bin/bash',
    `cp -R '${join(folder, 'repository')}/.' "$BUILDKITE_BUILD_CHECKOUT_PATH"`,
  ];
  await writeFile(join(folder, 'hooks', 'checkout'), `${checkout.join('\n')}\n`, { mode: 0o755 });
  const upload = {
    command: 'buildkite-agent pipeline upload game-day/pipeline.yml',
    agents: { queue: 'game-day' },
  };
  await writeFile(join(folder, 'upload.json'), JSON.stringify({ steps: [upload] }));
  await writeFile(
    join(folder, 'rig.yaml'),
    JSON.stringify({
      ...{ organization: 'acme', cluster: 'build-prod', account: ACCOUNT, lostAfter: '30s' },
      ...{ programs: 'programs', hooks: 'hooks' },
      secrets: { GAMEDAY_API_TOKEN: { is: 'api-token' } },
      roles: { 'game-day': 'trust.json' },
      services: ['build-agents', 'game-day'].map((name) => ({
        ...{ name, taskDefinition: `${name}.json`, launchType: 'FARGATE' },
        // The nightly recipe is for the smallest fleet.
        desiredCount: recipe === 'nightly' || name === 'game-day' ? 1 : 2,
      })),
      pipelines: [
        { slug: 'canary', steps: 'canary.json' },
        { slug: recipe, steps: 'upload.json' },
      ],
    }),
  );
}

/** The role's trust policy, as the page has it written. */
async function writeTrust(folder: string, recipe: string): Promise<void> {
  const { code, stdout } = await cli(['iam', '--trust', `acme/${recipe}`, '--account', ACCOUNT], folder);
  expect(code).toBe(0);
  await writeFile(join(folder, 'trust.json'), stdout);
}

/** `gameday` on the workers' PATH. It knows where the services are, and has neither a token nor a key of its own. */
async function writeProgram(folder: string, env: Readonly<Record<string, string>>): Promise<void> {
  const addresses = Object.entries(env).filter(([name]) => /^AWS_ENDPOINT_URL_|_ENDPOINT$/.test(name));
  const exports = [...addresses, ['GAMEDAY_STATE_DIR', join(folder, 'state')]].map(
    ([name, value]) => `export ${name}='${value}'`,
  );
  const killSwitch = `[ -e '${join(folder, 'off')}' ] && export GAMEDAY_KILL_SWITCH=1`;
  const path = join(folder, 'programs', 'gameday');
  const run = `exec ${process.execPath} ${join(ROOT, 'bin/run.js')} "$@"`;
  await writeFile(path, ['#!/bin/bash', ...exports, killSwitch, run, ''].join('\n'));
  await chmod(path, 0o755);
}

const needsAgent = test.skipIf(realAgent() === null && process.env['GAMEDAY_REQUIRE_TOOLS'] !== '1');

needsAgent(
  'the nightly recipe: a night that proves nothing is run again, and a refused one is not red (real agent)',
  async () => {
    await inWorld('nightly', async ({ folder, pipeline }) => {
      const night = await pipeline.run(() => Promise.resolve());
      expect([night.state, exitsOf(night)]).toEqual(['passed', { 'game-day': [11, 0], silence: [0] }]);

      // The first attempt's annotation is replaced by that of the second.
      expect(await pipeline.annotations(night)).toEqual([
        { style: 'success', body_html: expect.stringContaining('drained') },
      ]);
      expect(await pipeline.artifacts(night)).toEqual(expect.arrayContaining(['report.html', 'result.json']));

      await writeFile(join(folder, 'off'), '');
      const refused = await pipeline.run(() => Promise.resolve());
      expect([refused.state, exitsOf(refused)]).toEqual(['passed', { 'game-day': [3], silence: [0] }]);
    });
  },
);

needsAgent('the recipe by hand: nothing is stopped before a person says so (real agent)', async () => {
  await inWorld('by-hand', async ({ env, pipeline }) => {
    const build = await pipeline.run(async (number) => {
      await until('the question', async () => exitsOf(await pipeline.read(number))['look']?.[0] === 0);
      expect(await requestsOf(env, 'StopTask')).toBe(0);
      await pipeline.act({ do: 'unblock', pipeline: 'by-hand' });
    });
    expect([build.state, exitsOf(build)]).toMatchObject(['passed', { look: [0], drill: [0] }]);
    expect(await requestsOf(env, 'StopTask')).toBe(1);
    expect(await pipeline.artifacts(build)).toEqual(expect.arrayContaining(['report.html', 'ticket.md']));
  });
});

needsAgent('the recipe of a release waits for proof, and judges the deployment (real agent)', async () => {
  await inWorld('release-gate', async ({ folder, env, pipeline }) => {
    const repository = join(folder, 'repository', 'game-day');
    await cp(join(folder, 'build-agents.json'), join(repository, 'task.json'));
    const deploy = `curl -sf -d '{"do":"start-deployment","service":"build-agents"}' '${env['GAMEDAY_RIG_CONTROL'] ?? ''}/do'`;
    await writeFile(join(repository, 'deploy.sh'), `#!/bin/bash\n${deploy}\n`);
    const early = await pipeline.run(() => Promise.resolve());
    expect([early.state, exitsOf(early)]).toEqual(['failed', { proven: [11], release: [null] }]);

    // 62 drills would show 5 %; one shows as much as this claim asks for.
    const path = join(repository, 'pipeline.yml');
    const claim = 'lost-given-stop < 5 % at 95 %';
    const text = await readFile(path, 'utf8');
    expect(text).toContain(claim);
    await writeFile(path, text.replace(claim, 'lost-given-stop < 90 % at 50 %'));
    const drill = join(ROOT, 'recipes', 'by-hand', 'drill.yaml');
    const args = ['run', drill, '--yes', '--ledger', join(folder, 'ledger')];
    const { code } = await cli(args, folder, {
      ...Object.fromEntries(Object.entries(env).filter(([name]) => /^(AWS|BUILDKITE)_/.test(name))),
      GAMEDAY_STATE_DIR: join(folder, 'state'),
    });
    expect(code).toBe(0);
    const late = await pipeline.run(() => Promise.resolve());
    expect([late.state, exitsOf(late)]).toEqual(['passed', { proven: [0], release: [0] }]);
  });
});

/** How often the rig's ECS was asked for an operation. */
async function requestsOf(env: Readonly<Record<string, string>>, operation: string): Promise<number> {
  const counts = (await (await fetch(`${env['GAMEDAY_RIG_CONTROL'] ?? ''}/counts`)).json()) as {
    readonly ecs: Readonly<Record<string, number>>;
  };
  return counts.ecs[operation] ?? 0;
}
