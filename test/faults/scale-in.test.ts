import { describe, expect, it } from 'vitest';
import { scaleIn } from '../../src/faults/scale-in.ts';
import { fold } from '../../src/state/state.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { aTask } from '../support/builders.ts';
import { ending, RunnerDied, type Theatre } from '../support/theatre.ts';
import {
  agentOf,
  changes,
  fleet,
  found,
  jobOf,
  left,
  taskOf,
  type FleetOptions,
  MARK_LEFT,
} from './fleet.ts';

const STEERED = { inject: { fault: 'scale-in', steered: true } } as const;
const FREE = { inject: { fault: 'scale-in', steered: false } } as const;
const AS_BEFORE = 'desired 3, protected none, host ACTIVE';
const short = (n: number): string => taskOf(n).slice(-4);

async function drilled(options: FleetOptions): Promise<{ stage: Theatre; end: string; said: string }> {
  const stage = fleet(options);
  const state = await stage.run();
  return { stage, end: ending(state), said: state.verdict?.said ?? '' };
}

describe('a steered scale-in', () => {
  it('protects every other task, takes one from the count, and brings both back', async () => {
    const { stage, end } = await drilled(STEERED);
    expect(end).toBe('passed drained');
    expect(changes(stage)).toEqual([
      `protect ${short(2)} ${short(3)}`,
      'count 3 -> 2',
      'count 2 -> 3',
      `lift ${short(2)} ${short(3)}`,
    ]);
    expect(found(stage)).toBe(AS_BEFORE);
    expect(left(stage.journal.events)).toEqual([]);
  });

  it('protects ten tasks at once', async () => {
    const { stage, end } = await drilled({ ...STEERED, workers: 13 });
    expect(end).toBe('passed drained');
    const protects = changes(stage).filter((change) => change.startsWith('protect'));
    expect(protects.map((change) => change.split(' ').length - 1)).toEqual([10, 2]);
    expect(found(stage)).toBe('desired 13, protected none, host ACTIVE');
  });

  it('that aims again between two batches reads of the others nothing that it has read', async () => {
    const { stage } = await drilled({ ...STEERED, workers: 25 });
    const { events } = stage.journal;
    const begun = events.findIndex(
      ({ code, payload }) =>
        code === 'GD_FAULT_INTENDED' && 'call' in payload && payload.call.kind === 'protect-tasks',
    );
    const idsAt = (length: number): readonly string[] =>
      scaleIn
        .subjects(fold(events.slice(0, length)))
        .flatMap(({ kind, id }) => (kind === 'tasks-of' ? [] : [id]));
    expect(new Set(idsAt(begun)).size).toBe(25);
    // The target's own protection is read at every look.
    expect(idsAt(begun + 1)).toEqual([taskOf(1)]);
  });

  it('that is taken up between two batches protects only those that are missing, and lifts all', async () => {
    const options = { ...STEERED, workers: 25 };
    const { stage: whole } = await drilled(options);
    const firstSent = whole.journal.events.findIndex(({ code }) => code === 'GD_FAULT_SENT') + 1;
    const stage = fleet(options);
    stage.dieAt(firstSent, 'written');
    await expect(stage.run()).rejects.toBeInstanceOf(RunnerDied);
    stage.cutTo(firstSent);
    stage.clock.pass(1_000);
    expect(ending(await stage.run())).toBe('passed drained');
    const tasksIn = (word: string): readonly string[][] =>
      changes(stage).flatMap((change) => (change.startsWith(word) ? [change.split(' ').slice(1)] : []));
    expect(tasksIn('protect').map((tasks) => tasks.length)).toEqual([10, 10, 4]);
    expect(new Set(tasksIn('protect').flat()).size).toBe(24);
    expect(tasksIn('lift').flat().sort()).toEqual(tasksIn('protect').flat().sort());
    expect(found(stage)).toBe('desired 25, protected none, host ACTIVE');
  });

  it('of a deaf worker is lost, and everything is brought back all the same', async () => {
    const { stage, end } = await drilled({ ...STEERED, deaf: [1] });
    expect(end).toBe('failed lost');
    expect(found(stage)).toBe(AS_BEFORE);
  });

  it('tells what it was: proven, by the scheduler, after our call', async () => {
    const { stage } = await drilled(STEERED);
    const result = summarizeDrill(stage.journal.events, null);
    expect(result).toMatchObject({
      injection: 'proven',
      fleet: { tasksHit: 1, jobsHit: 1, drained: 1, lost: 0 },
    });
    const landed = result.findings.find(({ check }) => check === 'landed');
    expect(landed?.said).toMatch(/after our set-desired-count: ServiceSchedulerInitiated/);
    expect([...stage.surroundings.world.injections.values()].flat()).toHaveLength(1);
  });

  it('that takes another task has missed its target, and says what became of the job there', async () => {
    const options = { ...STEERED, busy: [3], deaf: [3], staged: { runsFor: 60_000 } };
    const stage = fleet(options);
    // The protection of the third is turned off by somebody as soon as the count was changed.
    stage.ecs.before('setDesiredCount', 1, () => {
      stage.ecs.world.protections.set(taskOf(3), { taskArn: taskOf(3), enabled: false, expiresAt: null });
      protect(stage, 1);
    });
    const state = await stage.run();
    expect(ending(state)).toBe('inconclusive missed-target');
    expect(state.verdict?.said).toMatch(new RegExp(`stopped .*${short(3)}, not the target; there: lost`));
    const attempts = summarizeDrill(stage.journal.events, null).attempts;
    expect(attempts).toContainEqual(expect.objectContaining({ jobId: jobOf(3), lost: true, judged: true }));
  });

  it('that takes another task with no job has missed its target', async () => {
    const stage = fleet({ ...STEERED, staged: { runsFor: 60_000 } });
    stage.ecs.before('setDesiredCount', 1, () => {
      stage.ecs.world.protections.set(taskOf(3), { taskArn: taskOf(3), enabled: false, expiresAt: null });
      protect(stage, 1);
    });
    const state = await stage.run();
    expect([ending(state), state.verdict?.said]).toEqual([
      'inconclusive missed-target',
      `the scheduler stopped ${taskOf(3)}, which held no job`,
    ]);
  });

  it('lifts no protection that was there before, nor one that somebody renewed', async () => {
    const stage = fleet(STEERED);
    protect(stage, 2);
    stage.ecs.before('setDesiredCount', 1, () => protect(stage, 3, 90));
    expect(ending(await stage.run())).toBe('passed drained');
    expect(changes(stage)).toEqual([`protect ${short(3)}`, 'count 3 -> 2', 'count 2 -> 3']);
    expect(found(stage)).toBe(`desired 3, protected ${short(2)} ${short(3)}, host ACTIVE`);
    expect(left(stage.journal.events)).toEqual([
      expect.stringMatching(new RegExp(`${short(3)} is protected until .*, by somebody else meanwhile`)),
    ]);
  });

  it('needs no protection where somebody protects all others already', async () => {
    const stage = fleet(STEERED);
    [2, 3].forEach((n) => protect(stage, n));
    expect(ending(await stage.run())).toBe('passed drained');
    expect(changes(stage)).toEqual(['count 3 -> 2', 'count 2 -> 3']);
  });

  it('whose protections end before the scheduler acts is judged by whom it took', async () => {
    const stage = fleet({ ...STEERED, asleep: true, staged: { runsFor: 900_000 } });
    stage.ecs.before('setDesiredCount', 1, () => {
      stage.clock.at(stage.clock.now() + 660_000, () => stop3(stage));
    });
    expect(ending(await stage.run())).toBe('inconclusive missed-target');
  });
});

function protect({ ecs, clock }: Theatre, n: number, minutes = 60): void {
  const taskArn = taskOf(n);
  ecs.world.protections.set(taskArn, { taskArn, enabled: true, expiresAt: clock.now() + minutes * 60_000 });
}

function stop3({ ecs, clock }: Theatre): void {
  const stopping = { desired: 'STOPPED', stopCode: 'ServiceSchedulerInitiated', stoppingAt: clock.now() };
  ecs.setTask(taskOf(3), { ...stopping, status: 'STOPPED', stoppedAt: clock.now() });
}

describe('an unsteered scale-in', () => {
  it('that takes the target is judged there', async () => {
    const { stage, end } = await drilled({ ...FREE, takes: ({ arn }) => arn === taskOf(1) });
    expect(end).toBe('passed drained');
    expect(changes(stage)).toEqual(['count 3 -> 2', 'count 2 -> 3']);
  });

  it('of a deaf target is lost', async () => {
    const { stage, end } = await drilled({ ...FREE, takes: ({ arn }) => arn === taskOf(1), deaf: [1] });
    expect(end).toBe('failed lost');
    expect(found(stage)).toBe(AS_BEFORE);
  });

  it.each([
    ['drained', []],
    ['masked-loss', [3]],
  ])(
    'that takes another busy worker proves nothing; the job there is judged and shown: %s',
    async (there, deaf) => {
      const stage = fleet({ ...FREE, busy: [3], deaf, staged: { runsFor: 600_000 } });
      const state = await stage.run();
      expect(ending(state)).toBe('inconclusive missed-target');
      expect(state.verdict?.said).toContain(`stopped ${taskOf(3)}, not the target; there: ${there}: `);
      expect(changes(stage)).toEqual(['count 3 -> 2', 'count 2 -> 3']);
      const judged = summarizeDrill(stage.journal.events, null);
      expect(judged.target).toMatchObject({ jobId: jobOf(3), agentId: agentOf(3), taskArn: taskOf(3) });
    },
  );

  it('that takes an idle worker proves nothing', async () => {
    const { end } = await drilled({ ...FREE, staged: { runsFor: 60_000 } });
    expect(end).toBe('inconclusive missed-target');
  });
});

describe('a scale-in is refused', () => {
  it('where the target is protected', async () => {
    const { stage, end, said } = await drilled({ ...STEERED, set: (one) => protect(one, 1) });
    expect([end, changes(stage)], said).toEqual(['refused inert-fault', []]);
    expect(said).toMatch(/target is protected/);
  });

  it.each<[string, Omit<FleetOptions, 'inject'>, string, RegExp]>([
    ['of a service of one', { workers: 1 }, 'blast-radius', /from 1 would leave/],
    [
      'of a service of none',
      { workers: 0, scenario: { safety: { settled: 'require' } } },
      'blast-radius',
      /from 0 would leave/,
    ],
    [
      'where not all tasks of the service could be listed',
      {
        set: ({ ecs }) => {
          ecs.world.isListingCut = true;
        },
      },
      'inert-fault',
      /could not be listed to the end \(3 were\)/,
    ],
    [
      "in the middle of somebody's deployment",
      {
        service: { deployments: [1, 2].map((n) => ({ ...aDeployment(), id: `ecs-svc/${String(n)}` })) },
        asleep: true,
      },
      'not-settled',
      /2 deployments/,
    ],
    [
      'where a task is PENDING',
      { service: { pending: 1, running: 2 }, asleep: true },
      'not-settled',
      /not settled: desired 3, running 2, pending 1/,
    ],
    [
      'of a DAEMON, which has no desired count',
      {
        service: {
          traits: {
            ...{ scheduling: 'DAEMON', strategy: 'ROLLING', bakesFor: 0, pauses: false },
            ...{ circuitBreaker: 'off', rebalances: false, exec: false },
          },
        },
      },
      'inert-fault',
      /is a DAEMON/,
    ],
    [
      'of a standalone task',
      { scenario: { cluster: { service: null, family: 'build-agent' } } },
      'inert-fault',
      /needs a service/,
    ],
    [
      'of a task of no service',
      { task: { group: 'family:build-agent' } },
      'not-allowed',
      /does not match what/,
    ],
  ])('%s', async (_title, options, reason, says) => {
    for (const inject of [STEERED.inject, FREE.inject]) {
      const { stage, end, said } = await drilled({ ...options, inject });
      expect([end, changes(stage)], said).toEqual([`refused ${reason}`, []]);
      expect(said).toMatch(says);
    }
  });
});

function aDeployment() {
  const counts = { desired: 3, running: 3, pending: 0 };
  return { status: 'PRIMARY', rolloutState: 'COMPLETED', ...counts };
}

describe('somebody else', () => {
  it('changes the desired count before the scheduler acts: it is theirs, and left', async () => {
    const stage = fleet({ ...STEERED, asleep: true, staged: { runsFor: 60_000 } });
    stage.ecs.before('setDesiredCount', 1, () => {
      stage.clock.at(stage.clock.now() + 3_000, () => desire(stage, 5));
    });
    const state = await stage.run();
    expect([ending(state), state.verdict?.said]).toEqual([
      'inconclusive stopped-by-other',
      'the desired count was 5, not our 2',
    ]);
    expect(found(stage)).toBe('desired 5, protected none, host ACTIVE');
    expect(left(stage.journal.events)).toEqual([
      'the desired count of service build-agents is 5, set by somebody else meanwhile; it was 3 before the drill',
    ]);
  });

  it('changes it between our call and the stop: the stop is not known to be ours', async () => {
    const stage = fleet({ ...STEERED, asleep: true });
    stage.ecs.before('setDesiredCount', 1, () => {
      const now = stage.clock.now();
      stage.clock.at(now + 2_500, () => desire(stage, 1));
      stage.clock.at(now + 5_000, () => stopFirst(stage));
    });
    const state = await stage.run();
    expect([ending(state), state.verdict?.said]).toEqual([
      'inconclusive stopped-by-other',
      'the desired count was 1, not our 2',
    ]);
  });

  it('lowers and raises it between two looks: the events tell of it', async () => {
    const stage = fleet({ ...STEERED, asleep: true });
    stage.ecs.before('setDesiredCount', 1, () => {
      const now = stage.clock.now();
      stage.clock.at(now + 1_200, () => {
        tell(stage, '(service build-agents) has stopped 1 running tasks: (task 1).');
        tell(stage, '(service build-agents) has stopped 1 running tasks: (task 2).');
      });
      stage.clock.at(now + 5_000, () => stopFirst(stage));
    });
    const state = await stage.run();
    expect([ending(state), state.verdict?.said]).toEqual([
      'inconclusive stopped-by-other',
      "the service's events show 2 stopped tasks; our count asked for 1",
    ]);
    expect(found(stage)).toBe(AS_BEFORE);
  });

  it('stopped tasks before: those are not of our time', async () => {
    const stage = fleet(STEERED);
    stage.ecs.before('protectTasks', 1, () => {
      tell(stage, '(service build-agents) has stopped 3 running tasks: (task 1) (task 2) (task 3).');
    });
    expect(ending(await stage.run())).toBe('passed drained');
  });

  it('changes it while the others are being protected: everything is asked again, and nothing overwritten', async () => {
    const stage = fleet({ ...STEERED, asleep: true });
    stage.ecs.before('protectTasks', 1, () => desire(stage, 5));
    const state = await stage.run();
    expect([ending(state), changes(stage).filter((change) => change.startsWith('count'))]).toEqual([
      'refused not-settled',
      [],
    ]);
    expect(found(stage)).toBe('desired 5, protected none, host ACTIVE');
  });

  it('stops the target: it is not our stop', async () => {
    const stage = fleet({ ...STEERED, asleep: true });
    stage.ecs.before('setDesiredCount', 1, () => {
      stage.clock.at(stage.clock.now() + 1_000, () =>
        stage.ecs.setTask(taskOf(1), {
          desired: 'STOPPED',
          stopCode: 'UserInitiated',
          stoppedReason: 'by hand',
          stoppingAt: stage.clock.now(),
        }),
      );
    });
    expect(ending(await stage.run())).toBe('inconclusive stopped-by-other');
    expect(found(stage)).toBe(AS_BEFORE);
  });

  it('protects the target right after our call: nothing is stopped, and the service says why', async () => {
    const stage = fleet({
      ...STEERED,
      staged: { runsFor: 60_000 },
      scenario: { limits: { verdictWithin: 90_000 } },
    });
    stage.ecs.before('setDesiredCount', 1, () => protect(stage, 1));
    const state = await stage.run();
    expect(ending(state)).toBe('inconclusive stop-not-confirmed');
    expect(state.verdict?.said).toMatch(/unable to stop 1 tasks because they are protected/);
    expect(found(stage)).toBe(`desired 3, protected ${short(1)}, host ACTIVE`);
    expect(stage.ecs.world.tasks.get(taskOf(2))).toEqual(aTask({ arn: taskOf(2) }));
  });
});

function tell({ ecs, clock }: Theatre, message: string): void {
  const service = ecs.world.services.get('build-agents');
  if (service === undefined) return;
  const event = { id: `told-${String(service.events.length)}`, at: clock.now(), message };
  ecs.world.services.set('build-agents', { ...service, events: [event, ...service.events] });
}

function desire({ ecs }: Theatre, desired: number): void {
  const service = ecs.world.services.get('build-agents');
  if (service !== undefined) ecs.world.services.set('build-agents', { ...service, desired });
}

function stopFirst({ ecs, clock }: Theatre): void {
  ecs.setTask(taskOf(1), {
    desired: 'STOPPED',
    stopCode: 'ServiceSchedulerInitiated',
    stoppedReason: 'Scaling activity initiated by (deployment ecs-svc/1)',
    stoppingAt: clock.now(),
  });
}

describe('a call of a scale-in', () => {
  it('that is denied half-way: everything is undone', async () => {
    const stage = fleet(STEERED);
    stage.ecs.fail('setDesiredCount', { trouble: 'denied' });
    expect(ending(await stage.run())).toBe('could-not-run aws-denied');
    expect(changes(stage)).toEqual([
      `protect ${short(2)} ${short(3)}`,
      'count 3 -> 2',
      `lift ${short(2)} ${short(3)}`,
    ]);
    expect(found(stage)).toBe(AS_BEFORE);
    expect(stage.buildkite.count('cancelBuild')).toBe(1);
  });

  it('that is denied at its second protection lifts the first', async () => {
    const stage = fleet({ ...STEERED, workers: 13 });
    stage.ecs.before('protectTasks', 1, () => stage.ecs.fail('protectTasks', { trouble: 'denied' }));
    // The queue is filled before the first is answered: so the first is the denied one, and nothing was changed.
    expect(ending(await stage.run())).toBe('could-not-run aws-denied');
    expect(found(stage)).toBe('desired 13, protected none, host ACTIVE');
  });

  it.each([
    ['happened', true],
    ['did not happen', false],
  ])('whose answer is lost and that %s is looked into', async (_title, acted) => {
    for (const operation of ['protectTasks', 'setDesiredCount'] as const) {
      const stage = fleet(STEERED);
      stage.ecs.fail(operation, { trouble: 'timeout', certainty: 'unknown', acted });
      expect([operation, ending(await stage.run())]).toEqual([operation, 'passed drained']);
      expect([operation, found(stage)]).toEqual([operation, AS_BEFORE]);
      const sent = changes(stage).filter((change) =>
        operation === 'protectTasks' ? change.startsWith('protect') : change === 'count 3 -> 2',
      );
      expect([operation, sent.length]).toEqual([operation, acted ? 1 : 2]);
    }
  });

  it('whose answer is lost is not sent again over what somebody set meanwhile', async () => {
    const stage = fleet({ ...STEERED, asleep: true, staged: { runsFor: 60_000 } });
    stage.ecs.fail('setDesiredCount', { trouble: 'timeout', certainty: 'unknown' });
    stage.ecs.before('setDesiredCount', 1, () => desire(stage, 6));
    const state = await stage.run();
    expect([ending(state), state.verdict?.said]).toEqual([
      'inconclusive stopped-by-other',
      'somebody set the desired count of service build-agents to 6 meanwhile',
    ]);
    expect(found(stage)).toBe('desired 6, protected none, host ACTIVE');
  });

  it('that is throttled is sent once more', async () => {
    for (const operation of ['protectTasks', 'setDesiredCount'] as const) {
      const stage = fleet(STEERED);
      stage.ecs.fail(operation, { trouble: 'rate-limited' });
      expect([operation, ending(await stage.run()), found(stage)]).toEqual([
        operation,
        'passed drained',
        AS_BEFORE,
      ]);
    }
  });

  it('that protects only some lifts those', async () => {
    const stage = fleet(STEERED);
    const partly = {
      kind: 'refused',
      message: 'ECS would not change the protection',
      retryAfter: null,
    } as const;
    stage.ecs.fail('protectTasks', { trouble: partly, certainty: 'unknown', times: 2 });
    stage.ecs.before('protectTasks', 1, () => {
      const expiresAt = stage.clock.now() + 600_000;
      stage.ecs.world.protections.set(taskOf(2), { taskArn: taskOf(2), enabled: true, expiresAt });
    });
    expect(ending(await stage.run())).toBe('could-not-run fault-refused');
    expect(found(stage)).toBe(AS_BEFORE);
  });
});

describe('undoing a scale-in', () => {
  it('is tried again where its outcome is not known or it is throttled', async () => {
    for (const failing of [
      { trouble: 'rate-limited' },
      { trouble: 'timeout', certainty: 'unknown' },
    ] as const) {
      const stage = fleet(STEERED);
      stage.ecs.before('setDesiredCount', 1, () => undefined);
      let count = 0;
      const state = await stage.run(undefined, ({ code }) => {
        count += code === 'GD_WATCH_ENDED' ? 1 : 0;
        if (code === 'GD_WATCH_ENDED' && count === 1) stage.ecs.fail('setDesiredCount', failing);
      });
      expect([ending(state), found(stage)]).toEqual(['passed drained', AS_BEFORE]);
      expect(left(stage.journal.events)).toEqual([]);
    }
  });

  it('waits for a service that is away for a while, and says what it could not bring back', async () => {
    for (const [times, after, says] of [
      [5, /^desired 3, protected none, host ACTIVE$/, []],
      [
        Infinity,
        /^desired 2, protected none, host ACTIVE, mark drill=/,
        [/could not be read; it was 3/, /the tag gameday:undo stays/],
      ],
    ] as const) {
      const stage = fleet({ ...STEERED, staged: { runsFor: null, lag: () => 20 } });
      const state = await stage.run(undefined, ({ code }) => {
        if (code === 'GD_WATCH_ENDED') stage.ecs.fail('service', { trouble: 'unreachable', times });
      });
      expect(ending(state)).toBe('passed drained');
      expect(found(stage)).toMatch(after);
      expect(left(stage.journal.events)).toEqual(says.map((text) => expect.stringMatching(text) as unknown));
    }
  });

  it('that is denied is said', async () => {
    const stage = fleet(STEERED);
    const state = await stage.run(undefined, ({ code }) => {
      if (code === 'GD_WATCH_ENDED') stage.ecs.fail('setDesiredCount', { trouble: 'denied' });
    });
    expect(ending(state)).toBe('passed drained');
    expect(left(stage.journal.events)).toEqual([
      'the desired count of service build-agents is 2, set by us; it was 3 before the drill',
      'set-desired-count could not be undone: scripted: denied',
      MARK_LEFT,
    ]);
  });
});
