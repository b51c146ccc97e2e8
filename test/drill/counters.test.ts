import { describe, expect, it } from 'vitest';
import type { Trouble } from '../../src/model/answer.ts';
import type { Counter } from '../../src/model/entities/counter.ts';
import { fold } from '../../src/state/state.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { anyEvent } from '../support/any-event.ts';
import { aContainer, TASK_ARN } from '../support/builders.ts';
import { planOf } from '../support/plans.ts';
import { ending, RunnerDied, theatre, type Staged, type Theatre } from '../support/theatre.ts';

const plan = planOf({
  expect: {
    containers: {
      gateway: {
        ...{ exit: 0, outlives: null },
        flushed: { url: 'https://metrics.test/{task}/{container}', stillFor: 5_000 },
      },
    },
  },
});
const IN_FLIGHT: Counter = { begun: 1, finished: 0, cut: 0 };
const FINISHED: Counter = { begun: 1, finished: 1, cut: 0 };
const CUT: Counter = { begun: 1, finished: 0, cut: 1 };
const trouble = (kind: Trouble['kind']): Trouble => ({
  kind,
  message: `scripted: ${kind}`,
  retryAfter: null,
});

interface Gateway {
  readonly stage: Theatre;
  /** What stood at each read: whether the stop had landed, and whether the task was over. */
  readonly reads: { readonly landed: boolean; readonly over: boolean }[];
}

/** A worker that drains, with a gateway whose counter shows one call in flight, and after the stop something else. */
function gateway(after: Counter, over: Staged = {}): Gateway {
  const reads: Gateway['reads'] = [];
  const stage = theatre({
    plan,
    ...over,
    onStop(given, task) {
      given.drain(10_000);
      given.counters.shows = after;
      const containers = [0, 0].map((exitCode, nth) =>
        aContainer({ ...(nth === 0 ? {} : { name: 'gateway' }), status: 'STOPPED', exitCode }),
      );
      given.clock.at(given.clock.now() + 11_500, () => given.ecs.setTask(TASK_ARN, { containers }));
      over.onStop?.(given, task);
    },
  });
  stage.ecs.setTask(TASK_ARN, { containers: [aContainer(), aContainer({ name: 'gateway' })] });
  stage.counters.shows = IN_FLIGHT;
  const { read } = stage.counters;
  stage.counters.read = (source, signal) => {
    const landed = (stage.ecs.world.landed.get(TASK_ARN) ?? 0) > 0;
    reads.push({ landed, over: stage.ecs.world.tasks.get(TASK_ARN)?.status === 'STOPPED' });
    return read(source, signal);
  };
  return { stage, reads };
}

describe('the counter of a sidecar', () => {
  it('is read of the target alone, once before the stop, and until it stands still after the end of the task', async () => {
    const { stage, reads } = gateway(FINISHED);
    expect(ending(await stage.run())).toBe('passed drained');
    expect(summarizeDrill(stage.journal.events, null).sidecars).toEqual([
      { container: 'gateway', before: IN_FLIGHT, after: FINISHED, halfFinished: 0, hidden: false },
    ]);
    expect(reads).toEqual([
      { landed: false, over: false },
      { landed: true, over: true },
      { landed: true, over: true },
    ]);
    const id = TASK_ARN.slice(TASK_ARN.lastIndexOf('/') + 1);
    const url = `https://metrics.test/${id}/gateway`;
    expect(stage.counters.asked).toEqual([1, 2, 3].map(() => ({ container: 'gateway', url, command: null })));
  });

  it('shows a call that was cut, though the job passed', async () => {
    const { stage } = gateway(CUT);
    const state = await stage.run();
    expect(ending(state)).toBe('failed sidecar-cut');
    expect(summarizeDrill(stage.journal.events, null).sidecars).toEqual([
      { container: 'gateway', before: IN_FLIGHT, after: CUT, halfFinished: 1, hidden: true },
    ]);
    expect(state.verdict?.said).toMatch(/1 half-finished call .*failover papered over it/);
    expect(state.verdict?.cause?.ranked[0]).toMatchObject({ name: 'sidecar-broke' });
  });

  it('is waited for while it lags behind', async () => {
    const { stage, reads } = gateway(IN_FLIGHT);
    const { read } = stage.counters;
    stage.counters.read = (source, signal) => {
      const answer = read(source, signal);
      if (reads.filter(({ over }) => over).length === 1) stage.counters.shows = FINISHED;
      return answer;
    };
    expect(ending(await stage.run())).toBe('passed drained');
    expect(reads.filter(({ over }) => over)).toHaveLength(3);
  });

  it('stops nothing where it cannot be read before', async () => {
    for (const kind of ['unreachable', 'garbage', 'denied', 'timeout', 'refused'] as const) {
      const { stage } = gateway(FINISHED);
      stage.counters.fails = trouble(kind);
      const state = await stage.run();
      expect([kind, ending(state)]).toEqual([kind, 'could-not-run counter-unreadable']);
      expect(state.verdict?.said).toContain(`scripted: ${kind}`);
      expect(stage.ecs.count('stopTask')).toBe(0);
      expect(stage.buildkite.count('cancelBuild')).toBe(1);
      // It may have been read while it was written.
      expect(stage.counters.asked.length).toBeGreaterThan(1);
    }
  });

  it('is asked again before the stop, and what it shows then counts', async () => {
    const { stage } = gateway(FINISHED);
    stage.counters.fails = trouble('garbage');
    stage.clock.at(stage.clock.now() + 9_000, () => (stage.counters.fails = null));
    expect(ending(await stage.run())).toBe('passed drained');
  });

  it('is not read again before a second stop: the first one may have landed', async () => {
    const { stage, reads } = gateway(FINISHED);
    stage.ecs.fail('stopTask', { trouble: 'timeout', certainty: 'unknown' });
    expect(ending(await stage.run())).toBe('passed drained');
    expect(stage.ecs.count('stopTask')).toBe(2);
    expect(reads.filter(({ over }) => !over)).toHaveLength(1);
  });

  it('lets nothing pass where it cannot be read after the stop, and is not waited for without end', async () => {
    const { stage } = gateway(FINISHED, {
      onStop: ({ counters }) => (counters.fails = trouble('unreachable')),
    });
    const began = stage.clock.now();
    expect(ending(await stage.run())).toBe('inconclusive observation-gap');
    expect(summarizeDrill(stage.journal.events, null).sidecars).toMatchObject([
      { before: IN_FLIGHT, after: null, halfFinished: null },
    ]);
    expect(stage.clock.now() - began).toBeLessThan(180_000);
  });

  it('lets nothing pass that goes on moving', async () => {
    const { stage } = gateway(FINISHED);
    const { read } = stage.counters;
    stage.counters.read = (source, signal) => {
      const { begun, finished, cut } = stage.counters.shows;
      if (finished > 0) stage.counters.shows = { begun: begun + 1, finished: finished + 1, cut };
      return read(source, signal);
    };
    const state = await stage.run();
    expect(ending(state)).toBe('inconclusive evidence-missing');
    expect(state.verdict?.said).toMatch(/had not stood still/);
  });

  it.each([
    ['finished', FINISHED, 'passed drained'],
    ['cut', CUT, 'failed sidecar-cut'],
  ])(
    'a runner that dies at any event reads it anew before the stop alone: %s',
    async (_title, after, expected) => {
      const { stage: whole } = gateway(after);
      await whole.run();
      for (const at of anyEvent(whole.journal.events.length)) {
        const { stage, reads } = gateway(after);
        stage.dieAt(at, 'written');
        await expect(stage.run()).rejects.toBeInstanceOf(RunnerDied);
        stage.cutTo(at);
        stage.clock.pass(4_000);
        await stage.run();
        const where = `${String(at)} ${stage.journal.events[at - 1]?.code ?? ''}`;
        expect([where, ending(fold(stage.journal.events))]).toEqual([where, expected]);
        expect([where, reads.filter(({ landed, over }) => landed && !over)]).toEqual([where, []]);
      }
    },
  );
});
