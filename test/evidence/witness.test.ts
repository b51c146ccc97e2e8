import { describe, expect, it } from 'vitest';
import { witnessOf } from '../../src/evidence/witness.ts';
import type { Job } from '../../src/model/entities/job.ts';
import type { Agent } from '../../src/model/entities/agent.ts';
import { aJob, anAgent, aTask, DEFINITION_ARN, JOB_ID, NOON } from '../support/builders.ts';
import { caseOf } from '../support/asking.ts';
import { fact, PASSED, type Told } from '../support/journal-builders.ts';

const TASK = 'arn:aws:ecs:us-east-1:123456789012:task/build-prod/witness';
const at = (id: string, startedAt: number | null, finishedAt: number | null, over: Partial<Job> = {}) =>
  fact('job', aJob({ ...PASSED, id, agentId: 'witness', startedAt, finishedAt, events: [], ...over }));

/** Another worker of the definition that had two jobs, with so long between them. */
function worker(
  gap: number,
  more: { readonly agent?: Partial<Agent>; readonly definition?: string } = {},
): Told {
  return {
    before: [
      fact('task', aTask({ arn: TASK, definition: more.definition ?? DEFINITION_ARN })),
      fact(
        'agent',
        anAgent({
          id: 'witness',
          name: 'worker-9',
          tags: { 'ecs:task-arn': TASK },
          jobs: ['later', 'earlier'],
          ...more.agent,
        }),
      ),
      at('earlier', NOON - 100_000, NOON - 60_000),
      at('later', NOON - 60_000 + gap, NOON - 10_000),
    ],
  };
}

describe('a witness', () => {
  it.each<[string, Told, boolean]>([
    ['waited 12 s between two jobs', worker(12_000), true],
    ['waited less: from its acceptance on it has the job', worker(11_900), false],
    ['of another revision shows nothing', worker(60_000, { definition: 'build-agent:2' }), false],
    [
      'of a task that was never read shows nothing',
      worker(60_000, { agent: { tags: { 'ecs:task-arn': 'x' } } }),
      false,
    ],
    ['without a tag shows nothing', worker(60_000, { agent: { tags: {} } }), false],
    ['with one job shows nothing', worker(60_000, { agent: { jobs: ['later'] } }), false],
    ['whose jobs were not listed shows nothing', worker(60_000, { agent: { jobs: null } }), false],
    [
      'with a job between them that was never read shows nothing',
      worker(60_000, { agent: { jobs: ['later', 'between', 'earlier'] } }),
      false,
    ],
    [
      'whose earlier job has no end shows nothing',
      { before: [...(worker(60_000).before ?? []), at('earlier', NOON - 100_000, null)] },
      false,
    ],
    [
      'whose earlier job had not ended shows nothing',
      {
        before: [
          ...(worker(60_000).before ?? []),
          at('earlier', NOON - 100_000, NOON - 60_000, { state: 'running' }),
        ],
      },
      false,
    ],
    [
      'whose later job never started shows nothing',
      { before: [...(worker(60_000).before ?? []), at('later', null, null)] },
      false,
    ],
    ['nobody', {}, false],
  ])('%s', (_title, told, isOne) => {
    expect(witnessOf(caseOf(told).evidence) !== null).toBe(isOne);
  });

  it('may be the target itself, and says how long it waited', () => {
    const told: Told = {
      agent: { jobs: [JOB_ID, 'past'] },
      job: { startedAt: NOON + 5_000 },
      before: [
        fact(
          'job',
          aJob({ ...PASSED, id: 'past', startedAt: NOON - 60_000, finishedAt: NOON - 20_000, events: [] }),
        ),
      ],
    };
    const witness = witnessOf(caseOf(told).evidence);
    expect(witness?.said).toContain(
      'agent worker-1 of the same definition stayed connected without a job for 23 s',
    );
    expect(witness?.events).toHaveLength(1);
  });
});
