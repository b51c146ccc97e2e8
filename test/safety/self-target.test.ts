import { describe } from 'vitest';
import { selfTarget } from '../../src/safety/self-target.ts';
import { AGENT_ID, aBuild, anAgent, BUILD_ID, JOB_ID, TASK_ARN } from '../support/builders.ts';
import { fact } from '../support/journal-builders.ts';
import type { Scenario } from '../../src/scenario/schema.ts';
import { LOCK_KEY, NOBODY } from '../support/guarded.ts';
import { guardTable } from './table.ts';

const self = (over: Partial<Record<keyof typeof NOBODY, string>>) => [
  fact('self', { ...NOBODY, ...over }, 'self'),
];
const ours = fact('agent', anAgent({ id: 'our-agent', tags: { 'ecs:task-arn': TASK_ARN } }));
const far = fact(
  'agent',
  anAgent({ id: 'our-agent', hostname: 'ip-10-0-0-2', tags: { 'ecs:task-arn': 'another' } }),
);

const OTHER = TASK_ARN.replace(/.{4}$/, '0002');
const fleet = (inject: Scenario['inject']) => ({ inject, safety: { tasks: 2 } });
const listed = fact('tasks-of', { arns: [TASK_ARN, OTHER], complete: true }, LOCK_KEY);
const onOther = (agents: readonly string[]) =>
  fact('agents-of-task', { taskArn: OTHER, agents: [...agents], complete: true }, OTHER);
// Our own agent has no tag that names its task: only the list tells where it lives.
const untagged = fact('agent', anAgent({ id: 'our-agent', hostname: 'ip-10-0-0-2', tags: {} }));

describe('self-target', () => {
  guardTable(selfTarget, [
    ['outside of ECS and Buildkite', {}, true],
    ['outside, at the gate', { aimed: false }, true],
    ['it could not be told', { without: ['self'] }, false],
    ['it could not be resolved', { facts: self({ unresolved: 'the metadata endpoint answers 500' }) }, false],
    ['our own task', { facts: self({ taskArn: TASK_ARN }) }, false],
    ['another task than ours', { facts: self({ taskArn: 'another' }) }, true],
    ['our own agent', { facts: self({ agentId: AGENT_ID }) }, false],
    ['another agent on our own task', { facts: [...self({ agentId: 'our-agent' }), ours] }, false],
    ['another agent on another task', { facts: [...self({ agentId: 'our-agent' }), far] }, true],
    ['our agent could not be read', { facts: self({ agentId: 'our-agent' }) }, false],
    ['our own job', { facts: self({ jobId: JOB_ID }) }, false],
    ['our own build', { facts: self({ buildId: BUILD_ID }) }, false],
    ['the build that triggered ours', { facts: self({ triggeringBuildId: BUILD_ID }) }, false],
    ['another build than ours', { facts: self({ buildId: 'another', triggeringBuildId: 'a-third' }) }, true],
    [
      'our own task among those that a deployment replaces',
      { scenario: fleet({ fault: 'deployment' }), facts: [...self({ taskArn: OTHER }), listed] },
      false,
    ],
    [
      'our own agent on one of the tasks that a deployment replaces',
      {
        scenario: fleet({ fault: 'deployment' }),
        facts: [...self({ agentId: 'our-agent' }), listed, untagged, onOther(['our-agent'])],
      },
      false,
    ],
    [
      'our own agent on one of the tasks that an unsteered scale-in may take',
      {
        scenario: fleet({ fault: 'scale-in', steered: false }),
        facts: [...self({ agentId: 'our-agent' }), listed, untagged, onOther(['our-agent'])],
      },
      false,
    ],
    [
      'our own agent on a task that a steered scale-in spares',
      {
        scenario: fleet({ fault: 'scale-in', steered: true }),
        facts: [...self({ agentId: 'our-agent' }), listed, untagged, onOther(['our-agent'])],
      },
      true,
    ],
    [
      'somebody else on the tasks that a deployment replaces',
      {
        scenario: fleet({ fault: 'deployment' }),
        facts: [...self({ agentId: 'our-agent' }), listed, untagged, onOther(['another'])],
      },
      true,
    ],
    [
      'our own build, named by its number, at the gate',
      {
        aimed: false,
        scenario: { build: { number: 1 } },
        facts: [...self({ buildId: BUILD_ID }), fact('build', aBuild())],
      },
      false,
    ],
  ]);
});
