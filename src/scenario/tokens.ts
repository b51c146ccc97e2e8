import type { Problem } from './problem.ts';

/** What a literal secret looks like, by the prefixes that its issuers document. */
const SECRETS: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'a Buildkite token', pattern: /\bbk(?:ua|aj|at|ct|pt|cat)_[A-Za-z0-9_-]{6,}/g },
  { what: 'an AWS access key', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g },
  { what: 'a GitHub token', pattern: /\b(?:gh[opsur]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{20,})/g },
  { what: 'a GitLab token', pattern: /\bglpat-[A-Za-z0-9_-]{16,}/g },
  { what: 'a Slack token', pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g },
  { what: 'a JSON web token', pattern: /\beyJ[A-Za-z0-9_-]{8,500}\.eyJ[A-Za-z0-9_-]{8,}/g },
  { what: 'a private key', pattern: /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----/g },
  {
    what: 'an address with credentials',
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'${}]{1,200}:[^\s/@"'${}]{1,200}@/g,
  },
];

/** Literal secrets anywhere in a text, comments included; the messages never repeat one. */
export function findLiteralSecrets(text: string): readonly Problem[] {
  return SECRETS.flatMap(({ what, pattern }) =>
    [...text.matchAll(pattern)].map(({ index }) => ({
      offset: index,
      message: `${what} is written here literally`,
      next: 'Remove it from the file and revoke it; name a variable instead, "${NAME}", and list NAME under secrets.',
    })),
  );
}

/** A text in which everything that looks like a secret is hidden. */
export function withoutSecrets(text: string): string {
  return SECRETS.reduce((hidden, { pattern }) => hidden.replaceAll(pattern, '[hidden]'), text);
}
