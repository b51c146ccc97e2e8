import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import type { DrillEvent } from '../../src/journal/events.ts';
import { cli, documentIn, startCli } from '../support/cli.ts';
import { until } from '../support/until.ts';
import { withAgent } from './support/agents.ts';
import { inFolder, journalIn, play } from './support/case.ts';
import type { MatrixCase } from './support/case.ts';
import { SHELL, writeCase, writeScenario } from './support/files.ts';
import type { Entries } from './support/files.ts';
import { ENDLESS, held, whenIntended, whenTold } from './support/gates.ts';
import type { Opens } from './support/gates.ts';
import { standing } from './support/standing.ts';

const DEPLOY = fileURLToPath(new URL('support/deploy.mjs', import.meta.url));
const COUNT = 2;
/** A release of a new revision, which prints what it should not. */
const DEEDS = ['say=to v42', 'env=AWS_SECRET_ACCESS_KEY', 'revise', 'wait=1500'];

function deploy(...deeds: readonly string[]): readonly string[] {
  return [process.execPath, DEPLOY, ...deeds];
}

/** Two canaries on two workers, and a command that is run beside them. */
function gate(
  deeds: readonly string[],
  over: Partial<Omit<MatrixCase, 'expected'>> & { readonly inject?: Entries } = {},
) {
  const { inject, scenario, ...others } = over;
  return {
    steps: [{ key: 'integration', command: held() }],
    workers: COUNT,
    opens: whenTold,
    ...others,
    scenario: {
      build: { organization: 'acme', pipeline: 'canary', count: COUNT },
      safety: { tasks: COUNT },
      inject: { fault: 'command', command: deploy(...deeds), limit: '60s', ...inject },
      ...scenario,
    },
  };
}

/** Gates open once the command has ended: nothing is stopped that could open them. */
const whenEnded: Opens = (events) => (hasEnded(events) ? ['struck'] : []);

function hasEnded(events: readonly DrillEvent[]): boolean {
  return eventsOf(events, 'GD_OBSERVED').some(({ payload }) =>
    payload.facts.some((fact) => fact.kind === 'command' && fact.value.state === 'ended'),
  );
}

const drained = { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 } as const;
const failed = { exit: 11, outcome: 'inconclusive', reason: 'command-failed' } as const;
const untouched = { exit: 11, outcome: 'inconclusive', reason: 'not-touched' } as const;
const lost = { exit: 10, outcome: 'failed', reason: 'lost', cause: 'signal-eaten' } as const;

describe.concurrent('a release gate', () => {
  test(
    withAgent('passes a release under which every canary drains, and names both definitions'),
    async () => {
      const { drill, stderr } = await play({
        ...gate(DEEDS),
        agent: 'real',
        expected: {
          ...drained,
          says: [
            /for deployment ecs-svc\/\d+ \(build-agent:1 -> build-agent:2\), which began while the command ran/,
          ],
        },
      });
      expect(drill.fleet).toMatchObject({ tasksHit: COUNT, jobsHit: COUNT, drained: COUNT, lost: 0 });
      expect(drill.builds.map(({ hit, drained: survived }) => [hit, survived])).toEqual([
        [1, 1],
        [1, 1],
      ]);
      expect(drill.command).toMatchObject({
        words: deploy(...DEEDS),
        ...{ state: 'ended', exitCode: 0, signal: null, endedBy: null, leftProcesses: false },
        formerDefinition: 'build-agent:1',
        deployments: [{ definition: 'build-agent:2', rolloutState: 'COMPLETED' }],
      });
      expect(drill.command?.ms).toBeGreaterThanOrEqual(1_500);
      expect(stderr).toContain('command | to v42\n');
      // The rig's own key, which the command needs and nobody else may see.
      expect(stderr).toContain('command | AWS_SECRET_ACCESS_KEY=[redacted]\n');
    },
  );

  test(withAgent('fails one that kills a canary'), async () => {
    const { drill } = await play({
      ...gate(['force'], {
        steps: [{ key: 'integration', command: ENDLESS }],
        container: { argv: SHELL, stopTimeout: 3 },
        rig: { lostAfter: '3s' },
      }),
      agent: 'real',
      expected: lost,
    });
    expect(drill.command).toMatchObject({ exitCode: 0 });
    expect(drill.fleet).toMatchObject({ buildsHit: COUNT, buildsKilled: COUNT, lost: COUNT });
  });

  test('fails one whose loss a retry hides', async () => {
    const command = `if [ "$BUILDKITE_RETRY_COUNT" = 0 ]; then ${ENDLESS}; fi`;
    const retry = { automatic: [{ exit_status: -1, limit: 1 }] };
    await play({
      ...gate(['force'], {
        steps: [{ key: 'integration', command, retry }],
        container: { argv: SHELL, stopTimeout: 3 },
        rig: { lostAfter: '3s' },
      }),
      expected: { exit: 10, outcome: 'failed', reason: 'masked-loss', cause: 'signal-eaten' },
    });
  });

  test('is not green because nothing happened', async () => {
    const { drill } = await play({
      ...gate(['say=nothing'], { opens: whenEnded }),
      expected: {
        ...untouched,
        says: [
          /of 2 builds the command stopped the worker of 0 in flight; not touched: #1, #2; expect.touched is all/,
        ],
      },
    });
    expect(drill.injection).toBe('not proven');
    expect(drill.command).toMatchObject({ exitCode: 0, deployments: [] });
  });

  test.each([
    ['all', untouched],
    ['some', drained],
  ] as const)(
    'that a scale-in touches one canary of two is judged by expect.touched: %s',
    async (touched, answer) => {
      await play({
        ...gate(['count=1'], {
          scenario: { expect: { touched } },
          // The other one is not stopped, and may end once the first is proven.
          opens: (events) => (whenTold(events).length > 0 ? ['struck'] : []),
        }),
        expected: { ...answer },
      });
    },
  );

  test.each([
    ['before a worker was stopped', {}, 'some', untouched, 0],
    [
      'after one was stopped, and some are enough',
      { minimumHealthyPercent: 50, maximumPercent: 100 },
      'some',
      drained,
      1,
    ],
    [
      'after one was stopped, and all are asked for',
      { minimumHealthyPercent: 50, maximumPercent: 100 },
      'all',
      untouched,
      1,
    ],
  ] as const)(
    'names a release that the circuit breaker rolls back, %s',
    async (_when, percents, touched, answer, hit) => {
      const thresholdConfiguration = { type: 'COUNT', value: 2 };
      const deploymentCircuitBreaker = { enable: true, rollback: true, thresholdConfiguration };
      const service = {
        ...{ serviceName: 'build-agents', desiredCount: COUNT, launchType: 'FARGATE' },
        deploymentConfiguration: { ...percents, deploymentCircuitBreaker },
      };
      const { drill } = await play({
        ...gate(['revise=broken'], {
          scenario: { expect: { touched } },
          files: { 'service.json': service },
          rig: {
            services: [{ taskDefinition: 'agent.json', service: 'service.json' }],
            // Else the tasks that fail are over before anybody looks.
            knobs: { provisioning: '1s' },
          },
          opens: (events) => (hit === 0 ? whenEnded(events) : whenTold(events).length > 0 ? ['struck'] : []),
        }),
        expected: {
          ...answer,
          notes: [
            /deployment ecs-svc.* failed and was rolled back to ecs-svc.*: not every task was replaced/,
          ],
        },
      });
      expect(drill.fleet).toMatchObject({ tasksHit: hit, drained: hit });
      expect(drill.command).toMatchObject({
        ...{ exitCode: 0, formerDefinition: 'build-agent:1' },
        // As it was seen last: one without tasks is gone before it is seen to have failed.
        deployments: [{ definition: 'build-agent:2', ...(hit === 0 ? {} : { rolloutState: 'FAILED' }) }],
      });
    },
  );

  test('says so where the command fails before it touches anything', async () => {
    await play({
      ...gate(['exit=1'], { opens: whenEnded }),
      expected: { ...failed, says: [/the command failed with exit code 1 after/] },
    });
  });

  test('says so where the command fails after every canary drained', async () => {
    const { drill } = await play({ ...gate(['force', 'wait=1000', 'exit=1']), expected: failed });
    expect(drill.fleet).toMatchObject({ drained: COUNT });
    expect(drill.notes.join('\n')).toContain('of the stopped tasks the worst is drained');
  });

  test('fails where the command fails after it killed a canary', async () => {
    await play({
      ...gate(['force', 'wait=1000', 'exit=1'], {
        steps: [{ key: 'integration', command: ENDLESS }],
        container: { argv: SHELL, stopTimeout: 3 },
        rig: { lostAfter: '3s' },
      }),
      expected: lost,
    });
  });

  test('says so where there is no such command, and cancels the builds that it started', async () => {
    const { journal } = await play({
      ...gate([], { inject: { command: ['./there-is-none'] }, opens: whenIntended() }),
      expected: {
        ...failed,
        says: [/the command could not be started: there is no program \.\/there-is-none/],
      },
    });
    const undone = eventsOf(journal, 'GD_UNDO_INTENDED').map(({ payload }) => payload.call.kind);
    expect(undone).toEqual(['cancel-build', 'cancel-build']);
  });

  test('ends a command at its time limit, though it is deaf', async () => {
    const { drill } = await play({
      ...gate(['deaf', 'hang'], { inject: { limit: '2s' }, opens: whenEnded }),
      expected: {
        ...failed,
        says: [/ran over its limit of 2\.0 s \(inject\.limit\) and was ended: signal SIGKILL/],
      },
    });
    expect(drill.command).toMatchObject({ endedBy: 'limit', signal: 'SIGKILL' });
  });

  test('does not wait for a process that the command leaves behind with its output open, and ends it', async () => {
    const { drill } = await play({ ...gate(['force', 'fork']), expected: drained });
    expect(drill.command).toMatchObject({ exitCode: 0, leftProcesses: true });
  });

  test('does not count a deployment that somebody begins after the command has ended', async () => {
    await standing(gate(['say=nothing']), async (stage) => {
      const begun: Promise<unknown>[] = [];
      // The clocks are known to about a second, and what is nearer than two is given the benefit of the doubt.
      const deployLater = (): Promise<unknown> =>
        pause(2_500).then(() => stage.act({ do: 'start-deployment', service: 'build-agents' }));
      const opens: Opens = (events) => {
        if (begun.length === 0 && hasEnded(events)) begun.push(deployLater());
        return whenTold(events);
      };
      const played = await stage.run({ opens });
      expect(played.drill).toMatchObject({
        outcome: 'inconclusive',
        reason: 'stopped-by-other',
        exitCode: 11,
      });
      expect(played.drill.said).toMatch(/deployment ecs-svc\/\d+ .* began after the command had ended/);
      await Promise.all(begun);
    });
  });
});

/** How often the command was begun. */
async function begins(file: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '').length;
}

describe.concurrent('a release gate that is cut short', () => {
  test.each(['SIGKILL', 'SIGINT'] as const)(
    'by %s is resumed, and its command is not run again',
    async (signal) => {
      await standing(gate([]), async (stage) => {
        const { folder, env } = stage;
        const note = join(folder, 'begun');
        const scenario = await writeScenario(folder, {
          scenario: {
            ...gate([]).scenario,
            inject: { fault: 'command', limit: '60s' },
          },
        });
        const words = deploy(`note=${note}`, 'force', 'hang');
        const run = startCli(['run', scenario, '--yes', '--', ...words], folder, { ...env, TMPDIR: folder });
        await run.said('the stop landed');
        run.child.kill(signal);
        const { code } = await run.ended;
        expect(code).toBe(signal === 'SIGINT' ? 130 : null);
        const out = join(folder, '.gameday');
        const [drill = ''] = await readdir(out);
        const last = (await journalIn(out)).at(-1)?.code;
        if (signal === 'SIGINT') {
          expect(last).toBe('GD_INTERRUPTED');
          expect(hasEnded(await journalIn(out))).toBe(true);
        } else {
          // Nobody is left who could end it: the test plays the machine that does.
          process.kill(-Number(await readFile(note, 'utf8')), 'SIGKILL');
        }
        const resumed = startCli(['resume', drill, '--json'], folder, { ...env, TMPDIR: folder });
        await until('the gates', async () => whenTold(await journalIn(out)).length === COUNT);
        await openGates(folder, await journalIn(out));
        await resumed.ended;
        const [result] = documentIn(resumed.stdout()).drills;
        expect(result, resumed.stderr()).toMatchObject({
          outcome: 'inconclusive',
          exitCode: 11,
          ...(signal === 'SIGINT'
            ? {
                reason: 'command-failed',
                command: { state: 'ended', endedBy: 'interruption', signal: 'SIGINT' },
              }
            : { reason: 'observation-gap', command: { state: 'unknown', exitCode: null } }),
          fleet: { drained: COUNT },
        });
        expect(await begins(note)).toBe(1);
      });
    },
  );

  test('by a second signal leaves no process of the command', async () => {
    await inFolder(async (folder) => {
      const scenario = await writeCase(folder, gate(['deaf', 'hang']));
      const run = startCli(['run', '--rig', scenario], folder, { TMPDIR: folder });
      await run.said('the command runs');
      run.child.kill('SIGTERM');
      await run.said('INTERRUPTED').catch(() => undefined);
      run.child.kill('SIGTERM');
      expect((await run.ended).code).toBe(143);
    });
  });
});

async function openGates(folder: string, events: readonly DrillEvent[]): Promise<void> {
  for (const name of whenTold(events)) await writeFile(join(folder, 'gates', name), '');
}

describe.concurrent('the command line of a release gate', () => {
  const scenario = { ...gate([]).scenario, inject: { fault: 'command', limit: '60s' } };

  test('gives the words behind -- to the command, and takes none of them for a flag of its own', async () => {
    const { drill } = await play({
      ...gate([], { opens: whenTold, scenario: { inject: { fault: 'command', limit: '60s' } } }),
      args: ['--', ...deploy('say=--json --rig --help', 'force')],
      expected: drained,
    });
    expect(drill.command?.words).toEqual(deploy('say=--json --rig --help', 'force'));
  });

  test('a dry run shows exactly what will be run', async () => {
    await inFolder(async (folder) => {
      const file = await writeCase(folder, { ...gate([]), scenario });
      const args = ['run', '--rig', '--dry-run', file, '--', './deploy.sh', '--to', 'v 42'];
      const { code, stdout } = await cli(args, folder, { TMPDIR: folder });
      expect(code, stdout).toBe(0);
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain("command ./deploy.sh --to 'v 42' (limit 1 min 0 s)");
    });
  });

  test('is refused where it is wrong, and nothing is started', async () => {
    await inFolder(async (folder) => {
      const file = await writeCase(folder, { ...gate([]), scenario });
      const both = await writeScenario(folder, gate(['force']), 'both.yaml');
      const other = await writeScenario(folder, {}, 'other.yaml');
      const cases = [
        [[file], /no command is given, and fault command runs one/],
        [[both, '--', 'true'], /the command is given twice/],
        [[file, both, '--', 'true'], /goes with exactly one FILE; 2 were given/],
        [['--', 'true'], /gameday run needs FILE/],
        [[file, '--'], /no command stands behind --/],
        [[other, '--', 'true'], /is for inject\.fault: command alone; this scenario injects stop-task/],
      ] as const;
      for (const [args, says] of cases) {
        const { code, stdout, stderr } = await cli(['run', '--rig', ...args], folder);
        expect([args, code]).toEqual([args, 2]);
        expect(stderr + stdout).toMatch(says);
      }
      expect((await cli(['validate', file], folder)).code).toBe(0);
      expect((await cli(['validate', file, '--', 'true', '--json'], folder)).stdout).toContain('valid');
      expect((await cli(['validate', both, '--', 'true'], folder)).code).toBe(2);
    });
  });
});
