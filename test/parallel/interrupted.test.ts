import { setMaxListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runDrill } from '../../src/drill/run.ts';
import { createMemoryJournal } from '../../src/journal/file.ts';
import { createMergingObserver } from '../../src/parallel/merging-observer.ts';
import { mergeBuildkiteReads, mergeEcsReads } from '../../src/parallel/merged-reads.ts';
import { aJob, anAgent, aPipeline, aTask, JOB_ID } from '../support/builders.ts';
import { fakeAutoScaling } from '../support/fake-auto-scaling.ts';
import { fakeBuildkite } from '../support/fake-buildkite.ts';
import { fakeCommand } from '../support/fake-command.ts';
import { fakeCounters } from '../support/fake-counters.ts';
import { fakeEcs } from '../support/fake-ecs.ts';
import { fakeFis } from '../support/fake-fis.ts';
import { fakeSurroundings } from '../support/fake-surroundings.ts';
import { manualClock } from '../support/manual-clock.ts';
import { planOf } from '../support/plans.ts';
import { testDigest } from '../support/digests.ts';

const DRILLS = 5;

/** A port, with the name of each call whose signal lets it leave. */
function watchCalls<P extends object>(port: P, onCall: (name: string) => void): P {
  return new Proxy(port, {
    get(target, name) {
      const call: unknown = Reflect.get(target, name);
      if (typeof call !== 'function') return call;
      return (...given: readonly unknown[]): unknown => {
        const signal = given.at(-1);
        if (signal instanceof AbortSignal && !signal.aborted) onCall(String(name));
        return Reflect.apply(call, target, given);
      };
    },
  });
}

/** Drills that wait for their step, which never starts; interrupted after so many milliseconds. */
async function interruptAfter(ms: number) {
  const clock = manualClock();
  const { now } = clock;
  const interrupt = new AbortController();
  setMaxListeners(0, interrupt.signal);
  const [before, after]: [string[], string[]] = [[], []];
  const onCall = (name: string): void => void (interrupt.signal.aborted ? after : before).push(name);
  let jobs = 0;
  const buildkite = fakeBuildkite({
    now,
    pipelines: [aPipeline()],
    agents: [anAgent({ isRunningJob: false })],
    onCreate: (build) => {
      const id = `${JOB_ID.slice(0, -1)}${String((jobs += 1))}`;
      const waits = { state: 'scheduled', rawState: 'SCHEDULED', agentId: null, startedAt: null } as const;
      return [aJob({ id, buildId: build.id, ...waits })];
    },
  });
  const ecs = fakeEcs({ now, tasks: [aTask()] });
  const shared = {
    buildkite: mergeBuildkiteReads(watchCalls(buildkite, onCall), clock),
    ecs: mergeEcsReads(watchCalls(ecs, onCall), clock),
  };
  const observer = createMergingObserver(clock);
  const journals = Array.from({ length: DRILLS }, (_, nth) => createMemoryJournal(`drill-${nth}`, [], now));
  clock.at(now() + ms, () => interrupt.abort('SIGINT'));
  await Promise.all(
    journals.map((journal) => {
      const ports = observer.join({
        ...shared,
        surroundings: fakeSurroundings(),
        autoScaling: fakeAutoScaling(),
        ...{ fis: fakeFis(), command: fakeCommand(), counters: fakeCounters() },
        ...{ clock, journal, digest: testDigest },
        person: { confirm: async () => true },
      });
      return runDrill(planOf(), ports, interrupt.signal, () => undefined);
    }),
  );
  await clock.sleep(60_000, new AbortController().signal);
  return { journals, before, after };
}

describe('one signal for many drills', () => {
  it('gives every journal its last line, and no request leaves after it', async () => {
    let reached = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20_000 }), async (ms) => {
        const { journals, before, after } = await interruptAfter(ms);
        expect(before.length).toBeGreaterThan(0);
        expect(journals.map(({ events }) => events.at(-1)?.code)).toEqual(
          journals.map(() => 'GD_INTERRUPTED'),
        );
        expect(after).toEqual([]);
        if (journals.every(({ events }) => events.some(({ code }) => code === 'GD_BUILD_KNOWN')))
          reached += 1;
      }),
      { numRuns: 20 },
    );
    // Most signals came while the drills were waiting for their step.
    expect(reached).toBeGreaterThan(8);
  });
});
