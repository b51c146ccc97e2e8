import { describe } from 'vitest';
import { selfTarget } from '../../src/safety/self-target.ts';
import { AGENT_ID, aBuild, anAgent, BUILD_ID, JOB_ID, TASK_ARN } from '../support/builders.ts';
import { fact } from '../support/journal-builders.ts';
import { NOBODY } from '../support/guarded.ts';
import { guardTable } from './table.ts';

const self = (over: Partial<Record<keyof typeof NOBODY, string>>) => [
  fact('self', { ...NOBODY, ...over }, 'self'),
];
const ours = fact('agent', anAgent({ id: 'our-agent', tags: { 'ecs:task-arn': TASK_ARN } }));
const far = fact(
  'agent',
  anAgent({ id: 'our-agent', hostname: 'ip-10-0-0-2', tags: { 'ecs:task-arn': 'another' } }),
);

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
