import { describe, expect, it } from 'vitest';
import type { Trouble } from '../../src/model/answer.ts';
import { eventsOf } from '../../src/journal/events.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { aBuild, aCluster, aJob, aPipeline, aService, NOON } from '../support/builders.ts';
import type { Plan } from '../../src/scenario/plan.ts';
import { planOf } from '../support/plans.ts';
import { ending, theatre, type Staged, type Theatre } from '../support/theatre.ts';

const limited = (retryAfter: number): Trouble => ({
  kind: 'rate-limited',
  message: 'try again later',
  retryAfter,
});
const sent = (stage: Theatre): readonly number[] => [
  stage.buildkite.count('createBuild'),
  stage.ecs.count('stopTask'),
  stage.buildkite.count('cancelBuild'),
];

describe('before anything is started', () => {
  it.each<[string, Staged['set'], string]>([
    [
      '401',
      ({ buildkite }) => buildkite.fail('pipeline', { trouble: 'unauthorized', times: Infinity }),
      'could-not-run buildkite-unauthorized',
    ],
    [
      'no network to Buildkite',
      ({ buildkite }) => buildkite.fail('pipeline', { trouble: 'unreachable', times: Infinity }),
      'could-not-run buildkite-unreachable',
    ],
    [
      '429 for ever',
      ({ buildkite }) => buildkite.fail('pipeline', { trouble: limited(60_000), times: Infinity }),
      'could-not-run buildkite-rate-limited',
    ],
    [
      'a 429 that asks for a day, more than the drill has',
      ({ buildkite }) => buildkite.fail('pipeline', { trouble: limited(86_400_000) }),
      'could-not-run buildkite-rate-limited',
    ],
    [
      'garbage',
      ({ buildkite }) => buildkite.fail('pipeline', { trouble: 'garbage', times: Infinity }),
      'could-not-run buildkite-error',
    ],
    [
      '500 for ever',
      ({ buildkite }) => buildkite.fail('pipeline', { trouble: 'server-error', times: Infinity }),
      'could-not-run buildkite-error',
    ],
    [
      'no such organization',
      ({ buildkite }) => (buildkite.world.organization = 'another'),
      'could-not-run no-such-organization',
    ],
    [
      'no such pipeline',
      ({ buildkite }) => buildkite.world.pipelines.clear(),
      'could-not-run no-such-pipeline',
    ],
    [
      'no such step',
      ({ buildkite }) => buildkite.world.pipelines.set('canary', aPipeline({ stepKeys: ['lint'] })),
      'could-not-run no-such-step',
    ],
    ['no such cluster', ({ ecs }) => ecs.world.clusters.clear(), 'could-not-run no-such-cluster'],
    ['no such service', ({ ecs }) => ecs.world.services.clear(), 'could-not-run no-such-service'],
    [
      'a cluster that is not active',
      ({ ecs }) => ecs.world.clusters.set('build-prod', aCluster({ status: 'INACTIVE' })),
      'could-not-run no-such-cluster',
    ],
    [
      'a service that drains',
      ({ ecs }) => ecs.world.services.set('build-agents', aService({ status: 'DRAINING' })),
      'could-not-run no-such-service',
    ],
    [
      'ECS down',
      ({ ecs }) => ecs.fail('cluster', { trouble: 'unreachable', times: Infinity }),
      'could-not-run aws-unreachable',
    ],
    [
      'no credentials',
      ({ ecs }) => ecs.fail('service', { trouble: 'unauthorized', times: Infinity }),
      'could-not-run aws-unauthorized',
    ],
    [
      'access denied',
      ({ ecs }) => ecs.fail('recentStops', { trouble: 'denied', times: Infinity }),
      'could-not-run aws-denied',
    ],
    [
      'the kill switch',
      ({ surroundings }) => (surroundings.world.killSwitch = 'a file'),
      'refused kill-switch',
    ],
    [
      'a kill switch that cannot be read',
      ({ surroundings }) => surroundings.fail('killSwitch', { trouble: 'unwritable', times: Infinity }),
      'refused kill-switch',
    ],
    [
      'another drill',
      ({ surroundings, plan }) => surroundings.world.locks.set(plan.lockKey, 'other'),
      'refused lock-held',
    ],
    [
      'a lock that cannot be taken',
      ({ surroundings }) => surroundings.fail('lock', { trouble: 'unwritable', times: Infinity }),
      'refused lock-held',
    ],
    [
      'a build that would be canceled',
      ({ buildkite }) => {
        buildkite.world.pipelines.set('canary', aPipeline({ cancelIntermediateBuilds: true }));
        buildkite.world.builds.set('theirs', aBuild({ id: 'theirs' }));
      },
      'refused not-allowed',
    ],
  ])('%s ends the drill, and nothing was sent', async (_title, set, expected) => {
    const stage = theatre(set === undefined ? {} : { set });
    expect(ending(await stage.run())).toBe(expected);
    expect(sent(stage)).toEqual([0, 0, 0]);
  });

  it.each<[string, Staged['set']]>([
    ['a few seconds without ECS', ({ ecs }) => ecs.fail('cluster', { trouble: 'unreachable', times: 3 })],
    [
      'a few seconds without Buildkite',
      ({ buildkite }) => buildkite.fail('pipeline', { trouble: 'timeout', times: 3 }),
    ],
    ['one 429', ({ buildkite }) => buildkite.fail('pipeline', { trouble: limited(30_000) })],
    [
      'a pipeline whose steps cannot be known',
      ({ buildkite }) => buildkite.world.pipelines.set('canary', aPipeline({ stepKeys: null })),
    ],
    [
      'a dynamic pipeline',
      ({ buildkite }) => buildkite.world.pipelines.set('canary', aPipeline({ stepKeys: [], dynamic: true })),
    ],
  ])('%s does not', async (_title, set) => {
    expect(ending(await theatre(set === undefined ? {} : { set }).run())).toBe('passed drained');
  });

  it.each([
    ['a label that a step has', { label: 'Integration' }, 'passed drained'],
    ['a label that none has', { label: ':rocket: Deploy' }, 'could-not-run no-such-step'],
    ['a glob that a key fits', 'integ*', 'passed drained'],
    ['a glob that none fits', 'deploy-*', 'could-not-run no-such-step'],
  ] as const)('%s', async (_title, step, expected) => {
    const stage = theatre({ plan: planOf({ when: { trigger: 'step-in-flight', step } }) });
    expect(ending(await stage.run())).toBe(expected);
  });

  it('calls no step absent that ran before, since any command may upload steps', async () => {
    const stage = theatre({
      set: ({ buildkite }) => {
        buildkite.world.pipelines.set('canary', aPipeline({ stepKeys: ['generate'] }));
        buildkite.world.builds.set('past', aBuild({ id: 'past', state: 'passed', rawState: 'PASSED' }));
        const times = { startedAt: NOON, finishedAt: NOON + 5_000 };
        const ended = { state: 'finished', rawState: 'FINISHED', passed: true, ...times } as const;
        buildkite.world.jobs.set('past', aJob({ id: 'past', buildId: 'past', agentId: null, ...ended }));
      },
    });
    await stage.run();
    expect(stage.buildkite.count('createBuild')).toBe(1);
  });

  it("takes the pipeline's default branch where the scenario names none, and says so", async () => {
    const trunk: Staged['set'] = ({ buildkite }) =>
      buildkite.world.pipelines.set('canary', aPipeline({ branch: 'trunk' }));
    const branchOf = async (plan: Plan) => {
      const stage = theatre({ set: trunk, plan });
      await stage.run();
      return [...stage.buildkite.world.builds.values()].map(({ branch }) => branch);
    };
    expect(await branchOf(planOf())).toEqual(['trunk']);
    expect(await branchOf(planOf({ build: { branch: 'drills' } }))).toEqual(['drills']);
    const planned = theatre({ set: trunk, plan: planOf({}, { dryRun: true, consent: 'refuse' }) });
    await planned.run();
    expect(summarizeDrill(planned.journal.events, null).touches[0]).toContain(
      "on trunk, the pipeline's default branch, at HEAD",
    );
  });

  it('cancels the builds that trigger steps started with the one that it started', async () => {
    const stage = theatre({
      plan: planOf({ build: { follow: 'triggered' }, when: { startWithin: 60_000 } }),
      startsAfter: null,
      set: ({ buildkite }) => {
        const triggers = [{ pipeline: 'child', branch: null }];
        buildkite.world.pipelines.set('canary', aPipeline({ triggers }));
        buildkite.world.pipelines.set('child', aPipeline({ slug: 'child' }));
      },
    });
    expect(ending(await stage.run())).toBe('inconclusive step-never-ran');
    expect(
      [...stage.buildkite.world.builds.values()].map(({ pipeline, state }) => [pipeline, state]),
    ).toEqual([
      ['canary', 'canceling'],
      ['child', 'canceling'],
    ]);
  });

  it('does not hammer a service that does not answer', async () => {
    const stage = theatre({
      set: ({ ecs }) => ecs.fail('cluster', { trouble: 'unreachable', times: Infinity }),
    });
    await stage.run();
    expect(stage.ecs.count('cluster')).toBeLessThan(15);
  });

  it('comes again when a service that limits the rate says so, and not before', async () => {
    const stage = theatre({
      set: ({ buildkite }) => buildkite.fail('pipeline', { trouble: limited(30_000) }),
    });
    await stage.run();
    const reads = eventsOf(stage.journal.events, 'GD_OBSERVED')
      .flatMap(({ payload }) => payload.reads)
      .filter(({ subject }) => subject.kind === 'pipeline');
    expect((reads[1]?.sentAt ?? 0) - (reads[0]?.answeredAt ?? 0)).toBeGreaterThanOrEqual(30_000);
  });

  it('a dry run answers every guard and sends nothing', async () => {
    const stage = theatre({ plan: planOf({}, { dryRun: true, consent: 'refuse' }) });
    expect(ending(await stage.run())).toBe('planned planned');
    expect(sent(stage)).toEqual([0, 0, 0]);
    expect(stage.surroundings.count('lock')).toBe(0);
    expect(eventsOf(stage.journal.events, 'GD_GUARDS_ANSWERED')[0]?.payload.answers.length).toBeGreaterThan(
      8,
    );
  });

  it('a dry run shows the guard that would refuse', async () => {
    const stage = theatre({
      plan: planOf({}, { dryRun: true }),
      set: ({ surroundings }) => (surroundings.world.killSwitch = 'a file'),
    });
    await stage.run();
    const answers = eventsOf(stage.journal.events, 'GD_GUARDS_ANSWERED')[0]?.payload.answers ?? [];
    expect(answers.find(({ guard }) => guard === 'kill-switch')?.holds).toBe(false);
  });

  it('nobody to ask is refused before a build is started', async () => {
    const stage = theatre({ plan: planOf({}, { consent: 'refuse' }) });
    expect(ending(await stage.run())).toBe('refused confirm-needed');
    expect(sent(stage)).toEqual([0, 0, 0]);
  });
});
