import { expect, it } from 'vitest';
import { decideAiming } from '../../src/drill/aim.ts';
import { decideArmed } from '../../src/drill/arm.ts';
import { askSubject } from '../../src/drill/questions.ts';
import { fold } from '../../src/state/state.ts';
import { keyOf, type Fact, type Subject, type World } from '../../src/model/world.ts';
import type { NewEvent } from '../../src/journal/events.ts';
import { BUDGET, CREDENTIALS } from '../../src/scenario/subjects.ts';
import {
  aBuild,
  AGENT_ID,
  aJob,
  anAgent,
  aTask,
  aTaskDefinition,
  BUILD_ID,
  DEFINITION_ARN,
  NOON,
  TASK_ARN,
} from '../support/builders.ts';
import { fakeBuildkite } from '../support/fake-buildkite.ts';
import { fakeAutoScaling } from '../support/fake-auto-scaling.ts';
import { fakeCommand } from '../support/fake-command.ts';
import { fakeCounters } from '../support/fake-counters.ts';
import { fakeEcs } from '../support/fake-ecs.ts';
import { fakeFis } from '../support/fake-fis.ts';
import { fakeSurroundings } from '../support/fake-surroundings.ts';
import { DRILL, fact, journalOf, read, TARGET } from '../support/journal-builders.ts';
import { manualClock } from '../support/manual-clock.ts';
import { planOf } from '../support/plans.ts';

const never = new AbortController().signal;
const BY_HOST = planOf({ cluster: { mapping: 'hostname' } });
const TASKS_OF = { kind: 'tasks-of', id: BY_HOST.lockKey } as const;
const AGENTS = { kind: 'agents-of-task', id: TASK_ARN } as const;
const untagged = anAgent({ tags: {} });
const listed = fact('tasks-of', { arns: [TASK_ARN], complete: true }, BY_HOST.lockKey);

function asked(subject: Subject, world: World, plan = BY_HOST): Promise<readonly Fact[]> {
  const tagged = anAgent({ id: 'tagged', hostname: 'elsewhere' });
  const agents = [untagged, tagged, anAgent({ id: 'other', tags: {}, hostname: 'ip-10-0-0-2' })];
  const sources = {
    buildkite: fakeBuildkite({ agents }),
    ecs: fakeEcs(),
    surroundings: fakeSurroundings(),
    autoScaling: fakeAutoScaling(),
    fis: fakeFis(),
    command: fakeCommand(),
    counters: fakeCounters(),
  };
  return askSubject(subject, DRILL, plan, world, sources, manualClock(), never).then(({ facts }) => facts);
}

const world: World = { [keyOf({ kind: 'task', id: TASK_ARN })]: fact('task', aTask()) };

it('the agents of a task are those that name it and those on its host', async () => {
  const facts = await asked(AGENTS, world);
  expect(facts[0]?.value).toEqual({ taskArn: TASK_ARN, agents: ['tagged', AGENT_ID], complete: true });
  expect(facts.slice(1).map(({ kind, id }) => `${kind} ${id}`)).toEqual([
    'agent tagged',
    `agent ${AGENT_ID}`,
  ]);
});

it('hosts count only where the scenario maps by them and the task shows any', async () => {
  const tagged = { agents: ['tagged'] };
  expect((await asked(AGENTS, world, planOf()))[0]?.value).toMatchObject(tagged);
  const hostless = { [keyOf({ kind: 'task', id: TASK_ARN })]: fact('task', aTask({ hostnames: [] })) };
  expect((await asked(AGENTS, hostless))[0]?.value).toMatchObject(tagged);
});

it('the tasks of the service come with their facts', async () => {
  const facts = await asked(TASKS_OF, {});
  expect(facts[0]).toEqual({ ...TASKS_OF, value: { arns: [TASK_ARN], complete: true } });
  expect(facts[1]).toMatchObject({ kind: 'task', id: TASK_ARN });
});

/** What an armed drill whose step is in flight does next, the agent having been read at `agentAt`. */
function next(facts: readonly Fact[], agentAt: number, listedAt = NOON + 5_000, plan = BY_HOST): unknown {
  const all = [fact('build', aBuild({ jobs: [aJob().id] })), fact('job', aJob()), ...facts];
  const at = (kind: Fact['kind']): number =>
    kind === 'agent' ? agentAt : kind === 'tasks-of' ? listedAt : NOON + 4_000;
  const reads = [
    ...all.map(({ kind, id }) => read(kind, id, at(kind))),
    read('build-jobs', BUILD_ID, NOON + 4_000),
    read('budget', BUDGET.id, NOON + 19_000),
  ];
  const events: readonly (readonly [number, NewEvent])[] = [
    [NOON, { code: 'GD_DRILL_PLANNED', payload: { plan } }],
    [NOON + 100, { code: 'GD_BUILD_KNOWN', payload: { buildId: BUILD_ID, by: 'created' } }],
    [NOON + 5_000, { code: 'GD_OBSERVED', payload: { reads, facts: all } }],
  ];
  const step = decideArmed(fold(journalOf(events)), NOON + 20_000);
  if (step.do === 'observe') return step.asks.map(({ subject }) => keyOf(subject));
  return step.do === 'conclude' ? step.event.code : step.do;
}

const agent = fact('agent', untagged);
const task = fact('task', aTask());

it('an agent without a tag leads to the tasks of the service, then to its definition and agents, then to a target', () => {
  expect(next([agent], NOON + 4_000)).toEqual([keyOf(TASKS_OF)]);
  const seen = [agent, listed, task];
  const definition = fact('task-definition', aTaskDefinition());
  const agents = fact('agents-of-task', { taskArn: TASK_ARN, agents: [AGENT_ID], complete: true }, TASK_ARN);
  expect(next(seen, NOON + 4_000)).toEqual([`task-definition:${DEFINITION_ARN}`, keyOf(AGENTS)]);
  expect(next([...seen, definition, agents], NOON + 4_000)).toBe('GD_TARGET_CHOSEN');
});

it('tasks that were listed before the agent was seen are listed again, for its own may be new', () => {
  expect(next([agent, listed, task], NOON + 4_000, NOON + 3_000)).toEqual([keyOf(TASKS_OF)]);
});

it('without mapping: hostname nothing is listed, and the drill halts', () => {
  expect(next([agent], NOON + 4_000, NOON + 5_000, planOf())).toBe('GD_HALTED');
});

const LASTING_CREDENTIALS = fact('credentials', { expiresAt: null, renewable: false }, CREDENTIALS.id);

/** What is read again at the last instant of a drill. */
function readAgain(agentSeen: Fact, plan = BY_HOST): readonly string[] {
  const reads = [read('agent', AGENT_ID, NOON + 200), read('credentials', CREDENTIALS.id, NOON + 1_002)];
  const events: readonly NewEvent[] = [
    { code: 'GD_DRILL_PLANNED', payload: { plan } },
    { code: 'GD_BUILD_KNOWN', payload: { buildId: BUILD_ID, by: 'created' } },
    { code: 'GD_OBSERVED', payload: { reads, facts: [agentSeen, LASTING_CREDENTIALS] } },
    { code: 'GD_TARGET_CHOSEN', payload: { target: TARGET, attempt: 1 } },
    { code: 'GD_CONFIRMED', payload: { answer: 'beforehand', shown: '' } },
  ];
  const state = fold(journalOf(events.map((event, index) => [NOON + 1_000 + index, event])));
  const step = decideAiming(state, NOON + 2_000);
  return step.do === 'observe' ? step.asks.map(({ subject }) => keyOf(subject)) : [];
}

it('at the last instant the tasks of the service are listed again, where the agent was mapped by its host name', () => {
  expect(readAgain(agent)).toContain(keyOf(TASKS_OF));
  for (const again of [readAgain(fact('agent', anAgent())), readAgain(agent, planOf())]) {
    expect(again).toContain(keyOf(AGENTS));
    expect(again).not.toContain(keyOf(TASKS_OF));
  }
});
