import { z } from 'zod';
import type { Trouble } from '../model/answer.ts';
import { OversizeAnswerError } from '../http/bounded.ts';
import { AbortedError, DeadlineError } from '../http/deadline.ts';
import { networkFailureOf } from '../http/network.ts';
import { toOneLine, makeTrouble } from '../http/trouble.ts';
import { resetOf, waitOf } from './limits.ts';
import { RefusedAnswer } from './refused-answer.ts';

const GraphQlErrors = z.array(z.object({ path: z.array(z.unknown()).nullish() })).min(1);

const FirstMessage = z.tuple([z.object({ message: z.string() })]).rest(z.unknown());

/** A failed request: the trouble for people, the certainty of a mutation's outcome, and whether a read may be retried. */
export interface Failure {
  readonly trouble: Trouble;
  readonly certainty: 'refused' | 'unknown';
  readonly retry: boolean;
}

/** Who was asked: the host for messages, and the token that must not be in one. */
export interface Asked {
  readonly host: string;
  readonly token: string;
}

/** Classifies the error of a request. */
export function failureOf(error: unknown, operation: string, { host, token }: Asked): Failure {
  if (error instanceof RefusedAnswer) return failureOfAnswer(error, operation, token);
  if (error instanceof AbortedError) {
    const certainty = error.started ? 'unknown' : 'refused';
    return { trouble: makeTrouble('aborted', `${operation} was interrupted`), certainty, retry: false };
  }
  if (error instanceof DeadlineError) {
    const message = `Buildkite (${host}) gave ${error.message} to ${operation}`;
    return { trouble: makeTrouble('timeout', message), certainty: 'unknown', retry: false };
  }
  if (error instanceof OversizeAnswerError) {
    const message = `Buildkite's answer to ${operation} ${error.message}`;
    return { trouble: makeTrouble('garbage', message), certainty: 'unknown', retry: false };
  }
  const network = networkFailureOf(error, host);
  if (network !== null) {
    return {
      trouble: makeTrouble(network.kind, `Buildkite: ${network.said} at ${operation}`),
      certainty: network.sent ? 'unknown' : 'refused',
      retry: true,
    };
  }
  const message = `Buildkite's answer to ${operation} is not a GraphQL answer`;
  return { trouble: makeTrouble('garbage', message), certainty: 'unknown', retry: false };
}

function failureOfAnswer(error: RefusedAnswer, operation: string, token: string): Failure {
  const { status, headers } = error;
  const said = saidBy(error, token);
  const wait = waitOf(headers, said);
  const told = toldOf(said, wait.absurd);
  const refused = (kind: Trouble['kind'], message: string, retryAfter: number | null = null): Failure => ({
    trouble: makeTrouble(kind, `${message}${told}`, retryAfter),
    certainty: 'refused',
    retry: false,
  });
  const code = String(status);
  if (status === 401) return refused('unauthorized', 'Buildkite does not accept the token (HTTP 401)');
  if (status === 403) return refused('denied', `Buildkite denies ${operation} (HTTP 403)`);
  if (status === 429)
    return refused('rate-limited', 'Buildkite limits the rate (HTTP 429)', wait.ms ?? resetOf(headers));
  if (status >= 500) {
    const failed = makeTrouble(
      'server-error',
      `Buildkite failed at ${operation} (HTTP ${code})${told}`,
      wait.ms,
    );
    return { trouble: failed, certainty: 'unknown', retry: true };
  }
  if (status >= 400) return refused('refused', `Buildkite refused ${operation} (HTTP ${code})`);
  if (status >= 300) {
    const message = `Buildkite's endpoint answered ${operation} with a redirect (HTTP ${code}), which is not followed`;
    return { trouble: makeTrouble('garbage', message), certainty: 'unknown', retry: false };
  }
  return failureOfErrors(error, operation, told, said, wait.ms);
}

/**
 * HTTP 200 with `errors`. An error at the mutation's own path means that the mutation did not happen. An error below that
 * path, or without a path in an answer with `data`, may have come after the mutation: only a request that was not executed
 * has no `data` (GraphQL specification, response format).
 */
function failureOfErrors(
  error: RefusedAnswer,
  operation: string,
  told: string,
  said: string,
  wait: number | null,
): Failure {
  const { errors, data } = error.answer;
  const certainty = wasRefused(errors, data) ? 'refused' : 'unknown';
  if (/try again in [^\s,]+ seconds?/i.test(said)) {
    const message = `Buildkite limits the rate${told}`;
    return {
      trouble: makeTrouble('rate-limited', message, wait),
      certainty,
      retry: false,
    };
  }
  const message = `Buildkite answered ${operation} with errors${told}`;
  return { trouble: makeTrouble('garbage', message), certainty, retry: false };
}

function toldOf(said: string, absurd: string | null): string {
  const parts = [said, ...(absurd === null ? [] : [toOneLine(absurd)])].filter((part) => part !== '');
  return parts.map((part, index) => `${index === 0 ? ':' : ';'} ${part}`).join('');
}

/** Whether every error means that nothing was done. */
function wasRefused(errors: unknown, data: unknown): boolean {
  const parsed = GraphQlErrors.safeParse(errors);
  if (!parsed.success) return false;
  const executed = data !== undefined && data !== null;
  return parsed.data.every(({ path }) => (path == null ? !executed : path.length === 1));
}

/** Buildkite's own message: the first GraphQL error, or `message` of a REST-like body. Never a page of HTML. */
function saidBy(error: RefusedAnswer, token: string): string {
  const { errors, message } = error.answer;
  const first = FirstMessage.safeParse(errors);
  if (first.success) return toOneLine(first.data[0].message, [token]);
  return typeof message === 'string' ? toOneLine(message, [token]) : '';
}
