import { describe, expect, test } from 'vitest';
import type { ServiceDeployment } from '../../src/ecs/port.ts';
import { deploymentsIn, readDeploymentsOf } from '../../src/losses/ecs-deployments.ts';
import { aService, NOON } from '../support/builders.ts';
import { fakeEcs } from '../support/fake-ecs.ts';
import type { FakeEcs } from '../support/fake-ecs.ts';

const HOUR = 3_600_000;
const NOW = Date.now();
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

describe('which deployments are read', () => {
  const DAY = 24 * HOUR;
  const period = (days: number) => ({ from: NOW - days * DAY, now: NOW });
  const agents = { cluster: 'build-prod', name: 'build-agents' };
  const kept = (ago: number): ServiceDeployment => {
    const createdAt = NOW - ago;
    return {
      ...{ id: `of-${ago / HOUR}h`, createdAt, startedAt: null, finishedAt: createdAt + 60_000 },
      status: 'SUCCESSFUL',
    };
  };
  const read = (ecs: FakeEcs, days = 30) =>
    readDeploymentsOf(agents, period(days), ecs, new AbortController().signal);
  const denied = { kind: 'denied', message: 'AWS denies ListServiceDeployments', retryAfter: null } as const;

  test('those that ECS keeps, the first first, and the day before the period too', async () => {
    const ecs = fakeEcs({ services: [aService()] });
    ecs.world.deployments.set('build-agents', [kept(HOUR), kept(30.5 * DAY), kept(31.5 * DAY)]);
    expect(await read(ecs)).toEqual({
      deployments: [
        { id: 'of-732h', beganAt: NOW - 30.5 * DAY, completedAt: NOW - 30.5 * DAY + 60_000 },
        { id: 'of-1h', beganAt: NOW - HOUR, completedAt: NOW - HOUR + 60_000 },
      ],
      remarks: [],
    });
    expect(ecs.calls.map(({ operation }) => operation)).toEqual(['serviceDeployments']);
  });

  test('of a longer period those of 90 days, and it is said; ECS is not asked for older ones', async () => {
    const ecs = fakeEcs({ services: [aService()] });
    ecs.world.deployments.set('build-agents', [kept(HOUR), kept(88 * DAY)]);
    const { deployments, remarks } = await read(ecs, 200);
    expect(deployments).toHaveLength(2);
    expect(remarks).toEqual([expect.stringContaining('90 days: older ones are not among them')]);
  });

  test('a listing that was cut is said', async () => {
    const ecs = fakeEcs({ services: [aService()] });
    ecs.world.deployments.set('build-agents', [kept(HOUR)]);
    ecs.world.isListingCut = true;
    expect((await read(ecs)).remarks).toEqual([expect.stringContaining('more deployments than the 1')]);
  });

  test('without the right, what the service itself shows, and the right that lacks is named', async () => {
    const ecs = fakeEcs({ services: [aService()] });
    ecs.fail('serviceDeployments', { trouble: denied });
    const { deployments, remarks } = await read(ecs);
    expect(deployments).toEqual([]);
    expect(remarks).toEqual([expect.stringMatching(/allow ecs:ListServiceDeployments: AWS denies/)]);
  });

  test('neither can be read: no deployments, and why', async () => {
    const ecs = fakeEcs({ services: [] });
    expect(await read(ecs)).toMatchObject({
      deployments: null,
      remarks: [expect.stringContaining('could not be read: ECS knows no service')],
    });
  });
});

test('what another controller rolls, ECS does not keep', async () => {
  const rolled = { deploymentController: { type: 'CODE_DEPLOY' } };
  const { remarks } = await readDeploymentsOf(
    { cluster: 'build-prod', name: 'build-agents' },
    { from: NOW - HOUR, now: NOW },
    {
      serviceDeployments: () => Promise.resolve({ ok: true, value: { deployments: [], complete: true } }),
      serviceDocument: () => Promise.resolve({ ok: true, value: rolled }),
    },
    new AbortController().signal,
  );
  expect(remarks).toEqual([expect.stringContaining('because CODE_DEPLOY rolls them')]);
});
