import { expect, test } from 'vitest';
import { deploymentsIn } from '../../src/losses/ecs-deployments.ts';
import { NOON } from '../support/builders.ts';

const HOUR = 3_600_000;
const at = (ms: number): string => new Date(NOON + ms).toISOString();
const event = (ms: number, message: string) => ({ id: 'e', createdAt: at(ms), message });

test('a deployment that stands and those whose end an event tells, the first first', () => {
  const service = {
    serviceName: 'build-agents',
    deployments: [{ id: 'ecs-svc/2', createdAt: at(0), status: 'PRIMARY' }],
    events: [
      event(HOUR, '(service build-agents) (deployment ecs-svc/2) deployment completed.'),
      event(HOUR, '(service build-agents) has reached a steady state.'),
      event(-HOUR, '(service build-agents) (deployment ecs-svc/1) deployment completed.'),
    ],
  };
  expect(deploymentsIn(service)).toEqual([
    { id: 'ecs-svc/1', beganAt: null, completedAt: NOON - HOUR },
    { id: 'ecs-svc/2', beganAt: NOON, completedAt: NOON + HOUR },
  ]);
});

test('a service without events has none that ended; what is no service has no answer', () => {
  expect(deploymentsIn({ deployments: [{ id: 'ecs-svc/1', createdAt: at(0) }] })).toMatchObject([
    { completedAt: null },
  ]);
  expect(deploymentsIn({ deployments: 'many' })).toBeNull();
  expect(deploymentsIn({ events: [{ createdAt: 'yesterday', message: '' }] })).toBeNull();
});
