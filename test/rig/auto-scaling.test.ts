import { afterEach, describe, expect, it } from 'vitest';

import { policyShape } from '../../src/rig/ecs/policy.ts';
import { TestService } from './ecs-service-support.ts';
import { startCluster, type TestCluster } from './ecs-support.ts';

const open: TestCluster[] = [];
afterEach(async () => {
  for (const cluster of open.splice(0)) await cluster.close();
});

const ID = 'service/build/agents';
const SUBJECT = {
  ServiceNamespace: 'ecs',
  ResourceId: ID,
  ScalableDimension: 'ecs:service:DesiredCount',
};
const policy = {
  ...{ name: 'jobs', target: 1, disableScaleIn: false },
  ...{ scaleInCooldown: 0, scaleOutCooldown: 0, scaleInAfter: 0, scaleOutAfter: 0 },
};
const free = { in: false, out: false, scheduled: false };

interface Registered {
  readonly min?: number;
  readonly max?: number;
  readonly policies?: readonly (typeof policy)[];
  readonly suspended?: typeof free;
}

/** A service of three tasks that is registered with Application Auto Scaling. */
async function registered({ min = 1, max = 5, policies = [policy], suspended = free }: Registered = {}) {
  const cluster = await startCluster();
  open.push(cluster);
  const service = await new TestService(cluster, 'agents').create(3);
  await service.settled(3);
  cluster.rig.scaling.register('agents', { min, max, policies, suspended });
  return { cluster, service, scaling: cluster.rig.scaling };
}

/** Asks Application Auto Scaling as a client does: its answer, or the type of its error. */
async function ask(cluster: TestCluster, operation: string, input: object): Promise<Record<string, unknown>> {
  const answer = await fetch(cluster.rig.url, {
    method: 'POST',
    headers: {
      'x-amz-target': `AnyScaleFrontendService.${operation}`,
      'content-type': 'application/x-amz-json-1.1',
      authorization: `AWS4-HMAC-SHA256 Credential=${cluster.rig.accessKeyId}/20260101/us-east-1/application-autoscaling/aws4_request`,
    },
    body: JSON.stringify(input),
  });
  return (await answer.json()) as Record<string, unknown>;
}

const causes = ({ rig }: TestCluster): readonly string[] =>
  rig.scaling.targets.get('agents')?.activities.map(({ cause }) => cause) ?? [];

describe('Application Auto Scaling', () => {
  it('AAS-1, AAS-2: shows a target, its policies and its activities, and nothing of what is not registered', async () => {
    const { cluster } = await registered();
    const asked = { ServiceNamespace: 'ecs', ResourceIds: [ID] };
    const { ScalableTargets } = await ask(cluster, 'DescribeScalableTargets', asked);
    expect(ScalableTargets).toMatchObject([
      {
        ...SUBJECT,
        ...{ MinCapacity: 1, MaxCapacity: 5 },
        SuspendedState: {
          DynamicScalingInSuspended: false,
          DynamicScalingOutSuspended: false,
          ScheduledScalingSuspended: false,
        },
      },
    ]);
    expect(await ask(cluster, 'DescribeScalingPolicies', SUBJECT)).toMatchObject({
      ScalingPolicies: [{ PolicyName: 'jobs', PolicyType: 'TargetTrackingScaling' }],
    });
    expect(await ask(cluster, 'DescribeScalingActivities', SUBJECT)).toEqual({ ScalingActivities: [] });
    expect(
      await ask(cluster, 'DescribeScalableTargets', { ...asked, ResourceIds: ['service/build/other'] }),
    ).toEqual({ ScalableTargets: [] });
    expect(await ask(cluster, 'DescribeScalingPolicies', { ServiceNamespace: 'rds' })).toMatchObject({
      __type: 'ValidationException',
    });
  });

  it('AAS-3, AAS-4: a registration changes what it names, and brings the count within the bounds', async () => {
    const { cluster, service } = await registered();
    await ask(cluster, 'RegisterScalableTarget', { ...SUBJECT, MinCapacity: 4 });
    expect(await service.now()).toMatchObject({ desiredCount: 4 });
    expect(causes(cluster)).toEqual(['minimum capacity was set to 4']);
    await service.update({ desiredCount: 2 });
    await ask(cluster, 'RegisterScalableTarget', {
      ...SUBJECT,
      SuspendedState: { DynamicScalingOutSuspended: true },
    });
    expect(await service.now()).toMatchObject({ desiredCount: 4 });
    expect(cluster.rig.scaling.targets.get('agents')).toMatchObject({
      ...{ min: 4, max: 5, suspended: { in: false, out: true, scheduled: false } },
    });
    expect(await ask(cluster, 'RegisterScalableTarget', { ...SUBJECT, MaxCapacity: 1 })).toMatchObject({
      __type: 'ValidationException',
    });
    expect(
      await ask(cluster, 'RegisterScalableTarget', {
        ...SUBJECT,
        ...{ ResourceId: 'service/build/none', MinCapacity: 0, MaxCapacity: 1 },
      }),
    ).toMatchObject({ __type: 'ValidationException' });
  });

  it('AAS-5: a count below the minimum stays until a policy scales out', async () => {
    const { service, scaling } = await registered({ min: 3 });
    await service.update({ desiredCount: 1 });
    scaling.look(0);
    expect(await service.now()).toMatchObject({ desiredCount: 1 });
    scaling.look(2);
    expect(await service.now()).toMatchObject({ desiredCount: 3 });
  });

  it('AAS-6: a registration asks for the target and for the service', async () => {
    const allowed = ['application-autoscaling:RegisterScalableTarget', 'ecs:DescribeServices'];
    const Statement = [{ Effect: 'Allow', Action: allowed, Resource: '*' }];
    const cluster = await startCluster(
      ...([{}, undefined, undefined, policyShape.parse({ Version: '2012-10-17', Statement })] as const),
    );
    open.push(cluster);
    const answer = await ask(cluster, 'RegisterScalableTarget', { ...SUBJECT, MinCapacity: 0 });
    expect(answer).toMatchObject({ __type: 'AccessDeniedException' });
    expect(answer['message']).toContain('ecs:UpdateService');
    expect((await ask(cluster, 'DescribeScalableTargets', { ServiceNamespace: 'ecs' }))['message']).toContain(
      'application-autoscaling:DescribeScalableTargets on resource: *',
    );
  });

  it.each<readonly [string, Registered, number, number]>([
    ['scales in to what the jobs need', {}, 2, 2],
    ['scales out', {}, 5, 5],
    ['never below the minimum', { min: 2 }, 0, 2],
    ['never above the maximum', { max: 4 }, 9, 4],
    ['not in while that is suspended', { suspended: { ...free, in: true } }, 1, 3],
    ['not out while that is suspended', { suspended: { ...free, out: true } }, 5, 3],
    ['not in where the policy disables it', { policies: [{ ...policy, disableScaleIn: true }] }, 1, 3],
    [
      'not in before the load has been low long enough',
      { policies: [{ ...policy, scaleInAfter: 1e6 }] },
      1,
      3,
    ],
  ])('AAS-7, AAS-8: a policy %s', async (_name, how, jobs, desiredCount) => {
    const { service, scaling } = await registered(how);
    scaling.look(jobs);
    expect(await service.now()).toMatchObject({ desiredCount });
  });

  it('AAS-7: a policy scales nothing in while a deployment is in progress', async () => {
    const { service, scaling } = await registered();
    await service.update({ forceNewDeployment: true });
    scaling.look(1);
    expect(await service.now()).toMatchObject({ desiredCount: 3 });
    await service.settled(3);
    scaling.look(1);
    expect(await service.now()).toMatchObject({ desiredCount: 1 });
  });

  it('AAS-9: a scheduled action sets its bounds once', async () => {
    const cluster = await startCluster();
    open.push(cluster);
    const service = await new TestService(cluster, 'agents').create(3);
    const { scaling } = cluster.rig;
    const action = { name: 'evening', at: Date.now() - 1, min: undefined, max: 2 };
    scaling.register('agents', {
      min: 0,
      max: 5,
      suspended: { ...free, scheduled: true },
      scheduled: [action],
    });
    expect(await ask(cluster, 'DescribeScheduledActions', SUBJECT)).toMatchObject({
      ScheduledActions: [{ ScheduledActionName: 'evening', ScalableTargetAction: { MaxCapacity: 2 } }],
    });
    scaling.look(0);
    expect(await service.now()).toMatchObject({ desiredCount: 3 });
    scaling.register('agents', { suspended: free });
    scaling.look(0);
    expect(await service.now()).toMatchObject({ desiredCount: 2 });
    scaling.register('agents', { max: 5 });
    scaling.look(0);
    expect(scaling.targets.get('agents')).toMatchObject({ max: 5 });
  });
});
