import { describe, expect, it } from 'vitest';
import type { Trouble } from '../../src/model/answer.ts';
import { failureOf } from '../../src/ecs/failure.ts';
import { checkDenials } from '../../src/iam/check.ts';
import { accountOfDrill, denialOf, denialsIn } from '../../src/iam/denials.ts';
import { leastOf } from '../../src/iam/least.ts';
import type { NewEvent } from '../../src/journal/events.ts';
import { aCluster, NOON, TASK_ARN } from '../support/builders.ts';
import { fact, failed, journalOf, read } from '../support/journal-builders.ts';
import { planOf } from '../support/plans.ts';

const ROLE =
  'arn:aws:sts::123456789012:assumed-role/ci-game-day-runner-of-the-build-fleet/buildkite-acme-canary-1234567890';

/** What the client makes of an answer of AWS's. */
function trouble(message: string, operation: Parameters<typeof failureOf>[1] = 'StopTask'): Trouble {
  const error = Object.assign(new Error(message), { name: 'AccessDeniedException', $fault: 'client' });
  return failureOf(error, operation, { sent: true, host: null }).trouble;
}

const implicit = (by: string): string =>
  `User: ${ROLE} is not authorized to perform: ecs:StopTask on resource: ${TASK_ARN} because no ${by} allows the ecs:StopTask action`;
const explicit = (by: string): string =>
  `User: ${ROLE} is not authorized to perform: ecs:StopTask on resource: ${TASK_ARN} with an explicit deny${by}`;

describe('the words of a denial', () => {
  it.each([
    [implicit('identity-based policy'), 'implicit', 'identity-based policy'],
    [implicit('service control policy'), 'implicit', 'service control policy'],
    [implicit('permissions boundary'), 'implicit', 'permissions boundary'],
    [explicit(' in an identity-based policy'), 'explicit', 'identity-based policy'],
    [
      explicit(' in a service control policy: arn:aws:organizations::1:policy/p'),
      'explicit',
      'service control policy',
    ],
    [explicit(''), 'explicit', null],
  ])('%s', (message, how, by) => {
    expect(denialOf(trouble(message).message, 7)).toEqual({
      ...{ action: 'ecs:StopTask', resource: TASK_ARN, how, by, account: '123456789012', events: [7] },
    });
  });

  it('takes from the operation what AWS does not say', () => {
    expect(denialOf(trouble('You may not.', 'ListTasks').message, 1)).toEqual({
      ...{ action: 'ecs:ListTasks', resource: null, how: 'unknown', by: null, account: null, events: [1] },
    });
  });

  // As S3 says it, with the resource in quotation marks; other servers of its protocol, and S3 to strangers, say no more than no.
  it.each([
    [
      `User: ${ROLE} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::games/nights/locks/a.json" because no identity-based policy allows the s3:PutObject action`,
      ...['arn:aws:s3:::games/nights/locks/a.json', 'implicit', 'identity-based policy', '123456789012'],
    ],
    ['Access Denied', null, 'unknown', null, null],
  ] as const)('of S3: %s', (message, resource, how, by, account) => {
    const told = `the lock in s3://games/nights: could not write locks/a.json to s3://games/nights: ${trouble(message, 's3:PutObject').message}. Grant s3:PutObject on games to this role or user.`;
    expect(denialOf(told, 3)).toEqual({
      ...{ action: 's3:PutObject', resource, how, by, account, events: [3] },
    });
  });

  it('is not found where somebody else said no', () => {
    expect(denialOf('Buildkite denies buildCreate: you are not authorized to perform: it', 1)).toBeNull();
    expect(denialOf('ECS refused StopTask: nothing denies anything', 1)).toBeNull();
  });
});

function observed(...messages: readonly string[]): NewEvent {
  const reads = messages.map((message) => ({
    ...failed('task', TASK_ARN, NOON, 'denied'),
    error: trouble(message, 'DescribeTasks'),
  }));
  return { code: 'GD_OBSERVED', payload: { reads, facts: [] } };
}

describe('the denials of a journal', () => {
  const sent = { sentAt: NOON, answeredAt: NOON, result: 'refused' as const };
  const message = implicit('identity-based policy');

  it('are those of reads, calls, undoings and of the look beforehand, each once', () => {
    const looked = {
      container: 'agent',
      findings: [],
      unknown: [
        {
          rule: 'managed-draining',
          said: `the capacity providers: ${trouble('no', 'DescribeCapacityProviders').message}`,
        },
      ],
    };
    const tasks = message.replaceAll('StopTask', 'DescribeTasks');
    const journal = journalOf([
      [NOON, { code: 'GD_DRILL_PLANNED', payload: { plan: planOf() } }],
      [NOON, observed(tasks)],
      [NOON, observed(tasks, tasks)],
      [
        NOON,
        { code: 'GD_OBSERVED', payload: { reads: [], facts: [fact('preflight', looked, 'preflight')] } },
      ],
      [
        NOON,
        { code: 'GD_FAULT_SENT', payload: { ...sent, trouble: trouble(message), attempt: 1, task: null } },
      ],
      [NOON, { code: 'GD_UNDO_SENT', payload: { ...sent, trouble: trouble(message, 'UpdateService') } }],
    ]);
    expect(denialsIn(journal).map(({ action, events }) => [action, events])).toEqual([
      ['ecs:DescribeTasks', [2, 3]],
      ['ecs:DescribeCapacityProviders', [4]],
      ['ecs:StopTask', [5, 6]],
    ]);
  });

  it('are none where nothing was denied, and the account is that of the cluster', () => {
    const journal = journalOf([
      [
        NOON,
        {
          code: 'GD_OBSERVED',
          payload: {
            reads: [read('cluster', 'build-prod', NOON)],
            facts: [fact('cluster', aCluster(), 'build-prod')],
          },
        },
      ],
    ]);
    expect(denialsIn(journal)).toEqual([]);
    expect(accountOfDrill(journal, [])).toBe('123456789012');
    expect(accountOfDrill([], [])).toBeNull();
  });
});

describe('what a denial comes to', () => {
  const { scenario } = planOf();
  const least = leastOf(
    [{ scenario, region: 'us-east-1', account: '123456789012', ledger: null }],
    ['run'],
    null,
  );
  const answer = (message: string) => {
    const denial = denialOf(trouble(message).message, 1);
    return denial === null ? null : checkDenials([denial], least)[0];
  };

  it.each([
    ['the role lacks the statement', implicit('identity-based policy'), 'lacks', 'StopTasks'],
    ['AWS says no more than no', 'no', 'lacks', 'StopTasks'],
    ['another policy holds it back', implicit('service control policy'), 'held-back', 'StopTasks'],
    ['something forbids it', explicit(' in an identity-based policy'), 'forbidden', 'StopTasks'],
    ['another cluster', implicit('identity-based policy').replace('build-prod', 'other'), 'ours', undefined],
    [
      'an action that the scenario does not need',
      implicit('identity-based policy').replaceAll('StopTask', 'UpdateService'),
      'ours',
      undefined,
    ],
  ])('%s', (_name, message, expected, sid) => {
    const checked = answer(message);
    expect([checked?.answer, checked?.statement?.sid]).toEqual([expected, sid]);
  });
});
