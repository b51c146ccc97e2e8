import { randomUUID } from 'node:crypto';

/** Which service's manners an answer has. */
export type Manners = 'graphql' | 'rest' | 'ecs';

/** A whole HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const buildkiteText: Readonly<Record<number, string>> = {
  401: 'Authentication required. Please supply a valid API Access Token',
  403: 'Forbidden',
  404: 'Not Found',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};
/** A token that was not given GraphQL access. */
const graphqlText: Readonly<Record<number, string>> = {
  403: "Your access token doesn't have the graphql scope",
};
const awsErrors: Readonly<Record<number, readonly [type: string, message: string, status: number]>> = {
  401: ['UnrecognizedClientException', 'The security token included in the request is invalid.', 400],
  403: [
    'AccessDeniedException',
    'User: arn:aws:iam::123456789012:user/rig is not authorized to perform this action',
    400,
  ],
  429: ['ThrottlingException', 'Rate exceeded', 400],
  500: ['ServerException', 'Service Unavailable. Please try again later.', 500],
};
const awsTexts: Readonly<Record<string, string>> = {
  ThrottlingException: 'Rate exceeded',
  ExpiredTokenException: 'The security token included in the request is expired',
  AccessDeniedException: 'User: arn:aws:iam::123456789012:user/rig is not authorized to perform this action',
  UnrecognizedClientException: 'The security token included in the request is invalid.',
};

function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/** The answer with that status, as the real service words it. */
export function errorAnswer(manners: Manners, status: number, error: string | undefined): Answer {
  if (manners === 'ecs') return awsError(status, error);
  if (status === 429) return rateLimited(manners);
  const text =
    error ?? (manners === 'graphql' ? graphqlText[status] : undefined) ?? buildkiteText[status] ?? 'Error';
  if (status >= 500) {
    const body = Buffer.from(
      `<html><head><title>${status} ${text}</title></head><body>${text}</body></html>`,
    );
    return { status, headers: { 'content-type': 'text/html' }, body };
  }
  return json(status, manners === 'graphql' ? { errors: [{ message: text }] } : { message: text });
}

function awsError(status: number, error: string | undefined): Answer {
  // An empty 503 is what a load balancer in front of the service gives.
  if (status === 503 && error === undefined) return { status, headers: {}, body: Buffer.alloc(0) };
  const [type, message, actual] = awsErrors[status] ?? ['ClientException', 'refused by the rig', status];
  const name = error ?? type;
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() };
  return json(
    error === undefined ? actual : status,
    { __type: name, message: awsTexts[name] ?? message },
    headers,
  );
}

/** Buildkite's answer to one who asked for too much; the reset is short, for time in the rig is real. */
function rateLimited(manners: 'graphql' | 'rest'): Answer {
  const reset = 2;
  if (manners === 'rest') {
    const body = {
      message: 'You have exceeded your API rate limit. Please wait before making more requests.',
    };
    const limits = { scope: 'rest_user', limit: 50, current: 51, reset };
    return json(
      429,
      { ...body, ...limits },
      limitHeaders(50, reset, { 'RateLimit-Scope': 'rest', 'RateLimit-User-Scope': 'rest_user' }),
    );
  }
  const message = `You have exceeded your per-user limit of 5000 complexity points. Please try again in ${reset} seconds.`;
  return json(429, { errors: [{ message }] }, limitHeaders(5000, reset, {}));
}

function limitHeaders(
  limit: number,
  reset: number,
  more: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return {
    'RateLimit-Remaining': '1',
    'RateLimit-Limit': String(limit * 4),
    'RateLimit-Reset': String(reset),
    'RateLimit-User-Remaining': '0',
    'RateLimit-User-Limit': String(limit),
    'RateLimit-User-Reset': String(reset),
    ...more,
  };
}

/** GraphQL's way to fail with HTTP 200; ECS knows no such thing and gets failures instead. */
export function graphqlErrors(text: string): Answer {
  return json(200, { data: null, errors: [{ message: text }] });
}

/**
 * A mutation that was done and whose answer says otherwise: every member of its data is null, beside an error that names
 * no path, so that nobody can tell which of them it is about.
 */
export function nullBesideError(answer: Answer, text: string): Answer {
  const body: unknown = JSON.parse(answer.body.toString('utf8'));
  const data = typeof body === 'object' && body !== null && 'data' in body ? body.data : null;
  const members = Object.keys(typeof data === 'object' && data !== null ? data : {});
  const nothing = Object.fromEntries(members.map((name) => [name, null]));
  return { ...answer, body: Buffer.from(JSON.stringify({ data: nothing, errors: [{ message: text }] })) };
}

/** The login page of a captive portal. */
export const htmlAnswer: Answer = {
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: Buffer.from(
    '<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in to continue</body></html>',
  ),
};

/** Cuts an answer in the middle of its body, with a length that fits, so that only the JSON is broken. */
export function truncated(answer: Answer): Answer {
  return { ...answer, body: answer.body.subarray(0, Math.floor(answer.body.length / 2)) };
}

const enumKeys = new Set([
  'connectionState',
  'desiredStatus',
  'lastStatus',
  'signalReason',
  'source',
  'stopCode',
  'type',
]);

/** What a newer service could answer: members and enumeration values that nobody knows yet. */
export function withUnknownValues(answer: Answer): Answer {
  try {
    const value: unknown = JSON.parse(answer.body.toString('utf8'));
    return { ...answer, body: Buffer.from(JSON.stringify(strange(value))) };
  } catch {
    return answer;
  }
}

function strange(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strange);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]): [string, unknown] => [
    key,
    enumKeys.has(key) && typeof each === 'string' ? `FUTURE_${each}` : strange(each),
  ]);
  return { ...Object.fromEntries(entries), futureField: { kind: 'FUTURE' } };
}
