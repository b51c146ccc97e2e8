import type { Agents } from '../http/agents.ts';
import { sendRequest } from '../http/request.ts';
import type { HttpHeaders } from '../http/request.ts';
import { readObject, RefusedAnswer } from './refused-answer.ts';

/** One GraphQL request. */
export interface GraphQlRequest {
  readonly operationName: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Sends a request; resolves with `data` and the headers. Throws RefusedAnswer for an answer with errors or another status,
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
  const answer = readObject(body);
  if (status < 200 || status > 299) throw new RefusedAnswer(status, headers, answer ?? {});
  if (answer === null) throw new Error('the answer is no JSON object');
  const { data, errors } = answer;
  if (errors !== undefined && errors !== null && !(Array.isArray(errors) && errors.length === 0))
    throw new RefusedAnswer(status, headers, answer);
  return data;
}
