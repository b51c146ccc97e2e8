import type { Reason } from '../model/reasons.ts';

interface Advice {
  readonly reasons: readonly Reason[];
  readonly said: RegExp;
  readonly next: string;
}

/** What to do about what was said, where that says more than the reason: the words are those of the clients. */
const ADVICE: readonly Advice[] = [
  {
    reasons: ['aws-unauthorized', 'observation-gap'],
    said: /AWS profile .* run `(.+)`/,
    next: 'Run `$1`, then the drill again.',
  },
  {
    reasons: ['aws-unauthorized', 'observation-gap'],
    said: /AWS credentials have expired/,
    next: 'Fetch new credentials, then run the drill again: they must hold until its verdict.',
  },
  {
    reasons: ['buildkite-unauthorized'],
    said: /graphql scope/,
    next: 'Give the token GraphQL access on its page in Buildkite (API Access Tokens), or set BUILDKITE_API_TOKEN to one that has it.',
  },
  {
    reasons: ['aws-unreachable', 'buildkite-unreachable'],
    said: /no authority that Node trusts/,
    next: "If that is your own certificate authority, set NODE_EXTRA_CA_CERTS to its file; else find out who answers in the service's place.",
  },
  {
    reasons: ['aws-unreachable', 'buildkite-unreachable'],
    said: /its certificate is of another name/,
    next: 'Use the name that the certificate has in the endpoint, or find out who answers in the place of that host.',
  },
  {
    reasons: ['aws-unreachable', 'buildkite-unreachable'],
    said: /its certificate (has expired|is not valid yet)/,
    next: "Compare this machine's clock; if it is right, whoever runs that host must renew the certificate.",
  },
  {
    reasons: ['aws-unreachable', 'buildkite-unreachable'],
    said: /speaks no TLS/,
    next: 'Check the port of the endpoint: something else than an https service answers there.',
  },
];

/** What to do about a verdict by what it says; null where the advice of its reason is all there is. */
export function adviseSaid(reason: Reason, said: string): string | null {
  const advice = ADVICE.find((one) => one.reasons.includes(reason) && one.said.test(said));
  return advice === undefined ? null : (said.match(advice.said)?.[0] ?? '').replace(advice.said, advice.next);
}
