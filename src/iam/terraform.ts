import { ACCOUNT } from './place.ts';
import { conditionsOf } from './policy.ts';
import type { Statement } from './statements.ts';
import { providerArn, trustConditions, TRUSTED_ACTIONS } from './trust.ts';
import type { Trusted } from './trust.ts';

const CALLER = '${data.aws_caller_identity.current.account_id}';

/** The statements as Terraform's `aws_iam_policy_document`; without an account that of the Terraform run is used. */
export function terraformOf(
  statements: readonly Statement[],
  head: readonly string[],
  trusted: Trusted | null = null,
): string {
  if (statements.length === 0) return joinLines(head.map((line) => `# ${line}`));
  const asksAccount = trusted !== null || JSON.stringify(statements).includes(ACCOUNT);
  return joinLines([
    ...head.map((line) => `# ${line}`),
    ...(asksAccount ? ['data "aws_caller_identity" "current" {}', ''] : []),
    'data "aws_iam_policy_document" "gameday" {',
    ...statements.flatMap((statement, at) => [...(at === 0 ? [] : ['']), ...statementLines(statement)]),
    '}',
    ...(trusted === null ? [] : trustLines(trusted)),
  ]);
}

/** The trust policy of a role for jobs of Buildkite. */
function trustLines(trusted: Trusted): readonly string[] {
  return [
    '',
    'data "aws_iam_policy_document" "gameday_trust" {',
    '  statement {',
    '    effect  = "Allow"',
    `    actions = ${writeList(TRUSTED_ACTIONS)}`,
    '',
    '    principals {',
    '      type        = "Federated"',
    `      identifiers = [${quoteHcl(providerArn(null))}]`,
    '    }',
    ...Object.entries(trustConditions(trusted)).flatMap(([test, keys]) =>
      Object.entries(keys).flatMap(([key, value]) => conditionLines(test, key, value)),
    ),
    '  }',
    '}',
  ];
}

function statementLines(statement: Statement): readonly string[] {
  return [
    `  # ${statement.why.join(', ')}`,
    '  statement {',
    `    sid       = ${quoteHcl(statement.sid)}`,
    '    effect    = "Allow"',
    `    actions   = ${writeList(statement.actions)}`,
    `    resources = ${writeList(statement.resources)}`,
    ...Object.entries(conditionsOf(statement)).flatMap(([test, keys]) =>
      Object.entries(keys).flatMap(([key, value]) => conditionLines(test, key, value)),
    ),
    '  }',
  ];
}

function conditionLines(test: string, variable: string, value: string): readonly string[] {
  return [
    '',
    '    condition {',
    `      test     = ${quoteHcl(test)}`,
    `      variable = ${quoteHcl(variable)}`,
    `      values   = [${quoteHcl(value)}]`,
    '    }',
  ];
}

/** A list on one line, as `terraform fmt` leaves it. */
function writeList(texts: readonly string[]): string {
  return `[${texts.map(quoteHcl).join(', ')}]`;
}

/** The text in HCL: JSON's escapes are enough, as tags with other characters are not used. */
function quoteHcl(text: string): string {
  return JSON.stringify(text).replaceAll(ACCOUNT, CALLER);
}

function joinLines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
