import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { cloudFormationOf } from '../../src/iam/cloudformation.ts';
import { leastOf } from '../../src/iam/least.ts';
import { policyOf } from '../../src/iam/policy.ts';
import type { Statement } from '../../src/iam/statements.ts';
import { terraformOf } from '../../src/iam/terraform.ts';
import { planOf } from '../support/plans.ts';
import { readHcl } from './hcl.ts';
import type { Block } from './hcl.ts';

const ACCOUNT = '123456789012';
const LEDGER = { bucket: 'games', prefix: 'ledger/' };
const HEAD = ['The least rights, for:', '  drill.yaml'];
const CALLER = '${data.aws_caller_identity.current.account_id}';

function statements(account: string | null): readonly Statement[] {
  const scenarios = [
    planOf({ cluster: { taskTag: { key: 'game-day', value: 'allowed: yes' } }, preflight: 'warn' }),
    planOf({ cluster: { name: 'build-test' }, inject: { fault: 'scale-in', steered: true } }),
    planOf({
      cluster: { name: 'build-test', service: 'deploy-agents' },
      inject: { fault: 'drain-instance' },
    }),
  ];
  return leastOf(
    scenarios.map(({ scenario }) => ({ scenario, region: 'us-east-1', account, ledger: LEDGER })),
    ['run', 'preflight'],
    null,
  );
}

/** The policy that these statements are, with the account in its place. */
const POLICY = policyOf(statements(ACCOUNT));

describe('Terraform', () => {
  const policyIn = (block: Block): unknown => ({
    Version: '2012-10-17',
    Statement: block.blocks.map(({ type, attributes, blocks }) => {
      expect(type).toBe('statement');
      const conditions = blocks.map((one) => {
        const { test, variable, values } = one.attributes as Readonly<Record<string, string>>;
        return [test, { [String(variable)]: values?.[0] }] as const;
      });
      const { sid, effect, actions, resources } = attributes;
      return {
        ...{ Sid: sid, Effect: effect, Action: actions, Resource: resources },
        ...(conditions.length === 0 ? {} : { Condition: Object.fromEntries(conditions) }),
      };
    }),
  });

  it('is the same policy, its account looked up', () => {
    const text = terraformOf(statements(null), HEAD);
    const blocks = readHcl(text.replaceAll(CALLER, ACCOUNT));
    expect(blocks.map(({ type, labels }) => [type, ...labels])).toEqual([
      ['data', 'aws_caller_identity', 'current'],
      ['data', 'aws_iam_policy_document', 'gameday'],
    ]);
    expect(policyIn(blocks[1] as Block)).toEqual(POLICY);
    expect(text).toContain('# The least rights, for:\n#   drill.yaml\n');
  });

  it('looks nothing up where the account is named', () => {
    const text = terraformOf(statements(ACCOUNT), HEAD);
    expect(text).not.toContain('aws_caller_identity');
    expect(policyIn(readHcl(text)[0] as Block)).toEqual(POLICY);
  });

  it('is a comment where nothing is needed', () => {
    expect(readHcl(terraformOf([], HEAD))).toEqual([]);
  });
});

describe('CloudFormation', () => {
  const filled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(filled);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [first] = entries;
    if (entries.length === 1 && first?.[0] === 'Fn::Sub')
      return String(first[1]).replaceAll('${AWS::AccountId}', ACCOUNT);
    return Object.fromEntries(entries.map(([key, inner]) => [key, filled(inner)]));
  };
  const policyIn = (text: string): unknown => {
    const template = parse(text) as {
      readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: object }>>;
      readonly Outputs: unknown;
    };
    const policy = template.Resources['GamedayPolicy'];
    expect(policy?.Type).toBe('AWS::IAM::ManagedPolicy');
    expect(template.Outputs).toEqual({ PolicyArn: { Value: { Ref: 'GamedayPolicy' } } });
    return (filled(policy?.Properties) as { readonly PolicyDocument: unknown }).PolicyDocument;
  };

  it('is the same policy, its account that of the stack', () => {
    expect(policyIn(cloudFormationOf(statements(null), HEAD))).toEqual(POLICY);
  });

  it('substitutes nothing where the account is named', () => {
    const text = cloudFormationOf(statements(ACCOUNT), HEAD);
    expect(text).not.toContain('Fn::Sub');
    expect(policyIn(text)).toEqual(POLICY);
  });

  it('is a comment where nothing is needed', () => {
    expect(parse(cloudFormationOf([], HEAD))).toBeNull();
  });
});
