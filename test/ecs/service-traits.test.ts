import { expect, it } from 'vitest';
import { traitsOf } from '../../src/ecs/service-traits.ts';
import type { ServiceAnswer } from '../../src/ecs/answers.ts';
import type { ServiceTraits } from '../../src/model/entities/service-traits.ts';

const ANSWER: ServiceAnswer = {
  ...{ serviceArn: 'arn', serviceName: 'build-agents', status: 'ACTIVE' },
  ...{ desiredCount: 2, runningCount: 2, pendingCount: 0 },
};
const MINUTE = 60_000;

it.each<[string, Partial<ServiceAnswer>, Partial<ServiceTraits>]>([
  [
    'what is left out has the default',
    {},
    {
      scheduling: 'REPLICA',
      strategy: 'ROLLING',
      bakesFor: 0,
      pauses: false,
      circuitBreaker: 'off',
      exec: false,
    },
  ],
  [
    'blue/green bakes once',
    { deploymentConfiguration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 15 } },
    { strategy: 'BLUE_GREEN', bakesFor: 15 * MINUTE },
  ],
  [
    'a canary bakes before the rest follows too',
    {
      deploymentConfiguration: {
        ...{ strategy: 'CANARY', bakeTimeInMinutes: 5 },
        canaryConfiguration: { canaryBakeTimeInMinutes: 2 },
      },
    },
    { bakesFor: 7 * MINUTE },
  ],
  [
    'a linear one between its steps: ten of 10 % and 6 min by default',
    { deploymentConfiguration: { strategy: 'LINEAR' } },
    { bakesFor: 54 * MINUTE },
  ],
  [
    'a linear one of four steps',
    {
      deploymentConfiguration: {
        strategy: 'LINEAR',
        linearConfiguration: { stepPercent: 25, stepBakeTimeInMinutes: 1 },
      },
    },
    { bakesFor: 3 * MINUTE },
  ],
  [
    'a PAUSE hook, and not one of a function',
    { deploymentConfiguration: { lifecycleHooks: [{ targetType: 'AWS_LAMBDA' }, { targetType: 'PAUSE' }] } },
    { pauses: true },
  ],
  [
    'a function alone',
    { deploymentConfiguration: { lifecycleHooks: [{ targetType: 'AWS_LAMBDA' }] } },
    { pauses: false },
  ],
  [
    'a circuit breaker that rolls back',
    { deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } } },
    { circuitBreaker: 'with rollback' },
  ],
  [
    'a daemon, rebalanced, with ECS Exec',
    { schedulingStrategy: 'DAEMON', availabilityZoneRebalancing: 'ENABLED', enableExecuteCommand: true },
    { scheduling: 'DAEMON', rebalances: true, exec: true },
  ],
])('%s', (_title, over, expected) => {
  expect(traitsOf({ ...ANSWER, ...over })).toMatchObject(expected);
});
