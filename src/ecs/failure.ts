import { z } from 'zod';
import type { Trouble } from '../model/answer.ts';
import { OversizeAnswerError } from '../http/bounded.ts';
import { AbortedError, DeadlineError } from '../http/deadline.ts';
import { networkFailureOf } from '../http/network.ts';
import { toOneLine, makeTrouble } from '../http/trouble.ts';

/** A failed call: the trouble for people, and the certainty of a mutating call's outcome. */
export interface Failure {
  readonly trouble: Trouble;
  readonly certainty: 'refused' | 'unknown';
}

/** What is known of the request of a call. */
export interface Sending {
  /** Whether its connection stood and its first byte was about to leave. */
  sent: boolean;
  /** Host and port that it goes to; null before they are known. */
  host: string | null;
  /** The service as people call it; ECS where none is named. */
  readonly service?: string;
}

/** The call was not to be sent any more when its connection stood. */
export class HeldBackError extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'HeldBackError';
  }
}

/** The endpoint rules forbid the SDK's endpoint; nothing was sent. */
export class ForbiddenEndpointError extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'ForbiddenEndpointError';
  }
}

/** An answer that does not match the API. */
export class UnusableAnswerError extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'UnusableAnswerError';
  }
}

/** Errors by name: the SDK does not model many common ones, so `instanceof` misses them. */
const KINDS: readonly (readonly [RegExp, Trouble['kind'], (service: string) => string])[] = [
  [/^AccessDenied/, 'denied', () => 'AWS denies'],
  [/^ExpiredToken/, 'unauthorized', () => 'the AWS credentials have expired, so AWS refuses'],
  [
    /^(CredentialsProviderError|TokenProviderError|MissingAuthenticationToken)/,
    'unauthorized',
    () => 'there are no AWS credentials for',
  ],
  [
    /^(UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|InvalidClientTokenId|IncompleteSignature|RequestExpired)/,
    'unauthorized',
    () => 'AWS does not accept our credentials for',
  ],
  [
    /^(Throttl|TooManyRequests|RequestLimitExceeded|SlowDown)/,
    'rate-limited',
    (service) => `${service} limits the rate of`,
  ],
  // Application Auto Scaling API Reference, RegisterScalableTarget: another update of the same target is pending.
  [/^ConcurrentUpdate/, 'rate-limited', (service) => `${service} is busy with another update and puts off`],
  [
    /^(ClusterNotFound|ServiceNotFound|ObjectNotFound|ResourceNotFound)/,
    'not-found',
    (service) => `${service} does not know the object of`,
  ],
  [/^(ForbiddenEndpointError|EndpointError)/, 'refused', (service) => `${service} was not contacted for`],
];

const Sdk = z.object({
  name: z.string(),
  message: z.string(),
  code: z.unknown().optional(),
  $fault: z.string().optional(),
  $metadata: z.object({ httpStatusCode: z.number().optional() }).optional(),
});
type Sdk = z.output<typeof Sdk>;

/** Whether ECS limits the rate of our requests. */
export function isThrottling(error: unknown): boolean {
  const parsed = Sdk.safeParse(error);
  return parsed.success && failureByName(parsed.data, '', '')?.trouble.kind === 'rate-limited';
}

/** Classifies an error of the SDK. Where nothing was sent, nothing can have happened. */
export function failureOf(
  error: unknown,
  operation: string,
  { sent, host, service = 'ECS' }: Sending,
): Failure {
  const certainty = sent ? 'unknown' : 'refused';
  const failed = (kind: Trouble['kind'], message: string): Failure => ({
    trouble: makeTrouble(kind, message),
    certainty,
  });
  if (error instanceof HeldBackError) return failed('outdated', `not sent: ${error.message}`);
  if (error instanceof AbortedError) return failed('aborted', `${operation} was interrupted`);
  if (error instanceof DeadlineError)
    return failed('timeout', describeSilence(operation, { sent, host, service }, error));
  if (error instanceof UnusableAnswerError)
    return failed('garbage', `${service} answered ${operation} with ${error.message}`);
  if (error instanceof OversizeAnswerError)
    return failed('garbage', `AWS's answer to ${operation} ${error.message}`);
  const parsed = Sdk.safeParse(error);
  if (parsed.success) {
    const named =
      failureByName(parsed.data, operation, service) ?? failureByStatus(parsed.data, operation, service);
    if (named !== null) return named;
  }
  const network = networkFailureOf(error, host ?? 'unknown host');
  if (network !== null) {
    const trouble = makeTrouble(network.kind, `${service}: ${network.said} at ${operation}`);
    return { trouble, certainty: network.sent ? certainty : 'refused' };
  }
  if (parsed.success && parsed.data.name === 'TimeoutError')
    return failed(
      'timeout',
      describeSilence(operation, { sent, host, service }, { message: 'no answer in time' }),
    );
  if (!sent) return makeUnsentFailure(error, operation);
  return failed('garbage', `${service}'s answer to ${operation} cannot be read`);
}

function describeSilence(
  operation: string,
  { sent, host, service = 'ECS' }: Sending,
  { message }: { readonly message: string },
): string {
  if (host === null) return `AWS gave ${message} to the request for credentials before ${operation}`;
  return sent
    ? `${service} (${host}) gave ${message} to ${operation}`
    : `${service}: no connection to ${host} in time (${message}) at ${operation}`;
}

/** The failure for ids that are invalid, and for ARNs of another cluster than the named one. */
const IDENTIFIER = /^(Invalid identifier\b|\w+ length should be one of\b)/;

function failureByName(error: Sdk, operation: string, service: string): Failure | null {
  if (error.name === 'InvalidParameterException' && IDENTIFIER.test(error.message)) {
    const message = `ECS does not find the object of ${operation} in this cluster: ${sayError(error)}`;
    return { trouble: makeTrouble('not-found', message), certainty: 'refused' };
  }
  const row = KINDS.find(([name]) => name.test(error.name));
  if (row === undefined) return null;
  const [, kind, meaning] = row;
  return {
    trouble: makeTrouble(kind, `${meaning(service)} ${operation}: ${sayError(error)}`),
    certainty: 'refused',
  };
}

/** The failure of an answer by its status. 2xx or 3xx: the body could not be read, the call may have been executed. */
function failureByStatus(error: Sdk, operation: string, service: string): Failure | null {
  const status = error.$metadata?.httpStatusCode;
  if (status === undefined) return null;
  const modelled = error.$fault === undefined ? '' : `: ${sayError(error)}`;
  const told = `${operation} (HTTP ${String(status)})${modelled}`;
  const refused = (kind: Trouble['kind'], message: string): Failure => ({
    trouble: makeTrouble(kind, message),
    certainty: 'refused',
  });
  if (status >= 500)
    return { trouble: makeTrouble('server-error', `${service} failed at ${told}`), certainty: 'unknown' };
  if (status === 401) return refused('unauthorized', `AWS does not accept our credentials for ${told}`);
  if (status === 403) return refused('denied', `AWS denies ${told}`);
  if (status === 429) return refused('rate-limited', `${service} limits the rate of ${told}`);
  if (status >= 400) return refused('refused', `${service} refused ${told}`);
  return {
    trouble: makeTrouble('garbage', `${service}'s answer to ${told} cannot be read`),
    certainty: 'unknown',
  };
}

/** The failure before anything was sent: the SDK could not read configuration or credentials. */
function makeUnsentFailure(error: unknown, operation: string): Failure {
  const message = error instanceof Error ? firstLine(error.message) : 'the SDK gave up';
  return {
    trouble: makeTrouble('unauthorized', `AWS could not be asked for ${operation}: ${toOneLine(message)}`),
    certainty: 'refused',
  };
}

/** Longest message of a denial, or about credentials: what matters (policy, command to run) stands at its end, so it is not cut. */
const LONGEST_DENIAL = 1_000;

/** The first line of a message: further lines of a signature error repeat the request with its session token. */
function sayError(error: Sdk): string {
  const isLong = error.name.startsWith('AccessDenied') || error.name === 'CredentialsProviderError';
  const longest = isLong ? LONGEST_DENIAL : undefined;
  return toOneLine(`${error.name}: ${firstLine(error.message)}`, [], longest);
}

/** The first line without the command line of a profile's `credential_process`, which may contain a secret. */
function firstLine(text: string): string {
  const [first = ''] = text.split('\n', 1);
  return first.replace(/Command failed: .*/, 'the command that a profile names for its credentials failed');
}
