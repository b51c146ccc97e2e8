import { ACCOUNT } from './place.ts';
import { conditionsOf } from './policy.ts';
import type { Conditions } from './policy.ts';
import type { Statement } from './statements.ts';
import { providerArn, trustConditions, TRUSTED_ACTIONS } from './trust.ts';
import type { Trusted } from './trust.ts';

/** The statements as a CloudFormation template with a managed policy; without an account that of the stack is used. */
export function cloudFormationOf(
  statements: readonly Statement[],
  head: readonly string[],
  trusted: Trusted | null = null,
): string {
  const comment = head.map((line) => `# ${line}`);
  if (statements.length === 0) return joinLines(comment);
  return joinLines([
    ...comment,
    'AWSTemplateFormatVersion: "2010-09-09"',
    'Description: The least rights of gameday',
    'Resources:',
    '  GamedayPolicy:',
    '    Type: AWS::IAM::ManagedPolicy',
    '    Properties:',
    '      Description: The least rights of gameday',
    '      PolicyDocument:',
    '        Version: "2012-10-17"',
    '        Statement:',
    ...statements.flatMap(statementLines),
    ...(trusted === null ? [] : roleLines(trusted)),
    'Outputs:',
    '  PolicyArn:',
    '    Value: { Ref: GamedayPolicy }',
    ...(trusted === null ? [] : ['  RoleArn:', '    Value: { "Fn::GetAtt": [GamedayRole, Arn] }']),
  ]);
}

/** A role for jobs of Buildkite, with the policy above. */
function roleLines(trusted: Trusted): readonly string[] {
  return [
    '  GamedayRole:',
    '    Type: AWS::IAM::Role',
    '    Properties:',
    '      Description: Taken by game days of one Buildkite pipeline',
    '      ManagedPolicyArns:',
    '        - { Ref: GamedayPolicy }',
    '      AssumeRolePolicyDocument:',
    '        Version: "2012-10-17"',
    '        Statement:',
    '          - Effect: Allow',
    `            Principal: { Federated: ${quoteYaml(providerArn(null, '${AWS::Partition}'))} }`,
    '            Action:',
    ...TRUSTED_ACTIONS.map((action) => `              - ${quoteYaml(action)}`),
    '            Condition:',
    ...conditionLines(trustConditions(trusted)),
  ];
}

function statementLines(statement: Statement): readonly string[] {
  const conditions = conditionsOf(statement);
  return [
    `          # ${statement.why.join(', ')}`,
    `          - Sid: ${statement.sid}`,
    '            Effect: Allow',
    '            Action:',
    ...statement.actions.map((action) => `              - ${quoteYaml(action)}`),
    '            Resource:',
    ...statement.resources.map((resource) => `              - ${quoteYaml(resource)}`),
    ...(Object.keys(conditions).length === 0
      ? []
      : ['            Condition:', ...conditionLines(conditions)]),
  ];
}

function conditionLines(conditions: Conditions): readonly string[] {
  return Object.entries(conditions).flatMap(([operator, keys]) => [
    `              ${operator}:`,
    ...Object.entries(keys).map(([key, value]) => `                ${quoteYaml(key)}: ${quoteYaml(value)}`),
  ]);
}

/** The text in JSON, which is YAML too. */
function quoteYaml(text: string): string {
  if (!text.includes(ACCOUNT)) return JSON.stringify(text);
  return `{ "Fn::Sub": ${JSON.stringify(text.replaceAll(ACCOUNT, '${AWS::AccountId}'))} }`;
}

function joinLines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
