import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createObserver } from '../../src/drill/observer.ts';
import { newsOf } from '../../src/drill/news.ts';
import { fresh, paced } from '../../src/state/step.ts';
import { keyOf, type Fact } from '../../src/model/world.ts';
import { aBuild, aJob, anAgent, BUILD_ID, JOB_ID, NOON, TASK_ARN } from '../support/builders.ts';
import { fakeBuildkite } from '../support/fake-buildkite.ts';
import { fakeAutoScaling } from '../support/fake-auto-scaling.ts';
import { fakeCommand } from '../support/fake-command.ts';
import { fakeCounters } from '../support/fake-counters.ts';
import { fakeEcs } from '../support/fake-ecs.ts';
import { fakeFis } from '../support/fake-fis.ts';
import { fakeSurroundings } from '../support/fake-surroundings.ts';
import { fact } from '../support/journal-builders.ts';
import { guardedState } from '../support/guarded.ts';
import { manualClock } from '../support/manual-clock.ts';
import { testDigest } from '../support/digests.ts';

function watching() {
  const clock = manualClock(NOON + 1_000);
  const buildkite = fakeBuildkite({ builds: [aBuild()], jobs: [aJob({ events: [] })], agents: [anAgent()] });
  const ecs = fakeEcs();
  const observer = createObserver(
    {
      buildkite,
      ecs,
      surroundings: fakeSurroundings(),
      autoScaling: fakeAutoScaling(),
      fis: fakeFis(),
      command: fakeCommand(),
      counters: fakeCounters(),
    },
    clock,
    testDigest,
  );
  return {
    clock,
    buildkite,
    ecs,
    observer,
    state: guardedState({ facts: [fact('build', aBuild({ jobs: [JOB_ID] }))] }),
    never: new AbortController().signal,
  };
}
const job = { kind: 'job', id: JOB_ID } as const;
const task = { kind: 'task', id: TASK_ARN } as const;

describe('the observer', () => {
  it('asks at once what must be known now, and waits for all of it', async () => {
    const { observer, state, never, clock } = watching();
    const { reads } = await observer.observe(state, [fresh(job), fresh(task)], clock.now(), never);
    expect(reads.map(({ subject, ok }) => [subject.kind, ok])).toEqual([
      ['job', true],
      ['task', true],
    ]);
  });

  it('takes the answer of a listing that is under way, and does not pay for it twice', async () => {
    const { observer, state, never, clock, buildkite } = watching();
    const listing = { kind: 'build-jobs', id: BUILD_ID } as const;
    const release = clock.now() + 3_000;
    const answerAtOnce = buildkite.build;
    buildkite.build = async (...args) => {
      if (args[1] === 'all') await clock.sleep(release - clock.now(), never);
      return answerAtOnce(...args);
    };
    const first = await observer.observe(
      state,
      [paced(listing, 60_000), paced(task, 60_000)],
      NOON + 2_000,
      never,
    );
    expect(first.reads.map(({ subject }) => subject.kind)).toEqual(['task']);
    const { reads } = await observer.observe(state, [fresh(listing)], clock.now(), never);
    expect(reads).toMatchObject([{ subject: listing, ok: true }]);
    expect(buildkite.count('build')).toBe(1);
    await observer.observe(state, [fresh(listing)], clock.now(), never);
    expect(buildkite.count('build')).toBe(2);
  });

  it('ends when something changed', async () => {
    const { observer, state, never, clock, buildkite } = watching();
    clock.at(NOON + 9_000, () => buildkite.setBuild(BUILD_ID, { state: 'failing', rawState: 'FAILING' }));
    const build = { kind: 'build', id: BUILD_ID } as const;
    await observer.observe(state, [paced(build, 2_000)], NOON + 2_000, never);
    const { facts } = await observer.observe(state, [paced(build, 2_000)], NOON + 60_000, never);
    expect(facts.find(({ kind }) => kind === 'build')?.value).toMatchObject({ state: 'failing' });
    expect(clock.now()).toBeGreaterThanOrEqual(NOON + 9_000);
    expect(clock.now()).toBeLessThan(NOON + 12_000);
  });

  it('ends when its time has come, at its pace', async () => {
    const { observer, state, never, clock, ecs } = watching();
    await observer.observe(state, [paced(task, 2_000)], NOON + 11_000, never);
    const { reads } = await observer.observe(state, [paced(task, 2_000)], NOON + 11_000, never);
    expect(clock.now()).toBeLessThanOrEqual(NOON + 11_000);
    expect(ecs.count('tasks')).toBeLessThanOrEqual(6);
    expect(reads.length).toBeLessThanOrEqual(1);
  });

  it('ends at once when it is interrupted', async () => {
    const { observer, state, clock } = watching();
    const stop = new AbortController();
    clock.at(NOON + 5_000, () => stop.abort('SIGINT'));
    await observer.observe(state, [], NOON + 600_000, stop.signal);
    expect(clock.now()).toBe(NOON + 5_000);
  });

  it('asks nobody again before the time that they named', async () => {
    const { observer, state, never, clock, ecs } = watching();
    ecs.fail('tasks', { trouble: { kind: 'rate-limited', message: 'later', retryAfter: 30_000 } });
    await observer.observe(state, [fresh(task)], clock.now(), never);
    await observer.observe(state, [fresh(task)], clock.now(), never);
    expect(clock.now()).toBe(NOON + 31_000);
    expect(ecs.count('tasks')).toBe(2);
  });

  it('waits no longer than the drill has time, whatever a service asks for', async () => {
    const { observer, state, never, clock, ecs } = watching();
    const deadline = NOON + 45_000;
    ecs.fail('tasks', { trouble: { kind: 'rate-limited', message: 'later', retryAfter: 86_400_000 } });
    await observer.observe({ ...state, deadline }, [fresh(task)], clock.now(), never);
    await observer.observe({ ...state, deadline }, [fresh(task)], clock.now(), never);
    expect(clock.now()).toBeLessThanOrEqual(deadline + 1_000);
    expect(ecs.count('tasks')).toBe(2);
  });

  it('gives a task that ECS does not know as not found', async () => {
    const { observer, state, never, clock, ecs } = watching();
    ecs.world.tasks.clear();
    const { reads } = await observer.observe(state, [fresh(task)], clock.now(), never);
    expect(reads[0]?.error?.kind).toBe('not-found');
  });
});

describe('news', () => {
  const known = (...facts: readonly Fact[]) => Object.fromEntries(facts.map((one) => [keyOf(one), one]));
  it.each<[string, Fact, Fact, boolean]>([
    ['the same again', fact('job', aJob()), fact('job', aJob()), false],
    ['another state', fact('job', aJob()), fact('job', aJob({ state: 'finished' })), true],
    [
      'a listing without the history',
      fact('job', aJob({ events: [] })),
      fact('job', aJob({ events: null })),
      false,
    ],
    [
      'a listing with another state',
      fact('job', aJob({ events: [] })),
      fact('job', aJob({ events: null, passed: true })),
      true,
    ],
    [
      'an agent without its jobs',
      fact('agent', anAgent({ jobs: ['a'] })),
      fact('agent', anAgent({ jobs: null })),
      false,
    ],
    [
      'a clock as good as before',
      fact('clock', { offset: 100, uncertainty: 600 }, 'ecs'),
      fact('clock', { offset: 300, uncertainty: 500 }, 'ecs'),
      false,
    ],
    [
      'a better clock',
      fact('clock', { offset: 100, uncertainty: 600 }, 'ecs'),
      fact('clock', { offset: 100, uncertainty: 100 }, 'ecs'),
      true,
    ],
    [
      'a clock that jumped',
      fact('clock', { offset: 100, uncertainty: 600 }, 'ecs'),
      fact('clock', { offset: 9_000, uncertainty: 600 }, 'ecs'),
      true,
    ],
  ])('%s', (_title, before, now, news) => {
    expect(newsOf(known(before), [now]).length).toBe(news ? 1 : 0);
  });

  it('keeps the jobs that a listing of agents leaves out', () => {
    const before = fact('agent', anAgent({ jobs: ['a'] }));
    const [news] = newsOf(known(before), [fact('agent', anAgent({ jobs: null, connection: 'stopping' }))]);
    expect(news?.value).toMatchObject({ connection: 'stopping', jobs: ['a'] });
  });

  it('does not depend on the order of keys', () => {
    const build = aBuild();
    const turned = Object.fromEntries(Object.entries(build).reverse()) as typeof build;
    expect(newsOf(known(fact('build', build)), [fact('build', turned)])).toEqual([]);
  });

  it('is told of what JSON would tell apart, and of nothing else', () => {
    const sorted = (_key: string, value: unknown): unknown =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : value;
    const build = (env: unknown): Fact => fact('build', { ...aBuild(), env } as ReturnType<typeof aBuild>);
    const small = fc.jsonValue({ depthSize: 'small' });
    const twoAlike = small.map((value) => [value, structuredClone(value)] as const);
    fc.assert(
      fc.property(fc.oneof(fc.tuple(small, small), twoAlike), ([before, now]) => {
        const differ = JSON.stringify(before, sorted) !== JSON.stringify(now, sorted);
        expect(newsOf(known(build(before)), [build(now)]).length).toBe(differ ? 1 : 0);
      }),
    );
  });

  it.each([
    [{ toString: 'x' }, {}],
    [{}, { toString: 'x' }],
    [[1], { 0: 1 }],
    [{ a: null }, {}],
  ])('tells %j from %j', (before, now) => {
    const build = (env: unknown): Fact => fact('build', { ...aBuild(), env } as ReturnType<typeof aBuild>);
    expect(newsOf(known(build(before)), [build(now)]).length).toBe(1);
  });
});
