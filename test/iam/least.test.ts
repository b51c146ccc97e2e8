import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AssertionPlan } from '../../src/scenario/plan.ts';
import type { Scenario } from '../../src/scenario/schema.ts';
import { leastOf, notesOf } from '../../src/iam/least.ts';
import type { Asked } from '../../src/iam/least.ts';
import type { Hosts, Use } from '../../src/iam/needs.ts';
import { ALL_OPERATIONS, actionOf } from '../../src/iam/operations.ts';
import { partitionOf } from '../../src/iam/place.ts';
import { charactersOf, policyOf } from '../../src/iam/policy.ts';
import { decide, policyShape } from '../../src/rig/ecs/policy.ts';
import type { Question } from '../../src/rig/ecs/policy.ts';
import { RUNS } from '../property/runs.ts';
import { planOf } from '../support/plans.ts';
import type { ScenarioOver } from '../support/plans.ts';

const ACCOUNT = '123456789012';
const TAG = { key: 'game-day', value: 'allowed' };

function asked(over: ScenarioOver = {}, more: Partial<Asked> = {}): Asked {
  return { scenario: planOf(over).scenario, region: 'us-east-1', account: ACCOUNT, ledger: null, ...more };
}

function actions(over: ScenarioOver, use: Use = 'run', hosts: Hosts = null): readonly string[] {
  return leastOf([asked(over)], [use], hosts)
    .flatMap((statement) => statement.actions)
    .map((action) => action.replace(/^(ecs|application-autoscaling):/, ''));
}

describe('which actions a scenario needs', () => {
  const READS = [
    'DescribeClusters',
    'DescribeServices',
    'ListTasks',
    'DescribeTasks',
    'DescribeTaskDefinition',
  ];
  const SCALING = ['DescribeScalableTargets', 'DescribeScalingPolicies', 'DescribeScheduledActions'];
  const MARK = ['TagResource', 'UntagResource'];
  const inject = (fault: string, steered = true): ScenarioOver => ({ inject: { fault, steered } as never });
  const byFamily: ScenarioOver = { cluster: { service: null, family: 'build-agent' } };

  it.each<readonly [string, ScenarioOver, Hosts, readonly string[]]>([
    ['stop-task', {}, null, [...READS, 'StopTask']],
    [
      'stop-task by family',
      byFamily,
      null,
      [...READS.filter((one) => one !== 'DescribeServices'), 'StopTask'],
    ],
    ['a look before', { preflight: 'warn' }, null, [...READS, 'DescribeCapacityProviders', 'StopTask']],
    ['a look before, on Fargate', { preflight: 'require' }, 'FARGATE', [...READS, 'StopTask']],
    [
      'scale-in',
      inject('scale-in'),
      null,
      [...READS, ...SCALING, 'GetTaskProtection', 'UpdateService', 'UpdateTaskProtection', ...MARK],
    ],
    [
      'scale-in, not steered',
      inject('scale-in', false),
      null,
      [...READS, ...SCALING, 'UpdateService', ...MARK],
    ],
    [
      'scale-in, not steered, of a worker that is to be spared',
      { ...inject('scale-in', false), expect: { worker: 'spared' } },
      null,
      [...READS, ...SCALING, 'GetTaskProtection', 'UpdateService', ...MARK],
    ],
    [
      'scale-in that suspends automatic scaling',
      { inject: { fault: 'scale-in', steered: false, autoscaling: 'suspend' } },
      null,
      [...READS, ...SCALING, 'RegisterScalableTarget', 'UpdateService', ...MARK],
    ],
    [
      'scale-in, without the mark',
      { ...inject('scale-in', false), safety: { mark: 'off' } },
      null,
      [...READS, ...SCALING, 'UpdateService'],
    ],
    ['deployment', inject('deployment'), null, [...READS, 'UpdateService']],
    ['command, which has rights of its own', inject('command'), null, READS],
    [
      'drain-instance',
      inject('drain-instance'),
      null,
      [...READS, 'DescribeContainerInstances', 'UpdateContainerInstancesState', ...MARK],
    ],
    ['spot-reclaim on Fargate', inject('spot-reclaim'), 'FARGATE', [...READS, 'StopTask']],
    [
      'spot-reclaim on EC2',
      inject('spot-reclaim'),
      'EC2',
      [...READS, 'DescribeContainerInstances', 'UpdateContainerInstancesState', ...MARK],
    ],
    [
      'spot-reclaim anywhere',
      inject('spot-reclaim'),
      null,
      [...READS, 'DescribeContainerInstances', 'StopTask', 'UpdateContainerInstancesState', ...MARK],
    ],
    ['a baseline of a build', inject('none'), null, []],
    [
      'a baseline of an idle worker',
      { ...inject('none'), build: { pipeline: '' }, when: { trigger: 'agent-idle' } as never },
      null,
      ['ListTasks', 'DescribeTasks', 'DescribeTaskDefinition'],
    ],
  ])('%s', (_name, over, hosts, expected) => {
    expect(actions(over, 'run', hosts).toSorted()).toEqual(expected.toSorted());
  });

  it('preflight reads what runs, assert reads tasks and their definitions', () => {
    const preflight = [...READS, 'DescribeCapacityProviders', 'GetTaskProtection'];
    expect(actions({}, 'preflight').toSorted()).toEqual(
      preflight.filter((one) => one !== 'DescribeClusters').toSorted(),
    );
    expect(actions({}, 'assert').toSorted()).toEqual(['DescribeTaskDefinition', 'DescribeTasks']);
  });
});

describe('on what', () => {
  const of = (asks: readonly Asked[], action: string) =>
    policyOf(leastOf(asks, ['run'], null)).Statement.filter(({ Action }) => Action.includes(action));

  it('StopTask hangs on the task tag, and reads do not: a stop deletes the tags', () => {
    const one = asked({ cluster: { taskTag: TAG } });
    expect(of([one], 'ecs:StopTask')).toMatchObject([
      {
        Resource: ['arn:aws:ecs:us-east-1:123456789012:task/build-prod/*'],
        Condition: {
          ArnEquals: { 'ecs:cluster': 'arn:aws:ecs:us-east-1:123456789012:cluster/build-prod' },
          StringEquals: { 'aws:ResourceTag/game-day': 'allowed' },
        },
      },
    ]);
    expect(of([one], 'ecs:DescribeTasks')[0]?.Condition).not.toHaveProperty('StringEquals');
  });

  it('a tag that ECS or a policy cannot hold limits nothing, and that is said', () => {
    const strange = asked({ cluster: { taskTag: { key: 'game-day', value: '${aws:username}' } } });
    const statements = leastOf([strange], ['run'], null);
    expect(JSON.stringify(policyOf(statements))).not.toContain('username');
    expect(notesOf([strange], statements, null).join('\n')).toContain('StopTask is not limited by this tag');
    const usual = asked({ cluster: { taskTag: { key: 'Équipe', value: 'a b+c=d.e_f:g/h@i-1' } } });
    expect(of([usual], 'ecs:StopTask')[0]?.Condition).toHaveProperty('StringEquals');
  });

  it('what is limited by a tag in one scenario and free in another stands once, free', () => {
    const statements = of([asked(), asked({ cluster: { taskTag: TAG } })], 'ecs:StopTask');
    expect(statements).toHaveLength(1);
    expect(statements[0]?.Condition).not.toHaveProperty('StringEquals');
  });

  it('an ARN of the cluster says partition, region and account', () => {
    const name = 'arn:aws-cn:ecs:cn-north-1:210987654321:cluster/build';
    const one = asked({ cluster: { name, region: 'cn-north-1' } }, { account: null });
    expect(of([one], 'ecs:UpdateService')).toEqual([]);
    expect(of([one], 'ecs:DescribeServices')).toMatchObject([
      {
        Resource: ['arn:aws-cn:ecs:cn-north-1:210987654321:service/build/build-agents'],
        Condition: { ArnEquals: { 'ecs:cluster': name } },
      },
    ]);
  });

  it('a drill of `gameday assert` finds its clusters in the tasks, so none limits it', () => {
    const { scenario } = planOf({ cluster: { name: 'default', service: null } });
    const { title, build, cluster, expect: held, limits } = scenario;
    const place: AssertionPlan['scenario'] = { title, build, cluster, expect: held, limits };
    const policy = policyOf(leastOf([{ ...asked(), scenario: place }], ['run'], null));
    expect(policy.Statement.map(({ Action, Resource, Condition }) => [Action, Resource, Condition])).toEqual([
      [['ecs:DescribeTasks'], ['arn:aws:ecs:us-east-1:123456789012:task/*'], undefined],
      [['ecs:DescribeTaskDefinition'], ['*'], undefined],
    ]);
  });

  it('a ledger on S3 is reached under its prefix alone; preflight has none', () => {
    const ledger = { bucket: 'games', prefix: 'team/ledger/' };
    const rights = (more: Partial<Asked>, use: Use, over: ScenarioOver = {}): unknown =>
      policyOf(leastOf([asked(over, more)], [use], null))
        .Statement.filter(({ Action }) => Action.some((action) => action.startsWith('s3:')))
        .map(({ Action, Resource, Condition }) => [Action, Resource, Condition]);
    const expected = [
      [['s3:ListBucket'], ['arn:aws:s3:::games'], { StringLike: { 's3:prefix': 'team/ledger/*' } }],
      [['s3:GetObject'], ['arn:aws:s3:::games/team/ledger/*'], undefined],
      [['s3:DeleteObject', 's3:PutObject'], ['arn:aws:s3:::games/team/ledger/*'], undefined],
    ];
    expect(rights({ ledger }, 'run')).toEqual(expected);
    expect(rights({ ledger }, 'assert')).toEqual(expected);
    expect(rights({ ledger }, 'preflight')).toEqual([]);
    expect(rights({}, 'run')).toEqual([]);
    expect(
      rights({ ledger: { bucket: 'games', prefix: '' } }, 'run', { cluster: { region: 'cn-north-1' } }),
    ).toEqual([
      [['s3:ListBucket'], ['arn:aws-cn:s3:::games'], undefined],
      [['s3:GetObject'], ['arn:aws-cn:s3:::games/*'], undefined],
      [['s3:DeleteObject', 's3:PutObject'], ['arn:aws-cn:s3:::games/*'], undefined],
    ]);
  });

  it.each([
    ['us-east-1', 'aws'],
    ['cn-northwest-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['eusc-de-east-1', 'aws-eusc'],
    ['us-iso-east-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
    ['eu-isoe-west-1', 'aws-iso-e'],
    ['us-isof-south-1', 'aws-iso-f'],
  ])('%s is of partition %s', (region, partition) => {
    expect(partitionOf(region)).toBe(partition);
  });
});

const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    name: fc.constantFrom('build-prod', 'build-test'),
    service: fc.constantFrom('build-agents', 'deploy-agents', null),
    taskTag: fc.constantFrom(null, TAG, { key: 'game-day', value: 'also' }),
    fault: fc.constantFrom('stop-task', 'scale-in', 'deployment', 'drain-instance', 'spot-reclaim', 'none'),
    steered: fc.boolean(),
    preflight: fc.constantFrom('off' as const, 'warn' as const),
    trigger: fc.constantFrom('step-in-flight', 'agent-idle', 'fleet-busy'),
  })
  .map(({ name, service, taskTag, fault, steered, preflight, trigger }) => {
    const inject = { fault, steered } as never;
    const cluster = { name, service, family: 'build-agent', taskTag };
    return planOf({ cluster, inject, preflight, when: { trigger } as never }).scenario;
  });
const uses = fc.subarray<Use>(['run', 'preflight', 'assert'], { minLength: 1 });
const hosts = fc.constantFrom<Hosts>(null, 'FARGATE', 'EC2');

/** Every question that could be asked about these clusters. */
const QUESTIONS: readonly Question[] = ALL_OPERATIONS.flatMap((operation) =>
  ['build-prod', 'build-test', 'other'].flatMap((cluster) => {
    const arn = (rest: string): string => `arn:aws:ecs:us-east-1:${ACCOUNT}:${rest}`;
    const resources = [
      '*',
      arn(`cluster/${cluster}`),
      arn(`service/${cluster}/build-agents`),
      arn(`service/${cluster}/deploy-agents`),
      arn(`task/${cluster}/1`),
      arn(`container-instance/${cluster}/1`),
      arn('capacity-provider/hosts'),
    ];
    return resources.flatMap((resource) =>
      ['allowed', 'also', null].map((tag) => ({
        action: actionOf(operation),
        resource,
        keys: {
          'ecs:cluster': arn(`cluster/${cluster}`),
          ...(tag === null ? {} : { 'aws:resourcetag/game-day': tag }),
        },
      })),
    );
  }),
);

/** What a policy allows, as the rig's own reading of IAM's language has it. */
function allowed(asks: readonly Asked[], forUses: readonly Use[], on: Hosts): readonly boolean[] {
  const policy = policyShape.parse(policyOf(leastOf(asks, forUses, on)));
  return QUESTIONS.map((question) => decide(policy, question).is === 'allow');
}

describe('the policy of several scenarios', () => {
  const several = fc.array(scenarios, { minLength: 1, maxLength: 4 });
  const asks = (all: readonly Scenario[]): readonly Asked[] =>
    all.map((scenario) => ({ scenario, region: 'us-east-1', account: ACCOUNT, ledger: null }));

  it('allows what any of them needs, and not one thing more', () => {
    fc.assert(
      fc.property(several, uses, hosts, (all, forUses, on) => {
        const apart = asks(all).flatMap((one) => forUses.map((use) => allowed([one], [use], on)));
        const together = allowed(asks(all), forUses, on);
        expect(together).toEqual(QUESTIONS.map((_, at) => apart.some((one) => one[at] === true)));
      }),
      { numRuns: Math.min(RUNS, 30) },
    );
  });

  it('is the same in whatever order they are named, names each Sid once, and no right twice', () => {
    fc.assert(
      fc.property(several, uses, hosts, (all, forUses, on) => {
        const statements = leastOf(asks(all), forUses, on);
        const policy = policyOf(statements);
        expect(policyOf(leastOf(asks(all.toReversed()), forUses.toReversed(), on))).toEqual(policy);
        const sids = policy.Statement.map(({ Sid }) => Sid);
        expect(new Set(sids).size).toBe(sids.length);
        const rights = statements.flatMap(({ actions: those, resources, cluster, tag }) =>
          those.flatMap((action) =>
            resources.map((resource) => JSON.stringify([action, resource, cluster, tag])),
          ),
        );
        expect(new Set(rights).size).toBe(rights.length);
      }),
      { numRuns: Math.min(RUNS, 30) },
    );
  });

  it('counts characters as IAM does, without white space', () => {
    const policy = policyOf(leastOf([asked()], ['run'], null));
    expect(charactersOf(policy)).toBe(JSON.stringify(policy, null, 4).replaceAll(/\s/g, '').length);
  });
});
