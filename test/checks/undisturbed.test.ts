import { describe, expect, it } from 'vitest';
import { host, lossElsewhere, memory, notCanceled, pid1 } from '../../src/checks/undisturbed.ts';
import { aBuild, aJob, anAgent, JOB_ID } from '../support/builders.ts';
import { asked } from '../support/asking.ts';
import { fact, LOST, PASSED, T } from '../support/journal-builders.ts';
import { rigOf } from '../support/plans.ts';
import { holdsTable } from './table.ts';

const OOM = 'OutOfMemoryError: Container killed due to memory usage';
const at = (ms: number): object => ({ executionStoppedAt: T.landed + ms, stoppedAt: T.landed + ms + 500 });
const RED = { state: 'failed', rawState: 'FAILED' } as const;
const other = (over: Parameters<typeof aJob>[0] = {}) =>
  fact('job', aJob({ ...LOST, id: 'elsewhere', stepKey: 'lint', agentId: 'other', ...over }));
const otherAgent = fact('agent', anAgent({ id: 'other', tags: { 'ecs:task-arn': 'another' } }));
const SHELL = { entryPoint: ['sh', '-c'], command: ['buildkite-agent start'] };

describe('memory', () => {
  holdsTable(memory, [
    ['no word of memory', {}, 'yes'],
    ['nothing was sent', { stop: null }, 'unasked'],
    [
      'before the time-out',
      { container: { exitCode: 137, reason: OOM }, task: at(9_000) },
      'no out-of-memory',
    ],
    [
      'named before the stop has a time to count from',
      {
        container: { exitCode: 137, reason: OOM },
        task: { stoppingAt: null, executionStoppedAt: null, stoppedAt: null },
      },
      'unknown',
    ],
    [
      'its end has no time of its own, but it was seen long before the time-out',
      { container: { exitCode: 137, reason: OOM }, task: { executionStoppedAt: null, stoppedAt: null } },
      'no out-of-memory',
    ],
    ['at the time-out', { container: { exitCode: 137, reason: OOM }, task: at(119_500) }, 'yes'],
    ['with exit 0', { container: { exitCode: 0, reason: OOM }, task: at(9_000) }, 'yes'],
    [
      'another error',
      { container: { exitCode: 137, reason: 'CannotPullContainerError' }, task: at(9) },
      'yes',
    ],
  ]);
});

describe('host', () => {
  holdsTable(host, [
    ['it stayed', {}, 'yes'],
    ['nothing was sent', { stop: null }, 'unasked'],
    [
      'a spot interruption',
      { task: { stopCode: 'SpotInterruption', stoppedReason: 'Your Spot Task was interrupted.' } },
      'no host-gone',
    ],
    ['a termination notice', { task: { stopCode: 'TerminationNotice' } }, 'no host-gone'],
    [
      'the instance went away',
      { task: { stopCode: 'other', stoppedReason: 'Host EC2 (instance i-1) terminated.' } },
      'no host-gone',
    ],
  ]);
});

describe('not-canceled', () => {
  holdsTable(notCanceled, [
    ['nobody did', {}, 'yes'],
    ['a person canceled the build', { build: { state: 'canceled', canceledBy: 'Ada' } }, 'no build-canceled'],
    ['it is being canceled', { build: { state: 'canceling' } }, 'no build-canceled'],
    [
      'it was canceled before the job was lost',
      { build: { state: 'canceled' }, job: { ...LOST } },
      'no build-canceled',
    ],
    [
      "the step's own time-out",
      { job: { state: 'timed_out', passed: false, exitStatus: null } },
      'no build-canceled',
    ],
    ['the job alone was canceled', { job: { state: 'canceled', passed: false } }, 'no build-canceled'],
    [
      'the job ended with signal reason cancel',
      { job: { passed: false, signalReason: 'cancel' } },
      'no build-canceled',
    ],
    [
      'a job that is not judged was canceled',
      { after: [other({ state: 'canceled', exitStatus: null, events: [] }), otherAgent] },
      'yes',
    ],
  ]);

  it('says who, or that it was Buildkite itself', () => {
    expect(asked(notCanceled, { build: { state: 'canceled', canceledBy: 'Ada' } }).said).toContain('Ada');
    expect(asked(notCanceled, { build: { state: 'canceled' } }).said).toContain('Buildkite itself');
  });
});

describe('loss-elsewhere', () => {
  holdsTable(lossElsewhere, [
    ['none', {}, 'yes'],
    ['nothing was sent', { stop: null }, 'unasked'],
    ['one that reddened the build', { build: RED, after: [other(), otherAgent] }, 'no unrelated-loss'],
    ['one in a green build', { after: [other(), otherAgent] }, 'yes'],
    ['one beside a judged loss', { build: RED, job: LOST, after: [other(), otherAgent] }, 'yes'],
    [
      'one whose retry passed did not redden the build',
      {
        build: RED,
        after: [
          other({ retried: true }),
          otherAgent,
          other({ ...PASSED, id: 'again', retryOf: 'elsewhere' }),
        ],
      },
      'yes',
    ],
    [
      'one that soft-failed did not redden the build',
      { build: RED, after: [other({ softFailed: true }), otherAgent] },
      'yes',
    ],
    [
      'the retry of the target attempt, lost elsewhere',
      {
        build: RED,
        job: { passed: false, exitStatus: '1' },
        after: [other({ retryOf: JOB_ID }), otherAgent],
      },
      'no unrelated-loss',
    ],
    [
      'one of another build is not ours',
      {
        build: RED,
        after: [other({ buildId: 'another' }), otherAgent, fact('build', aBuild({ id: 'another' }))],
      },
      'yes',
    ],
  ]);

  it('prints a loss that does not decide', () => {
    expect(asked(lossElsewhere, { after: [other(), otherAgent] }).notes.join()).toContain('elsewhere');
  });
});

describe('pid1', () => {
  holdsTable(pid1, [
    ['real containers', { definition: SHELL }, 'unasked'],
    ['a real PID 1', { plan: rigOf(true), definition: SHELL }, 'unasked'],
    ['nothing was sent', { plan: rigOf(false), stop: null }, 'unasked'],
    ['no PID 1, the agent itself', { plan: rigOf(false) }, 'yes'],
    [
      'no PID 1, the agent itself by its path',
      { plan: rigOf(false), definition: { command: ['/usr/bin/buildkite-agent', 'start'] } },
      'yes',
    ],
    ['no PID 1, a shell', { plan: rigOf(false), definition: SHELL }, 'no no-pid1-semantics'],
    [
      'no PID 1, and the definition was never read',
      { plan: rigOf(false), definition: null },
      'no no-pid1-semantics',
    ],
  ]);
});
