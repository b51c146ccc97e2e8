import type { Answer } from '../model/answer.ts';
import type { Clock } from '../model/clock.ts';
import { createAgents } from '../http/agents.ts';
import { OversizeAnswerError } from '../http/bounded.ts';
import { systemClock } from '../http/clock.ts';
import { withDeadline } from '../http/deadline.ts';
import { endpointOf, nameHost } from '../http/endpoint.ts';
import type { EndpointRules } from '../http/endpoint.ts';
import { sendRequest } from '../http/request.ts';
import type { HttpAnswer } from '../http/request.ts';
import { makeTrouble } from '../http/trouble.ts';
import { failureOf } from './failure.ts';
import { createBudgetMeter } from './meter.ts';
import { makeMissing, makeMissingOrganization } from './missing.ts';
import type { BuildkiteRest, PastBuildsPage, PastBuildsWanted } from './port.ts';
import { readObject, RefusedAnswer } from './refused-answer.ts';
import { BuildsPage, pastBuildOf } from './rest-answers.ts';
import { retryRead } from './retry-read.ts';
import type { Attempt } from './retry-read.ts';

/** The options of the client. */
export interface BuildkiteRestOptions extends EndpointRules {
  /** `BUILDKITE_REST_API_ENDPOINT`, or Buildkite's own: a base without `/v2`. */
  readonly endpoint: string;
  readonly token: string;
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

/** Builds in a page at most (apis/rest-api, pagination). */
const LARGEST_PAGE = 100;
/** The name of the request in messages. */
const LIST = 'the list of builds';

type PageAttempt = Attempt<PastBuildsPage> | 'too-large';

/** The client of Buildkite's REST API. Throws bad-input if the endpoint is not allowed. */
export function createBuildkiteRestClient(options: BuildkiteRestOptions): BuildkiteRest {
  const base = endpointOf('BUILDKITE_REST_API_ENDPOINT', options.endpoint, options);
  const agents = createAgents(options.proxies);
  const clock = options.clock ?? systemClock;
  const meter = createBudgetMeter(clock);
  const asked = { host: nameHost(base), token: options.token };
  /** A page of builds with many jobs may be too large for one answer; smaller ones are asked for from then on. */
  let perPage = LARGEST_PAGE;

  function get(url: URL, signal: AbortSignal, ms: number): Promise<HttpAnswer> {
    meter.countRequest();
    return withDeadline(signal, ms, (inner) =>
      sendRequest(url, {
        method: 'GET',
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${options.token}`,
          'user-agent': 'gameday',
        },
        signal: inner,
        agents,
        onHeaders: (headers) => meter.take(headers),
      }),
    );
  }

  async function readPage(wanted: PastBuildsWanted, signal: AbortSignal, ms: number): Promise<PageAttempt> {
    try {
      const answer = await get(urlOf(base, wanted, perPage), signal, ms);
      if (answer.status === 404) return makeMissingPage(wanted);
      if (answer.status !== 200)
        throw new RefusedAnswer(answer.status, answer.headers, readObject(answer.body) ?? {});
      const page = pageIn(answer);
      // The page begins before what the caller has not had yet if pages became smaller in between.
      return page.ok
        ? { ok: true, value: { ...page.value, builds: page.value.builds.slice(wanted.skip % perPage) } }
        : page;
    } catch (error) {
      if (error instanceof OversizeAnswerError && perPage > 1) return 'too-large';
      return { ok: false, failure: failureOf(error, LIST, asked) };
    }
  }

  async function pastBuilds(wanted: PastBuildsWanted, signal: AbortSignal): Promise<Answer<PastBuildsPage>> {
    for (;;) {
      let isTooLarge = false;
      const answer = await retryRead(
        { clock, timeoutMs: options.timeoutMs ?? 60_000 },
        LIST,
        signal,
        async (ms) => {
          const page = await readPage(wanted, signal, ms);
          isTooLarge = page === 'too-large';
          return page === 'too-large' ? TOO_LARGE : page;
        },
      );
      if (!isTooLarge) return answer;
      perPage = Math.max(1, Math.floor(perPage / 2));
    }
  }

  function restFor(): number {
    const { user, organization } = meter.read();
    const waits = [user, organization].flatMap((one) =>
      one !== null && one.remaining * 2 <= one.limit ? [one.resetsIn] : [],
    );
    return Math.max(0, ...waits);
  }

  return { pastBuilds, restFor, requests: () => meter.read().requests };
}

const TOO_LARGE = {
  ok: false,
  failure: { trouble: makeTrouble('garbage', 'too large'), certainty: 'unknown', retry: false },
} as const;

function urlOf(base: URL, wanted: PastBuildsWanted, perPage: number): URL {
  const { organization, pipeline, createdFrom, createdTo, skip } = wanted;
  const of = pipeline === null ? '' : `/pipelines/${encodeURIComponent(pipeline)}`;
  const path = `v2/organizations/${encodeURIComponent(organization)}${of}/builds`;
  const url = new URL(path, base.href.endsWith('/') ? base : `${base.href}/`);
  url.search = new URLSearchParams({
    created_from: new Date(createdFrom).toISOString(),
    created_to: new Date(createdTo).toISOString(),
    include_retried_jobs: 'true',
    exclude_pipeline: 'true',
    per_page: String(perPage),
    page: String(Math.floor(skip / perPage) + 1),
  }).toString();
  return url;
}

function pageIn({ headers, body }: HttpAnswer): Attempt<PastBuildsPage> {
  const parsed = BuildsPage.safeParse(jsonIn(body));
  if (parsed.success)
    return {
      ok: true,
      value: {
        builds: parsed.data.map(pastBuildOf),
        more: /rel="next"/.test(headers.get('link') ?? ''),
      },
    };
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  const message = `Buildkite's answer to ${LIST} has an unexpected shape${where === '' ? '' : ` at ${where}`}`;
  return {
    ok: false,
    failure: { trouble: makeTrouble('garbage', message), certainty: 'unknown', retry: false },
  };
}

/** Undefined for what is not JSON: a page of HTML, half an answer. */
function jsonIn(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

/** REST answers 404 for what does not exist and for what the token may not see. */
function makeMissingPage({ organization, pipeline }: PastBuildsWanted): Attempt<never> {
  const { trouble } =
    pipeline === null
      ? makeMissingOrganization(organization)
      : makeMissing(`pipeline "${pipeline}" in "${organization}"`);
  return { ok: false, failure: { trouble, certainty: 'refused', retry: false } };
}
