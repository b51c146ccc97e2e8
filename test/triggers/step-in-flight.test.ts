import { describe, expect, it } from 'vitest';
import { fireInFlight } from '../../src/triggers/running.ts';
import type { Build } from '../../src/model/entities/build.ts';
import type { Job } from '../../src/model/entities/job.ts';
import { aBuild, aJob, NOON } from '../support/builders.ts';

const spec = { step: 'integration', inFlightFor: 3_000 };
function fired(
  jobs: readonly Job[],
  since: Readonly<Record<string, number>>,
  now: number,
  build: Partial<Build> = {},
) {
  return fireInFlight(spec, { builds: [aBuild(build)], jobs, inFlightSince: since }, NOON + now);
}
const running = (id: string, over: Partial<Job> = {}): Job => aJob({ id, ...over });
const ended = (id: string): Job => aJob({ id, state: 'finished', rawState: 'FINISHED', passed: true });
const waiting = (state: Job['state']): Job => aJob({ id: 'a', state, agentId: null });

describe('step-in-flight', () => {
  it('fires when the job has run for long enough, and not a moment before', () => {
    expect(fired([running('a')], { a: NOON }, 3_000)).toMatchObject({
      fires: 'now',
      aim: { job: { id: 'a' } },
    });
    expect(fired([running('a')], { a: NOON }, 2_999)).toMatchObject({ fires: 'later', at: NOON + 3_000 });
  });

  it('does not count from a time that nobody saw', () => {
    expect(fired([running('a')], {}, 60_000)).toMatchObject({ fires: 'later', at: NOON + 63_000 });
  });

  it.each(['scheduled', 'assigned', 'accepted', 'limited', 'waiting', 'reserved'] as const)(
    'a job that is %s is not in flight, and names itself as a candidate',
    (state) => {
      const later = fired([waiting(state)], {}, 60_000);
      expect(later).toMatchObject({ fires: 'later', at: null });
      expect(later.fires === 'later' && later.candidates.map(({ job }) => job?.id)).toEqual(['a']);
    },
  );

  it('does not mind other steps', () => {
    expect(fired([running('x', { stepKey: 'lint' })], { x: NOON }, 9_000)).toMatchObject({
      fires: 'later',
      candidates: [],
    });
  });

  it('stops the longest running of parallel jobs, then the first by index, and says so', () => {
    const jobs = [
      running('b', { parallelIndex: 1 }),
      running('a', { parallelIndex: 0 }),
      running('c', { parallelIndex: 2 }),
    ];
    const first = fired(jobs, { a: NOON + 500, b: NOON, c: NOON + 500 }, 9_000);
    expect(first).toMatchObject({ fires: 'now', aim: { job: { id: 'b' } } });
    expect(first.fires === 'now' && first.why).toContain('3');
    expect(fired(jobs, { a: NOON, b: NOON, c: NOON }, 9_000)).toMatchObject({ aim: { job: { id: 'a' } } });
  });

  it('waits for a second attempt while the build runs', () => {
    expect(fired([ended('a')], {}, 9_000)).toMatchObject({ fires: 'later', candidates: [] });
  });

  it.each(['passed', 'failed', 'canceled', 'skipped', 'not_run'] as const)(
    'never fires once the build is %s',
    (state) => {
      expect(fired([ended('a')], {}, 9_000, { state })).toMatchObject({ fires: 'never' });
      const never = fired([], {}, 9_000, { state });
      expect(never.fires === 'never' && never.said).toContain('never had a job of step integration');
    },
  );

  it('never fires behind a block, but may before it', () => {
    expect(fired([ended('a')], {}, 9_000, { state: 'blocked' })).toMatchObject({ fires: 'never' });
    expect(fired([waiting('scheduled')], {}, 9_000, { state: 'blocked' })).toMatchObject({ fires: 'later' });
    expect(fired([], {}, 9_000, { state: 'blocked' })).toMatchObject({ fires: 'later' });
  });
});
