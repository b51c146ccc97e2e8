import { describe, expect, it } from 'vitest';
import { readDependantsTime, findSignalledLook, findSignalWindow, stopOf } from '../../src/evidence/stop.ts';
import type { DrillEvent, NewEvent } from '../../src/journal/events.ts';
import { evidenceOf, type Evidence } from '../../src/evidence/evidence.ts';
import type { Task } from '../../src/model/entities/task.ts';
import { aContainer, aContainerDefinition, aTask, TASK_ARN } from '../support/builders.ts';
import { caseOf } from '../support/asking.ts';
import { EXEC, fact, journalOf, read, story, T, type Told } from '../support/journal-builders.ts';

const GOING = { desired: 'STOPPED', stoppingAt: T.landed } as const;

/** A story whose last look shows no task, with looks at the task put in at those instants. */
function looked(told: Told, looks: readonly (readonly [number, Partial<Task>])[]): Evidence {
  const events: [number, DrillEvent | NewEvent][] = [
    ...story({ ...told, task: null }).map((event): [number, DrillEvent] => [event.at, event]),
    ...looks.map(([at, over], index): [number, NewEvent] => {
      const shown = fact('task', aTask({ ...GOING, version: 5 + index, ...over }));
      const reads = [read('task', TASK_ARN, at, at + 40)];
      return [at + 40, { code: 'GD_OBSERVED', payload: { reads, facts: [shown] } }];
    }),
  ];
  const sorted = events.toSorted(([a], [b]) => a - b);
  return evidenceOf(journalOf(sorted.map(([at, { code, payload }]) => [at, { code, payload } as NewEvent])));
}

describe('when the task was told to stop', () => {
  it.each<[string, Told, object | null]>([
    ['what ECS shows', {}, { at: T.landed, clock: 'ecs' }],
    [
      'the latest, where ECS gave two',
      { task: { stoppingAt: T.landed + 900 } },
      { at: T.landed + 900, clock: 'ecs' },
    ],
    ["what StopTask's answer showed, where no look did", { task: null }, { at: T.landed, clock: 'ecs' }],
    [
      'when our call was sent, by our clock, where ECS shows no time',
      { stop: { result: 'unknown' }, task: { stoppingAt: null } },
      { at: T.stop, clock: 'runner:0' },
    ],
    ['never', { stop: null }, null],
  ])('%s', (_title, told, expected) => {
    expect(stopOf(caseOf(told).evidence)).toEqual(expected);
  });
});

describe('the signal window', () => {
  const proxy = aContainerDefinition({ name: 'proxy', dependsOn: ['agent'], stopTimeout: 30_000 });
  const log = aContainerDefinition({ name: 'log', dependsOn: ['proxy'], stopTimeout: 10_000 });
  it.each<[string, Told, number, number]>([
    ['20 s of lag on Fargate', { definition: EXEC }, 20_000, 20_000],
    [
      '20 s on Fargate by its capacity provider',
      { definition: EXEC, task: { launchType: null, capacityProvider: 'FARGATE_SPOT' } },
      20_000,
      20_000,
    ],
    ['10 s elsewhere', { definition: EXEC, task: { launchType: 'EC2' } }, 10_000, 10_000],
    [
      'what the scenario says',
      { definition: EXEC, scenario: { limits: { signalLag: 3_000 } } },
      3_000,
      3_000,
    ],
    ['a start that is not known: a report must be prompt', {}, 20_000, 5_000],
    [
      'and no later than the lag that the scenario says',
      { scenario: { limits: { signalLag: 3_000 } } },
      3_000,
      3_000,
    ],
    [
      'the image of Buildkite is known',
      { definition: { image: 'buildkite/agent:3', command: ['start'] } },
      20_000,
      20_000,
    ],
    [
      "the image's configuration makes it known",
      {
        definition: { command: ['start'] },
        scenario: {
          cluster: { imageConfig: { entryPoint: ['buildkite-agent'], command: [], environment: {} } },
        },
      },
      20_000,
      20_000,
    ],
    ['a container that depends on the agent', { definition: EXEC, otherContainers: [proxy] }, 50_000, 50_000],
    [
      'a chain of them, one after another',
      { definition: EXEC, otherContainers: [proxy, log] },
      60_000,
      60_000,
    ],
    [
      'one that does not',
      { definition: EXEC, otherContainers: [aContainerDefinition({ name: 'beside' })] },
      20_000,
      20_000,
    ],
  ])('%s', (_title, told, to, reportBy) => {
    const window = findSignalWindow(caseOf(told).evidence);
    expect(window?.from).toEqual({ at: T.landed, clock: 'ecs' });
    expect(window?.to).toEqual({ at: T.landed + to, clock: 'ecs' });
    expect(window?.reportBy).toEqual({ at: T.landed + reportBy, clock: 'ecs' });
    expect(window?.behindLoadBalancer).toBe(false);
  });

  it('says how long the dependants may take, and is none where nothing was stopped', () => {
    expect(readDependantsTime(caseOf({ otherContainers: [proxy, log] }).evidence)).toBe(40_000);
    expect(readDependantsTime(caseOf({ definition: null }).evidence)).toBe(0);
    expect(findSignalWindow(caseOf({ stop: null }).evidence)).toBeNull();
  });

  it('is counted from the look that shows the dependants over, where that comes before their time-outs', () => {
    const evidence = looked({ otherContainers: [proxy] }, [
      [T.landed + 1_000, { status: 'STOPPING', containers: [aContainer(), aContainer({ name: 'proxy' })] }],
      [
        T.landed + 3_000,
        { status: 'STOPPING', containers: [aContainer(), aContainer({ name: 'proxy', status: 'STOPPED' })] },
      ],
    ]);
    const window = findSignalWindow(evidence);
    expect(window?.to).toEqual({ at: T.landed + 3_040 + 20_000, clock: 'runner:0' });
    // A report is taken for the answer to our stop only soon after the signal was last held up.
    expect(window?.reportBy).toEqual({ at: T.landed + 1_000 + 5_000, clock: 'runner:0' });
  });

  it('behind a load balancer begins with the last look at DEACTIVATING, and is counted from the first past it', () => {
    const evidence = looked({ definition: EXEC }, [
      [T.landed + 2_000, { status: 'DEACTIVATING' }],
      [T.landed + 6_000, { status: 'DEACTIVATING' }],
      [T.landed + 9_000, { status: 'STOPPING' }],
    ]);
    const window = findSignalWindow(evidence);
    expect(window?.behindLoadBalancer).toBe(true);
    expect(window?.from).toEqual({ at: T.landed + 6_000, clock: 'runner:0' });
    expect(window?.to).toEqual({ at: T.landed + 9_040 + 20_000, clock: 'runner:0' });
  });
});

describe('from when on a read shows what was in flight at the signal', () => {
  const dependant = aContainerDefinition({ name: 'proxy', dependsOn: ['agent'] });
  const proxy = (status: string): Partial<Task> => ({
    status: 'STOPPING',
    containers: [aContainer(), aContainer({ name: 'proxy', status })],
  });
  it.each<[string, Evidence, number | null]>([
    ["StopTask's answer", looked({}, []), T.landed],
    [
      'the answer was lost: nothing showed the task told to stop',
      looked({ stop: { result: 'unknown' } }, []),
      null,
    ],
    [
      'the answer was lost: the answer that first showed it',
      looked({ stop: { result: 'unknown' } }, [
        [T.landed + 1_000, { desired: 'RUNNING' }],
        [T.landed + 3_000, { status: 'STOPPING' }],
        [T.landed + 5_000, { status: 'STOPPING' }],
      ]),
      T.landed + 3_040,
    ],
    [
      'behind a load balancer the answer that first showed it past DEACTIVATING',
      looked({}, [
        [T.landed + 1_000, { status: 'DEACTIVATING' }],
        [T.landed + 8_000, { status: 'STOPPING' }],
      ]),
      T.landed + 8_040,
    ],
    [
      'behind a load balancer, still DEACTIVATING',
      looked({}, [[T.landed + 1_000, { status: 'DEACTIVATING' }]]),
      null,
    ],
    [
      'the answer that first showed the dependant STOPPED',
      looked({ otherContainers: [dependant] }, [
        [T.landed + 1_000, proxy('RUNNING')],
        [T.landed + 4_000, proxy('STOPPED')],
      ]),
      T.landed + 4_040,
    ],
    [
      'a dependant that was never seen STOPPED',
      looked({ otherContainers: [dependant] }, [[T.landed + 1_000, proxy('RUNNING')]]),
      null,
    ],
  ])('%s', (_title, evidence, at) => {
    expect(findSignalledLook(evidence)?.at ?? null).toBe(at);
  });

  it('is never where nothing was stopped', () => {
    expect(findSignalledLook(caseOf({ stop: null }).evidence)).toBeNull();
  });
});
