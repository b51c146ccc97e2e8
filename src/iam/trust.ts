import { GamedayError } from '../model/errors.ts';
import { ACCOUNT } from './place.ts';

/** Who may take the role: jobs of one pipeline, on one branch, of one step or of any. */
export interface Trusted {
  readonly organization: string;
  readonly pipeline: string;
  readonly branch: string;
  /** Null: any step. */
  readonly step: string | null;
}

/** Provider of the tokens that `buildkite-agent oidc request-token` gives (https://buildkite.com/docs/pipelines/security/oidc/aws). */
const PROVIDER = 'agent.buildkite.com';
const AUDIENCE = 'sts.amazonaws.com';
/** The second is needed where a job passes claims on as session tags. */
export const TRUSTED_ACTIONS = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'] as const;

const SLUG = /^[a-z0-9][a-z0-9-]*$/i;

/** Reads `--trust ORG/PIPELINE`, `--trust-branch` and `--trust-step`. Throws bad-input. */
export function readTrusted(named: string, branch: string, step: string | undefined): Trusted {
  const [organization = '', pipeline = '', ...more] = named.split('/');
  if (!SLUG.test(organization) || !SLUG.test(pipeline) || more.length > 0)
    throw new GamedayError('bad-input', `--trust ${named} does not name a pipeline`, {
      next: 'Give the slugs of its address: --trust acme/nightly.',
    });
  for (const [flag, value] of [
    ['--trust-branch', branch],
    ['--trust-step', step ?? 'any'],
  ] as const) {
    // In the claim a colon ends a part, and StringLike reads the other two as wildcards.
    if (value !== '' && !/[:*?]/.test(value)) continue;
    throw new GamedayError('bad-input', `${flag} "${value}" would trust more than it says`, {
      next: 'Name one branch and one step, without "*", "?" and ":".',
    });
  }
  return { organization, pipeline, branch, step: step ?? null };
}

/** The claim `sub` of the jobs that are trusted; the commit may be any. */
function subjectOf({ organization, pipeline, branch, step }: Trusted): string {
  return `organization:${organization}:pipeline:${pipeline}:ref:refs/heads/${branch}:commit:*:step:${step ?? '*'}`;
}

/** ARN of the identity provider, which an account has once. */
export function providerArn(account: string | null, partition = 'aws'): string {
  return `arn:${partition}:iam::${account ?? ACCOUNT}:oidc-provider/${PROVIDER}`;
}

/** The conditions of the trust, by operator and key. */
export function trustConditions(
  trusted: Trusted,
): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return {
    StringEquals: { [`${PROVIDER}:aud`]: AUDIENCE },
    StringLike: { [`${PROVIDER}:sub`]: subjectOf(trusted) },
  };
}

/** The trust policy as a document of IAM. */
export function trustPolicyOf(trusted: Trusted, account: string): object {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'JobsOfOnePipeline',
        Effect: 'Allow',
        Principal: { Federated: providerArn(account) },
        Action: TRUSTED_ACTIONS,
        Condition: trustConditions(trusted),
      },
    ],
  };
}
