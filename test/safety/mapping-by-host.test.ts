import { describe } from 'vitest';
import type { Mapping } from '../../src/model/entities/mapping.ts';
import { mapping } from '../../src/safety/mapping.ts';
import { selfTarget } from '../../src/safety/self-target.ts';
import { sharedTask } from '../../src/safety/shared-task.ts';
import {
  AGENT_ID,
  aContainerDefinition,
  anAgent,
  aTask,
  aTaskDefinition,
  JOB_ID,
  TASK_ARN,
} from '../support/builders.ts';
import { LOCK_KEY, NOBODY, type Guarded } from '../support/guarded.ts';
import { fact } from '../support/journal-builders.ts';
import { guardTable } from './table.ts';

type Facts = NonNullable<Guarded['facts']>;
const OTHER_ARN = `${TASK_ARN.slice(0, -1)}a`;
const untagged = fact('agent', anAgent({ tags: {}, jobs: [JOB_ID] }));
const listed = (arns: readonly string[], complete = true) =>
  fact('tasks-of', { arns: [...arns], complete }, LOCK_KEY);
const definition = fact('task-definition', aTaskDefinition());
const byHost = (facts: Facts, more: Partial<Guarded> = {}): Guarded => ({
  scenario: { cluster: { mapping: 'hostname' } },
  facts: [untagged, listed([TASK_ARN]), definition, ...facts],
  ...more,
});
const deploy = aTaskDefinition({
  containers: [aContainerDefinition({ environment: { BUILDKITE_AGENT_QUEUE: 'deploy' } })],
});

describe('mapping by host name', () => {
  guardTable(mapping, [
    ['the one task of its host', byHost([]), true],
    ['the scenario does not ask for it', { facts: [untagged, listed([TASK_ARN]), definition] }, false],
    ['its tag still counts', byHost([fact('agent', anAgent())]), true],
    [
      'its tag names another task',
      byHost([fact('agent', anAgent({ tags: { 'ecs:task-arn': OTHER_ARN } }))]),
      false,
    ],
    ['the tasks could not be listed', byHost([], { without: ['tasks-of'] }), false],
    ['they could not be listed to the end', byHost([listed([TASK_ARN], false)]), false],
    [
      'another task of the same host has come',
      byHost([listed([TASK_ARN, OTHER_ARN]), fact('task', aTask({ arn: OTHER_ARN }))]),
      false,
    ],
    [
      'its host is now that of another task',
      byHost([
        listed([TASK_ARN, OTHER_ARN]),
        fact('task', aTask({ hostnames: ['ip-10-0-0-9'] })),
        fact('task', aTask({ arn: OTHER_ARN })),
      ]),
      false,
    ],
    ['it connected again since', byHost([fact('agent', anAgent({ tags: {}, connectedAt: 0 }))]), false],
    ['its queue does not fit', byHost([fact('task-definition', deploy)]), false],
    ['the definition could not be read', byHost([], { without: ['task-definition'] }), false],
  ]);
});

const agents = (...ids: string[]) =>
  fact('agents-of-task', { taskArn: TASK_ARN, agents: ids, complete: true }, TASK_ARN);

describe('agents on the same host', () => {
  guardTable(sharedTask, [
    ['the agent alone', byHost([]), true],
    [
      'another agent lives there',
      byHost([agents(AGENT_ID, 'other'), fact('agent', anAgent({ id: 'other', tags: {} }))]),
      false,
    ],
    ['it is not among those of its host', byHost([agents()]), false],
  ]);
});

const self = fact('self', { ...NOBODY, agentId: 'own', jobId: 'own-job' }, 'self');
const own = (hostname: string) => fact('agent', anAgent({ id: 'own', tags: {}, hostname }));

describe('our own agent without a tag', () => {
  guardTable(selfTarget, [
    ['it lives on another host', byHost([self, own('ip-10-0-0-7')]), true],
    ['it lives on the host of the task', byHost([self, own('ip-10-0-0-1.ec2.internal')]), false],
    ['it is among the agents of the task', byHost([self, own('x'), agents(AGENT_ID, 'own')]), false],
  ]);
});

describe('mapping of the tasks that run now, which a dry run looks at', () => {
  const now = (over: Partial<Mapping>): Guarded => ({
    aimed: false,
    facts: [
      fact(
        'mapping',
        {
          ...{ tasks: 2, mapped: 2, without: [], several: [], by: 'tag' },
          ...{ versions: [], filterLacks: false, unknown: null },
          ...over,
        },
        LOCK_KEY,
      ),
    ],
  });
  guardTable(mapping, [
    ['a drill did not look', { aimed: false }, true],
    ['each task leads to its agent', now({}), true],
    ['one of two does', now({ mapped: 1, without: [OTHER_ARN] }), true],
    ['none does', now({ mapped: 0, without: [TASK_ARN, OTHER_ARN] }), false],
    [
      'whether any does is not known',
      now({ mapped: 0, without: [TASK_ARN, OTHER_ARN], unknown: 'later' }),
      true,
    ],
    ['no task runs', now({ tasks: 0, mapped: 0 }), true],
  ]);
});
