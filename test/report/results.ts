import type { Lane, LaneMark } from '../../src/model/lane.ts';
import type { DrillResult } from '../../src/verdict/result.ts';

const START = Date.UTC(2026, 0, 2, 3, 4, 5);
const JOB = '0190aaaa-0000-4000-8000-000000000001';
const TASK = 'arn:aws:ecs:us-east-1:123456789012:task/build-prod/0123456789abcdef0123456789abcdef';

function makeLane(of: Lane['of'], name: string, spans: Lane['spans'], marks: Lane['marks']): Lane {
  return { of, name, spans, marks };
}

function makeMark(sign: LaneMark['sign'], at: number, clock: LaneMark['clock'], said: string): LaneMark {
  return { sign, at, clock, atLatest: false, said };
}

/** A drill that was lost, with everything that a block can show. */
export function lostResult(over: Partial<DrillResult> = {}): DrillResult {
  return {
    version: 1,
    drill: '20260102-030405-beef',
    file: 'scenarios/shell-form.yaml',
    title: 'A shell eats SIGTERM and the step is lost',
    startedAt: START,
    endedAt: START + 9_900,
    gameday: '0.1.0',
    region: 'us-east-1',
    cluster: 'build-prod',
    service: 'build-agents',
    account: '123456789012',
    cost: { requests: 57, points: 412, calls: 2 },
    label: 'rig',
    outcome: 'failed',
    reason: 'lost',
    exitCode: 10,
    said: 'attempt 1 of step integration was lost with its agent: exit status -1, AGENT_LOST',
    cause: {
      ranked: [
        {
          name: 'signal-eaten',
          weight: 'likely',
          said: 'SIGTERM was eaten: the container starts `/bin/sh -c ...`, so the shell is PID 1 and did not pass the signal on; SIGKILL came at stopTimeout (3.0 s), exit code 137',
          events: [5, 13],
          saves: '`"entryPoint": ["buildkite-agent","start"]` and no `"command"`',
          experiment: 'stop a worker without a job: one that hears SIGTERM leaves at once',
        },
        {
          name: 'step-over-window',
          weight: 'possible',
          said: 'the step may have needed longer than stopTimeout (3.0 s)',
          events: [13],
          saves: '`"stopTimeout": 120`',
          experiment: 'stop a worker without a job: one that hears SIGTERM leaves at once',
        },
        {
          name: 'retry-missed',
          weight: 'proven',
          said: 'no retry: step integration has no automatic retry, so nothing repeated the lost attempt',
          events: [14],
          saves:
            'a retry of lost agents: `retry: { automatic: [{ exit_status: -1, limit: 2 }] }` saves the build, not the time',
          experiment: null,
        },
      ],
      decided: true,
      experiment: null,
      moments: [
        { moment: 'stop requested', at: START + 3400, after: 0, said: 'stop requested' },
        { moment: 'signal', at: START + 3450, after: 50, said: 'SIGTERM' },
        { moment: 'exit', at: START + 6420, after: 3020, said: 'exit 137' },
        { moment: 'lost', at: START + 9777, after: 6377, said: 'lost' },
      ],
    },
    next: 'Fix how the container hears SIGTERM, or give the step time: see the cause.',
    notes: ['137 near stopTimeout: the signal was eaten or the drain took too long'],
    injection: 'proven',
    proof: { inFlight: 'read', heard: null },
    fault: 'stop-task',
    build: { number: 1, url: 'http://127.0.0.1:4001/acme/canary/builds/1', state: 'FAILED' },
    builds: [
      {
        url: 'http://127.0.0.1:4001/acme/canary/builds/1',
        number: 1,
        state: 'FAILED',
        hit: 1,
        drained: 0,
        lost: 1,
        masked: 0,
        killed: true,
      },
    ],
    target: {
      jobId: JOB,
      agentId: '0190bbbb-0000-4000-8000-000000000001',
      taskArn: TASK,
      container: 'agent',
      containerBy: 'only-essential',
      why: 'its agent runs step integration (tag ecs:task-arn)',
    },
    agent: { name: 'worker-1', version: '3.78.0' },
    attempts: [
      {
        jobId: JOB,
        step: 'integration',
        attempt: 1,
        judged: true,
        state: 'FINISHED',
        passed: false,
        exitStatus: '-1',
        lost: true,
        agent: 'worker-1',
        taskArn: TASK,
      },
    ],
    drain: null,
    stopWindow: {
      ms: 3_000,
      chain: [{ container: 'agent', ms: 3_000, by: 'definition' }],
      agent: { signalled: 0, killed: 3_000 },
      limit: null,
      cut: [],
    },
    command: null,
    sidecars: [],
    fleet: null,
    budget: { points: 412, requests: 57, lowest: { user: 4_588, organization: 19_588 } },
    guards: [{ guard: 'allow-list', holds: true, reason: null, said: 'service build-agents is named' }],
    findings: [
      {
        check: 'landed',
        holds: 'yes',
        raises: null,
        said: 'StopTask was answered, desired STOPPED',
        notes: [],
        events: [9],
      },
      {
        check: 'no-job-lost',
        holds: 'no',
        raises: 'lost',
        said: 'one judged job was lost',
        notes: [],
        events: [14, 15],
      },
      {
        check: 'agent-left',
        holds: 'unknown',
        raises: 'drain-not-proven',
        said: 'the agent did not say that it stopped',
        notes: [],
        events: [],
      },
      { check: 'drain-in-time', holds: 'unasked', raises: null, said: 'not asked', notes: [], events: [] },
    ],
    timeline: [
      {
        at: START,
        since: 0,
        said: 'build #1 was created',
        what: 'build-created',
        clock: 'buildkite',
        event: 4,
      },
      {
        at: START + 2310,
        since: 2310,
        said: 'step integration runs on worker-1',
        what: 'job-started',
        of: JOB,
        clock: 'runner',
        event: 6,
      },
      {
        at: START + 3400,
        since: 3400,
        said: 'StopTask was sent and answered: SIGTERM is on its way',
        what: 'signal',
        of: TASK,
        clock: 'runner',
        event: 9,
      },
      {
        at: START + 6420,
        since: 6420,
        said: 'container agent ended with exit code 137',
        what: 'exit',
        of: TASK,
        exitCode: 137,
        clock: 'ecs',
        event: 13,
      },
      {
        at: START + 9777,
        since: 9777,
        said: 'Buildkite gave the agent up: the job is lost, exit status -1',
        what: 'job-lost',
        of: JOB,
        clock: 'buildkite',
        event: 14,
      },
    ],
    lanes: [
      makeLane('gameday', 'gameday', [], [makeMark('call', 3400, 'runner', 'StopTask sent')]),
      makeLane(
        'job',
        'integration attempt 1',
        [
          { how: 'running', from: 2310, to: 3450 },
          { how: 'stopping', from: 3450, to: 6420 },
          { how: 'silent', from: 6420, to: 9777 },
        ],
        [
          makeMark('start', 2310, 'buildkite', 'started'),
          makeMark('lost', 9777, 'buildkite', 'lost, exit status -1'),
        ],
      ),
      makeLane(
        'agent',
        'worker-1',
        [
          { how: 'running', from: null, to: 3450 },
          { how: 'stopping', from: 3450, to: 6420 },
          { how: 'silent', from: 6420, to: 9777 },
        ],
        [makeMark('lost', 9777, 'buildkite', 'given up as lost')],
      ),
      makeLane(
        'container',
        'agent',
        [
          { how: 'running', from: null, to: 3450 },
          { how: 'stopping', from: 3450, to: 6420 },
        ],
        [makeMark('signal', 3450, 'ecs', 'SIGTERM'), makeMark('kill', 6420, 'ecs', 'SIGKILL, exit 137')],
      ),
      makeLane(
        'task',
        '0123456789abcdef0123456789abcdef',
        [
          { how: 'running', from: null, to: 3450 },
          { how: 'stopping', from: 3450, to: 6520 },
        ],
        [makeMark('stopped', 6520, 'ecs', 'STOPPED')],
      ),
    ],
    deadlines: [{ of: 'stop-timeout', at: 6450, said: 'stopTimeout 3.0 s: SIGKILL' }],
    rig: {
      executor: 'namespace',
      pid1: true,
      agent: { kind: 'real', path: null, version: '3.78.0' },
      shell: 'dash',
      knobs: { exitCode: 'absent' },
      lostAfterMs: 3000,
    },
    control: { expected: 'failed lost', met: true, contradicted: false },
    touches: [
      'buildCreate: a new build of acme/canary on main at HEAD',
      'StopTask: one task of service build-agents',
    ],
    commands: [],
    journal: '.gameday/20260102-030405-beef/journal.jsonl',
    ...over,
  };
}

/** The same drill with a container that drains. */
export function drainedResult(over: Partial<DrillResult> = {}): DrillResult {
  return lostResult({
    drill: '20260102-030455-cafe',
    file: 'scenarios/exec-form.yaml',
    title: 'A step in flight survives StopTask on its task',
    outcome: 'passed',
    reason: 'drained',
    exitCode: 0,
    said: 'The stop landed in flight and the worker drained because of it.',
    cause: null,
    next: 'Nothing to do.',
    notes: [],
    build: { number: 1, url: 'http://127.0.0.1:4002/acme/canary/builds/1', state: 'PASSED' },
    attempts: [{ ...lostResult().attempts[0]!, passed: true, exitStatus: '0', lost: false }],
    drain: {
      ms: 4200,
      atMost: 4700,
      by: "from stoppingAt (ECS's clock) to the agent's disconnect (Buildkite's clock)",
    },
    stopWindow: {
      ms: 25_000,
      chain: [
        { container: 'agent', ms: 20_000, by: 'definition' },
        { container: 'gateway', ms: 5_000, by: 'definition' },
      ],
      agent: { signalled: 0, killed: 20_000 },
      limit: null,
      cut: [],
    },
    findings: [
      lostResult().findings[0]!,
      { ...lostResult().findings[1]!, holds: 'yes', said: 'no judged job was lost' },
    ],
    timeline: [
      ...lostResult().timeline.slice(0, 3),
      {
        at: START + 7100,
        since: 7100,
        said: 'the job finished and passed, exit status 0',
        what: 'job-ended',
        of: JOB,
        clock: 'agent',
        event: 12,
      },
      {
        at: START + 7600,
        since: 7600,
        said: 'the agent disconnected',
        what: 'agent-disconnected',
        clock: 'buildkite',
        event: 13,
      },
      {
        at: START + 7700,
        since: 7700,
        said: 'container agent ended with exit code 0',
        what: 'exit',
        of: TASK,
        exitCode: 0,
        clock: 'ecs',
        event: 14,
      },
    ],
    lanes: [
      lostResult().lanes[0]!,
      makeLane(
        'job',
        'integration attempt 1',
        [
          { how: 'running', from: 2310, to: 3450 },
          { how: 'stopping', from: 3450, to: 7100 },
        ],
        [makeMark('start', 2310, 'buildkite', 'started'), makeMark('passed', 7100, 'buildkite', 'passed')],
      ),
      makeLane(
        'agent',
        'worker-1',
        [
          { how: 'running', from: null, to: 3450 },
          { how: 'stopping', from: 3450, to: 7600 },
        ],
        [makeMark('left', 7600, 'buildkite', 'disconnected')],
      ),
      makeLane(
        'container',
        'agent',
        [
          { how: 'running', from: null, to: 3450 },
          { how: 'stopping', from: 3450, to: 7700 },
        ],
        [makeMark('signal', 3450, 'ecs', 'SIGTERM'), makeMark('exit', 7700, 'ecs', 'exit 0')],
      ),
    ],
    deadlines: [{ of: 'stop-timeout', at: 23_450, said: 'stopTimeout 20.0 s: SIGKILL' }],
    control: null,
    journal: '.gameday/20260102-030455-cafe/journal.jsonl',
    ...over,
  });
}
