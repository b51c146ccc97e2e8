import { describe, expect, it } from 'vitest';
import type { BuildkiteRest, PastBuild, PastBuildsWanted } from '../../src/buildkite/port.ts';
import type { Answer } from '../../src/model/answer.ts';
import { watchByLists } from '../../src/parallel/bell.ts';
import type { Wait } from '../../src/parallel/member.ts';
import { aBuild, aJob, BUILD_ID, JOB_ID, NOON } from '../support/builders.ts';
import { guardedState } from '../support/guarded.ts';
import { fact } from '../support/journal-builders.ts';
import { manualClock } from '../support/manual-clock.ts';

const scheduled = aJob({
  state: 'scheduled',
  rawState: 'SCHEDULED',
  startedAt: null,
  finishedAt: null,
  agentId: null,
});
const build = aBuild({ state: 'scheduled', rawState: 'SCHEDULED', createdAt: NOON });
const listed = (over: Partial<PastBuild> = {}, startedAt: number | null = null): PastBuild =>
  ({
    ...{
      id: BUILD_ID,
      pipeline: 'canary',
      number: 1,
      branch: 'main',
      state: 'scheduled',
      createdAt: NOON,
      finishedAt: null,
    },
    attempts: [{ id: JOB_ID, startedAt, finishedAt: null, agent: null }],
    ...over,
  }) as unknown as PastBuild;

/** Lists by REST for a minute, as each look of them answers; tells when was rung, and what was asked. */
async function listen(
  answer: (asked: PastBuildsWanted, at: number) => readonly PastBuild[] | 'denied' | 'away',
  isShort = true,
) {
  const clock = manualClock();
  const asked: PastBuildsWanted[] = [];
  const rung: number[] = [];
  const stop = new AbortController();
  clock.at(NOON + 60_000, () => stop.abort());
  const rest: BuildkiteRest = {
    async pastBuilds(wanted) {
      asked.push(wanted);
      const answered = answer(wanted, clock.now());
      if (answered === 'denied' || answered === 'away') {
        const kind = answered === 'denied' ? 'denied' : 'unreachable';
        return { ok: false, trouble: { kind, message: '', retryAfter: null } } satisfies Answer<never>;
      }
      const page = answered.slice(wanted.skip, wanted.skip + 100);
      return { ok: true, value: { builds: page, more: wanted.skip + 100 < answered.length } };
    },
    restFor: () => 0,
    requests: () => asked.length,
  };
  const state = {
    ...guardedState({ facts: [fact('build', build), fact('job', scheduled)] }),
    phase: 'armed' as const,
  };
  const waits = [{ state } as unknown as Wait];
  const ring = (): void => void rung.push(clock.now() - NOON);
  await watchByLists({ clock, rest, listWaits: () => (isShort ? waits : []), ring }, stop.signal);
  return { asked, rung };
}

describe('lists of builds by REST', () => {
  it('ring for a build whose job has started, once, within five seconds', async () => {
    const { rung } = await listen((_wanted, at) => [
      at < NOON + 21_000 ? listed() : listed({}, NOON + 20_000),
    ]);
    expect(rung).toEqual([25_000]);
  });

  it('ring again when it changes further', async () => {
    const { rung } = await listen((_wanted, at) => [
      at < NOON + 30_000 ? listed({}, NOON) : listed({ state: 'passed', finishedAt: NOON }, NOON),
    ]);
    expect(rung).toEqual([0, 30_000]);
  });

  it('are silent on what the drill knows, and on builds of others', async () => {
    const { rung } = await listen(() => [listed(), listed({ id: 'somebody-elses', state: 'failed' })]);
    expect(rung).toEqual([]);
  });

  it('are not asked for while the budget pays for the polls', async () => {
    expect((await listen(() => [listed()], false)).asked).toEqual([]);
  });

  it('spend at most half of the user limit of 50 requests a minute', async () => {
    const many = Array.from({ length: 450 }, (_, nth) => listed({ id: `other-${nth}` }));
    const { asked } = await listen(() => many);
    expect(new Set(asked.map(({ skip }) => skip))).toEqual(new Set([0, 100, 200, 300, 400]));
    expect(asked.length).toBeLessThanOrEqual(25);
    expect(asked.length).toBeGreaterThanOrEqual(20);
  });

  it('end where the token may not read them, and go on where REST is away', async () => {
    expect((await listen(() => 'denied')).asked).toHaveLength(1);
    expect((await listen(() => 'away')).asked.length).toBeGreaterThan(5);
  });
});
