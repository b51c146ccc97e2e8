import type {
  BuildkiteRest,
  PastAttempt,
  PastBuild,
  PastBuildsPage,
  PastBuildsWanted,
} from '../../src/buildkite/port.ts';
import type { Answer } from '../../src/model/answer.ts';
import { NOON } from './builders.ts';
import { createScript } from './fake-script.ts';
import type { FakeScript } from './fake-script.ts';

/** The lists of builds of Buildkite's REST API in memory. */
export interface FakeBuildkiteRest extends BuildkiteRest, FakeScript<'pastBuilds'> {
  /** Builds of an organization; a test adds to them at will. */
  readonly builds: PastBuild[];
  /** What `restFor` says next, once. */
  restOnce(ms: number): void;
}

const PAGE = 100;

/** An organization whose pipelines have these builds. */
export function fakeBuildkiteRest(
  builds: PastBuild[],
  {
    organization = 'acme',
    pipelines = ['main'],
  }: { organization?: string; pipelines?: readonly string[] } = {},
): FakeBuildkiteRest {
  const script = createScript<'pastBuilds'>();
  let rest = 0;
  return {
    ...script,
    builds,
    restOnce: (ms) => void (rest = ms),
    async pastBuilds(wanted, signal): Promise<Answer<PastBuildsPage>> {
      const failing = script.enter('pastBuilds', [wanted], signal);
      if (failing !== null) return { ok: false, trouble: failing.trouble };
      const missing = missingIn(wanted, organization, pipelines);
      if (missing !== null)
        return {
          ok: false,
          trouble: {
            kind: 'not-found',
            message: `Buildkite shows no ${missing} to this token`,
            retryAfter: null,
          },
        };
      const found = builds
        .filter(({ pipeline }) => wanted.pipeline === null || wanted.pipeline === pipeline)
        .filter(({ createdAt }) => createdAt >= wanted.createdFrom && createdAt <= wanted.createdTo)
        .toSorted((a, b) => b.createdAt - a.createdAt || b.number - a.number);
      const page = found.slice(wanted.skip, wanted.skip + PAGE);
      return { ok: true, value: { builds: page, more: wanted.skip + page.length < found.length } };
    },
    restFor() {
      const ms = rest;
      rest = 0;
      return ms;
    },
    requests: () => script.count('pastBuilds'),
  };
}

function missingIn(
  wanted: PastBuildsWanted,
  organization: string,
  pipelines: readonly string[],
): string | null {
  if (wanted.pipeline === null)
    return wanted.organization === organization ? null : `organization "${wanted.organization}"`;
  const isThere = wanted.organization === organization && pipelines.includes(wanted.pipeline);
  return isThere ? null : `pipeline "${wanted.pipeline}" in "${wanted.organization}"`;
}

/** A past build of one minute, passed, with the attempts that are given. */
export function aPastBuild(over: Partial<PastBuild> = {}): PastBuild {
  const number = over.number ?? 1;
  const createdAt: number = over.createdAt ?? NOON;
  return {
    ...{ id: `build-${String(number)}`, pipeline: 'main', number, branch: 'main', state: 'passed' },
    ...{
      createdAt,
      finishedAt: createdAt + 600_000,
      attempts: [aPastAttempt({ startedAt: createdAt })],
      ...over,
    },
  };
}

/** A past attempt that passed. */
export function aPastAttempt(over: Partial<PastAttempt> = {}): PastAttempt {
  const startedAt = over.startedAt === undefined ? NOON : over.startedAt;
  return {
    ...{ id: 'job-1', step: 'test', state: 'passed', softFailed: false, exitStatus: 0 },
    ...{ signal: null, signalReason: null, retried: false, retryOf: null, retryType: null },
    agent: { id: 'agent-1', version: '3.78.0', queue: 'default', lostAt: null },
    ...{ runnableAt: startedAt, startedAt, finishedAt: (startedAt ?? NOON) + 60_000, ...over },
  };
}

/** A past attempt whose agent was lost two minutes after its start, three minutes before Buildkite gave it up. */
export function aLostAttempt(over: Partial<PastAttempt> = {}): PastAttempt {
  const { startedAt = NOON } = over;
  const finishedAt = (startedAt ?? NOON) + 300_000;
  return aPastAttempt({
    ...{ state: 'failed', exitStatus: -1, finishedAt },
    agent: { id: 'agent-lost', version: '3.78.0', queue: 'default', lostAt: finishedAt },
    ...over,
  });
}
