import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { cloudFormationOf } from '../../src/iam/cloudformation.ts';
import { leastOf } from '../../src/iam/least.ts';
import { terraformOf } from '../../src/iam/terraform.ts';
import { readTrusted, trustPolicyOf } from '../../src/iam/trust.ts';
import { planOf } from '../support/plans.ts';
import { readHcl } from './hcl.ts';

const ACCOUNT = '123456789012';
const CALLER = '${data.aws_caller_identity.current.account_id}';
const TRUSTED = readTrusted('acme/nightly', 'main', undefined);
/** As https://buildkite.com/docs/pipelines/security/oidc/aws has it. */
const CONDITION = {
  StringEquals: { 'agent.buildkite.com:aud': 'sts.amazonaws.com' },
  StringLike: {
    'agent.buildkite.com:sub': 'organization:acme:pipeline:nightly:ref:refs/heads/main:commit:*:step:*',
  },
};
const ACTIONS = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'];
const STATEMENTS = leastOf(
  [{ scenario: planOf({}).scenario, region: 'us-east-1', account: null, ledger: null }],
  ['run'],
  null,
);

describe('the trust policy', () => {
  it('trusts the jobs of one pipeline on one branch, and of one step where it is named', () => {
    expect(trustPolicyOf(TRUSTED, ACCOUNT)).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'JobsOfOnePipeline',
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/agent.buildkite.com` },
          Action: ACTIONS,
          Condition: CONDITION,
        },
      ],
    });
    expect(
      JSON.stringify(trustPolicyOf(readTrusted('acme/nightly', 'night', 'game-day'), ACCOUNT)),
    ).toContain('"organization:acme:pipeline:nightly:ref:refs/heads/night:commit:*:step:game-day"');
  });

  it('is the same in CloudFormation, where a role has the rights too', () => {
    const { Resources, Outputs } = parse(cloudFormationOf(STATEMENTS, [], TRUSTED)) as {
      readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: unknown }>>;
      readonly Outputs: unknown;
    };
    expect(Resources['GamedayRole']).toMatchObject({
      Type: 'AWS::IAM::Role',
      Properties: {
        ManagedPolicyArns: [{ Ref: 'GamedayPolicy' }],
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: {
                Federated: {
                  'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/agent.buildkite.com',
                },
              },
              Action: ACTIONS,
              Condition: CONDITION,
            },
          ],
        },
      },
    });
    expect(Outputs).toMatchObject({ RoleArn: { Value: { 'Fn::GetAtt': ['GamedayRole', 'Arn'] } } });
    expect(cloudFormationOf(STATEMENTS, [])).not.toContain('GamedayRole');
  });

  it('is a document of its own in Terraform', () => {
    const [, , trust] = readHcl(terraformOf(STATEMENTS, [], TRUSTED).replaceAll(CALLER, ACCOUNT));
    expect(trust?.labels).toEqual(['aws_iam_policy_document', 'gameday_trust']);
    const [statement] = trust?.blocks ?? [];
    expect(statement?.attributes).toEqual({ effect: 'Allow', actions: ACTIONS });
    expect(statement?.blocks.map(({ type, attributes }) => [type, attributes])).toEqual([
      [
        'principals',
        {
          type: 'Federated',
          identifiers: [`arn:aws:iam::${ACCOUNT}:oidc-provider/agent.buildkite.com`],
        },
      ],
      ...Object.entries(CONDITION).map(([operator, keys]) => {
        const [[variable, value] = []] = Object.entries(keys);
        return ['condition', { test: operator, variable, values: [value] }];
      }),
    ]);
  });
});

test.each([
  ['a name without a slash', 'nightly', 'main', undefined, /--trust nightly does not name a pipeline/],
  ['all pipelines', 'acme/*', 'main', undefined, /does not name a pipeline/],
  ['all branches', 'acme/nightly', '*', undefined, /--trust-branch "\*" would trust more than it says/],
  ['a part of the claim', 'acme/nightly', 'main:commit:1', undefined, /--trust-branch/],
  ['steps by a wildcard', 'acme/nightly', 'main', 'game-*', /--trust-step "game-\*"/],
] as const)('%s is refused', (_name, pipeline, branch, step, said) => {
  expect(() => readTrusted(pipeline, branch, step)).toThrow(said);
});
