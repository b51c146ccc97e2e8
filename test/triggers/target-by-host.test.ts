import { describe, expect, it } from 'vitest';
import { isHostOf } from '../../src/model/entities/host.ts';
import { chooseTarget } from '../../src/triggers/target.ts';
import { keyOf, type Fact, type World } from '../../src/model/world.ts';
import {
  aContainerDefinition,
  aJob,
  anAgent,
  aTask,
  aTaskDefinition,
  NOON,
  TASK_ARN,
} from '../support/builders.ts';
import { fact } from '../support/journal-builders.ts';
import { planOf, type ScenarioOver } from '../support/plans.ts';

const OTHER_ARN = `${TASK_ARN.slice(0, -1)}a`;
const HOST = 'ip-10-0-0-1';
const BY_HOST: ScenarioOver = { cluster: { mapping: 'hostname' } };
const { lockKey } = planOf();

const listed = (arns: readonly string[], complete = true): Fact =>
  fact('tasks-of', { arns: [...arns], complete }, lockKey);
const agent = (over: Parameters<typeof anAgent>[0] = {}): Fact =>
  fact('agent', anAgent({ tags: {}, ...over }));
const task = (over: Parameters<typeof aTask>[0] = {}): Fact => fact('task', aTask(over));
const told = (over: Parameters<typeof aContainerDefinition>[0]): Fact =>
  fact('task-definition', aTaskDefinition({ containers: [aContainerDefinition(over)] }));
const clock = (id: string, offset: number): Fact => fact('clock', { offset, uncertainty: 500 }, id);

function worldOf(facts: readonly Fact[], without: readonly Fact['kind'][] = []): World {
  const other = task({ arn: OTHER_ARN, hostnames: ['ip-10-0-0-2'] });
  const base = [
    agent(),
    task(),
    other,
    fact('task-definition', aTaskDefinition()),
    listed([TASK_ARN, OTHER_ARN]),
  ];
  const all = [...base, ...facts].filter(({ kind }) => !without.includes(kind));
  return Object.fromEntries(all.map((one) => [keyOf(one), one]));
}

function chosen(facts: readonly Fact[], scenario = BY_HOST, without: readonly Fact['kind'][] = []): string {
  const answer = chooseTarget(
    worldOf(facts, without),
    { agentId: aJob().agentId, job: aJob() },
    planOf(scenario),
    'it runs',
  );
  return answer.ok ? answer.target.taskArn : answer.said;
}

describe('a host name', () => {
  it.each([
    [HOST, true],
    ['IP-10-0-0-1.eu-west-1.compute.internal', true],
    ['ip-10-0-0-1.ec2.internal', true],
    ['ip-10-0-0-11', false],
    ['10.0.0.1', false],
    ['', false],
    [null, false],
  ])('%s is that of the task: %s', (name, is) => {
    expect(isHostOf(name, [`${HOST}.us-east-1.compute.internal`, HOST])).toBe(is);
  });
});

describe('an agent without a tag', () => {
  it('is mapped to the one task of its host name, and the target says how', () => {
    const answer = chooseTarget(
      worldOf([]),
      { agentId: aJob().agentId, job: aJob() },
      planOf(BY_HOST),
      'it runs',
    );
    expect(answer).toMatchObject({
      ok: true,
      target: {
        taskArn: TASK_ARN,
        container: 'agent',
        why: 'it runs; its task was found by host name ip-10-0-0-1 in service build-agents',
      },
    });
  });

  it.each<[string, readonly Fact[], string]>([
    [
      'a task of another host',
      [agent({ hostname: 'ip-10-0-0-3' })],
      'no task of service build-agents has the host name',
    ],
    ['no host name', [agent({ hostname: null })], 'has no host name'],
    [
      'two tasks of one host',
      [task({ arn: OTHER_ARN })],
      '2 tasks of service build-agents have the host name',
    ],
    [
      'a task that was not listed',
      [listed([OTHER_ARN])],
      'no task of service build-agents has the host name',
    ],
    ['a listing that was cut', [listed([TASK_ARN, OTHER_ARN], false)], 'could not be listed to the end'],
    ['a listed task that was not described', [listed([TASK_ARN, 'gone'])], 'could not be listed to the end'],
    ['a task made after the agent connected', [task({ createdAt: NOON - 50_000 })], 'before the task'],
    [
      'an agent that came later',
      [agent({ connectedAt: NOON + 300_000 })],
      'connected 6 min 30 s after the start',
    ],
    [
      'an agent long before the start',
      [task({ createdAt: 0, startedAt: NOON + 300_000 })],
      'before the start',
    ],
    ['an unknown connection time', [agent({ connectedAt: null })], 'not known when'],
    ['an unknown creation', [task({ createdAt: null })], 'not known when'],
    [
      'another queue by flag',
      [told({ command: ['buildkite-agent', 'start', '--queue', 'deploy'] })],
      'serves queue default',
    ],
    [
      'another queue among tags',
      [told({ command: ['sh', '-c', "buildkite-agent start --tags='a=b,queue=deploy'"] })],
      'serve deploy',
    ],
    [
      'another queue by variable',
      [told({ environment: { BUILDKITE_AGENT_TAGS: 'os=x,queue=deploy' } })],
      'serve deploy',
    ],
    [
      'another queue by its own variable',
      [told({ environment: { BUILDKITE_AGENT_QUEUE: 'deploy' } })],
      'serve deploy',
    ],
  ])('is refused: %s', (_title, facts, said) => {
    expect(chosen(facts)).toContain(said);
  });

  it.each<[string, readonly Fact[]]>([
    ['its times differ by no more than the clocks may', [task({ createdAt: NOON - 58_500 })]],
    ['ECS does not show the start yet', [task({ startedAt: null })]],
    [
      'the definition states its queue',
      [agent({ tags: { queue: 'deploy' } }), told({ environment: { BUILDKITE_AGENT_TAGS: 'queue=deploy' } })],
    ],
    [
      'the definition states the default queue',
      [told({ environment: { BUILDKITE_AGENT_QUEUE: 'default' } })],
    ],
    [
      'the queue is filled in by the shell',
      [agent({ tags: { queue: 'q' } }), told({ command: ['sh', '-c', 'buildkite-agent start --queue $Q'] })],
    ],
    [
      'clocks that differ, but were measured',
      [agent({ connectedAt: NOON - 3_660_000 }), clock('buildkite', -3_600_000)],
    ],
  ])('is mapped: %s', (_title, facts) => {
    expect(chosen(facts)).toBe(TASK_ARN);
  });

  it('is refused by clocks that differ and were not measured', () => {
    expect(chosen([agent({ connectedAt: NOON - 3_660_000 })])).toContain('before the task');
  });

  it('is refused unless the scenario asks for it, in a named service or family', () => {
    expect(chosen([], {})).toContain('--tags-from-ecs-meta-data');
    const nowhere = { cluster: { mapping: 'hostname', service: null } } as const;
    expect(chosen([], nowhere)).toContain('names no service or family');
    const family = { cluster: { mapping: 'hostname', service: null, family: 'build-agent' } } as const;
    expect(chosen([], family)).toBe(TASK_ARN);
  });

  it('is refused while the tasks or the definition were not read', () => {
    expect(chosen([], BY_HOST, ['tasks-of'])).toContain('could not be listed');
    const named = { cluster: { mapping: 'hostname', container: 'agent' } } as const;
    expect(chosen([], named, ['task-definition'])).toContain('its queue is not known');
  });
});

it('a tag counts before any host name', () => {
  const elsewhere = agent({ tags: { 'ecs:task-arn': OTHER_ARN } });
  expect(chosen([elsewhere])).toBe(OTHER_ARN);
  expect(chosen([elsewhere, listed([])])).toBe(OTHER_ARN);
});
