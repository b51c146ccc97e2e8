import { describe, expect, it } from 'vitest';
import { containerClean } from '../../src/checks/container-clean.ts';
import { aContainer, aContainerDefinition, aJob, anAgent, JOB_ID } from '../support/builders.ts';
import { asked } from '../support/asking.ts';
import { AGENT_GONE, fact, LOST, PASSED, T } from '../support/journal-builders.ts';
import { holdsTable } from './table.ts';

const after = (ms: number): object => ({
  executionStoppedAt: T.landed + ms,
  stoppedAt: T.landed + ms + 1_000,
});
const OOM = 'OutOfMemoryError: Container killed due to memory usage';
const retried = [
  fact('job', aJob({ ...PASSED, id: 'retry', retryOf: JOB_ID, retryType: 'automatic', agentId: 'other' })),
  fact('agent', anAgent({ id: 'other', tags: { 'ecs:task-arn': 'another' } })),
];
const allowed = {
  scenario: { expect: { handover: 'allowed' as const } },
  job: LOST,
  agent: AGENT_GONE,
  after: retried,
};

describe('container-clean', () => {
  holdsTable(containerClean, [
    ['it exited 0', {}, 'yes'],
    ['nothing was sent', { stop: null }, 'unasked'],
    ['137 at its time-out', { container: { exitCode: 137 }, task: after(120_300) }, 'no not-drained'],
    ['137 early', { container: { exitCode: 137 }, task: after(4_000) }, 'no not-drained'],
    [
      '143 at once, the agent lost',
      { container: { exitCode: 143 }, task: after(200), agent: AGENT_GONE },
      'no not-drained',
    ],
    ['143 at the end of the drain', { container: { exitCode: 143 } }, 'yes'],
    ['143, the job lost', { container: { exitCode: 143 }, job: LOST }, 'no not-drained'],
    [
      '143, the agent still connected at the end',
      { container: { exitCode: 143 }, agent: { connection: 'connected' } },
      'no not-drained',
    ],
    [
      '143, and the watch goes on: it may yet be seen to have left',
      { container: { exitCode: 143 }, agent: { connection: 'connected' }, ended: null },
      'unknown',
    ],
    ['1 with the job passed', { container: { exitCode: 1 } }, 'no not-drained'],
    ['130', { container: { exitCode: 130 } }, 'no not-drained'],
    [
      'it still runs',
      { container: { status: 'RUNNING', exitCode: null }, task: { status: 'STOPPING' } },
      'unknown',
    ],
    ['it ended, without an exit code', { container: { exitCode: null } }, 'unknown evidence-missing'],
    ['no container of that name', { target: { container: 'other' } }, 'unknown evidence-missing'],
    [
      'dead of memory before its time-out',
      { container: { exitCode: 137, reason: OOM }, task: after(9_000) },
      'unknown',
    ],
    [
      'dead of memory at its time-out',
      { container: { exitCode: 137, reason: OOM }, task: after(120_000) },
      'no not-drained',
    ],
    ['memory is named, exit 0', { container: { exitCode: 0, reason: OOM } }, 'yes'],
    [
      'handed over, 137 at its time-out',
      { ...allowed, container: { exitCode: 137 }, task: after(120_000) },
      'yes',
    ],
    [
      'handed over, 137 earlier',
      { ...allowed, container: { exitCode: 137 }, task: after(60_000) },
      'no not-drained',
    ],
    [
      'handed over, 143 at once',
      { ...allowed, container: { exitCode: 143 }, task: after(100) },
      'no not-drained',
    ],
    ['handed over, 0', { ...allowed, container: { exitCode: 0 } }, 'yes'],
    [
      'without a stopTimeout 30 s count',
      { ...allowed, definition: { stopTimeout: null }, container: { exitCode: 137 }, task: after(30_000) },
      'yes',
    ],
    [
      'a sidecar ended first: executionStoppedAt is not the end of the agent',
      {
        ...allowed,
        otherContainers: [aContainerDefinition({ name: 'proxy' })],
        task: {
          executionStoppedAt: T.landed + 300,
          stoppedAt: T.landed + 121_000,
          containers: [
            aContainer({ status: 'STOPPED', exitCode: 137 }),
            aContainer({ name: 'proxy', status: 'STOPPED', exitCode: 0 }),
          ],
        },
      },
      'yes',
    ],
  ]);

  it('notes the wrapper, the excuse, and the memory that came too late', () => {
    const notes = (told: Parameters<typeof asked>[1]): string => asked(containerClean, told).notes.join();
    expect(notes({ container: { exitCode: 143 } })).toContain('trap wrapper');
    expect(notes({ ...allowed, container: { exitCode: 137 }, task: after(120_000) })).toContain(
      'did not get the signal, or its drain took too long',
    );
    expect(notes({ container: { exitCode: 137, reason: OOM }, task: after(120_000) })).toContain(
      'OutOfMemoryError',
    );
  });

  it('names the exit code', () => {
    expect(asked(containerClean, { container: { exitCode: 42 } }).said).toContain('42');
  });
});
