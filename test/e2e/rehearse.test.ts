import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Rehearsal } from '../../src/rehearsal/document.ts';
import { GameDayDocument } from '../../src/verdict/result.ts';
import { cli, ROOT, startCli } from '../support/cli.ts';
import type { Cli, Ended } from '../support/cli.ts';
import { agentFlags, withAgent } from './support/agents.ts';
import { inFolder, surroundings } from './support/case.ts';
import { EXEC, SHELL, taskDefinition } from './support/files.ts';

const BEFORE = join(ROOT, 'scenarios/incident/before.json');
const AFTER = join(ROOT, 'scenarios/incident/after.json');
/** No engine is asked, whatever this machine has. */
const WITHOUT_ENGINE = { GAMEDAY_DOCKER: '/nonexistent/docker' };

/** Rehearses in a folder with these files. */
async function rehearse(
  folder: string,
  args: readonly string[],
  files: Readonly<Record<string, object | string>> = {},
): Promise<Ended> {
  for (const [name, content] of Object.entries(files)) await put(folder, name, content);
  return cli(['rehearse', '--yes', ...args], folder, { ...surroundings(folder), ...WITHOUT_ENGINE });
}

async function put(folder: string, name: string, content: object | string): Promise<void> {
  await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
}

/** The one document, both parts of it by their schemas. */
function documentIn({ stdout }: Ended): { readonly day: GameDayDocument; readonly rehearsal: Rehearsal } {
  const { rehearsal, ...day } = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  return { day: GameDayDocument.parse(day), rehearsal: Rehearsal.parse(rehearsal) };
}

function verdictsOf(arm: Rehearsal['given'] | null): readonly string[] {
  return (arm?.drills ?? []).map(({ drill, outcome, reason }) => `${drill} ${outcome} ${reason}`);
}

describe.concurrent("the incident's definitions", () => {
  test(
    withAgent('before: each injection fails, and the fixed one beside it drains'),
    async () => {
      await inFolder(async (folder) => {
        const ended = await rehearse(folder, ['--task-definition', BEFORE, '--json', ...agentFlags('real')]);
        expect(ended.code, ended.stderr).toBe(10);
        const { day, rehearsal } = documentIn(ended);
        const { given, fixed } = rehearsal;
        expect(verdictsOf(given), ended.stderr).toEqual([
          'busy failed lost',
          'idle failed not-drained',
          'near-end failed not-drained',
        ]);
        expect(verdictsOf(fixed), ended.stderr).toEqual([
          'busy passed drained',
          'idle passed retired',
          'near-end passed drained',
        ]);
        expect([given.window, fixed?.window]).toEqual([30_000, 120_000]);
        expect(day).toMatchObject({ outcome: 'failed', exitCode: 10, counts: { failed: 3 } });
        expect(day.drills.map(({ file }) => file)).toEqual(given.drills.map(({ scenario }) => scenario));
        // The job had up to 43 s to go, less where a busy machine injections late, and the idle worker none.
        const [busy = 0, idle = 0, nearEnd = 0] = (fixed?.drills ?? []).map(({ drain }) => drain ?? 0);
        expect(busy).toBeGreaterThan(10_000);
        expect(idle).toBeLessThan(30_000);
        expect(nearEnd).toBeLessThan(busy);
        expect(fixed?.rules).toEqual(['shell-form', 'stop-timeout-missing']);
        expect(fixed?.diff).toContain('+ "stopTimeout": 120');
        const written: unknown = JSON.parse(readFileSync(join(folder, fixed?.file ?? ''), 'utf8'));
        expect(written).toMatchObject({ containerDefinitions: [{ entryPoint: EXEC, stopTimeout: 120 }] });
        expect(rehearsal.advice).toContain('--job-length');
      });
    },
    300_000,
  );

  test(
    withAgent('after: every injection is survived, and nothing is fixed'),
    async () => {
      await inFolder(async (folder) => {
        const ended = await rehearse(folder, [AFTER, '--verbose', ...agentFlags('real')]);
        const { code, stdout, stderr } = ended;
        expect(code, `${stdout}\n${stderr}`).toBe(0);
        expect(stdout).toMatch(/stop while busy +PASSED: drained\n {2}drain, busy +\d\d\.\d s of 2 min 0 s/);
        expect(stdout).toMatch(/stop while idle +PASSED: retired\n/);
        expect(stdout).toMatch(/stop near the end +PASSED: drained\n/);
        expect(stdout).toContain('executor');
        expect(stdout).toContain('Rehearsal: passed: drained, retired (exit code 0)');
        expect(stdout).not.toContain('Fixed by');
        // The card comes after all of it, which stands in a file too.
        const [, report = ''] = /^More +(\S+report\.txt)$/m.exec(stdout) ?? [];
        expect(stdout.startsWith(readFileSync(join(folder, report), 'utf8').slice(0, 80))).toBe(true);
        expect(stdout.slice(stdout.lastIndexOf('PASSED: drained, retired')).split('\n').length).toBeLessThan(
          16,
        );
        expect(stderr).toContain('Step rehearsal takes 45.0 s: shorter than the 120 s');
        expect(stderr).toContain('This runs on this machine, with your rights: buildkite-agent start');
      });
    },
    300_000,
  );
});

describe.concurrent('a Dockerfile', () => {
  const bare = {
    requiresCompatibilities: ['FARGATE'],
    containerDefinitions: [{ name: 'agent', image: 'example/buildkite-agent:1', stopTimeout: 5 }],
  };
  const args = ['--task-definition', 'td.json', '--dockerfile', 'Dockerfile'];

  test('whose shell form loses the job is played again with its line changed', async () => {
    await inFolder(async (folder) => {
      const files = {
        'td.json': bare,
        Dockerfile: `FROM debian:12\nENTRYPOINT ${EXEC.join(' ')}\nUSER me\n`,
      };
      const ended = await rehearse(folder, [...args, '--job-length', '16s', '--json'], files);
      expect(ended.code, ended.stderr).toBe(10);
      const { given, fixed, differs } = documentIn(ended).rehearsal;
      expect(verdictsOf(given), ended.stderr).toEqual([
        'busy failed lost',
        'idle failed not-drained',
        'near-end failed not-drained',
      ]);
      expect(verdictsOf(fixed), ended.stderr).toEqual([
        'busy passed drained',
        'idle passed retired',
        'near-end passed drained',
      ]);
      expect(fixed?.rules).toContain('shell-form');
      expect(fixed?.diff).toEqual(
        expect.arrayContaining([
          '@@ Dockerfile:2 @@',
          `- ENTRYPOINT ${EXEC.join(' ')}`,
          `+ ENTRYPOINT ${JSON.stringify(EXEC).replaceAll(',', ', ')}`,
        ]),
      );
      expect(differs).toEqual(
        expect.arrayContaining([
          'container agent: USER me of the image is not taken',
          'the shell form is run by /bin/sh -c, if the base image debian:12 sets no other SHELL',
        ]),
      );
      expect(ended.stderr).toContain('No image is run: --dockerfile says what it starts');
    });
  });

  test.each([
    [
      'an entry point of its base image',
      'FROM debian:12\nCMD ["buildkite-agent"]',
      /Dockerfile:1:1 .*leaves it to its base image/s,
    ],
    [
      'another signal',
      'FROM a\nENTRYPOINT ["buildkite-agent"]\nSTOPSIGNAL SIGINT',
      /Dockerfile:3:1 .*SIGINT/s,
    ],
    ['no FROM', 'ENTRYPOINT x', /Dockerfile:1:1 .*before the first FROM/s],
  ])('%s is bad input before any rig starts', async (_, text, says) => {
    await inFolder(async (folder) => {
      const { code, stderr, stdout } = await rehearse(folder, args, { 'td.json': bare, Dockerfile: text });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(says);
      expect(existsSync(join(folder, '.gameday'))).toBe(false);
    });
  });
});

describe.concurrent("somebody's own", () => {
  test('step is run as it stands, said beforehand, and its files can be run again', async () => {
    await inFolder(async (folder) => {
      const proof = join(folder, 'it-ran');
      const steps = [
        {
          key: 'tests',
          command: `echo 1 >> ${proof}; sleep 16`,
          branches: 'main',
          concurrency: 1,
          concurrency_group: 'x',
        },
      ];
      const logs = { name: 'logs', image: 'example/logs:1', essential: false, mountPoints: [] };
      // As most agents are started: without the tags by which a drill aims.
      const task = taskDefinition({ stopTimeout: 20, argv: ['buildkite-agent', 'start'] });
      const definition = {
        taskDefinition: {
          ...task,
          containerDefinitions: [
            { ...(task['containerDefinitions'] as object[])[0], mountPoints: [{ containerPath: '/cache' }] },
            logs,
          ],
        },
      };
      const args = ['--task-definition', 'td.json', '--pipeline', 'pipeline.yml', '--json'];
      const ended = await rehearse(folder, args, {
        'td.json': definition,
        'pipeline.yml': JSON.stringify({ steps }),
      });
      expect(ended.code, ended.stderr).toBe(0);
      const { rehearsal } = documentIn(ended);
      expect(verdictsOf(rehearsal.given)).toEqual([
        'busy passed drained',
        'idle passed retired',
        'near-end passed drained',
      ]);
      expect(rehearsal).toMatchObject({ step: 'tests', job: { ms: 16_000 }, fixed: null });
      const differs = rehearsal.differs.join('\n');
      for (const said of [
        'container logs is left out',
        'container agent: mountPoints left out',
        'BUILDKITE_AGENT_TAGS_FROM_ECS_META_DATA is set',
        'step tests: branches left out',
        'executor ',
      ])
        expect(differs).toContain(said);
      expect(ended.stderr).toContain(`So do the commands of your pipeline: "echo 1 >> ${proof}; sleep 16"`);
      // Once for the busy injection, once for the one near its end.
      expect(readFileSync(proof, 'utf8')).toBe('1\n1\n');
      const [, idle] = rehearsal.given.drills;
      const again = await cli(['run', '--rig', idle?.scenario ?? ''], folder, surroundings(folder));
      expect(again.code, again.stderr).toBe(0);
      expect(again.stdout).toContain('PASSED: retired');
    });
  });

  test('stated length is what the fixed definition is given time for', async () => {
    await inFolder(async (folder) => {
      const task = { ...taskDefinition({ stopTimeout: 5 }), requiresCompatibilities: ['EC2'] };
      const args = ['--task-definition', 'td.json', '--job-length', '16s', '--json'];
      const ended = await rehearse(folder, args, { 'td.json': task });
      expect(ended.code, ended.stderr).toBe(10);
      const { given, fixed } = documentIn(ended).rehearsal;
      expect(verdictsOf(given)).toEqual([
        'busy failed lost',
        'idle passed retired',
        'near-end passed drained',
      ]);
      expect(verdictsOf(fixed).map((text) => text.split(' ')[1])).toEqual(['passed', 'passed', 'passed']);
      expect(fixed).toMatchObject({ window: 16_000, rules: ['step-over-window'] });
    });
  });

  test.each<[string, readonly string[], object | string, RegExp]>([
    [
      'no file',
      ['--task-definition', 'nowhere.json'],
      {},
      /nowhere\.json cannot be read: there is no such file/,
    ],
    [
      'a scenario in its place',
      [join(ROOT, 'scenarios/exec-form.yaml')],
      {},
      /exec-form\.yaml .*this is a scenario.*gameday run --rig FILE/s,
    ],
    [
      'a rig file in its place',
      [join(ROOT, 'scenarios/rigs/exec-form.yaml')],
      {},
      /exec-form\.yaml .*a rig file of gameday, not a task definition/s,
    ],
    ['two definitions', ['td.json', '--task-definition', 'td.json'], {}, /two task definitions are given/],
    [
      "CloudFormation's casing",
      [],
      { ContainerDefinitions: [] },
      /"ContainerDefinitions" is CloudFormation's spelling/,
    ],
    [
      'no agent',
      [],
      { containerDefinitions: [{ name: 'web', image: 'nginx' }] },
      /no container of td\.json .*--container NAME/s,
    ],
    [
      'no such container',
      ['--container', 'worker'],
      taskDefinition({}),
      /no container "worker".*its containers: agent/,
    ],
    ['a step without a pipeline', ['--step', 'tests'], taskDefinition({}), /--pipeline FILE/],
    [
      'a pipeline that is no YAML',
      ['--pipeline', 'bad.yml'],
      taskDefinition({}),
      /bad\.yml:\d+:\d+ .*it cannot be read as YAML/,
    ],
    [
      'no such step',
      ['--pipeline', 'good.yml', '--step', 'x'],
      taskDefinition({}),
      /good\.yml:\d+:\d+ .*the key "x".*The keys are a, b/s,
    ],
    [
      'an image without an engine',
      ['--image', 'agent:1'],
      taskDefinition({}),
      /there is no "\/nonexistent\/docker"/,
    ],
    [
      'an agent beside an image',
      ['--image', 'agent:1', '--agent', '/bin/true'],
      taskDefinition({}),
      /Give one of them/,
    ],
    [
      'a length that is none',
      ['--job-length', 'long'],
      taskDefinition({}),
      /--job-length "long" is not a duration/,
    ],
    ['a length too short to be stopped', ['--job-length', '2s'], taskDefinition({}), /2s is too short/],
    [
      'a folder that cannot be written',
      ['--out', 'td.json'],
      taskDefinition({}),
      /cannot be written.*--out DIR/s,
    ],
    [
      'a shared PID namespace',
      [],
      { ...taskDefinition({}), pidMode: 'task' },
      /td\.json:\d+:\d+ .*pidMode task/,
    ],
    [
      'an image nobody described',
      [],
      { containerDefinitions: [{ name: 'agent', image: 'buildkite-agent-custom:1' }] },
      /--image-config FILE/,
    ],
  ])('%s is bad input before any rig starts', async (_title, args, task, says) => {
    await inFolder(async (folder) => {
      const files = {
        'td.json': task,
        'bad.yml': 'steps: [',
        'good.yml': 'steps: [{ key: a, command: x }, { key: b, command: y }]',
      };
      const isNamed = args.includes('--task-definition') || args[0]?.includes('.yaml') === true;
      const named = isNamed ? args : ['td.json', ...args];
      const { code, stderr, stdout } = await rehearse(folder, named, files);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(says);
      expect(stderr).not.toMatch(/ {4}at /);
      expect(existsSync(join(folder, '.gameday'))).toBe(false);
    });
  });

  test('attribute that the rig refuses is bad input with its place, under --json too', async () => {
    await inFolder(async (folder) => {
      const pipeline = 'steps:\n  - key: tests\n    command: sleep 9\n    plugins: [{ docker#v5: {} }]\n';
      const args = ['--task-definition', 'td.json', '--pipeline', 'pipeline.yml', '--json'];
      const { code, stdout } = await rehearse(folder, args, {
        'td.json': taskDefinition({}),
        'pipeline.yml': pipeline,
      });
      expect(code).toBe(2);
      const { errors } = GameDayDocument.parse(JSON.parse(stdout));
      expect(errors).toHaveLength(1);
      expect(errors[0]?.message).toMatch(/pipeline\.yml:4:5: .*the plugin "docker#v5" would be cloned/);
    });
  });
});

describe.concurrent('Ctrl-C', () => {
  /** Started with a definition whose worker is not told of its stop. */
  async function started(folder: string, more: readonly string[], stopTimeout = 120): Promise<Cli> {
    await mkdir(folder, { recursive: true });
    await put(folder, 'td.json', taskDefinition({ argv: SHELL, stopTimeout }));
    const args = ['rehearse', '--yes', '--task-definition', 'td.json', ...more];
    return startCli(args, folder, { ...surroundings(folder), ...WITHOUT_ENGINE });
  }

  test('in the middle of the drills ends all of them and leaves nothing', async () => {
    await inFolder(async (folder) => {
      const run = await started(folder, ['--json', '--job-length', '5m']);
      await Promise.all(
        ['stop while busy', 'stop while idle'].map((which) => run.said(`${which}, given: the stop landed`)),
      );
      run.child.kill('SIGINT');
      expect(await run.ended, run.stderr()).toEqual({ code: 130, signal: null });
      const { day, rehearsal } = documentIn({ code: 130, stdout: run.stdout(), stderr: '' });
      expect(day).toMatchObject({ outcome: 'interrupted', exitCode: 130, counts: { interrupted: 3 } });
      expect(rehearsal).toMatchObject({ fixed: null, advice: null, given: { outcome: 'interrupted' } });
      expect(verdictsOf(rehearsal.given).map((text) => text.split(' ')[1])).toEqual(
        Array.from({ length: 3 }, () => 'interrupted'),
      );
    });
  });

  test('while the fixed one is played keeps what the first one came to', async () => {
    await inFolder(async (folder) => {
      const run = await started(folder, ['--job-length', '8s'], 2);
      await run.said('stop while busy, fixed: the stop landed');
      run.child.kill('SIGINT');
      expect(await run.ended, run.stderr()).toEqual({ code: 130, signal: null });
      expect(run.stdout()).toMatch(/stop while busy +FAILED: lost(, \S+ m?s)?\n/);
      expect(run.stdout()).toContain('Rehearsal: interrupted (exit code 130)');
    });
  });

  test('while the rigs start says that nothing was sent, if no drill had begun', async () => {
    await inFolder(async (folder) => {
      const run = await started(folder, ['--job-length', '5m']);
      await run.said('Three drills at the same time');
      run.child.kill('SIGTERM');
      expect(await run.ended, run.stderr()).toEqual({ code: 143, signal: null });
      expect(run.stdout()).toContain('Rehearsal: interrupted (exit code 143)');
      // On a busy machine a drill may have begun before the signal came.
      const hasBegun = /: drill \d{8}-\d{6}-[0-9a-f]{16}: /.test(run.stderr());
      expect(run.stderr().includes('nothing was sent'), run.stderr()).toBe(!hasBegun);
    });
  });
});
