import { describe } from 'vitest';
import { sharedTask } from '../../src/safety/shared-task.ts';
import { AGENT_ID, aJob, anAgent, JOB_ID, TASK_ARN } from '../support/builders.ts';
import { fact } from '../support/journal-builders.ts';
import { guardTable } from './table.ts';

const listed = (agents: readonly string[], complete = true) =>
  fact('agents-of-task', { taskArn: TASK_ARN, agents: [...agents], complete }, TASK_ARN);
const second = (over: Parameters<typeof anAgent>[0] = {}) =>
  fact('agent', anAgent({ id: 'second', jobs: [], ...over }));
const allowed = { scenario: { cluster: { sharedTask: 'allowed' as const } } };

describe('shared-task', () => {
  guardTable(sharedTask, [
    ['one agent with its job', {}, true],
    ['no target yet', { aimed: false }, true],
    ['not listable', { without: ['agents-of-task'] }, false],
    ['listed in part', { facts: [listed([AGENT_ID], false)] }, false],
    ['two agents', { facts: [listed([AGENT_ID, 'second']), second()] }, false],
    [
      'two agents, and that is allowed',
      { ...allowed, facts: [listed([AGENT_ID, 'second']), second()] },
      true,
    ],
    ['allowed, but not listable', { ...allowed, without: ['agents-of-task'] }, false],
    [
      'the second is stopping',
      { facts: [listed([AGENT_ID, 'second']), second({ connection: 'stopping' })] },
      false,
    ],
    [
      'the second has left',
      { facts: [listed([AGENT_ID, 'second']), second({ connection: 'disconnected' })] },
      true,
    ],
    ['the second could not be read', { facts: [listed([AGENT_ID, 'second'])] }, false],
    ['the agent is not listed under its own task', { facts: [listed([])] }, false],
    ['it runs a job that we may not see', { facts: [fact('agent', anAgent({ jobs: [] }))] }, false],
    ['its jobs were never listed', { facts: [fact('agent', anAgent({ jobs: null }))] }, false],
    [
      'it runs another job than those that are seen',
      { facts: [fact('job', aJob({ state: 'finished' })), fact('agent', anAgent({ jobs: [JOB_ID] }))] },
      false,
    ],
    ['it runs nothing', { facts: [fact('agent', anAgent({ isRunningJob: false, jobs: [] }))] }, true],
  ]);
});
