import { describe, expect, test } from 'vitest';
import type { Call } from '../../src/model/call.ts';
import { eventsOf, type DrillEvent } from '../../src/journal/events.ts';
import { inFolder, drill, meets, play, surroundings, type Played } from './support/case.ts';
import { writeCase, type CaseFiles, type Entries } from './support/files.ts';
import { held, whenProven } from './support/gates.ts';
import { agentFlags } from './support/agents.ts';

/** A rig whose service has so many tasks, of which some run processes. */
function fleetOf(size: number, processes: number, more: Entries = {}): Entries {
  const service = { name: 'build-agents', taskDefinition: 'agent.json', launchType: 'FARGATE' };
  return { services: [{ ...service, desiredCount: size, processes }], ...more };
}

const STEERED: CaseFiles = {
  steps: [{ key: 'integration', command: held() }],
  scenario: { inject: { fault: 'scale-in' } },
};

function countTasks(calls: readonly Call[], enabled: boolean): readonly number[] {
  return calls.flatMap((call) =>
    call.kind === 'protect-tasks' && call.enabled === enabled ? [call.tasks.length] : [],
  );
}

function listFaultCalls(journal: readonly DrillEvent[]): readonly Call[] {
  return eventsOf(journal, 'GD_FAULT_INTENDED').map(({ payload }) => payload.call);
}

describe('a service of hundreds of tasks', () => {
  test('of 620 tasks: a worker is stopped and drains', async () => {
    await play({
      steps: [{ key: 'integration', command: held() }],
      rig: fleetOf(620, 2),
      expected: { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 },
    });
  });

  test('a steered scale-in of 150 tasks protects 149 of them in 15 calls, each once, and lifts as many', async () => {
    const played = await play({
      ...STEERED,
      rig: fleetOf(150, 2),
      expected: { exit: 0, outcome: 'passed', reason: 'drained' },
    });
    const sizes = [...Array.from({ length: 14 }, () => 10), 9];
    expect(countTasks(listFaultCalls(played.journal), true)).toEqual(sizes);
    const lifts = eventsOf(played.journal, 'GD_UNDO_INTENDED').map(({ payload }) => payload.call);
    expect(countTasks(lifts, false)).toEqual(sizes);
    expect(eventsOf(played.journal, 'GD_SETTLED').at(-1)?.payload.left).toEqual([]);
    const confirmed = eventsOf(played.journal, 'GD_CONFIRMED').at(-1)?.payload.shown;
    expect(confirmed).toContain(
      '149 other tasks are protected meanwhile, in 15 calls (2 reads at each look)',
    );
  });

  test('a dry run of a steered scale-in says before how many calls it would cost', async () => {
    const dry = await inFolder(async (folder): Promise<Played> => {
      const scenario = await writeCase(folder, { ...STEERED, rig: fleetOf(150, 2) });
      const args = ['run', '--rig', scenario, '--dry-run', ...agentFlags('stand-in')];
      return drill(folder, args, surroundings(folder), whenProven);
    });
    meets(dry, { exit: 0, outcome: 'planned', reason: 'planned' });
    expect(dry.drill.touches.join('\n')).toMatch(
      /every other task of service build-agents .*, in 15 calls \(2 reads at each look\), lifted afterwards in as many/,
    );
  });

  test('an idle worker of the rig that leaves at once proves nothing', async () => {
    await play({
      steps: [{ key: 'integration', command: 'true' }],
      rig: fleetOf(3, 0),
      scenario: {
        build: { pipeline: null },
        when: { trigger: 'agent-idle', step: null, inFlightFor: null },
      },
      expected: {
        exit: 11,
        outcome: 'inconclusive',
        reason: 'idle-stand-in',
        says: [/no process stood behind it/],
        sent: 1,
      },
    });
  });

  test('whose other clients use nearly all of the rates that ECS allows is drilled all the same', async () => {
    await play({
      steps: [{ key: 'integration', command: held() }],
      rig: fleetOf(120, 2, { knobs: { ecsRateShare: 0.1 } }),
      expected: { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 },
    });
  });
});
