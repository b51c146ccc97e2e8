import { expect, test } from 'vitest';
import { adviseSaid } from '../../src/verdict/advise.ts';

const EXPIRED =
  'the AWS credentials have expired, so AWS refuses DescribeTasks: ExpiredTokenException: expired';

test.each([
  [
    'aws-unauthorized',
    'there are no AWS credentials for DescribeClusters: CredentialsProviderError: the SSO session of AWS profile work has expired, or was never begun: run `aws sso login --profile work`',
    'Run `aws sso login --profile work`, then the drill again.',
  ],
  ['aws-unauthorized', EXPIRED, /^Fetch new credentials/],
  ['observation-gap', `the last read of the task failed: ${EXPIRED}`, /^Fetch new credentials/],
  [
    'buildkite-unauthorized',
    "Your access token doesn't have the graphql scope",
    /^Give the token GraphQL access/,
  ],
  ['buildkite-unauthorized', 'Buildkite does not accept the token (HTTP 401)', null],
  ['aws-unauthorized', 'AWS does not accept our credentials for DescribeClusters', null],
  ['lost', EXPIRED, null],
] as const)('%s: %s', (reason, said, next) => {
  const advised = adviseSaid(reason, said);
  if (next instanceof RegExp) expect(advised).toMatch(next);
  else expect(advised).toBe(next);
});
