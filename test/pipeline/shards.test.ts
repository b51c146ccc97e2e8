import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planShards } from '../../src/pipeline/shards.ts';
import type { Named, Shard } from '../../src/pipeline/shards.ts';
import { makePipeline } from '../../src/pipeline/steps.ts';
import { planOf } from '../support/plans.ts';
import type { ScenarioOver } from '../support/plans.ts';

const AGENTS = { region: 'us-east-1', name: 'build-prod', service: 'agents' } as const;

function named(file: string, over: ScenarioOver = {}): Named {
  return { file, scenario: planOf(over).scenario };
}

/** A scenario with a service and a pipeline of its own. */
function apart(name: string): Named {
  return named(`${name}.yaml`, { cluster: { ...AGENTS, service: name }, build: { pipeline: name } });
}

function afterOf(shards: readonly Shard[]): readonly (number | null)[] {
  return shards.map(({ after }) => after);
}

describe('shards', () => {
  it('of other services and pipelines run at the same time, each in the group of its service', () => {
    const shards = planShards([apart('a'), apart('b')], null, null);
    expect(shards).toMatchObject([
      { number: 1, file: 'a.yaml', group: 'gameday/us-east-1/build-prod/a', after: null },
      { number: 2, file: 'b.yaml', group: 'gameday/us-east-1/build-prod/b', after: null },
    ]);
  });

  it.each<readonly [string, ScenarioOver, ScenarioOver, boolean]>([
    [
      'one service',
      { cluster: AGENTS, build: { pipeline: 'a' } },
      { cluster: AGENTS, build: { pipeline: 'b' } },
      true,
    ],
    [
      'one service, once by its ARN',
      { cluster: { ...AGENTS, name: 'arn:aws:ecs:us-east-1:123456789012:cluster/build-prod', region: null } },
      { cluster: AGENTS, build: { pipeline: 'b' } },
      true,
    ],
    [
      'one name in two regions',
      { cluster: AGENTS, build: { pipeline: 'a' } },
      { cluster: { ...AGENTS, region: 'eu-west-1' }, build: { pipeline: 'b' } },
      false,
    ],
    [
      'a service and a family of one cluster, which may be the same tasks',
      { cluster: AGENTS, build: { pipeline: 'a' } },
      { cluster: { ...AGENTS, service: null, family: 'agent' }, build: { pipeline: 'b' } },
      true,
    ],
    [
      'one pipeline and branch',
      { cluster: { ...AGENTS, service: 'a' }, build: { branch: 'main' } },
      { cluster: { ...AGENTS, service: 'b' }, build: { branch: 'main' } },
      true,
    ],
    [
      'one pipeline and two branches',
      { cluster: { ...AGENTS, service: 'a' }, build: { branch: 'main' } },
      { cluster: { ...AGENTS, service: 'b' }, build: { branch: 'drills' } },
      false,
    ],
    [
      'one pipeline, and the default branch, which may be any',
      { cluster: { ...AGENTS, service: 'a' }, build: { branch: 'main' } },
      { cluster: { ...AGENTS, service: 'b' } },
      true,
    ],
    [
      'pipelines of one name in two organizations',
      { cluster: { ...AGENTS, service: 'a' }, build: { organization: 'acme' } },
      { cluster: { ...AGENTS, service: 'b' }, build: { organization: 'other' } },
      false,
    ],
    [
      'two drills without a build',
      { cluster: { ...AGENTS, service: 'a' }, build: { pipeline: '' } },
      { cluster: { ...AGENTS, service: 'b' }, build: { pipeline: '' } },
      false,
    ],
  ])('follow each other or not: %s', (_name, one, other, follows) => {
    const shards = planShards([named('1.yaml', one), named('2.yaml', other)], null, null);
    expect(afterOf(shards)).toEqual([null, follows ? 1 : null]);
  });

  it('take the region of the environment where no scenario names one', () => {
    const [shard] = planShards(
      [named('1.yaml', { cluster: { ...AGENTS, region: null } })],
      null,
      'eu-west-1',
    );
    expect(shard?.group).toBe('gameday/eu-west-1/build-prod/agents');
  });

  it('run so many at a time as --parallel says', () => {
    const four = ['a', 'b', 'c', 'd'].map(apart);
    expect(afterOf(planShards(four, 2, null)).filter((after) => after === null)).toHaveLength(2);
    expect(afterOf(planShards(four, 1, null))).toEqual([null, 1, 2, 3]);
    expect(afterOf(planShards(four, 9, null))).toEqual([null, null, null, null]);
  });
});

const scenarios = fc
  .array(
    fc.record({
      service: fc.constantFrom('a', 'b', 'c', 'd'),
      pipeline: fc.constantFrom('one', 'two', 'three', ''),
      branch: fc.constantFrom(null, 'main', 'drills'),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((all) =>
    all.map(({ service, pipeline, branch }, index) =>
      named(`${String(index)}.yaml`, { cluster: { ...AGENTS, service }, build: { pipeline, branch } }),
    ),
  );

describe('a pipeline, whatever the scenarios are', () => {
  it('has each scenario in exactly one shard, and all of them in the command of the last step', () => {
    fc.assert(
      fc.property(scenarios, fc.option(fc.integer({ min: 1, max: 5 })), (all, parallel) => {
        const shards = planShards(all, parallel, null);
        expect(shards.map(({ file }) => file)).toEqual(all.map(({ file }) => file));
        const { steps } = makePipeline(shards, { queue: null, rig: false, variables: [] });
        for (const [index, { file }] of all.entries())
          expect(steps.filter(({ command }) => command.includes(`gameday run ${file} `))).toEqual([
            steps[index],
          ]);
        expect(steps.at(-1)?.command).toContain(all.map(({ file }) => `--shard ${file}`).join(' '));
        expect(steps.at(-1)).toMatchObject({ depends_on: steps.slice(0, -1).map(({ key }) => key) });
      }),
    );
  });

  it('never lets two drills that exclude each other run at the same time, nor more than it may', () => {
    fc.assert(
      fc.property(scenarios, fc.integer({ min: 1, max: 5 }), (all, parallel) => {
        const shards = planShards(all, parallel, null);
        const lanes = shards.map((shard) => laneOf(shards, shard));
        expect(new Set(lanes).size).toBeLessThanOrEqual(parallel);
        for (const [i, one] of all.entries())
          for (const [j, other] of all.entries()) {
            const [a, b] = [one.scenario, other.scenario];
            const isOneBranch =
              a.build.pipeline !== '' &&
              a.build.pipeline === b.build.pipeline &&
              (a.build.branch ?? b.build.branch) === (b.build.branch ?? a.build.branch);
            if (a.cluster.service === b.cluster.service || isOneBranch) expect(lanes[i]).toBe(lanes[j]);
          }
      }),
    );
  });
});

/** The first shard of a lane names it; a lane that closes on itself never ends. */
function laneOf(shards: readonly Shard[], { number, after }: Shard, steps = 0): number {
  expect(steps).toBeLessThan(shards.length);
  const before = shards.find((one) => one.number === after);
  return before === undefined ? number : laneOf(shards, before, steps + 1);
}

describe('the steps', () => {
  const [shard] = planShards([apart('a')], null, null);
  const steps = (over: Partial<Shard> = {}, queue: string | null = null, rig = false) =>
    makePipeline([{ ...(shard as Shard), ...over }], { queue, rig, variables: ['BRANCH=a b'] }).steps;

  it('are retried where the drill was inconclusive, and never after a verdict or a lost agent', () => {
    expect(steps()[0]).toMatchObject({ retry: { automatic: [{ exit_status: 11, limit: 2 }] } });
    expect(steps()[1]).toMatchObject({ retry: { automatic: [{ exit_status: -1, limit: 2 }] } });
  });

  it('are not retried where the drill runs a command of yours', () => {
    const over = {
      inject: { fault: 'command', command: ['./deploy'], limit: 60_000 },
    } satisfies ScenarioOver;
    const [deploys] = planShards([named('a.yaml', over)], null, null);
    expect(deploys?.mayRetry).toBe(false);
    expect(steps({ mayRetry: false })[0]).not.toHaveProperty('retry');
  });

  it('go on after a failure, and hand on queue, variables and consent', () => {
    const [run, merge] = steps({ after: 7 }, 'game-day');
    expect(run).toMatchObject({
      ...{ key: 'game-day-1', depends_on: ['game-day-7'], allow_dependency_failure: true },
      ...{ concurrency: 1, agents: { queue: 'game-day' }, artifact_paths: ['gameday-shards/1/**/*'] },
    });
    expect(run?.command).toContain(`gameday run a.yaml --yes --var 'BRANCH=a b' --out "$$out"`);
    expect(merge).toMatchObject({ allow_dependency_failure: true, agents: { queue: 'game-day' } });
    expect(merge?.command).toContain('artifact download --include-retried-jobs');
  });

  it('run on the rig without consent to stop anything real', () => {
    const [run, merge] = steps({}, null, true);
    expect(run?.command).toContain('gameday run a.yaml --rig --var');
    expect(run?.command).not.toContain('--yes');
    expect(merge?.command).toContain('gameday merge gameday-shards --rig --shard a.yaml');
  });

  it('take a file whose name begins with a dash for no flag', () => {
    expect(steps({ file: '-a.yaml' })[0]?.command).toContain('gameday run ./-a.yaml ');
    expect(steps({ file: '-a.yaml' })[1]?.command).toContain('--shard ./-a.yaml ');
  });
});
