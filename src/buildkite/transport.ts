import type { Answer, Outcome } from '../model/answer.ts';
import type { Clock } from '../model/clock.ts';
import type { Budget } from '../model/entities/budget.ts';
import type { ClockOffset } from '../model/entities/surroundings.ts';
import type { Agents } from '../http/agents.ts';
import { withDeadline } from '../http/deadline.ts';
import { nameHost } from '../http/endpoint.ts';
import { createOffsetMeter } from '../http/offset.ts';
import { makeTrouble, toOneLine } from '../http/trouble.ts';
import { ANSWERS } from './answers.ts';
import type { AnswerOf } from './answers.ts';
import { failureOf } from './failure.ts';
import type { Asked, Failure } from './failure.ts';
import { sendGraphQl } from './graphql.ts';
import { createBudgetMeter } from './meter.ts';
import { loadDocuments, writeBuildsQuery } from './operations.ts';
import type { BuildOperation, Operation } from './operations.ts';
import { RefusedAnswer } from './refused-answer.ts';
import { retryRead } from './retry-read.ts';
import type { Attempt } from './retry-read.ts';

/** Sends documents and returns checked data or a trouble; knows nothing of builds and agents. */
export interface Transport {
  read<O extends Operation>(
    operation: O,
    variables: Variables,
    signal: AbortSignal,
  ): Promise<Answer<AnswerOf<O>>>;
  /** Several builds in one query; null for a build that does not exist. */
  readBuilds<O extends BuildOperation>(
    operation: O,
    uuids: readonly string[],
    variables: Variables,
    signal: AbortSignal,
  ): Promise<Answer<readonly AnswerOf<O>['build'][]>>;
  /** Sent once. */
  send<O extends Operation>(
    operation: O,
    variables: Variables,
    signal: AbortSignal,
  ): Promise<Outcome<AnswerOf<O>>>;
  clock(): ClockOffset | null;
  budget(): Budget;
}
type Variables = Readonly<Record<string, unknown>>;

export interface TransportOptions {
  readonly endpoint: URL;
  readonly token: string;
  readonly agents: Agents;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Creates the transport, the only place that sends HTTP requests to Buildkite. */
export function createTransport(options: TransportOptions): Transport {
  const documents = loadDocuments();
  const offset = createOffsetMeter();
  const meter = createBudgetMeter(options.clock);
  const asked = { host: nameHost(options.endpoint), token: options.token };

  const request = (operationName: string, query: string, variables: Variables, inner: AbortSignal) => {
    const sentAt = options.clock.now();
    meter.countRequest();
    return sendGraphQl(options, { operationName, query, variables }, inner, (headers) => {
      offset.take(headers.get('date'), sentAt, options.clock.now());
      meter.take(headers);
    });
  };
  const attempt = <O extends Operation>(
    operation: O,
    variables: Variables,
    signal: AbortSignal,
    ms: number,
  ): Promise<Attempt<AnswerOf<O>>> =>
    withDeadline(signal, ms, (inner) =>
      request(operation, documents.get(operation) ?? '', variables, inner),
    ).then(
      (data) => checkAnswer(operation, data),
      (error: unknown) => attemptOfError(operation, error, asked),
    );

  function read<O extends Operation>(
    operation: O,
    variables: Variables,
    signal: AbortSignal,
  ): Promise<Answer<AnswerOf<O>>> {
    return retryRead(options, operation, signal, (ms) => attempt(operation, variables, signal, ms));
  }

  function readBuilds<O extends BuildOperation>(
    operation: O,
    uuids: readonly string[],
    shared: Variables,
    signal: AbortSignal,
  ): Promise<Answer<readonly AnswerOf<O>['build'][]>> {
    const query = writeBuildsQuery(documents, operation, uuids.length);
    const own = Object.fromEntries(uuids.map((uuid, index) => [`u${String(index)}`, uuid]));
    const variables = { ...shared, ...own };
    return retryRead(options, 'Builds', signal, (ms) =>
      withDeadline(signal, ms, (inner) => request('Builds', query, variables, inner)).then(
        (data) => checkBuilds(operation, data, uuids.length),
        (error: unknown) => ({ ok: false, failure: failureOf(error, 'Builds', asked) }),
      ),
    );
  }

  async function send<O extends Operation>(
    operation: O,
    variables: Variables,
    signal: AbortSignal,
  ): Promise<Outcome<AnswerOf<O>>> {
    const answer = await attempt(operation, variables, signal, options.timeoutMs);
    if (answer.ok) return answer;
    return { ok: false, certainty: answer.failure.certainty, trouble: answer.failure.trouble };
  }

  return { read, readBuilds, send, clock: () => offset.read(), budget: () => meter.read() };
}

/** Whether a mutation's data count although the answer also has errors. */
function attemptOfError<O extends Operation>(
  operation: O,
  error: unknown,
  asked: Asked,
): Attempt<AnswerOf<O>> {
  if (isMutation(operation) && error instanceof RefusedAnswer && error.status === 200) {
    const partial = checkAnswer(operation, error.answer['data']);
    if (partial.ok) return partial;
  }
  return { ok: false, failure: failureOf(error, operation, asked) };
}

function isMutation(operation: Operation): boolean {
  return operation === 'CreateBuild' || operation === 'CancelBuild';
}

/** Checks an answer against its schema. If it does not fit, a mutation's outcome is unknown. */
function checkAnswer<O extends Operation>(operation: O, data: unknown): Attempt<AnswerOf<O>> {
  const parsed = ANSWERS[operation].safeParse(data);
  if (parsed.success) return { ok: true, value: parsed.data as AnswerOf<O> };
  return makeGarbage(operation, parsed.error.issues[0]);
}

/** The builds of an answer to the query for several, each under its own name. */
function checkBuilds<O extends BuildOperation>(
  operation: O,
  data: unknown,
  count: number,
): Attempt<readonly AnswerOf<O>['build'][]> {
  const { build } = ANSWERS[operation].shape;
  const answers: AnswerOf<O>['build'][] = [];
  for (let index = 0; index < count; index += 1) {
    const name = `b${String(index)}`;
    const parsed = build.safeParse((data as Record<string, unknown> | null)?.[name]);
    if (!parsed.success) return makeGarbage('Builds', parsed.error.issues[0], name);
    answers.push(parsed.data);
  }
  return { ok: true, value: answers };
}

function makeGarbage(
  operation: string,
  issue: { readonly path: readonly PropertyKey[] } | undefined,
  under = 'data',
): { readonly ok: false; readonly failure: Failure } {
  const where = issue === undefined || issue.path.length === 0 ? under : issue.path.join('.');
  const message = toOneLine(`Buildkite's answer to ${operation} has an unexpected shape at ${where}`);
  return {
    ok: false,
    failure: { trouble: makeTrouble('garbage', message), certainty: 'unknown', retry: false },
  };
}
