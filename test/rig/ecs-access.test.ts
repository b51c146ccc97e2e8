import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { decide, policyShape, type Question } from '../../src/rig/ecs/policy.ts';
import { definition, draining, startCluster, type TestCluster } from './ecs-support.ts';

const CLUSTER = 'arn:aws:ecs:us-east-1:123456789012:cluster/build';
const TASKS = 'arn:aws:ecs:us-east-1:123456789012:task/build/*';

function policy(...Statement: readonly object[]) {
  return policyShape.parse({ Version: '2012-10-17', Statement });
}

function question(over: Partial<Question> = {}): Question {
  const resource = 'arn:aws:ecs:us-east-1:123456789012:task/build/1';
  return { action: 'ecs:StopTask', resource, keys: { 'ecs:cluster': CLUSTER }, ...over };
}

const stop = { Sid: 'Stop', Effect: 'Allow', Action: 'ecs:StopTask', Resource: TASKS };
const ALLOWED = { is: 'allow', by: ['Stop'] };
const DENIED = { is: 'implicit-deny' };

describe("ECS-70: IAM's logic", () => {
  it.each<readonly [string, object, Partial<Question>, object]>([
    ['allows what a statement names', stop, {}, ALLOWED],
    ['compares actions without regard to case', { ...stop, Action: ['ecs:stoptask'] }, {}, ALLOWED],
    ['denies another action', stop, { action: 'ecs:RunTask' }, DENIED],
    [
      'denies another resource',
      stop,
      { resource: 'arn:aws:ecs:us-east-1:123456789012:task/other/1' },
      DENIED,
    ],
    ['knows no resource but * where there is none', stop, { resource: '*' }, DENIED],
    ['takes ? for one character', { ...stop, Resource: TASKS.replace('*', '?') }, {}, ALLOWED],
    [
      'denies where a key is not there',
      { ...stop, Condition: { ArnEquals: { 'ecs:cluster': CLUSTER } } },
      { keys: {} },
      DENIED,
    ],
    [
      'compares ARNs part by part',
      { ...stop, Condition: { ArnEquals: { 'ecs:cluster': 'arn:aws:*:cluster/build' } } },
      {},
      DENIED,
    ],
    [
      'takes wild cards in ArnEquals',
      { ...stop, Condition: { ArnEquals: { 'ecs:cluster': 'arn:aws:ecs:*:*:cluster/build' } } },
      {},
      ALLOWED,
    ],
    [
      'takes none in StringEquals',
      { ...stop, Condition: { StringEquals: { 'aws:ResourceTag/a': 'b*' } } },
      { keys: { 'aws:resourcetag/a': 'bc' } },
      DENIED,
    ],
    [
      'takes one of several values',
      { ...stop, Condition: { StringEquals: { 'aws:ResourceTag/A': ['b', 'c'] } } },
      { keys: { 'aws:resourcetag/a': 'c' } },
      ALLOWED,
    ],
  ])('%s', (_name, statement, asked, decision) => {
    expect(decide(policy(statement), question(asked))).toEqual(decision);
  });

  it('denies explicitly before it allows', () => {
    expect(decide(policy(stop, { ...stop, Effect: 'Deny' }), question())).toEqual({ is: 'explicit-deny' });
  });

  it('is refused where a policy says what the rig cannot judge', () => {
    expect(() => policy({ ...stop, NotAction: 'ecs:*' })).toThrow(/NotAction/);
    expect(() => policy({ ...stop, Condition: { Null: { 'ecs:cluster': 'true' } } })).toThrow();
  });
});

describe("ECS-70: the rig's clients", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    const tagged = { StringEquals: { 'aws:ResourceTag/game-day': 'allowed' } };
    const ArnEquals = { 'ecs:cluster': CLUSTER };
    cluster = await startCluster(
      {},
      undefined,
      undefined,
      policy(
        { ...stop, Condition: { ArnEquals, ...tagged } },
        {
          Sid: 'Read',
          Effect: 'Allow',
          Action: ['ecs:DescribeTasks', 'ecs:ListTasks'],
          Resource: '*',
          Condition: { ArnEquals },
        },
        {
          Sid: 'Make',
          Effect: 'Allow',
          Action: ['ecs:RunTask', 'ecs:RegisterTaskDefinition'],
          Resource: '*',
        },
      ),
    );
  });
  afterAll(() => cluster.close());
  const simple = definition({ worker: { argv: draining() } });

  it('may do what the policy allows, are told which action on which resource it does not, and what was asked is kept', async () => {
    const tags = [{ key: 'game-day', value: 'allowed' }];
    const [tagged, plain] = [await cluster.run(simple, { tags }), await cluster.run(simple)];
    const refused = await cluster.post('StopTask', { cluster: 'build', task: plain });
    expect(refused).toMatchObject({
      status: 400,
      body: {
        __type: 'AccessDeniedException',
        message: `User: arn:aws:iam::123456789012:user/rig is not authorized to perform: ecs:StopTask on resource: ${plain} because no identity-based policy allows the ecs:StopTask action`,
      },
    });
    expect(await cluster.describe(plain)).toMatchObject({ desiredStatus: 'RUNNING' });
    expect(await cluster.post('StopTask', { cluster: 'build', task: tagged })).toMatchObject({ status: 200 });
    // Its tags go with it (ECS-12).
    await cluster.until(tagged, 'STOPPED');
    expect(await cluster.post('StopTask', { cluster: 'build', task: tagged })).toMatchObject({ status: 400 });
    expect(await cluster.post('DescribeClusters', { clusters: ['build'] })).toMatchObject({
      body: { message: expect.stringContaining(`on resource: ${CLUSTER} because`) as string },
    });
    expect(
      await cluster.post('ListServiceDeployments', { cluster: 'build', service: 'agents' }),
    ).toMatchObject({
      body: {
        message: expect.stringContaining(
          `on resource: ${CLUSTER.replace('cluster/', 'service/')}/agents because`,
        ) as string,
      },
    });
    const stops = cluster.rig.asked().filter(({ operation }) => operation === 'StopTask');
    expect(stops.map(({ resource, allowed, by, count }) => [resource, allowed, by, count])).toEqual([
      [plain, false, [], 1],
      [tagged, true, ['Stop'], 1],
      [tagged, false, [], 1],
    ]);
  });
});
