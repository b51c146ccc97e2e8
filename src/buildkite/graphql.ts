import type { Agents } from '../http/agents.ts';
import { sendRequest } from '../http/request.ts';
import type { HttpHeaders } from '../http/request.ts';

/** One GraphQL request. */
export interface GraphQlRequest {
  readonly operationName: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** An answer with a status other than 2xx, or with `errors`. */
export class GraphQlFailure extends Error {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** The answer, if it is a JSON object; Buildkite's refusals outside GraphQL have a `message`. */
  readonly answer: Readonly<Record<string, unknown>>;

  constructor(status: number, headers: HttpHeaders, answer: Readonly<Record<string, unknown>>) {
    super(`HTTP ${String(status)}`);
    this.name = 'GraphQlFailure';
    this.status = status;
    this.headers = headers;
    this.answer = answer;
  }
}

/**
 * Sends a request; resolves with `data` and the headers. Throws GraphQlFailure for an answer with errors or another status,
 * an error of Node's http if there is no answer, and another error if the answer is not GraphQL.
 */
export async function sendGraphQl(
  { endpoint, token, agents }: { readonly endpoint: URL; readonly token: string; readonly agents: Agents },
  request: GraphQlRequest,
  signal: AbortSignal,
  onHeaders: (headers: HttpHeaders) => void,
): Promise<unknown> {
  const { status, headers, body } = await sendRequest(endpoint, {
    method: 'POST',
    headers: {
      accept: 'application/graphql-response+json, application/json',
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'user-agent': 'gameday',
    },
    body: JSON.stringify(request),
    signal,
    agents,
    onHeaders,
  });
  const answer = objectIn(body);
  if (status < 200 || status > 299) throw new GraphQlFailure(status, headers, answer ?? {});
  if (answer === null) throw new Error('the answer is no JSON object');
  const { data, errors } = answer;
  if (errors !== undefined && errors !== null && !(Array.isArray(errors) && errors.length === 0))
    throw new GraphQlFailure(status, headers, answer);
  return data;
}

function objectIn(body: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
