import { expect, it } from 'vitest';
import { askSubject } from '../../src/drill/questions.ts';
import { keyOf, type Fact, type World } from '../../src/model/world.ts';
import { aJob, anAgent, AGENT_ID, TASK_ARN } from '../support/builders.ts';
import { fakeBuildkite, type FakeBuildkite } from '../support/fake-buildkite.ts';
import { fakeAutoScaling } from '../support/fake-auto-scaling.ts';
import { fakeCommand } from '../support/fake-command.ts';
import { fakeCounters } from '../support/fake-counters.ts';
import { fakeEcs } from '../support/fake-ecs.ts';
import { fakeFis } from '../support/fake-fis.ts';
import { fakeSurroundings } from '../support/fake-surroundings.ts';
import { DRILL, fact } from '../support/journal-builders.ts';
import { manualClock } from '../support/manual-clock.ts';
import { planOf } from '../support/plans.ts';

const SECOND = AGENT_ID.replace(/1$/, '2');
const target = anAgent();
const second = anAgent({ id: SECOND });

/** A task with two agents, of which the filter by tag overlooks these, and what is read of it by somebody who knows that world. */
async function readTask(
  overlooked: readonly string[],
  known: readonly Fact[],
  set: (buildkite: FakeBuildkite) => void = () => undefined,
): Promise<{ readonly value: unknown; readonly listings: number }> {
  const buildkite = fakeBuildkite({ agents: [target, second] });
  for (const id of overlooked) buildkite.world.unfiltered.add(id);
  set(buildkite);
  const world: World = Object.fromEntries(known.map((one) => [keyOf(one), one]));
  const sources = {
    buildkite,
    ecs: fakeEcs(),
    surroundings: fakeSurroundings(),
    autoScaling: fakeAutoScaling(),
    fis: fakeFis(),
    command: fakeCommand(),
    counters: fakeCounters(),
  };
  const subject = { kind: 'agents-of-task', id: TASK_ARN } as const;
  const signal = new AbortController().signal;
  const { facts, read } = await askSubject(subject, DRILL, planOf(), world, sources, manualClock(), signal);
  return { value: facts[0]?.value ?? read.error, listings: buildkite.count('agents') };
}

const inFlight = [fact('agent', target), fact('job', aJob())];
const both = { taskArn: TASK_ARN, agents: [AGENT_ID, SECOND], complete: true };

it('a list of the filter that holds the agent of the job in flight is taken', async () => {
  expect(await readTask([], inFlight)).toEqual({ value: both, listings: 0 });
});

it('a list without the agent of the job in flight is not: all agents are compared', async () => {
  expect(await readTask([AGENT_ID], inFlight)).toMatchObject({ listings: 1 });
  const { value } = await readTask([AGENT_ID], inFlight);
  expect(value).toMatchObject({
    agents: expect.arrayContaining([AGENT_ID, SECOND]) as unknown,
    complete: true,
  });
});

it('an empty list is not taken where any agent of the task is known, and is where none is', async () => {
  const idle = [fact('agent', target)];
  expect(await readTask([AGENT_ID, SECOND], idle)).toEqual({ value: both, listings: 1 });
  expect(await readTask([AGENT_ID, SECOND], [])).toEqual({ value: { ...both, agents: [] }, listings: 0 });
  const left = [fact('agent', anAgent({ connection: 'disconnected' }))];
  expect(await readTask([AGENT_ID, SECOND], left)).toMatchObject({ listings: 0 });
});

it('if all agents cannot be listed, the agents of the task are not known', async () => {
  const { value } = await readTask([AGENT_ID], inFlight, (buildkite) =>
    buildkite.fail('agents', { trouble: 'rate-limited' }),
  );
  expect(value).toMatchObject({ kind: 'rate-limited' });
});
