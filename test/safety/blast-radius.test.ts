import { describe } from 'vitest';
import { blastRadius } from '../../src/safety/blast-radius.ts';
import type { NewEvent } from '../../src/journal/events.ts';
import { aService, aTask, NOON, TASK_ARN } from '../support/builders.ts';
import { fact, REASON, TARGET } from '../support/journal-builders.ts';
import { guardTable } from './table.ts';

const service = (over: Parameters<typeof aService>[0]) => [fact('service', aService(over), 'build-agents')];
const deployment = (over: object) => ({
  ...(aService().deployments[0] as ReturnType<typeof aService>['deployments'][number]),
  ...over,
});
function injection(result: 'ok' | 'refused' | 'unknown', arn = TASK_ARN): readonly NewEvent[] {
  const call = { kind: 'stop-task', cluster: 'build-prod', taskArn: arn, reason: REASON } as const;
  const sent = { sentAt: NOON, answeredAt: NOON, result, trouble: null, attempt: 1, task: null };
  return [
    { code: 'GD_FAULT_INTENDED', payload: { call, attempt: 1 } },
    { code: 'GD_FAULT_SENT', payload: sent },
  ];
}
const aim = (arn: string): NewEvent => ({
  code: 'GD_TARGET_CHOSEN',
  payload: { target: { ...TARGET, taskArn: arn }, attempt: 2 },
});
const intended: NewEvent | undefined = injection('ok')[0];

describe('blast-radius', () => {
  guardTable(blastRadius, [
    ['a settled service of two', {}, true],
    ['a settled service of two, at the gate', { aimed: false }, true],
    ['the service was never read', { without: ['service'] }, false],
    ['the last worker', { facts: service({ desired: 1, running: 1 }) }, false],
    [
      'the last worker, and that is allowed',
      { facts: service({ desired: 1, running: 1 }), scenario: { safety: { allowLastWorker: true } } },
      true,
    ],
    ['one of two is running', { facts: service({ running: 1 }) }, false],
    ['one is still pending', { facts: service({ desired: 3, running: 3, pending: 1 }) }, false],
    ['more run than are desired', { facts: service({ desired: 2, running: 3 }) }, false],
    [
      'two deployments',
      {
        facts: service({ deployments: [deployment({}), deployment({ id: 'ecs-svc/2', status: 'ACTIVE' })] }),
      },
      false,
    ],
    [
      'a deployment in progress',
      { facts: service({ deployments: [deployment({ rolloutState: 'IN_PROGRESS' })] }) },
      false,
    ],
    [
      'a deployment that failed',
      { facts: service({ deployments: [deployment({ rolloutState: 'FAILED' })] }) },
      false,
    ],
    [
      'a standalone task',
      {
        scenario: { cluster: { service: null, family: 'build-agent' } },
        facts: [fact('task', aTask({ group: 'family:build-agent' }))],
      },
      true,
    ],
    ['a refused stop does not count', { then: injection('refused') }, true],
    ['one unknown stop of the same task may be sent once more', { then: injection('unknown') }, true],
    ['two unknown stops', { then: [...injection('unknown'), ...injection('unknown')] }, false],
    ['an unknown stop of another task', { then: [...injection('unknown', 'another'), aim(TASK_ARN)] }, false],
    [
      'a stop of another task of which only the intent is written',
      { then: [...(intended === undefined ? [] : [intended]), aim('another')] },
      false,
    ],
    ['a refused stop of another task', { then: [...injection('refused', 'another'), aim(TASK_ARN)] }, true],
    [
      'a standalone task after a stop of another',
      {
        scenario: { cluster: { service: null, family: 'x' } },
        then: [...injection('unknown', 'another'), aim(TASK_ARN)],
      },
      false,
    ],
  ]);
});
