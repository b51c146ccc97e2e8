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
    [
      'the last worker, and only one is desired',
      { facts: service({ desired: 1, running: 1 }) },
      'waits blast-radius',
    ],
    ['a service scaled to zero', { facts: service({ desired: 0, running: 0 }) }, 'waits blast-radius'],
    ['the last worker, and another one is desired', { facts: service({ running: 1 }) }, 'waits not-settled'],
    [
      'the last worker, and nothing is waited for',
      { facts: service({ running: 1 }), scenario: { safety: { settled: 'require' } } },
      false,
    ],
    [
      'the last worker, and that is allowed',
      { facts: service({ desired: 1, running: 1 }), scenario: { safety: { allowLastWorker: true } } },
      true,
    ],
    [
      'a scale-in from one, even where the last worker may be taken',
      {
        facts: service({ desired: 1, running: 1 }),
        scenario: { inject: { fault: 'scale-in', steered: true }, safety: { allowLastWorker: true } },
      },
      'waits blast-radius',
    ],
    [
      'a deployment that FAILED: the stopped task would not be replaced',
      { facts: service({ deployments: [deployment({ rolloutState: 'FAILED' })] }) },
      false,
    ],
    [
      'a service whose deployments ECS does not show',
      { facts: service({ controller: 'EXTERNAL', deployments: [] }) },
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
