import { ACCOUNT } from './place.ts';
import { conditionsOf } from './policy.ts';
import type { Statement } from './statements.ts';

/** The statements as a CloudFormation template with a managed policy; without an account that of the stack is used. */
export function cloudFormationOf(statements: readonly Statement[], head: readonly string[]): string {
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
    'Outputs:',
    '  PolicyArn:',
    '    Value: { Ref: GamedayPolicy }',
  ]);
}

function statementLines(statement: Statement): readonly string[] {
  const conditions = Object.entries(conditionsOf(statement));
  return [
    `          # ${statement.why.join(', ')}`,
    `          - Sid: ${statement.sid}`,
    '            Effect: Allow',
    '            Action:',
    ...statement.actions.map((action) => `              - ${quoteYaml(action)}`),
    '            Resource:',
    ...statement.resources.map((resource) => `              - ${quoteYaml(resource)}`),
    ...(conditions.length === 0 ? [] : ['            Condition:']),
    ...conditions.flatMap(([operator, keys]) => [
      `              ${operator}:`,
      ...Object.entries(keys).map(([key, value]) => `                ${quoteYaml(key)}: ${quoteYaml(value)}`),
    ]),
  ];
}

/** The text in JSON, which is YAML too. */
function quoteYaml(text: string): string {
  if (!text.includes(ACCOUNT)) return JSON.stringify(text);
  return `{ "Fn::Sub": ${JSON.stringify(text.replaceAll(ACCOUNT, '${AWS::AccountId}'))} }`;
}

function joinLines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
