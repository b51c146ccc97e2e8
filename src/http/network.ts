/** A request without an answer. `sent` is false only if the request certainly was not sent. */
export interface NetworkFailure {
  readonly kind: 'unreachable' | 'timeout';
  readonly code: string;
  readonly sent: boolean;
}

/** Codes of Node that mean that no byte of the request can have reached a server. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_WRONG_VERSION_NUMBER',
]);

/** Codes that mean that the connection broke: the server may have acted. */
const CUT: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

const TIMED_OUT: ReadonlySet<string> = new Set(['ETIMEDOUT', 'ESOCKETTIMEDOUT']);

/** The network failure behind an error of Node's http, or null if there is none. */
export function networkFailureOf(error: unknown): NetworkFailure | null {
  for (const code of codesOf(error, 0)) {
    if (NEVER_SENT.has(code)) return { kind: 'unreachable', code, sent: false };
    if (CUT.has(code)) return { kind: 'unreachable', code, sent: true };
    if (TIMED_OUT.has(code)) return { kind: 'timeout', code, sent: true };
  }
  return null;
}

/** The codes of an error and its causes, outermost first; a refused dual-stack connection is an AggregateError. */
function codesOf(error: unknown, depth: number): readonly string[] {
  if (!(error instanceof Error) || depth > 5) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const parts =
    error instanceof AggregateError ? error.errors.flatMap((part) => codesOf(part, depth + 1)) : [];
  return [...own, ...parts, ...codesOf(error.cause, depth + 1)];
}
