import { describe, expect, it } from 'vitest';
import { inFlight } from '../../src/checks/in-flight.ts';
import { aContainer, aContainerDefinition, aJob, aTask, JOB_ID } from '../support/builders.ts';
import { asked } from '../support/asking.ts';
import {
  AGENT_LOST,
  clocks,
  fact,
  failed,
  FINISHED,
  jobEvent,
  LOST,
  OLDER,
  PASSED,
  STARTED,
  T,
  type Told,
} from '../support/journal-builders.ts';
import { holdsTable, type Row } from './table.ts';

const endsAt = (at: number, finishedAt: number | null = at): object => ({
  finishedAt,
  events: [STARTED, { ...FINISHED, at }],
});
const over = { state: 'finished', rawState: 'FINISHED' } as const;
/** The stories of an agent that cannot report: reads and clocks decide. */
const older = (rows: readonly Row[]): readonly Row[] =>
  rows.map(([title, told, answer]) => [
    title,
    told.agent === null ? told : { ...told, agent: { ...OLDER, ...told.agent } },
    answer,
  ]);

describe('in-flight by the order of reads', () => {
  holdsTable(
    inFlight,
    older([
      ['a read sent after the answer shows the attempt RUNNING on the same agent', {}, 'yes'],
      ['nothing was sent', { stop: null }, 'unasked'],
      ['the read after the stop shows the end', { proof: over }, 'no finished-before-stop'],
      [
        'the read after the stop shows the end, and the end lies within the uncertainty',
        { proof: over, job: endsAt(T.landed + 1_500) },
        'no finished-before-stop',
      ],
      ['it ended before the stop', { proof: over, job: endsAt(T.stop - 4_000) }, 'no finished-before-stop'],
      [
        'the read shows it RUNNING, and by every clock it had ended before the stop: an old copy',
        { job: endsAt(T.landed - 3_000) },
        'no finished-before-stop',
      ],
      [
        'RUNNING, but on another agent',
        { proof: { agentId: 'another' }, job: endsAt(T.landed + 500) },
        'no finished-before-stop',
      ],
      [
        'a read sent before the answer proves nothing',
        { proofAt: T.landed - 20, job: endsAt(T.landed + 500) },
        'no finished-before-stop',
      ],
      [
        'the answer was lost: a read before STOPPED was first seen proves nothing',
        { stop: { result: 'unknown' }, job: endsAt(T.landed + 500) },
        'no finished-before-stop',
      ],
      [
        'the answer was lost, and the job runs on after STOPPED was seen',
        {
          stop: { result: 'unknown' },
          job: { state: 'running', rawState: 'RUNNING', events: [STARTED], finishedAt: null },
        },
        'yes',
      ],
      [
        'Buildkite gave its agent up before the stop, and it was seen only after',
        { proof: null, job: { ...LOST, events: [STARTED, { ...AGENT_LOST, at: T.stop - 9_000 }] } },
        'no finished-before-stop',
      ],
      ['it was lost after the stop, so it was unfinished', { proof: null, job: LOST }, 'yes'],
      [
        'the reads after the stop failed and nothing else tells',
        { proof: 'failed', job: null, failures: [failed('job', JOB_ID, T.looked)] },
        'unknown observation-gap',
      ],
      [
        'canceled before it could be read is not finished before the stop',
        { proof: { state: 'canceled', rawState: 'CANCELED' }, job: { state: 'canceled', events: [STARTED] } },
        'unknown',
      ],
    ]),
  );
});

describe('in-flight by clocks: the whole signal window lies before both ends', () => {
  holdsTable(
    inFlight,
    older([
      [
        '20 s of lag on Fargate, and the error of the clocks',
        { proof: null, job: endsAt(T.landed + 23_200) },
        'yes',
      ],
      ['less than that', { proof: null, job: endsAt(T.landed + 22_900) }, 'no finished-before-stop'],
      ['10 s elsewhere', { proof: null, task: { launchType: 'EC2' }, job: endsAt(T.landed + 13_200) }, 'yes'],
      [
        'less than that elsewhere',
        { proof: null, task: { launchType: 'EC2' }, job: endsAt(T.landed + 12_900) },
        'no finished-before-stop',
      ],
      [
        'the scenario knows the lag',
        { proof: null, scenario: { limits: { signalLag: 3_000 } }, job: endsAt(T.landed + 6_200) },
        'yes',
      ],
      [
        "the agent's own clock says it ended before",
        { proof: null, job: endsAt(T.landed + 25_000, T.stop - 1_000) },
        'no finished-before-stop',
      ],
      [
        'one of the two times is not there',
        { proof: null, job: endsAt(T.landed + 25_000, null) },
        'no finished-before-stop',
      ],
      [
        'ECS gave two instants for the stop',
        { proof: null, stop: { answer: { stoppingAt: T.landed + 6_000 } }, job: endsAt(T.landed + 25_000) },
        'no finished-before-stop',
      ],
      [
        'slow answers widen the uncertainty',
        { proof: null, clocks: clocks(0, 0, 3_000), job: endsAt(T.landed + 25_000) },
        'no finished-before-stop',
      ],
      [
        'the clocks are apart, and that is known',
        { proof: null, clocks: clocks(30_000, 0), job: endsAt(T.landed + 25_000) },
        'no finished-before-stop',
      ],
    ]),
  );
});

/** The report of the agent, so long after the stop. */
const reports = (at: number, more: Told = {}): Told => ({
  ...more,
  agent: { stoppedGracefullyAt: at, ...more.agent },
});

describe("in-flight by Buildkite's own clock", () => {
  holdsTable(inFlight, [
    [
      'the report lies between start and end, and no read was made',
      reports(T.stop + 500, { proof: null }),
      'yes',
    ],
    [
      'the report lies after the end, whatever a read shows',
      reports(T.landed + 2_000, { job: endsAt(T.landed + 1_900) }),
      'no finished-before-stop',
    ],
    [
      'the report and the end are of the same millisecond',
      reports(T.landed + 2_000, { job: endsAt(T.landed + 2_000) }),
      'no finished-before-stop',
    ],
    [
      'the report lies before the start: the read decides',
      reports(T.landed + 2_000, { job: { events: [{ ...STARTED, at: T.landed + 2_500 }, FINISHED] } }),
      'yes',
    ],
    [
      'the report came before the signal window: it is not the answer to our stop',
      reports(T.stop - 4_000, { proof: null }),
      'no finished-before-stop',
    ],
    [
      'the report came after the signal window: it is not the answer to our stop',
      reports(T.landed + 19_000, { proof: null }),
      'no finished-before-stop',
    ],
    [
      'a user told the agent',
      reports(T.stop + 500, { proof: null, agent: { stoppedGracefullyBy: 'Ada' } }),
      'no finished-before-stop',
    ],
    [
      'the host of the agent is five minutes off',
      reports(T.stop + 500, {
        proof: null,
        job: {
          startedAt: T.running - 300_000,
          finishedAt: T.finished - 300_000,
        },
      }),
      'yes',
    ],
    [
      'behind a load balancer the signal comes after DEACTIVATING: a report before that is not ours',
      reports(T.stop + 500, {
        proof: null,
        after: [
          fact('task', aTask({ desired: 'STOPPED', status: 'STOPPED', version: 6, stoppingAt: T.landed })),
        ],
        task: { status: 'DEACTIVATING', version: 5, stoppedAt: null, executionStoppedAt: null },
      }),
      'no finished-before-stop',
    ],
  ]);

  it.each<[string, Told, string | undefined]>([
    ['by a report', {}, 'one-clock'],
    ['by a read', { agent: OLDER }, 'read'],
    ['by clocks', { agent: OLDER, proof: null, job: endsAt(T.landed + 25_000) }, 'clocks'],
    ['by a loss', { agent: OLDER, proof: null, job: LOST }, 'loss'],
    ['by nothing', { agent: OLDER, proof: null }, undefined],
  ])('says how it was proven: %s', (_title, told, proof) => {
    expect(asked(inFlight, told).proof).toBe(proof);
  });
});

describe('in-flight where containers depend on the agent', () => {
  const proxy = aContainerDefinition({ name: 'proxy', dependsOn: ['agent'], stopTimeout: 30_000 });
  const going = (status: string): Told['after'] => [
    fact(
      'task',
      aTask({
        desired: 'STOPPED',
        status: 'STOPPING',
        stoppingAt: T.landed,
        version: 5,
        containers: [aContainer(), aContainer({ name: 'proxy', status })],
      }),
    ),
  ];
  const running: Told = {
    job: { state: 'running', rawState: 'RUNNING', events: [STARTED], finishedAt: null },
  };
  holdsTable(
    inFlight,
    older([
      [
        'a read before the dependant is over proves nothing',
        { otherContainers: [proxy], task: null, after: going('RUNNING') ?? [], job: endsAt(T.landed + 500) },
        'no finished-before-stop',
      ],
      [
        'a read after the dependant is over shows the job in hand',
        { ...running, otherContainers: [proxy], task: null, after: going('STOPPED') ?? [] },
        'yes',
      ],
    ]),
  );
});

describe('in-flight where the job had ended and the worker held another one', () => {
  const another = (at: number, more: object): readonly [ReturnType<typeof fact>] => [
    fact(
      'job',
      aJob({ ...PASSED, id: 'another', stepKey: 'lint', events: [jobEvent('STARTED', at)], ...more }),
    ),
  ];
  const ended: Told = {
    agent: { ...OLDER, jobs: ['another', JOB_ID] },
    proof: over,
    job: endsAt(T.stop - 4_000),
  };
  holdsTable(inFlight, [
    ['it was killed', { ...ended, after: another(T.stop - 2_000, LOST) }, 'no missed-target'],
    ['it passed', { ...ended, after: another(T.stop - 2_000, {}) }, 'no missed-target'],
    [
      'it came after the signal',
      { ...ended, after: another(T.landed + 24_000, {}) },
      'no finished-before-stop',
    ],
    [
      'it ran on another agent',
      { ...ended, after: another(T.stop - 2_000, { agentId: 'other' }) },
      'no finished-before-stop',
    ],
  ]);

  it('names the chosen and what became of it first', () => {
    const said = asked(inFlight, { ...ended, after: another(T.stop - 2_000, LOST) }).said;
    expect(said).toMatch(/^the worker held job another \(lint\) instead, which was lost \(/);
  });
});
