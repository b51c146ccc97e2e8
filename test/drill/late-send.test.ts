import { describe, expect, it } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import type { DrillEvent, EventCode } from '../../src/journal/events.ts';
import { LOOK_HOLDS_FOR } from '../../src/state/last-look.ts';
import { createNarrator } from '../../src/report/words.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { AGENT_ID, aJob, JOB_ID, TASK_ARN } from '../support/builders.ts';
import { planOf } from '../support/plans.ts';
import { ending, theatre, type Theatre } from '../support/theatre.ts';

/** The runner is frozen right after an event of that code is on the disk, the first so many times. */
function frozenAt(code: EventCode, ms: number, times = 1): (stage: Theatre) => (event: DrillEvent) => void {
  let left = times;
  return (stage) => (event) => {
    if (event.code !== code || left === 0) return;
    left -= 1;
    stage.clock.pass(ms);
  };
}

const landed = (stage: Theatre): number => stage.ecs.world.landed.get(TASK_ARN) ?? 0;

/** What the report's timeline says of calls that went out. */
function stopsTold({ journal }: Theatre): readonly string[] {
  const { timeline } = summarizeDrill(journal.events, null);
  return timeline.map(({ said }) => said).filter((said) => said === 'StopTask sent');
}

describe('a runner that is frozen between its last look and the call', () => {
  const NINE_SECONDS = 9_000;

  it.each(['GD_OBSERVED', 'GD_GUARDS_ANSWERED', 'GD_TARGET_REVERIFIED', 'GD_FAULT_INTENDED'] as const)(
    'after %s stops nobody whose job came meanwhile',
    async (code) => {
      const stage = theatre({ runsFor: null });
      const release = JOB_ID.replace(/1$/, '7');
      let chosen = false;
      let frozen = false;
      const state = await stage.run(undefined, (event) => {
        chosen ||= event.code === 'GD_TARGET_CHOSEN';
        if (frozen || !chosen || event.code !== code) return;
        frozen = true;
        stage.clock.at(stage.clock.now() + 1_000, () => {
          stage.finishJob();
          const foreign = aJob({ id: release, buildId: 'foreign', agentId: AGENT_ID });
          stage.buildkite.world.jobs.set(release, foreign);
          stage.buildkite.setAgent(AGENT_ID, { isRunningJob: true });
        });
        stage.clock.pass(NINE_SECONDS);
      });
      expect(frozen).toBe(true);
      expect(stage.ecs.count('stopTask')).toBe(0);
      expect(ending(state)).toBe('inconclusive finished-before-stop');
    },
  );

  it('sends nothing, writes that down, says it, and aims again', async () => {
    const stage = theatre({ runsFor: null });
    const state = await stage.run(undefined, frozenAt('GD_FAULT_INTENDED', NINE_SECONDS)(stage));
    const [held, sent] = eventsOf(stage.journal.events, 'GD_FAULT_SENT');
    expect(held?.payload).toMatchObject({ result: 'refused', trouble: { kind: 'outdated' }, task: null });
    expect(held?.payload.trouble?.message).toMatch(
      /^not sent: the last read of the target was 9\.\d s old, limit 5\.0 s$/,
    );
    expect(sent?.payload.result).toBe('ok');
    expect([stage.ecs.count('stopTask'), landed(stage)]).toEqual([1, 1]);
    expect(ending(state)).toBe('passed drained');
    const narrate = createNarrator();
    const told = stage.seen.flatMap((event) => narrate(event)).map(({ text }) => text);
    expect(told).toContainEqual(expect.stringMatching(/^nothing was injected: not sent: the last read/));
    expect(stopsTold(stage)).toHaveLength(1);
  });

  it('sends what is just young enough', async () => {
    const stage = theatre({ runsFor: null });
    const state = await stage.run(undefined, frozenAt('GD_FAULT_INTENDED', LOOK_HOLDS_FOR)(stage));
    expect(eventsOf(stage.journal.events, 'GD_FAULT_SENT')).toHaveLength(1);
    expect(ending(state)).toBe('passed drained');
  });

  it('gives up where every look is too old, and has stopped nothing', async () => {
    const stage = theatre({ runsFor: null });
    const state = await stage.run(undefined, frozenAt('GD_FAULT_INTENDED', NINE_SECONDS, Infinity)(stage));
    expect(ending(state)).toBe('inconclusive observation-gap');
    expect(state.verdict?.said).toContain('too slow to stop anything safely');
    expect([stage.ecs.count('stopTask'), stage.buildkite.count('cancelBuild')]).toEqual([0, 1]);
    expect(eventsOf(stage.journal.events, 'GD_FAULT_INTENDED').length).toBeLessThan(6);
    expect(stopsTold(stage)).toEqual([]);
  });

  it('has the whole of limits.verdictWithin from the call that went out', async () => {
    const stage = theatre({
      runsFor: null,
      plan: planOf({ limits: { verdictWithin: 60_000 } }),
      onStop: (one) => one.drain(40_000),
    });
    const state = await stage.run(undefined, frozenAt('GD_FAULT_INTENDED', 50_000)(stage));
    expect(ending(state)).toBe('passed drained');
  });
});
