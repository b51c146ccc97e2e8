/** A request without an answer. `sent` is false only if the request certainly was not sent. */
export interface NetworkFailure {
  readonly kind: 'unreachable' | 'timeout';
  /** What failed, with host and port where they are known: a clause. */
  readonly said: string;
  readonly sent: boolean;
}

/** No connection to a host came about, so nothing was sent. Its code is that of Node, by which the SDK tells what to retry. */
export class ConnectError extends Error {
  readonly code: string;

  constructor(target: string, at: 'connection' | 'tls', cause: Error) {
    const code = codesOf(cause, 0)[0] ?? 'unknown';
    super(describeNoConnection(target, at, code), { cause });
    this.name = 'ConnectError';
    this.code = code;
  }
}

/** A proxy gave no connection: it was not reached, or answered with another status than 2xx. */
export class ProxyError extends Error {
  readonly code: string;

  constructor(
    proxy: string,
    refused: { readonly target: string; readonly status: number } | null,
    cause: unknown,
  ) {
    const code = codesOf(cause, 0)[0] ?? 'EPROXY';
    const said =
      refused === null ? `no connection to the proxy ${proxy} (${code})` : describeRefusal(proxy, refused);
    // The SDK takes a cause of null for an error.
    super(said, cause === null ? undefined : { cause });
    this.name = 'ProxyError';
    this.code = code;
  }
}

function describeRefusal(
  proxy: string,
  { target, status }: { readonly target: string; readonly status: number },
): string {
  const why = status === 407 ? 'it wants other credentials in its URL' : 'it refused';
  return `no connection to ${target} through the proxy ${proxy}: ${why} (HTTP ${String(status)})`;
}

const NAMELESS: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA']);

function describeNoConnection(target: string, at: 'connection' | 'tls', code: string): string {
  if (NAMELESS.has(code)) return `no connection to ${target}: its name is not known (${code})`;
  if (at === 'connection') return `no connection to ${target} (${code})`;
  const why = TLS_REFUSALS.find(([pattern]) => pattern.test(code))?.[1];
  const hint = why === UNTRUSTED ? '; NODE_EXTRA_CA_CERTS names the file of an authority of your own' : '';
  return `no TLS connection to ${target}${why === undefined ? '' : `: ${why}`} (${code})${hint}`;
}

const UNTRUSTED = 'its certificate is of no authority that Node trusts';

/** Why TLS came to nothing, by the codes of Node (its page on TLS, "X509 certificate error codes") and of OpenSSL. */
const TLS_REFUSALS: readonly (readonly [RegExp, string])[] = [
  [/SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_UNTRUSTED/, UNTRUSTED],
  [/ALTNAME_INVALID|HOSTNAME_MISMATCH/, 'its certificate is of another name'],
  [/CERT_HAS_EXPIRED/, 'its certificate has expired'],
  [/CERT_NOT_YET_VALID/, 'its certificate is not valid yet'],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|EPROTO/, 'what answers there speaks no TLS'],
];

/** Codes that mean that the connection broke: the server may have acted. */
const CUT: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

const TIMED_OUT: ReadonlySet<string> = new Set(['ETIMEDOUT', 'ESOCKETTIMEDOUT']);

/** The network failure behind an error of a request, or null if there is none. `target`: the host and port that it went to. */
export function networkFailureOf(error: unknown, target: string): NetworkFailure | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!(cause instanceof ConnectError || cause instanceof ProxyError)) continue;
    const kind = TIMED_OUT.has(cause.code) ? 'timeout' : 'unreachable';
    return { kind, said: cause.message, sent: false };
  }
  for (const code of codesOf(error, 0)) {
    const said = `the connection broke (${target}, ${code})`;
    if (CUT.has(code)) return { kind: 'unreachable', said, sent: true };
    if (TIMED_OUT.has(code)) return { kind: 'timeout', said, sent: true };
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
