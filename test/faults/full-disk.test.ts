import { describe, expect, it } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { CALLS } from '../../src/model/call.ts';
import { rowOf } from '../../src/model/reasons.ts';
import { mayHaveInjected } from '../../src/state/state.ts';
import { judge } from '../../src/verdict/judge.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { anyEvent } from '../support/any-event.ts';
import { aService } from '../support/builders.ts';
import { ending, type Theatre } from '../support/theatre.ts';
import { AS_BEFORE, changes, fleet, found, HOST, OFTEN, UNDONE, type FleetOptions } from './fleet.ts';

const FAULTS = [
  ...UNDONE,
  ['stop-task', { inject: { fault: 'stop-task' }, scenario: OFTEN }],
] as const satisfies typeof UNDONE;

async function eventsIn(options: FleetOptions): Promise<number> {
  const stage = fleet(options);
  await stage.run();
  return stage.journal.events.length;
}

/** Events that reached the disk before it was full. */
function written(stage: Theatre, at: number): readonly string[] {
  return stage.journal.events.slice(0, at).map(({ code }) => code);
}

describe.each(FAULTS)('%s, and the disk is full from any event on', (_fault, options) => {
  it('what was sent is undone from memory, and nothing is sent whose intent is not written', async () => {
    const events = await eventsIn(options);
    for (const at of anyEvent(events)) {
      const stage = fleet(options);
      stage.fillDiskAt(at);
      const state = await stage.run();
      const codes = written(stage, at);
      const where = [at, codes.at(-1)];
      expect([where, found(stage)]).toEqual([where, AS_BEFORE]);
      const sent = changes(stage).filter((one) => !/^(lift|ACTIVE|count 2 -> 3)/.test(one)).length;
      const intended = codes.filter((code) => code === 'GD_FAULT_INTENDED').length;
      expect([where, sent <= intended]).toEqual([where, true]);
      const builds = codes.filter((code) => code === 'GD_BUILD_INTENDED').length;
      expect([where, stage.buildkite.count('createBuild') <= builds]).toEqual([where, true]);
      expect([where, state.verdict?.outcome]).not.toEqual([where, 'passed']);
      expect([where, stage.surroundings.world.locks.size]).toEqual([where, 0]);
    }
  });

  it('a build of ours that was created before is canceled where nothing was stopped', async () => {
    const events = await eventsIn(options);
    for (const at of anyEvent(events)) {
      const stage = fleet(options);
      stage.fillDiskAt(at);
      const state = await stage.run();
      const created = stage.buildkite.count('createBuild');
      if (mayHaveInjected(state)) continue;
      const where = [at, written(stage, at).at(-1)];
      expect([where, ending(state)]).toEqual([where, 'could-not-run journal-unwritable']);
      expect([where, stage.buildkite.count('cancelBuild')]).toEqual([where, created]);
    }
  });
});

describe('a scale-in that takes a worker whose shell eats the signal', () => {
  const deaf: FleetOptions = {
    inject: { fault: 'scale-in', steered: true },
    deaf: [1],
    scenario: { ...OFTEN, expect: { build: 'any' } },
  };

  it('is a loss, exit code 10, from the event on that shows it, and before that proves nothing', async () => {
    const whole = fleet(deaf);
    expect(ending(await whole.run())).toBe('failed lost');
    const { events } = whole.journal;
    const isShown = (written: number): boolean => judge(events.slice(0, written)).reason === 'lost';
    const shows = events.findIndex((_event, index) => isShown(index + 1)) + 1;
    expect(shows).toBeGreaterThan(1);
    for (const at of [...anyEvent(events.length), shows]) {
      const stage = fleet(deaf);
      stage.fillDiskAt(at);
      const state = await stage.run();
      const where = [at, written(stage, at).at(-1)];
      expect([where, found(stage)]).toEqual([where, AS_BEFORE]);
      if (at >= shows) expect([where, ending(state)]).toEqual([where, 'failed lost']);
      else expect([where, state.verdict?.outcome]).not.toEqual([where, 'passed']);
    }
  });
});

describe('a full disk, and ECS takes the undoing call no more', () => {
  const options: FleetOptions = {
    inject: { fault: 'scale-in', steered: true },
    scenario: OFTEN,
  };

  async function stuck(): Promise<{ readonly stage: Theatre; readonly at: number }> {
    const whole = fleet(options);
    await whole.run();
    const landed = whole.journal.events.findIndex(({ code }) => code === 'GD_FAULT_LANDED');
    const stage = fleet(options);
    stage.fillDiskAt(landed);
    const { send } = stage.ecs;
    Object.assign(stage.ecs, {
      send: (...given: Parameters<typeof send>) =>
        given[0].kind === 'set-desired-count' && given[0].desired === 3
          ? Promise.resolve({
              ok: false,
              certainty: 'refused',
              trouble: { kind: 'denied', message: 'AccessDenied', retryAfter: null },
            })
          : send(...given),
    });
    return { stage, at: landed };
  }

  it('names the command that puts it back, and its exit code invites no retry', async () => {
    const { stage } = await stuck();
    const state = await stage.run();
    expect(found(stage)).toMatch(/^desired 2, protected none, host ACTIVE, mark drill=/);
    expect(ending(state)).toBe('could-not-run not-undone');
    const result = summarizeDrill(stage.journal.events, null);
    expect(result.commands).toEqual([
      'aws ecs update-service --region us-east-1 --cluster build-prod --service build-agents --desired-count 3',
      expect.stringMatching(/^aws ecs untag-resource .* --tag-keys gameday:undo$/),
    ]);
    expect([result.exitCode, result.next]).toEqual([4, rowOf('not-undone').next]);
    expect(result.said).toContain('the desired count of service build-agents is 2, set by us');
  });

  it("says nothing of what is somebody else's by now", async () => {
    const { stage, at } = await stuck();
    const state = await stage.run(undefined, ({ seq }) => {
      if (seq !== at) return;
      stage.ecs.world.services.set('build-agents', aService({ desired: 7, running: 7, pending: 0 }));
      stage.clock.pass(1);
    });
    expect(state.verdict?.outcome).toBe('inconclusive');
    expect(summarizeDrill(stage.journal.events, null).commands).toEqual([]);
  });
});

describe('a last intent that is known to have never been sent', () => {
  it.each(FAULTS)(
    'of %s is not undone by abort, even where the world looks as if it had been',
    async (_fault, options) => {
      const whole = fleet(options);
      await whole.run();
      const intents = eventsOf(whole.journal.events, 'GD_FAULT_INTENDED').filter(
        ({ payload }) => CALLS[payload.call.kind].stops !== null,
      );
      const at = intents[0]?.seq ?? 0;
      const stage = fleet(options);
      stage.dieAt(at, 'written');
      await expect(stage.run()).rejects.toThrow();
      stage.cutTo(at);
      // Somebody else does meanwhile what the drill had meant to do.
      const service = stage.ecs.world.services.get('build-agents');
      if (service !== undefined) stage.ecs.world.services.set('build-agents', { ...service, desired: 2 });
      const host = stage.ecs.world.instances.get(HOST);
      if (host !== undefined) stage.ecs.world.instances.set(HOST, { ...host, status: 'DRAINING' });
      const { targets } = stage.autoScaling.world;
      const scalable = targets.get('build-agents');
      if (scalable !== undefined) targets.set('build-agents', { ...scalable, min: 2 });
      await stage.abort('never-sent');
      expect(found(stage)).toMatch(/^desired 2, protected none, host DRAINING/);
      expect(targets.get('build-agents')?.min ?? 2).toBe(2);
      expect(summarizeDrill(stage.journal.events, null)).toMatchObject({
        outcome: 'aborted',
        reason: 'aborted',
      });
      expect(stage.buildkite.count('cancelBuild')).toBe(1);
    },
  );
});

describe('a state directory that takes nothing more', () => {
  it('holds back the call whose intent it cannot keep', async () => {
    const [, options] = FAULTS[0] ?? [];
    if (options === undefined) throw new Error('no fault');
    const stage = fleet(options);
    stage.surroundings.world.stateIsFull = true;
    expect(ending(await stage.run())).toBe('could-not-run journal-unwritable');
    expect([stage.buildkite.count('createBuild'), changes(stage)]).toEqual([0, []]);
  });

  it('keeps the checksum of every intent before its call, and forgets a drill that is judged', async () => {
    const [, options] = FAULTS[0] ?? [];
    if (options === undefined) throw new Error('no fault');
    const stage = fleet(options);
    const kept: (readonly string[])[] = [];
    await stage.run(undefined, () => kept.push([...stage.surroundings.world.remembered.values()].flat()));
    const sums = stage.journal.events
      .filter(({ code }) => /PLANNED|(BUILD|FAULT)_INTENDED/.test(code))
      .map(({ sum }) => sum);
    expect(kept.at(-1)).toEqual(sums);
    expect(stage.surroundings.world.remembered.size).toBe(0);
  });
});
