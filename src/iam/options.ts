import { Args, Flags } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import * as shared from '../cli/flags.ts';

/** The arguments of `iam`. */
export const iamArgs = {
  FILE: Args.string({ description: 'scenario files, or folders of them', multiple: true }),
};

/** The flags of `iam`. */
export const iamFlags = {
  account: Flags.string({
    description: 'AWS account of the cluster, twelve digits; not needed if cluster.name is an ARN',
    helpValue: 'ID',
    env: 'GAMEDAY_ACCOUNT',
  }),
  format: Flags.option({
    description: 'format of the policy; the last two fill in the account themselves',
    options: ['json', 'terraform', 'cloudformation'] as const,
    default: 'json',
    env: 'GAMEDAY_FORMAT',
  })(),
  for: Flags.option({
    description: 'command that needs the rights; `run` includes resume, abort and a dry run (default: run)',
    options: ['run', 'preflight', 'assert'] as const,
    multiple: true,
    multipleNonGreedy: true,
    env: 'GAMEDAY_FOR',
  })(),
  'launch-type': Flags.option({
    description: 'what the tasks run on; leaves out rights that only the other kind needs',
    options: ['FARGATE', 'FARGATE_SPOT', 'EC2', 'EC2_SPOT', 'EXTERNAL'] as const,
    env: 'GAMEDAY_LAUNCH_TYPE',
  })(),
  check: Flags.string({
    description: 'journal, id or folder of a drill: compare what AWS denied in it with the least policy',
    helpValue: 'JOURNAL',
    env: 'GAMEDAY_CHECK',
  }),
  trust: Flags.string({
    description:
      'pipeline whose jobs may take the role with their OIDC token: the trust policy, alone as JSON, else beside the rights',
    helpValue: 'ORG/PIPELINE',
    env: 'GAMEDAY_TRUST',
  }),
  'trust-branch': Flags.string({
    description: 'branch of those jobs',
    helpValue: 'NAME',
    default: 'main',
    env: 'GAMEDAY_TRUST_BRANCH',
  }),
  'trust-step': Flags.string({
    description: 'key of their step (default: any step)',
    helpValue: 'KEY',
    env: 'GAMEDAY_TRUST_STEP',
  }),
  ledger: shared.ledgerFlag,
  json: shared.jsonFlag,
  var: shared.varFlag,
  out: shared.outFlag,
};

export type IamFlags = Interfaces.InferredFlags<typeof iamFlags>;

/** The long help of `gameday iam`. */
export function iamHelp(): string {
  return `The policy allows the calls that these scenarios make to ECS, including those that undo a fault, and nothing else: on their clusters, their services and, if cluster.taskTag is set, the tasks with that tag. With --ledger s3://BUCKET/PREFIX it also allows what the ledger and the lock that machines share need under that prefix. Nothing is contacted. Notes on the policy are printed on stderr.

With --trust ORG/PIPELINE it is the trust policy of a role that jobs of this pipeline take with their OIDC token (\`buildkite-agent oidc request-token\`): as JSON alone, in the other formats beside the rights.

With --check nothing is written: each AccessDenied in the journal of a drill is held against the least policy of its scenario.

Exit codes:
    0  the policy was written; with --check: nothing was denied
    1  with --check: the least policy lacks what was denied, a defect of gameday
    2  bad input: an argument or a file is wrong
   10  with --check: AWS denied an action that the least policy allows`;
}
