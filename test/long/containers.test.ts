import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drill, inFolder, meets, surroundings } from '../e2e/support/case.ts';
import type { Played } from '../e2e/support/case.ts';
import { agentFlags, realAgent } from '../e2e/support/agents.ts';
import { SHELL, taskDefinition, writeCase } from '../e2e/support/files.ts';
import type { Entries } from '../e2e/support/files.ts';
import { provenInFlight } from '../e2e/support/gates.ts';
import { gatewayCase, gatewayName, gatewayRows, mayGoOn, measured } from '../e2e/support/gateway.ts';
import { Rehearsal } from '../../src/rehearsal/document.ts';
import { eventsOf } from '../../src/journal/events.ts';
import { cleanEnvironment, cli, documentIn, ROOT } from '../support/cli.ts';
import { until } from '../support/until.ts';
import { argvOf, entries, entryOf, imageOf, nameOf, needsEngine, settingOf } from './support/entries.ts';
import type { Entry } from './support/entries.ts';
import { containersOf, docker, engineEnvironment, engineVersion, makeImage } from './support/engine.ts';
import { fates } from './support/fates.ts';
import { startGate } from './support/gate.ts';

const required = process.env['GAMEDAY_REQUIRE_TOOLS'] === '1';
const agent = realAgent();
const engine = agent === null ? null : await engineVersion();
const here = (program: string): boolean =>
  spawnSync(program, ['--help'], { stdio: 'ignore' }).error === undefined;
const shells = ['dash', 'bash', 'busybox'].filter(here);

/** The row's container; the agent is its only one, and its image says what its shell is. */
function definitionOf(entry: Entry, executor: 'container' | 'namespace'): Entries {
  const { stopTimeout } = fates[entry.fate];
  const argv = argvOf(entry, executor);
  const whole = taskDefinition({ argv, stopTimeout, init: entry.init === true });
  const [container] = whole['containerDefinitions'] as readonly Entries[];
  const memory = entry.memory === undefined ? {} : { memory: entry.memory };
  return { ...whole, containerDefinitions: [{ ...container, image: imageOf(entry), ...memory }] };
}

const STEPS = [{ key: 'integration', command: 'true' }];

/** The kernel takes PID 1 first, whoever used the memory up. */
const GLUTTON = 'echo 1000 > /proc/1/oom_score_adj; tail /dev/zero';

/** The step's end then lies behind the stop by more than the clocks' measured error, whoever tells it. */
const LINGERS = 'sleep 2';

/** Its end then lies further behind the stop than clocks may differ, on a busy machine too. */
const STUBBORN = `trap '' TERM`;

async function playRow(entry: Entry, executor: 'container' | 'namespace'): Promise<Played> {
  const { stepEnds } = fates[entry.fate];
  const gate = await startGate();
  const command = [
    ...(entry.fate === 'canceled' ? [STUBBORN] : []),
    gate.command,
    entry.memory === undefined ? LINGERS : GLUTTON,
  ].join('\n');
  // Where nobody is to be lost, a machine that stutters must not lose anybody.
  const lostAfter = stepEnds && entry.memory === undefined ? '60s' : '4s';
  try {
    return await inFolder(async (folder) => {
      const steps = [{ key: 'integration', command }];
      const files = { 'agent.json': definitionOf(entry, executor) };
      const scenario = await writeCase(folder, { steps, files, rig: { lostAfter, executor } });
      const played = await drill(
        folder,
        ['run', '--rig', scenario, ...agentFlags('real')],
        engineEnvironment,
        (events) => {
          if (stepEnds && provenInFlight(events)) gate.open();
          return [];
        },
      );
      if (executor === 'container') expect(await containersOf(folder), 'containers left').toEqual([]);
      return played;
    });
  } finally {
    await gate.close();
  }
}

/** The exit code of the target task's container, as ECS showed it last. */
function exitCodeOf({ journal, drill: { target } }: Played): number | null {
  const facts = eventsOf(journal, 'GD_OBSERVED').flatMap(({ payload }) => payload.facts);
  const tasks = facts.flatMap((fact) =>
    fact.kind === 'task' && fact.value.arn === target?.taskArn ? [fact.value] : [],
  );
  return tasks.at(-1)?.containers[0]?.exitCode ?? null;
}

function check(entry: Entry, executor: 'container' | 'namespace', played: Played): void {
  const { expected, exitCode } = fates[entry.fate];
  meets(played, expected);
  expect(exitCodeOf(played)).toBe(exitCode);
  expect(played.drill.rig).toMatchObject({ executor, pid1: true, agent: { kind: 'real' } });
}

test('a real agent, an engine and three shells are here where tools are required', () => {
  if (!required) return;
  expect({ agent, engine, shells }).toEqual({
    agent: expect.any(String) as string,
    engine: expect.any(String) as string,
    shells: ['dash', 'bash', 'busybox'],
  });
});

const onThisMachine = entries.filter((entry) => !needsEngine(entry) && shells.includes(entry.shell));
const without = engine === null ? ' (no engine answers here: this half alone)' : '';

function inNamespaces(): void {
  test.each(onThisMachine.map((entry) => [nameOf(entry), entry] as const))('%s', async (_name, entry) => {
    check(entry, 'namespace', await playRow(entry, 'namespace'));
  });
}

function inContainers(): void {
  beforeAll(async () => {
    for (const entry of new Map(entries.map((each) => [imageOf(each), each])).values()) {
      const changes = entry.stopSignal === undefined ? [] : [`STOPSIGNAL ${entry.stopSignal}`];
      await makeImage(imageOf(entry), entry.shell, agent ?? '', changes);
    }
  });
  afterAll(async () => {
    await docker('image', 'rm', '--force', ...new Set(entries.map(imageOf)));
  });

  describe.concurrent('ends as the table says', () => {
    test.each(entries.map((entry) => [nameOf(entry), entry] as const))(
      'WORK-13, WORK-14: %s',
      async (_name, entry) => {
        check(entry, 'container', await playRow(entry, 'container'));
      },
    );
  });

  describe.concurrent('as a good guest', () => {
    test('WORK-13: takes entry point and command from the image where the task definition has none', async () => {
      await inFolder(async (folder) => {
        const files = { 'agent.json': { ...bare('gameday-test:dash'), memory: '512' } };
        const rig = { lostAfter: '60s', executor: 'container' };
        const scenario = await writeCase(folder, { steps: STEPS, files, rig });
        const { code, stderr } = await cli(['run', '--rig', '--dry-run', scenario], folder, {
          ...surroundings(folder),
          ...engineEnvironment,
        });
        expect(code, stderr).toBe(0);
        expect(await containersOf(folder)).toEqual([]);
      });
    });

    test.each(shells)(
      'has an image without a network, with %s as its sh, git and the agent',
      async (shell) => {
        const inside =
          'readlink /bin/sh; git init --quiet /tmp/made && ls -d /tmp/made/.git; buildkite-agent --version';
        const said = await docker(
          'run',
          '--rm',
          '--network',
          'none',
          `gameday-test:${shell}`,
          'sh',
          '-c',
          inside,
        );
        expect(said).toMatch(new RegExp(`^${shell}\n/tmp/made/\\.git\nbuildkite-agent version 3\\.`));
      },
    );

    test('WORK-16: names an image that the engine does not have as bad input', async () => {
      await inFolder(async (folder) => {
        const files = { 'agent.json': bare('gameday-test:no-such') };
        const scenario = await writeCase(folder, { steps: STEPS, files, rig: { executor: 'container' } });
        const { code, stderr } = await cli(['run', '--rig', scenario], folder, {
          ...surroundings(folder),
          ...engineEnvironment,
        });
        expect(code).toBe(2);
        expect(stderr).toContain('the engine has no image "gameday-test:no-such"');
      });
    });

    test.each(['as soon as there is a container', 'when all agents are there'])(
      'WORK-15: leaves no container behind when it is killed %s',
      async (when) => {
        await inFolder(async (folder) => {
          const files = { 'agent.json': bare('gameday-test:dash') };
          await writeCase(folder, { steps: STEPS, files });
          const env = cleanEnvironment({ ...surroundings(folder), ...engineEnvironment });
          const rig = fork(`${ROOT}/dist/rig/main.js`, [`${folder}/rig.yaml`, '--executor', 'container'], {
            env,
            stdio: 'ignore',
          });
          const ready = once(rig, 'message');
          await until('a container', async () => (await containersOf(folder)).length > 0);
          if (when !== 'as soon as there is a container') await ready;
          const ended = once(rig, 'exit');
          rig.kill('SIGKILL');
          await ended;
          await until('the end of the containers', async () => (await containersOf(folder)).length === 0);
          await until(
            'the end of the folder',
            async () => !(await readdir(folder)).some((name) => name.startsWith('gameday-rig-')),
          );
          expect(await containersOf(folder)).toEqual([]);
        });
      },
    );
  });
}

// Without a real agent there is nothing to play, and a test that cannot be run is not there.
if (agent !== null) describe.concurrent(`the executor namespace${without}`, inNamespaces);
if (engine !== null) {
  describe('the executor container', inContainers);
  describe('the executor container, dependsOn', besideEachOther);
  describe('gameday rehearse', rehearsed);
}

const GATEWAY = { agent: 'gameday-test:asks', gateway: 'gameday-test:gateway' } as const;

/** A gateway beside the agent, each in a container of its own image: to the same end as under the executor namespace. */
function besideEachOther(): void {
  const programs = (...names: readonly string[]): readonly string[] =>
    names.map((name) => join(ROOT, 'scenarios', 'programs', name));
  beforeAll(async () => {
    await makeImage(GATEWAY.agent, 'dash', agent ?? '', [], programs('ask'));
    await makeImage(GATEWAY.gateway, 'busybox', 'none', [], [process.execPath, ...programs('gateway.mjs')]);
  });
  afterAll(async () => {
    await docker('image', 'rm', '--force', ...Object.values(GATEWAY));
  });

  // One after another, and of one worker each: the engine copies each image whole for every container.
  test.each(gatewayRows.map((row) => [gatewayName(row), row] as const))('%s', async (_name, row) => {
    const gate = await startGate();
    try {
      await inFolder(async (folder) => {
        const { rig, ...files } = gatewayCase(row, gate.command, GATEWAY);
        const alone = { standalone: 1, rig: { ...rig, executor: 'container' } };
        const scenario = await writeCase(folder, { ...files, ...alone });
        const args = ['run', '--rig', scenario, ...agentFlags('real')];
        const played = await drill(folder, args, engineEnvironment, (events) => {
          if (mayGoOn(row, events)) gate.open();
          return [];
        });
        meets(played, row.expected);
        const { inFlight, next, gatewayExit } = row;
        expect(measured(played)).toEqual({ inFlight, next, gatewayExit });
        expect(played.drill.rig).toMatchObject({ executor: 'container', pid1: true });
        expect(await containersOf(folder), 'containers left').toEqual([]);
      });
    } finally {
      await gate.close();
    }
  });
}

const REHEARSED = 'gameday-test:rehearsed';

/** Where an engine has the image, a rehearsal runs that without being told to. */
function rehearsed(): void {
  beforeAll(async () => makeImage(REHEARSED, 'dash', agent ?? '', []));
  afterAll(async () => {
    await docker('image', 'rm', '--force', REHEARSED);
  });

  test('a shell that loses the job in its own image, and the fixed one that does not', async () => {
    await inFolder(async (folder) => {
      const whole = taskDefinition({ argv: SHELL, stopTimeout: 4 });
      const [container] = whole['containerDefinitions'] as readonly Entries[];
      const logs = { name: 'logs', image: 'gameday-test:no-such', essential: false };
      const task = { ...whole, containerDefinitions: [{ ...container, image: REHEARSED }, logs] };
      await writeFile(join(folder, 'td.json'), JSON.stringify(task));
      const args = ['rehearse', '--yes', '--task-definition', 'td.json', '--job-length', '12s', '--json'];
      const { code, stdout, stderr } = await cli(args, folder, {
        ...surroundings(folder),
        ...engineEnvironment,
      });
      expect(code, `${stdout}\n${stderr}`).toBe(10);
      const { given, fixed, executor, differs } = Rehearsal.parse(
        (JSON.parse(stdout) as { readonly rehearsal: unknown }).rehearsal,
      );
      const reasons = [given, fixed].map((arm) => arm?.drills.map(({ reason }) => reason));
      expect(reasons, stderr).toEqual([
        ['lost', 'not-drained', 'not-drained'],
        ['drained', 'retired', 'drained'],
      ]);
      expect(executor).toBe('container');
      expect(differs.join('\n')).toContain('container logs is left out: the engine has no image');
      expect(await containersOf(folder)).toEqual([]);
    });
  });
}

/** A task that leaves everything to its image but what an agent needs to be found. */
function bare(image: string): Entries {
  const whole = taskDefinition({ environment: { BUILDKITE_AGENT_TAGS_FROM_ECS_META_DATA: 'true' } });
  const [{ entryPoint: _none, ...container } = {}] = whole['containerDefinitions'] as readonly Entries[];
  return { ...whole, containerDefinitions: [{ ...container, image }] };
}

describe('without an engine', () => {
  test.each([
    [{ GAMEDAY_DOCKER: 'no-such-docker' }, 'there is no "no-such-docker" on PATH'],
    [{ GAMEDAY_DOCKER: 'false' }, '"false version" found none'],
  ])('WORK-16: the rig says what is missing and what else there is: %o', async (env, said) => {
    await inFolder(async (folder) => {
      const scenario = await writeCase(folder, { steps: STEPS, rig: { executor: 'container' } });
      const environment = { ...surroundings(folder), ...env };
      const { code, stdout, stderr } = await cli(['run', '--rig', scenario, '--json'], folder, environment);
      expect(code, stderr).toBe(4);
      const [result] = documentIn(stdout).drills;
      expect(result).toMatchObject({ outcome: 'could-not-run', reason: 'rig-failed' });
      expect(result?.said).toContain(said);
      expect(result?.said).toContain('use the executor "namespace"');
    });
  });
});

test('the table of the documentation is the one that is played', async () => {
  const page = await readFile(`${ROOT}/docs/explanation/pid1-and-shells.md`, 'utf8');
  const lines = page.split('\n').map((line) => line.replaceAll(/\s+/g, ' ').trim());
  const rows = entries.map((entry) => {
    const { words, exitCode, expected } = fates[entry.fate];
    const verdict = `${expected.outcome}: ${expected.reason}`;
    const cells = [
      `\`${entryOf(entry).replaceAll('|', '\\|')}\``,
      settingOf(entry),
      words,
      String(exitCode),
      verdict,
    ];
    return `| ${cells.join(' | ')} |`.replaceAll(/\s+/g, ' ');
  });
  const first = lines.indexOf(rows[0] ?? '');
  expect(lines.slice(first, first + rows.length)).toEqual(rows);
});
