import { expect, it } from 'vitest';
import { readMapping } from '../../src/drill/mapped-tasks.ts';
import type { Agent } from '../../src/model/entities/agent.ts';
import { formatMapping, hasNoAgent, type Mapping } from '../../src/model/entities/mapping.ts';
import type { Task } from '../../src/model/entities/task.ts';
import { anAgent, aTask, TASK_ARN } from '../support/builders.ts';
import { fakeBuildkite, type FakeBuildkite } from '../support/fake-buildkite.ts';
import { fakeEcs } from '../support/fake-ecs.ts';
import { planOf, type ScenarioOver } from '../support/plans.ts';

const arnOf = (nth: number): string => `${TASK_ARN.slice(0, -3)}${String(nth).padStart(3, '0')}`;
const taskOf = (nth: number, over: Partial<Task> = {}): Task => aTask({ arn: arnOf(nth), ...over });
const agentOf = (nth: number, over: Partial<Agent> = {}): Agent =>
  anAgent({ id: `agent-${String(nth)}`, tags: { 'ecs:task-arn': arnOf(nth) }, ...over });

/** The mapping of these tasks and agents, and what was asked of Buildkite. */
async function mapped(
  tasks: readonly Task[],
  agents: readonly Agent[],
  set: (buildkite: FakeBuildkite) => void = () => undefined,
  cluster: ScenarioOver['cluster'] = {},
): Promise<Mapping & { readonly filtered: number; readonly listed: number }> {
  const buildkite = fakeBuildkite({ agents });
  set(buildkite);
  const { scenario } = planOf({ cluster });
  const fleet = { organization: 'acme', cluster: scenario.cluster };
  const ports = { ecs: fakeEcs({ tasks }), buildkite };
  const mapping = await readMapping(fleet, ports, new AbortController().signal);
  return { ...mapping, filtered: buildkite.count('agentsWithTag'), listed: buildkite.count('agents') };
}

it('each running task with one agent is mapped by the filter alone; versions are named once', async () => {
  const all = await mapped([taskOf(1), taskOf(2)], [agentOf(1), agentOf(2)]);
  expect(all).toMatchObject({
    tasks: 2,
    mapped: 2,
    versions: ['3.138.0'],
    filterLacks: false,
    unknown: null,
  });
  expect(all).toMatchObject({ filtered: 2, listed: 0 });
  expect(formatMapping(all)).toBe('2 of 2 running tasks have exactly one agent with the tag ecs:task-arn');
});

it('tasks that do not run yet, go down, or may not be stopped do not count', async () => {
  const tasks = [
    taskOf(1),
    taskOf(2, { status: 'PENDING' }),
    taskOf(3, { stoppingAt: 1 }),
    taskOf(4, { tags: {} }),
  ];
  const tagged = tasks.map((task, nth) => (nth === 3 ? task : { ...task, tags: { team: 'ci' } }));
  const taskTag = { key: 'team', value: 'ci' };
  expect(await mapped(tagged, [agentOf(1)], undefined, { taskTag })).toMatchObject({ tasks: 1, mapped: 1 });
});

it('a task without an agent, and one with two, are told apart', async () => {
  const found = await mapped(
    [taskOf(1), taskOf(2), taskOf(3)],
    [agentOf(1), agentOf(1, { id: 'twin' }), agentOf(3)],
  );
  expect(found).toMatchObject({ mapped: 1, several: [arnOf(1)], without: [arnOf(2)], listed: 1 });
  expect(formatMapping(found)).toBe(
    '1 of 3 running tasks have exactly one agent with the tag ecs:task-arn; 1 without any; 1 with several',
  );
  expect(hasNoAgent(found)).toBe(false);
  expect(hasNoAgent(await mapped([taskOf(1)], [agentOf(9)]))).toBe(true);
});

it('agents that the filter lacks are found among all, and it is said', async () => {
  const found = await mapped([taskOf(1)], [agentOf(1)], ({ world }) => world.unfiltered.add('agent-1'));
  expect(found).toMatchObject({ mapped: 1, filterLacks: true, filtered: 1, listed: 1 });
});

it('more than 20 tasks cost one listing of all agents', async () => {
  const tasks = Array.from({ length: 21 }, (_, nth) => taskOf(nth));
  const found = await mapped(
    tasks,
    tasks.map((_, nth) => agentOf(nth)),
  );
  expect(found).toMatchObject({ tasks: 21, mapped: 21, filterLacks: false, filtered: 0, listed: 1 });
});

it('a host name maps an agent without a tag only where the scenario asks for it', async () => {
  const untagged = anAgent({ id: 'untagged', tags: {} });
  expect(await mapped([taskOf(1)], [untagged])).toMatchObject({ mapped: 0 });
  expect(await mapped([taskOf(1)], [untagged], undefined, { mapping: 'hostname' })).toMatchObject({
    mapped: 1,
  });
});

it('what cannot be listed is not known, and never "no agent"', async () => {
  const found = await mapped([taskOf(1)], [], (buildkite) =>
    buildkite.fail('agents', { trouble: 'rate-limited' }),
  );
  expect(found).toMatchObject({ mapped: 0, unknown: 'scripted: rate-limited' });
  expect(hasNoAgent(found)).toBe(false);
});
