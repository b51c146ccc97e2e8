import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/model/entities/job.ts';
import type { Aim } from '../../src/triggers/trigger.ts';
import { chooseTarget } from '../../src/triggers/target.ts';
import { explainUnsoundBuild } from '../../src/drill/own-builds.ts';
import { isOlder } from '../../src/model/entities/older.ts';
import type { Agent } from '../../src/model/entities/agent.ts';
import type { World } from '../../src/model/world.ts';
import { keyOf } from '../../src/model/world.ts';
import {
  aBuild,
  aContainer,
  aContainerDefinition,
  aJob,
  anAgent,
  aTask,
  aTaskDefinition,
  TASK_ARN,
} from '../support/builders.ts';
import { fact } from '../support/journal-builders.ts';
import { planOf } from '../support/plans.ts';

const docker = (name: string): Record<string, string> => ({
  'ecs:task-arn': TASK_ARN,
  'ecs:container-name': name,
});
const names = ['agent', 'proxy'];
function world(agent: Partial<Agent>, essential: readonly string[] = names): World {
  const facts = [
    fact('agent', anAgent(agent)),
    fact('task', aTask({ containers: names.map((name) => aContainer({ name })) })),
    fact(
      'task-definition',
      aTaskDefinition({
        containers: names.map((name) => aContainerDefinition({ name, essential: essential.includes(name) })),
      }),
    ),
  ];
  return Object.fromEntries(facts.map((one) => [keyOf(one), one]));
}
const aimAt = (job: Job): Aim => ({ agentId: job.agentId, job });
function chosen(of: World, container: string | null = null): string {
  const choice = chooseTarget(of, aimAt(aJob()), planOf({ cluster: { container } }), 'why');
  return choice.ok ? `${choice.target.container} by ${choice.target.containerBy}` : choice.said;
}

describe('the target', () => {
  it.each<[string, World, string | null, string | RegExp]>([
    ['the name in the scenario', world({}), 'proxy', 'proxy by named'],
    ['a name that the task does not have', world({}), 'other', /is not known: name it in cluster/],
    [
      "the agent's Docker name holds it",
      world({ tags: docker('ecs-build-agent-1-agent-a1b2c3') }),
      null,
      'agent by tag',
    ],
    ["the agent's Docker name is it", world({ tags: docker('proxy') }), null, 'proxy by tag'],
    [
      'the only essential one',
      world({ tags: { 'ecs:task-arn': TASK_ARN } }, ['agent']),
      null,
      'agent by only-essential',
    ],
    [
      'two essential ones and no name',
      world({ tags: { 'ecs:task-arn': TASK_ARN } }),
      null,
      /is not known: name it in cluster/,
    ],
    [
      'a Docker name that holds both',
      world({ tags: docker('ecs-x-1-agent-proxy-a1') }),
      null,
      /is not known: name it in cluster/,
    ],
    ['no tag', world({ tags: {} }), null, /ecs:task-arn/],
    [
      'a task that was not read',
      world({ tags: { 'ecs:task-arn': 'arn:other' } }),
      null,
      /does not know task/,
    ],
    ['an agent that was not read', {}, null, /no agent/],
  ])('%s', (_title, of, container, expected) => {
    expect(chosen(of, container)).toMatch(expected);
  });

  it('is none for a job without an agent', () => {
    expect(chooseTarget(world({}), aimAt(aJob({ agentId: null })), planOf(), 'why').ok).toBe(false);
  });
});

describe('an older copy of a task', () => {
  it.each([
    [3, 2, true],
    [3, 3, false],
    [3, 4, false],
    [null, 1, false],
    [3, null, false],
  ])('version %j, then %j: %j', (before, now, older) => {
    expect(isOlder(aTask({ version: before }), aTask({ version: now }))).toBe(older);
  });

  it('is none where nothing was seen', () => {
    expect(isOlder(undefined, aTask())).toBe(false);
  });
});

describe('a sound build', () => {
  const ended = (over: object) =>
    aJob({ id: 'lint', stepKey: 'lint', state: 'finished', passed: true, exitStatus: '0', ...over });
  it.each<[string, Parameters<typeof explainUnsoundBuild>, boolean]>([
    ['runs', [aBuild(), [aJob()]], true],
    ['has passed jobs', [aBuild(), [ended({})]], true],
    ['is failing', [aBuild({ state: 'failing' }), []], false],
    ['is canceling', [aBuild({ state: 'canceling' }), []], false],
    ['has a failed attempt', [aBuild(), [ended({ passed: false, exitStatus: '1' })]], false],
    ['has a lost attempt', [aBuild(), [ended({ passed: false, exitStatus: '-1' })]], false],
    ['has a soft-failed attempt', [aBuild(), [ended({ passed: true, softFailed: true })]], false],
    ['has a canceled job', [aBuild(), [ended({ state: 'canceled', passed: false })]], false],
    ['has a failed attempt that was retried', [aBuild(), [ended({ passed: false, retried: true })]], true],
    [
      'has a failed attempt with a retry',
      [aBuild(), [ended({ passed: false }), aJob({ id: 'again', retryOf: 'lint' })]],
      true,
    ],
    ['has a skipped job', [aBuild(), [ended({ state: 'skipped', passed: false })]], true],
    ['knows a failed job of another build', [aBuild(), [ended({ passed: false, buildId: 'another' })]], true],
  ])('%s', (_title, [build, jobs], sound) => {
    expect(explainUnsoundBuild(build, jobs) === null).toBe(sound);
  });
});
