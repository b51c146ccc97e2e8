import { describe, expect, it } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { aJob, anAgent, aService, AGENT_ID, BUILD_ID, JOB_ID, TASK_ARN } from '../support/builders.ts';
import { jobEvent } from '../support/journal-builders.ts';
import { planOf } from '../support/plans.ts';
import { ending, OPENING, theatre, type Staged, type Theatre } from '../support/theatre.ts';

const sent = (stage: Theatre): readonly number[] => [
  stage.buildkite.count('createBuild'),
  stage.ecs.count('stopTask'),
  stage.buildkite.count('cancelBuild'),
];

describe('before the injection', () => {
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
      'refused not-settled',
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
