import { describe, expect, it } from 'vitest';
import { inFlight } from '../../src/checks/in-flight.ts';
import { JOB_ID } from '../support/builders.ts';
import { asked } from '../support/asking.ts';
import { AGENT_LOST, fact, failed, FINISHED, LOST, STARTED, T } from '../support/journal-builders.ts';
import { holdsTable } from './table.ts';

const endsAt = (at: number, finishedAt: number | null = at): object => ({
  finishedAt,
  events: [STARTED, { ...FINISHED, at }],
});

describe('in-flight', () => {
  holdsTable(inFlight, [
    ['a read sent after the answer shows the attempt RUNNING on the same agent', {}, 'yes'],
    ['nothing was sent', { stop: null }, 'unasked'],
    [
      'the read after the stop shows the end, and the end lies within the uncertainty',
      { proof: { state: 'finished', rawState: 'FINISHED' }, job: endsAt(T.landed + 1_500) },
      'no finished-before-stop',
    ],
    [
      'it ended before the stop',
      { proof: { state: 'finished', rawState: 'FINISHED' }, job: endsAt(T.stop - 4_000) },
      'no finished-before-stop',
    ],
    ['no read, but the end lies far after the stop by both clocks', { proof: null }, 'yes'],
    [
      "no read, and the agent's own clock says it ended before",
      { proof: null, job: endsAt(T.finished, T.stop - 1_000) },
      'no finished-before-stop',
    ],
    [
      'no read, and one of two FINISHED events lies before the stop',
      { proof: null, job: { events: [STARTED, FINISHED, { ...FINISHED, at: T.stop - 1_000 }] } },
      'no finished-before-stop',
    ],
    [
      'no read, and ECS gave two instants for the stop',
      { proof: null, stop: { answer: { stoppingAt: T.finished + 1_000 } } },
      'no finished-before-stop',
    ],
    [
      'no read, and one of the two times is not there',
      { proof: null, job: endsAt(T.finished, null) },
      'no finished-before-stop',
    ],
    [
      'a round trip of ten seconds widens the uncertainty',
      { proof: null, stop: { sentAt: T.landed - 25_000 } },
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
  ]);

  it('counts clocks that are apart into the uncertainty', () => {
    const apart = [
      fact('clock', { offset: 30_000, uncertainty: 500 }, 'buildkite'),
      fact('clock', { offset: 0, uncertainty: 500 }, 'ecs'),
    ];
    expect(asked(inFlight, { proof: null }).holds).toBe('yes');
    expect(asked(inFlight, { proof: null, before: apart }).holds).toBe('no');
  });
});
