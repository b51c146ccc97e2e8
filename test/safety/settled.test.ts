import { describe } from 'vitest';
import { settled } from '../../src/safety/settled.ts';
import { aService, aTask } from '../support/builders.ts';
import { fact } from '../support/journal-builders.ts';
import { guardTable, sent, type Row } from './table.ts';

type Over = Parameters<typeof aService>[0];
const service = (over: Over) => [fact('service', aService(over), 'build-agents')];
const [primary] = aService().deployments;
const rollingOut: Over = {
  deployments: [
    { ...primary, id: 'ecs-svc/2', status: 'PRIMARY', rolloutState: 'IN_PROGRESS' },
    { ...primary, status: 'ACTIVE' },
  ] as ReturnType<typeof aService>['deployments'],
};
const alone = (rolloutState: string): Over => ({
  deployments: [{ ...primary, rolloutState }] as ReturnType<typeof aService>['deployments'],
});
const scaleIn = { inject: { fault: 'scale-in', steered: true } } as const;
const reclaim = { inject: { fault: 'spot-reclaim' } } as const;
const mode = (settledMode: 'require' | 'ignore-pending') => ({ safety: { settled: settledMode } });
const waiting = 'waits not-settled';

const STOP: readonly Row[] = [
  ['two running tasks of two', {}, true],
  ['one of two is not there yet', { facts: service({ desired: 3, running: 2 }) }, true],
  [
    'one is pending in the place of one that left by itself',
    { facts: service({ running: 1, pending: 1 }) },
    true,
  ],
  ['a first deployment that has not come to its end', { facts: service(alone('IN_PROGRESS')) }, true],
  ['a deployment that takes tasks away', { facts: service(rollingOut) }, waiting],
  ['a scale-in that takes one away', { facts: service({ desired: 2, running: 3 }) }, waiting],
  ['a pending task too many', { facts: service({ desired: 2, running: 2, pending: 1 }) }, waiting],
  ['the service was never read', { without: ['service'] }, false],
  ['a standalone task', { scenario: { cluster: { service: null, family: 'build-agent' } } }, true],
  ['counts after a call that may have changed them', { facts: service({ running: 3 }), then: sent() }, true],
  ['a deployment after such a call', { facts: service(rollingOut), then: sent() }, waiting],
];
const COUNTED: readonly Row[] = [
  ['a service of which all is there', { scenario: scaleIn }, true],
  ['one of two is not there yet', { scenario: scaleIn, facts: service({ running: 1 }) }, waiting],
  ['one is pending', { scenario: scaleIn, facts: service({ desired: 3, running: 2, pending: 1 }) }, waiting],
  ['a first deployment under way', { scenario: scaleIn, facts: service(alone('IN_PROGRESS')) }, waiting],
  [
    'a host to drain',
    { scenario: { inject: { fault: 'drain-instance' } }, facts: service({ running: 1 }) },
    waiting,
  ],
  [
    'a reclaim on EC2, where the host is drained',
    {
      scenario: reclaim,
      facts: [...service({ desired: 3, running: 2 }), fact('task', aTask({ instanceArn: 'arn:aws:ecs:i' }))],
    },
    waiting,
  ],
  [
    'a reclaim on Fargate, which is a stop',
    { scenario: reclaim, facts: [...service({ desired: 3 }), fact('task', aTask({ instanceArn: null }))] },
    true,
  ],
];
const MODES: readonly Row[] = [
  ['require, a stop, all there', { scenario: mode('require') }, true],
  ['require, a stop, one missing', { scenario: mode('require'), facts: service({ desired: 3 }) }, false],
  ['require, a deployment', { scenario: mode('require'), facts: service(rollingOut) }, false],
  [
    'require, a first deployment under way',
    { scenario: mode('require'), facts: service(alone('IN_PROGRESS')) },
    false,
  ],
  [
    'ignore-pending, a scale-in, one pending',
    { scenario: { ...scaleIn, ...mode('ignore-pending') }, facts: service({ desired: 3, pending: 1 }) },
    true,
  ],
  [
    'ignore-pending, a scale-in of somebody else',
    { scenario: { ...scaleIn, ...mode('ignore-pending') }, facts: service({ desired: 2, running: 3 }) },
    waiting,
  ],
  [
    'ignore-pending, a deployment',
    { scenario: { ...scaleIn, ...mode('ignore-pending') }, facts: service(rollingOut) },
    waiting,
  ],
];

describe('settled, for a stop', () => {
  guardTable(settled, STOP);
});
describe('settled, for a fault whose undo and proof compare counts', () => {
  guardTable(settled, COUNTED);
});
describe('settled, with safety.settled', () => {
  guardTable(settled, MODES);
});
