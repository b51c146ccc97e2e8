import { describe, expect, it } from 'vitest';
import type { Agent } from '../../src/model/entities/agent.ts';
import type { Job } from '../../src/model/entities/job.ts';
import type { Task } from '../../src/model/entities/task.ts';
import type { When } from '../../src/scenario/when.ts';
import type { Fact } from '../../src/model/world.ts';
import { agentIdle } from '../../src/triggers/agent-idle.ts';
import { fleetBusy } from '../../src/triggers/fleet-busy.ts';
import { aBuild, aJob, anAgent, aTask, NOON } from '../support/builders.ts';
import { fact } from '../support/journal-builders.ts';
import { planOf } from '../support/plans.ts';
import { armed } from './armed.ts';

const patience = { startWithin: 60_000, attempts: 1 };
const idle = (idleFor = 0): When => ({ trigger: 'agent-idle', idleFor, ...patience });
const busy = (count: number, step: string | null = null): When => ({
  trigger: 'fleet-busy',
  busy: count,
  step,
  ...patience,
});

/** A worker: its task, its agent, and a job that it holds. */
interface Worker {
  readonly agent?: Partial<Agent>;
  readonly task?: Partial<Task>;
  readonly job?: Partial<Job>;
}

function fleet(...workers: readonly Worker[]): readonly Fact[] {
  const arns = workers.map((_worker, index) => `arn:task/${String(index)}`);
  const facts = workers.flatMap(({ agent = {}, task = {}, job }, index): Fact[] => {
    const arn = arns[index] ?? '';
    const id = `agent-${String(index)}`;
    const held = job === undefined ? [] : [aJob({ id: `job-${String(index)}`, agentId: id, ...job })];
    return [
      fact('task', aTask({ arn, ...task })),
      ...held.map((one) => fact('job', one)),
      fact(
        'agent',
        anAgent({
          id,
          name: id,
          tags: { 'ecs:task-arn': arn },
          isRunningJob: false,
          jobs: held.map((one) => one.id),
          ...agent,
        }),
      ),
      fact('agents-of-task', { taskArn: arn, agents: [id], complete: true }, arn),
    ];
  });
  return [
    fact('tasks-of', { arns, complete: true }, planOf().lockKey),
    fact('build', aBuild({ jobs: workers.map((_worker, index) => `job-${String(index)}`) })),
    ...facts,
  ];
}

describe('agent-idle', () => {
  const meant = (facts: readonly Fact[], now = NOON, idleFor = 0): string => {
    const fired = agentIdle.fire(armed(idle(idleFor), facts), now);
    return fired.fires === 'now' ? (fired.aim.agentId ?? 'nobody') : fired.fires;
  };

  it.each<[string, readonly Worker[], string]>([
    ['a worker without a job', [{}], 'agent-0'],
    ['the one that has none', [{ job: {} }, {}], 'agent-1'],
    ['none while all run a job', [{ job: {} }, { job: {} }], 'later'],
    ['none that has just been given one', [{ job: { state: 'assigned', startedAt: null } }], 'later'],
    ['none that says it runs one', [{ agent: { isRunningJob: true } }], 'later'],
    ['one whose job is over', [{ job: { state: 'finished', passed: true } }], 'agent-0'],
    ['none whose jobs were not read', [{ agent: { jobs: null } }], 'later'],
    ['none that has left', [{ agent: { connection: 'disconnected' } }], 'later'],
    ['none that is paused', [{ agent: { connection: 'paused' } }], 'later'],
    ['none whose task is going down', [{ task: { desired: 'STOPPED' } }], 'later'],
    ['none whose task does not run yet', [{ task: { status: 'PENDING' } }], 'later'],
    ['none of an empty service', [], 'later'],
  ])('means %s', (_title, workers, expected) => {
    expect(meant(fleet(...workers))).toBe(expected);
  });

  it('says how many of the running tasks leads to no agent, if none was idle in time', () => {
    const untagged = fact(
      'agents-of-task',
      { taskArn: 'arn:task/1', agents: [], complete: true },
      'arn:task/1',
    );
    const state = armed(idle(), [...fleet({ job: {} }, {}), untagged]);
    expect(agentIdle.waitedFor(state)).toBe(
      'no worker was seen without a job for 0 ms (1 of 2 running tasks leads to no agent: start agents with --tags-from-ecs-meta-data)',
    );
    expect(agentIdle.waitedFor(armed(idle(), fleet({ job: {} })))).toBe(
      'no worker was seen without a job for 0 ms',
    );
  });

  it('waits until it was idle for long enough', () => {
    expect(meant(fleet({}), NOON + 4_999, 5_000)).toBe('later');
    expect(meant(fleet({}), NOON + 5_000, 5_000)).toBe('agent-0');
  });

  it('reads a few tasks closely, not a whole fleet', () => {
    const many = Array.from({ length: 40 }, (): Worker => ({}));
    const asks = agentIdle.asks(armed(idle(), fleet(...many)), 1_000);
    expect(asks.filter(({ subject }) => subject.kind === 'agents-of-task')).toHaveLength(5);
  });

  it('looks past tasks that are busy', () => {
    const many = [...Array.from({ length: 8 }, (): Worker => ({ job: {} })), {}];
    const asks = agentIdle.asks(armed(idle(), fleet(...many)), 1_000);
    expect(asks.map(({ subject }) => subject.id)).toContain('agent-8');
  });

  it('has nothing to say before the tasks were listed', () => {
    expect(agentIdle.before(armed(idle(), []))).toEqual([{ kind: 'tasks-of', id: planOf().lockKey }]);
  });
});

describe('fleet-busy', () => {
  const meant = (when: When, ...workers: readonly Worker[]): string => {
    const fired = fleetBusy.fire(armed(when, fleet(...workers)), NOON);
    return fired.fires === 'now' ? (fired.aim.job?.id ?? 'none') : fired.fires;
  };
  const foreign: Worker = { agent: { isRunningJob: true } };

  it.each<[string, When, readonly Worker[], string]>([
    ['enough are busy', busy(2), [{ job: {} }, { job: {} }], 'job-0'],
    ["somebody else's job counts", busy(2), [foreign, { job: {} }], 'job-1'],
    ['too few are', busy(2), [{ job: {} }, {}], 'later'],
    ['enough are, but none of them for us', busy(2), [foreign, foreign], 'later'],
    ['the step that is named', busy(2, 'unit'), [{ job: {} }, { job: { stepKey: 'unit' } }], 'job-1'],
    ['another step than that', busy(1, 'unit'), [{ job: {} }], 'never'],
    ['a job of another build', busy(1), [{ job: { buildId: 'other' } }], 'never'],
    [
      'our job runs on no task of the service',
      busy(1),
      [foreign, { job: { agentId: 'elsewhere' } }],
      'later',
    ],
    ['all of ours are over', busy(1), [{ job: { state: 'finished', passed: true } }, foreign], 'never'],
  ])('%s', (_title, when, workers, expected) => {
    const over = expected === 'never' ? [fact('build', aBuild({ state: 'passed', rawState: 'PASSED' }))] : [];
    const state = armed(when, [...fleet(...workers), ...over]);
    const fired = fleetBusy.fire(state, NOON);
    if (expected === 'never') expect(fired.fires).toBe('never');
    else expect(meant(when, ...workers)).toBe(expected);
  });

  it('names how many were busy when its time was over', () => {
    expect(fleetBusy.waitedFor(armed(busy(3), fleet({ job: {} }, {})))).toMatch(
      /not 3 busy.*\(1 at the last/,
    );
  });

  it('says that what it counted is the least, where not all tasks could be listed', () => {
    const cut = fact('tasks-of', { arns: ['arn:task/0', 'arn:task/1'], complete: false }, planOf().lockKey);
    const facts = [...fleet({ job: {} }, { job: {} }), cut];
    const fired = fleetBusy.fire(armed(busy(2), facts), NOON);
    expect(fired).toMatchObject({
      why: expect.stringContaining('2 workers are busy among the 2 tasks that could be listed') as string,
    });
    expect(fleetBusy.waitedFor(armed(busy(3), facts))).toMatch(
      /not 3 busy workers among the 2 tasks .*more\)/,
    );
    expect(agentIdle.waitedFor(armed(idle(), facts))).toMatch(
      /no worker among the 2 tasks .*\(there are more\)/,
    );
  });
});
