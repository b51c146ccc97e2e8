import { describe, expect, it } from 'vitest';
import { listTargetAgents, taskOf } from '../../src/evidence/agents.ts';
import { attemptsOf } from '../../src/evidence/attempts.ts';
import type { Agent } from '../../src/model/entities/agent.ts';
import { AGENT_ID, aJob, anAgent, aTask, JOB_ID, TASK_ARN } from '../support/builders.ts';
import { caseOf } from '../support/asking.ts';
import { AGENT_GONE, fact, LEFT, T, type Told } from '../support/journal-builders.ts';

const scenario = { cluster: { mapping: 'hostname' } } as const;
const second = (over: Partial<Agent>): Told => ({
  scenario,
  agent: { tags: {} },
  after: [fact('agent', anAgent({ id: 'second', tags: {}, ...over }))],
});

describe('agents of the target task by host name', () => {
  it.each<[string, Told, readonly string[]]>([
    ['one on its host', second({}), [AGENT_ID, 'second']],
    ['one on another host', second({ hostname: 'ip-10-0-0-2' }), [AGENT_ID]],
    ['one that came before the task', second({ connectedAt: 0 }), [AGENT_ID]],
    ['one that came after its end', second({ connectedAt: T.stopped + 1_000 }), [AGENT_ID]],
    ['one whose tag names another task', second({ tags: { 'ecs:task-arn': 'another' } }), [AGENT_ID]],
    ['one on its host, mapped by tag', { ...second({}), scenario: {} }, [AGENT_ID]],
    [
      'one that was listed after the end of the task',
      {
        ...second({ connectedAt: T.stopped + 1_000 }),
        after: [
          fact('agent', anAgent({ id: 'second', tags: {}, connectedAt: T.stopped + 1_000 })),
          fact('agents-of-task', { taskArn: TASK_ARN, agents: ['second'], complete: true }, TASK_ARN),
        ],
      },
      [AGENT_ID],
    ],
  ])('%s', (_title, told, agents) => {
    expect(listTargetAgents(caseOf(told).evidence)).toEqual(agents);
  });
});

it('a host name that ECS no longer shows is still known', () => {
  const { evidence } = caseOf({ ...second({}), task: { hostnames: [] } });
  expect(listTargetAgents(evidence)).toContain('second');
});

it("a retry on another agent of the host is a retry on the doomed task, and the target's task is known without a tag", () => {
  const retry = aJob({ id: 'retry', retryOf: JOB_ID, agentId: 'second' });
  const { evidence } = caseOf({
    ...second({}),
    after: [...(second({}).after ?? []), fact('job', retry)],
  });
  expect(attemptsOf(evidence).find(({ job }) => job.id === 'retry')?.role).toBe('retry-on-doomed');
  expect(taskOf(evidence, anAgent({ tags: {} }))).toBe(TASK_ARN);
  expect(taskOf(evidence, anAgent({ id: 'nobody', tags: {} }))).toBeNull();
});

it("a silent agent without a tag loses its job when its task's container has ended", () => {
  const job = { state: 'running', passed: false, exitStatus: null, finishedAt: null } as const;
  const lost = (task: Told['task']): string | undefined => {
    const { attempts } = caseOf({
      scenario,
      job,
      agent: { ...LEFT, ...AGENT_GONE, tags: {} },
      ...(task === undefined ? {} : { task }),
    });
    return attempts.find((one) => one.role === 'target')?.loss?.by;
  };
  expect(lost(undefined)).toBe("its agent's lostAt");
  expect(lost({ ...aTask(), status: 'STOPPING' })).toBeUndefined();
});
