import type { Trouble } from '../model/answer.ts';

/** A trouble; `retryAfter` in milliseconds if the service named a time. */
export function makeTrouble(
  kind: Trouble['kind'],
  message: string,
  retryAfter: number | null = null,
): Trouble {
  return { kind, message, retryAfter };
}

/** A service's message on one line, shortened, and without our secrets, which it may have echoed. */
export function toOneLine(text: string, secrets: readonly string[] = [], longest = 240): string {
  const hidden = secrets
    .filter((secret) => secret.length > 0)
    .reduce((shown, secret) => shown.replaceAll(secret, '[redacted]'), text);
  const line = hidden.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
