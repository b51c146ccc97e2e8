import { describe, expect, it } from 'vitest';
import { summarizeDrill, describeCallsSent } from '../../src/verdict/summarize.ts';
import { DrillResult } from '../../src/verdict/result.ts';
import { evidenceOf } from '../../src/evidence/evidence.ts';
import type { DrillEvent, NewEvent } from '../../src/journal/events.ts';
import { judge } from '../../src/verdict/judge.ts';
import { aContainerDefinition, aJob, anAgent, JOB_ID, TASK_ARN } from '../support/builders.ts';
import {
  AGENT_GONE,
  clocks,
  DRILL,
  fact,
  journalOf,
  LOST,
  PASSED,
  story,
  T,
  type Told,
} from '../support/journal-builders.ts';

function and(journal: readonly DrillEvent[], ...more: readonly NewEvent[]): DrillEvent[] {
  return journalOf(
    [
      ...journal.map((event) => [event.at, event] as const),
      ...more.map((event, index) => [T.looked + 100 + index, event] as const),
    ].map(([at, { code, payload }]) => [at, { code, payload } as NewEvent] as const),
  );
}
const lost: Told = { job: LOST, agent: AGENT_GONE, build: { state: 'failed', rawState: 'FAILED' } };

describe('summarize', () => {
  it('tells a clean drain, and fits its schema', () => {
    const result = summarizeDrill(story(), '/out/journal.jsonl');
    expect(DrillResult.parse(result)).toEqual(result);
    expect(result).toMatchObject({
      drill: DRILL,
      outcome: 'passed',
      reason: 'drained',
      exitCode: 0,
      injection: 'proven',
      journal: '/out/journal.jsonl',
      agent: { name: 'worker-1', version: '3.138.0' },
      drain: { ms: T.left - T.landed },
      build: { number: 1, state: 'PASSED' },
      commands: [],
      control: null,
    });
    expect(result.target?.taskArn).toBe(TASK_ARN);
  });

  it('says how long the stop may take along dependsOn, and that a reclaim may cut it', () => {
    const told: Told = {
      definition: { dependsOn: ['gateway'], stopTimeout: 100_000 },
      otherContainers: [aContainerDefinition({ name: 'gateway', stopTimeout: 25_000 })],
    };
    const calm = summarizeDrill(story(told), null).stopWindow;
    expect(calm).toMatchObject({
      ms: 125_000,
      agent: { signalled: 0, killed: 100_000 },
      limit: null,
      cut: [],
    });
    expect(calm?.chain.map(({ container }) => container)).toEqual(['agent', 'gateway']);
    const reclaim = { inject: { fault: 'spot-reclaim' as const } };
    expect(summarizeDrill(story({ ...told, scenario: reclaim }), null).stopWindow).toMatchObject({
      limit: 120_000,
      cut: ['gateway'],
    });
    expect(summarizeDrill(story({ definition: null }), null).stopWindow).toBeNull();
  });

  it("gives the agent's exit code the time that is its own", () => {
    const said = (told: Told): string =>
      summarizeDrill(story(told), null)
        .timeline.map((one) => one.said)
        .join('\n');
    expect(said({})).toContain("its first essential container ended; the agent's container: exit 0");
    const two = said({ otherContainers: [aContainerDefinition({ name: 'gateway' })] });
    expect(two).toContain("the task was STOPPED; the agent's container: exit 0");
    expect(two).not.toContain('its first essential container ended;');
  });

  it('lists attempts with their loss and their number', () => {
    const retry = fact(
      'job',
      aJob({ ...PASSED, id: 'retry', retryOf: JOB_ID, retryType: 'automatic', agentId: 'other' }),
    );
    const other = fact(
      'agent',
      anAgent({ id: 'other', name: 'worker-2', tags: { 'ecs:task-arn': 'another' } }),
    );
    const { attempts } = summarizeDrill(story({ ...lost, after: [retry, other] }), null);
    expect(attempts).toMatchObject([
      {
        jobId: JOB_ID,
        attempt: 1,
        judged: true,
        lost: true,
        exitStatus: '-1',
        agent: 'worker-1',
        taskArn: TASK_ARN,
      },
      {
        jobId: 'retry',
        attempt: 2,
        judged: false,
        lost: false,
        passed: true,
        agent: 'worker-2',
        taskArn: 'another',
      },
    ]);
  });

  it('leaves out jobs elsewhere, but for one that was lost', () => {
    const other = (over: object): Told => ({
      after: [fact('job', aJob({ id: 'x', agentId: 'other', ...over }))],
    });
    expect(summarizeDrill(story(other(PASSED)), null).attempts).toHaveLength(1);
    expect(summarizeDrill(story(other(LOST)), null).attempts).toHaveLength(2);
  });

  it('orders the moments by time and names whose clock it is', () => {
    const { timeline } = summarizeDrill(story(), null);
    const times = timeline.map(({ since }) => since ?? -1);
    expect(times[0]).toBe(0);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(timeline.find(({ said }) => said === 'StopTask sent')?.clock).toBe('runner');
    expect(timeline.find(({ said }) => said.includes('SIGTERM'))?.clock).toBe('ecs');
    expect(timeline.find(({ said }) => said.includes('disconnected'))?.clock).toBe('buildkite');
  });

  it('says of each moment what it is and of whom, with the exit code where the time is its own', () => {
    const { timeline } = summarizeDrill(story(lost), null);
    const marks = timeline.map(({ what, of, exitCode }) => [what, of, exitCode]);
    expect(marks).toContainEqual(['job-started', JOB_ID, undefined]);
    expect(marks).toContainEqual(['job-lost', JOB_ID, undefined]);
    expect(marks).toContainEqual(['stop-sent', TASK_ARN, undefined]);
    expect(marks).toContainEqual(['signal', TASK_ARN, undefined]);
    expect(summarizeDrill(story(), null).timeline).toContainEqual(
      expect.objectContaining({ what: 'exit', of: TASK_ARN, exitCode: 0 }),
    );
    const gateway = [aContainerDefinition({ name: 'gateway' })];
    const two = summarizeDrill(story({ otherContainers: gateway }), null).timeline;
    expect(two.find(({ what }) => what === 'exit')).not.toHaveProperty('exitCode');
    expect(two.find(({ what }) => what === 'task-stopped')).toMatchObject({ exitCode: 0 });
  });

  it.each([7_000, -60_000, 300_000])('tells the same distances by a runner that is %d ms slow', (slow) => {
    const { timeline } = summarizeDrill(
      story({ clocks: clocks(slow, slow), stop: { sentAt: T.stop - slow } }),
      null,
    );
    const right = summarizeDrill(story(), null).timeline;
    expect(timeline.map(({ said }) => said)).toEqual(right.map(({ said }) => said));
    for (const [index, { since }] of timeline.entries())
      expect(Math.abs((since ?? Infinity) - (right[index]?.since ?? 0))).toBeLessThanOrEqual(100);
  });

  it("gives no distance where only an instance's clock, which nobody knows, lies before the first moment", () => {
    const { timeline } = summarizeDrill(
      story({ task: { instanceArn: 'arn:aws:ecs:i', executionStoppedAt: T.planned - 300_000 } }),
      null,
    );
    expect(timeline[0]).toMatchObject({ clock: 'instance', since: null });
    expect(timeline[1]).toMatchObject({ said: 'build 1 created', since: 0 });
  });

  it('says not proven where the stop is not, and none where nothing was sent', () => {
    expect(summarizeDrill(story({ stop: { result: 'unknown' }, task: null }), null).injection).toBe(
      'not proven',
    );
    expect(summarizeDrill(story({ stop: null }), null).injection).toBe('none');
  });

  it('gives the stored verdict, and another one only where it is judged again', () => {
    const verdict = { ...judge(story()), said: 'as it was stored' };
    const stored = and(story(), { code: 'GD_JUDGED', payload: { verdict } });
    expect(summarizeDrill(stored, null).said).toBe('as it was stored');
    expect(summarizeDrill(stored, null, judge(story(lost))).reason).toBe('lost');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('after %s says what was sent and how to go on', (signal, exitCode) => {
    const result = summarizeDrill(
      and(story({ ended: null }), { code: 'GD_INTERRUPTED', payload: { signal } }),
      null,
    );
    expect(result).toMatchObject({ outcome: 'interrupted', reason: 'interrupted', exitCode });
    expect(result.said).toContain(TASK_ARN);
    expect(result.commands).toEqual([`gameday drills resume ${DRILL}`, `gameday drills abort ${DRILL}`]);
  });

  it('is not interrupted any more once another process went on', () => {
    const resumed = and(
      story(),
      { code: 'GD_INTERRUPTED', payload: { signal: 'SIGINT' } },
      { code: 'GD_RESUMED', payload: { runner: '0.1.0', after: 9 } },
    );
    expect(summarizeDrill(resumed, null).reason).toBe('drained');
  });

  it.each([
    [{ outcome: 'failed', reason: 'lost' }, true, false] as const,
    [{ outcome: 'failed', reason: 'not-drained' }, false, true] as const,
    [{ outcome: 'passed', reason: 'lost' }, false, true] as const,
  ])('says whether the control %j was met', (control, met, contradicted) => {
    const result = summarizeDrill(story({ ...lost, scenario: { control } }), null);
    expect(result.control).toEqual({ expected: `${control.outcome} ${control.reason}`, met, contradicted });
    expect(result.reason).toBe('lost');
  });

  it('says what a drill touches', () => {
    expect(summarizeDrill(story(), null).touches.join('\n')).toMatch(
      /buildCreate.*acme\/canary[\s\S]*StopTask.*service build-agents/,
    );
    const none = summarizeDrill(
      story({ stop: null, scenario: { inject: { fault: 'none' }, build: { number: 7 } } }),
      null,
    );
    expect(none.touches).toEqual(['build acme/canary/7, which is running already']);
  });
});

it('says that nothing was stopped where every call that was to stop something was refused', () => {
  const cut = story().findIndex(({ code }) => code === 'GD_FAULT_SENT');
  const [sent] = story().slice(cut);
  if (sent?.code !== 'GD_FAULT_SENT') throw new Error('the story has no stop');
  const before = story().slice(0, cut);
  expect(summarizeDrill(before, null).injection).toBe('not proven');
  const trouble = { kind: 'denied', message: 'AWS denies StopTask', retryAfter: null } as const;
  const refused = and(before, {
    code: 'GD_FAULT_SENT',
    payload: { ...sent.payload, result: 'refused', trouble },
  });
  expect(summarizeDrill(refused, null).injection).toBe('none');
});

describe('what was sent', () => {
  const said = (journal: readonly DrillEvent[]): string => describeCallsSent(evidenceOf(journal));
  it.each<[string, DrillEvent[], RegExp]>([
    ['nothing', story().slice(0, 1), /^no build was created; no task was stopped$/],
    ['a build', story().slice(0, 4), /^build 1 is RUNNING .*; no task was stopped$/],
    ['a stop', story(), /StopTask was sent for arn/],
  ])('%s', (_title, journal, expected) => {
    expect(said(journal)).toMatch(expected);
  });

  it('admits that a build may exist', () => {
    const call = {
      kind: 'create-build',
      pipeline: 'canary',
      pipelineNodeId: 'x',
      branch: 'main',
      commit: 'HEAD',
      message: '',
      env: {},
      metaData: {},
    } as const;
    expect(said(and(story().slice(0, 1), { code: 'GD_BUILD_INTENDED', payload: { call } }))).toContain(
      'may have been created',
    );
  });
});
