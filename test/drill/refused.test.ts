import { describe, expect, it } from 'vitest';
import type { Trouble } from '../../src/drill/call.ts';
import { eventsOf } from '../../src/journal/events.ts';
import {
  aBuild,
  aCluster,
  aJob,
  anAgent,
  aPipeline,
  aService,
  AGENT_ID,
  BUILD_ID,
  JOB_ID,
  TASK_ARN,
} from '../support/builders.ts';
import { jobEvent } from '../support/journal-builders.ts';
import { planOf } from '../support/plans.ts';
import { ending, OPENING, theatre, type Staged, type Theatre } from '../support/theatre.ts';

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
    ['no such service', ({ ecs }) => ecs.world.services.clear(), 'could-not-run no-such-cluster'],
    [
      'a cluster that is not active',
      ({ ecs }) => ecs.world.clusters.set('build-prod', aCluster({ status: 'INACTIVE' })),
      'could-not-run no-such-cluster',
    ],
    [
      'a service that drains',
      ({ ecs }) => ecs.world.services.set('build-agents', aService({ status: 'DRAINING' })),
      'could-not-run no-such-cluster',
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
      'a deployment',
      ({ ecs }) => ecs.world.services.set('build-agents', aService({ pending: 1 })),
      'refused blast-radius',
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

describe('the build', () => {
  it('is found by its meta-data where the answer was lost', async () => {
    const stage = theatre({
      set: ({ buildkite }) => buildkite.fail('createBuild', { trouble: 'timeout', acted: true }),
    });
    expect(ending(await stage.run())).toBe('passed drained');
    expect(stage.buildkite.count('createBuild')).toBe(1);
    expect(eventsOf(stage.journal.events, 'GD_BUILD_KNOWN')[0]?.payload.by).toBe('meta-data');
  });

  it('is never sent again blindly', async () => {
    const stage = theatre({
      set: ({ buildkite }) => buildkite.fail('createBuild', { trouble: 'timeout', certainty: 'unknown' }),
    });
    const state = await stage.run();
    expect(ending(state)).toBe('could-not-run build-not-created');
    expect(stage.buildkite.count('createBuild')).toBe(1);
    expect(stage.buildkite.count('buildOfDrill')).toBeGreaterThan(5);
    expect(eventsOf(stage.journal.events, 'GD_SETTLED')[0]?.payload.left.join()).toContain('may exist');
  });

  it('is sent again when the rate is limited no more', async () => {
    const stage = theatre({
      set: ({ buildkite }) => buildkite.fail('createBuild', { trouble: limited(20_000), times: 2 }),
    });
    expect(ending(await stage.run())).toBe('passed drained');
    expect(stage.buildkite.count('createBuild')).toBe(3);
    expect(stage.clock.now() - OPENING).toBeGreaterThan(40_000);
  });

  it.each<[Trouble['kind'], string]>([
    ['refused', 'could-not-run build-not-created'],
    ['unauthorized', 'could-not-run buildkite-unauthorized'],
    ['unreachable', 'could-not-run buildkite-unreachable'],
  ])('refused as %s ends the drill', async (trouble, expected) => {
    const stage = theatre({ set: ({ buildkite }) => buildkite.fail('createBuild', { trouble }) });
    expect(ending(await stage.run())).toBe(expected);
  });

  it('that is named is struck, and never canceled', async () => {
    const running = (stage: Theatre, over = {}): void => {
      stage.buildkite.world.builds.set(BUILD_ID, aBuild(over));
      const events = [jobEvent('STARTED', OPENING)];
      stage.buildkite.world.jobs.set(JOB_ID, aJob({ startedAt: OPENING, events }));
      stage.buildkite.setAgent(AGENT_ID, { isRunningJob: true });
    };
    const plan = planOf({ build: { number: 1 } });
    const stage = theatre({ plan, set: running });
    expect(ending(await stage.run())).toBe('passed drained');
    expect(stage.buildkite.count('createBuild')).toBe(0);
    const hurt = theatre({ plan, set: (one) => running(one, { state: 'failing', rawState: 'FAILING' }) });
    expect(ending(await hurt.run())).toBe('inconclusive unsound-baseline');
    expect(sent(hurt)).toEqual([0, 0, 0]);
  });

  it('that is named and does not exist could not run', async () => {
    const stage = theatre({ plan: planOf({ build: { number: 99 } }) });
    expect(ending(await stage.run())).toBe('could-not-run build-not-created');
  });
});

describe('before the strike', () => {
  const soon = OPENING + 3_500;
  it.each<[string, Staged, string]>([
    [
      'no tag',
      { set: ({ buildkite }) => buildkite.setAgent(AGENT_ID, { tags: {} }) },
      'could-not-run agent-not-mapped',
    ],
    [
      'a tag that ECS does not know',
      { set: ({ buildkite }) => buildkite.setAgent(AGENT_ID, { tags: { 'ecs:task-arn': 'arn:x' } }) },
      'could-not-run agent-not-mapped',
    ],
    [
      'a task of another service',
      { set: ({ ecs }) => ecs.setTask(TASK_ARN, { group: 'service:payments' }) },
      'refused not-allowed',
    ],
    [
      'two agents on the task',
      {
        set: ({ buildkite }) =>
          buildkite.world.agents.set('second', anAgent({ id: 'second', isRunningJob: false })),
      },
      'refused shared-task',
    ],
    [
      'our own task',
      {
        set: ({ surroundings }) =>
          (surroundings.world.self = { ...surroundings.world.self, taskArn: TASK_ARN }),
      },
      'refused self-target',
    ],
    [
      'a task that is going down',
      {
        set: ({ ecs, clock }) =>
          clock.at(soon, () => ecs.setTask(TASK_ARN, { desired: 'STOPPED', stoppedReason: 'by hand' })),
      },
      'inconclusive stopped-by-other',
    ],
    [
      'a build that began to fail',
      {
        set: ({ buildkite, clock }) =>
          clock.at(soon, () => buildkite.setBuild(BUILD_ID, { state: 'failing', rawState: 'FAILING' })),
      },
      'inconclusive unsound-baseline',
    ],
    [
      'a soft-failed attempt before',
      {
        set: ({ buildkite, clock }) =>
          clock.at(soon, () =>
            buildkite.world.jobs.set(
              'lint',
              aJob({ id: 'lint', stepKey: 'lint', state: 'finished', softFailed: true, exitStatus: '1' }),
            ),
          ),
      },
      'inconclusive unsound-baseline',
    ],
    [
      'the kill switch, thrown meanwhile',
      { set: ({ surroundings, clock }) => clock.at(soon, () => (surroundings.world.killSwitch = 'a file')) },
      'refused kill-switch',
    ],
    [
      'the kill switch, not readable any more',
      {
        set: ({ surroundings, clock }) =>
          clock.at(soon, () => surroundings.fail('killSwitch', { trouble: 'unwritable', times: Infinity })),
      },
      'refused kill-switch',
    ],
    [
      'a halt condition that holds by then',
      {
        plan: planOf({ safety: { haltWhen: [{ name: 'incident', file: '/x' }] } }),
        set: ({ surroundings, clock }) => clock.at(soon, () => surroundings.world.halted.add('incident')),
      },
      'refused halted',
    ],
    [
      'a deployment that began meanwhile',
      {
        set: ({ ecs, clock }) =>
          clock.at(soon, () => ecs.world.services.set('build-agents', aService({ pending: 1 }))),
      },
      'refused blast-radius',
    ],
    [
      'a job that ended meanwhile',
      {
        set: ({ buildkite }) =>
          buildkite.before('job', 1, () =>
            buildkite.setJob(JOB_ID, {
              state: 'finished',
              rawState: 'FINISHED',
              passed: true,
              exitStatus: '0',
            }),
          ),
      },
      'inconclusive finished-before-stop',
    ],
    [
      'Buildkite gone at the last instant',
      { set: ({ buildkite }) => buildkite.fail('job', { trouble: 'unreachable', times: Infinity }) },
      'could-not-run buildkite-unreachable',
    ],
    [
      'a container that cannot be told',
      {
        set: ({ buildkite, ecs }) => {
          buildkite.setAgent(AGENT_ID, { tags: { 'ecs:task-arn': TASK_ARN } });
          ecs.world.definitions.clear();
        },
      },
      'could-not-run aws-unreachable',
    ],
  ])('%s stops nothing', async (_title, staged, expected) => {
    const stage = theatre(staged);
    expect(ending(await stage.run())).toBe(expected);
    expect(stage.ecs.count('stopTask')).toBe(0);
  });

  it('cancels the build that it started and then did not need', async () => {
    const stage = theatre({ set: ({ buildkite }) => buildkite.setAgent(AGENT_ID, { tags: {} }) });
    await stage.run();
    expect(sent(stage)).toEqual([1, 0, 1]);
    expect(eventsOf(stage.journal.events, 'GD_SETTLED')[0]?.payload.left).toEqual([]);
  });

  it('says that it could not cancel it', async () => {
    const stage = theatre({
      set: ({ buildkite }) => {
        buildkite.setAgent(AGENT_ID, { tags: {} });
        buildkite.fail('cancelBuild', { trouble: 'denied' });
      },
    });
    await stage.run();
    expect(eventsOf(stage.journal.events, 'GD_SETTLED')[0]?.payload.left.join()).toContain(
      'could not be canceled',
    );
  });

  it('aims again while attempts are left', async () => {
    const again = JOB_ID.replace(/1$/, '5');
    const stage = theatre({
      plan: planOf({ when: { attempts: 2 } }),
      set: ({ buildkite, clock }) => {
        buildkite.before('job', 1, () => {
          buildkite.setJob(JOB_ID, {
            state: 'finished',
            rawState: 'FINISHED',
            passed: true,
            exitStatus: '0',
            finishedAt: clock.now(),
            events: [jobEvent('FINISHED', clock.now())],
          });
          const events = [jobEvent('STARTED', clock.now())];
          buildkite.world.jobs.set(
            again,
            aJob({ id: again, parallelIndex: 1, startedAt: clock.now(), events }),
          );
        });
      },
      onStop: (one) => {
        one.drain();
        one.clock.at(one.clock.now() + 9_000, () => one.finishJob({}, again));
      },
    });
    const state = await stage.run();
    expect(ending(state)).toBe('passed drained');
    expect(state.aims).toBe(2);
    expect(state.target?.jobId).toBe(again);
    expect(stage.ecs.count('stopTask')).toBe(1);
  });
});

describe('a person', () => {
  it('is shown what will be stopped and which jobs run there', async () => {
    const stage = theatre({ plan: planOf({}, { consent: 'ask' }) });
    expect(ending(await stage.run())).toBe('passed drained');
    expect(stage.person.shown).toHaveLength(1);
    expect(stage.person.shown[0]?.join('\n')).toContain(TASK_ARN);
    expect(stage.person.shown[0]?.join('\n')).toContain('integration');
  });

  it('who says no has the last word', async () => {
    const stage = theatre({ plan: planOf({}, { consent: 'ask' }) });
    stage.person.says = false;
    expect(ending(await stage.run())).toBe('refused confirm-declined');
    expect(sent(stage)).toEqual([1, 0, 1]);
  });

  it('who said no is asked again by a process that goes on, never taken for a yes', async () => {
    const stage = theatre({ plan: planOf({}, { consent: 'ask' }) });
    stage.person.says = false;
    await stage.run();
    const no = stage.journal.events.findIndex(({ code }) => code === 'GD_CONFIRMED');
    stage.cutTo(no + 1);
    await stage.run();
    expect(stage.person.shown).toHaveLength(2);
    expect(stage.ecs.count('stopTask')).toBe(0);
  });

  it('is read after: a job that ends while they think is not struck', async () => {
    const stage = theatre({ plan: planOf({}, { consent: 'ask' }) });
    const shown = stage.person.shown;
    const push = shown.push.bind(shown);
    shown.push = (...lines) => {
      stage.finishJob();
      return push(...lines);
    };
    expect(ending(await stage.run())).toBe('inconclusive finished-before-stop');
    expect(stage.ecs.count('stopTask')).toBe(0);
  });
});
