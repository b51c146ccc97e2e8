import type { DrillResult } from '../../src/verdict/result.ts';

const START = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A drill that was lost, with everything that a block can show. */
export function lostResult(over: Partial<DrillResult> = {}): DrillResult {
  return {
    version: 1,
    drill: '20260102-030405-beef',
    file: 'scenarios/shell-form.yaml',
    title: 'A shell eats SIGTERM and the step is lost',
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
          experiment: 'strike a worker without a job: one that hears SIGTERM leaves at once',
        },
        {
          name: 'step-over-window',
          weight: 'possible',
          said: 'the step may have needed longer than stopTimeout (3.0 s)',
          events: [13],
          saves: '`"stopTimeout": 120`',
          experiment: 'strike a worker without a job: one that hears SIGTERM leaves at once',
        },
        {
          name: 'retry-missed',
          weight: 'proven',
          said: 'no retry: step integration has no automatic retry, so nothing repeated the lost attempt',
          events: [14],
          saves:
            'a retry of lost agents: `"retry": { "automatic": [{ "exit_status": -1, "limit": 2 }] }` saves the build, not the time',
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
    next: 'Mend how the container hears SIGTERM, or give the step time: see the cause.',
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
      jobId: '0190aaaa-0000-4000-8000-000000000001',
      agentId: '0190bbbb-0000-4000-8000-000000000001',
      taskArn: 'arn:aws:ecs:us-east-1:123456789012:task/build-prod/0123456789abcdef0123456789abcdef',
      container: 'agent',
      containerBy: 'only-essential',
      why: 'its agent runs step integration (tag ecs:task-arn)',
    },
    agent: { name: 'worker-1', version: '3.78.0' },
    attempts: [
      {
        jobId: '0190aaaa-0000-4000-8000-000000000001',
        step: 'integration',
        attempt: 1,
        judged: true,
        state: 'FINISHED',
        passed: false,
        exitStatus: '-1',
        lost: true,
        agent: 'worker-1',
        taskArn: 'arn:aws:ecs:us-east-1:123456789012:task/build-prod/0123456789abcdef0123456789abcdef',
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
    fleet: null,
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
        check: 'drained',
        holds: 'unknown',
        raises: 'drain-not-proven',
        said: 'the agent did not say that it stopped',
        notes: [],
        events: [],
      },
      { check: 'drain-time', holds: 'unasked', raises: null, said: 'not asked', notes: [], events: [] },
    ],
    timeline: [
      { at: START, said: 'build #1 was created', clock: 'buildkite', event: 4 },
      { at: START + 2310, said: 'step integration runs on worker-1', clock: 'runner', event: 6 },
      {
        at: START + 3400,
        said: 'StopTask was sent and answered: SIGTERM is on its way',
        clock: 'runner',
        event: 9,
      },
      { at: START + 6420, said: 'container agent ended with exit code 137', clock: 'ecs', event: 13 },
      {
        at: START + 9777,
        said: 'Buildkite gave the agent up: the job is lost, exit status -1',
        clock: 'buildkite',
        event: 14,
      },
    ],
    rig: {
      executor: 'namespace',
      pid1: true,
      agent: { kind: 'real', path: null, version: '3.78.0' },
      shell: 'dash',
      knobs: { exitCode: 'absent' },
      lostAfterMs: 3000,
    },
    control: { expected: 'failed lost', met: true },
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
      { at: START + 7100, said: 'the job finished and passed, exit status 0', clock: 'agent', event: 12 },
      { at: START + 7600, said: 'the agent disconnected', clock: 'buildkite', event: 13 },
      { at: START + 7700, said: 'container agent ended with exit code 0', clock: 'ecs', event: 14 },
    ],
    control: null,
    journal: '.gameday/20260102-030455-cafe/journal.jsonl',
    ...over,
  });
}
