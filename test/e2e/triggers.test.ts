import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../support/cli.ts';
import { agentFlags, withAgent } from './support/agents.ts';
import { drill, inFolder, meets, play } from './support/case.ts';
import type { Expected, Played } from './support/case.ts';
import { EXEC, SHELL, type Entries } from './support/files.ts';
import { held } from './support/gates.ts';

const TRIGGERS = join(ROOT, 'scenarios', 'triggers');

/** Every shipped scenario, and its answer. */
const SHIPPED: readonly (readonly [scenario: string, Expected])[] = [
  [
    'agent-idle',
    { exit: 0, outcome: 'passed', reason: 'retired', says: [/had no job when the stop landed/], sent: 1 },
  ],
  [
    'agent-idle-shell-form',
    {
      exit: 10,
      outcome: 'failed',
      reason: 'not-drained',
      cause: 'signal-eaten',
      says: [/exited 137/, /SIGTERM was eaten/],
      sent: 1,
    },
  ],
  [
    'agent-leaves-by-itself',
    { exit: 0, outcome: 'baseline', reason: 'baseline', says: [/left by itself after/], sent: 0 },
  ],
  [
    'agent-leaves-too-late',
    {
      exit: 10,
      outcome: 'failed',
      reason: 'idle-too-slow',
      cause: 'idle-too-long',
      says: [/limit 3\.0 s/],
      sent: 0,
    },
  ],
  ['at-fraction', { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 }],
  ['at-fraction-shell-form', { exit: 10, outcome: 'failed', reason: 'lost', cause: 'signal-eaten', sent: 1 }],
  ['fleet-busy', { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 }],
  ['fleet-busy-shell-form', { exit: 10, outcome: 'failed', reason: 'lost', cause: 'signal-eaten', sent: 1 }],
  ['near-end', { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 }],
  [
    'near-end-shell-form',
    {
      exit: 10,
      outcome: 'failed',
      reason: 'not-drained',
      cause: 'signal-eaten',
      says: [/exited 137/],
      sent: 1,
    },
  ],
];

/** Why each of them was stopped, in the words of its target. */
const WHY: Readonly<Record<string, RegExp>> = {
  'agent-idle': /has no job/,
  'at-fraction': /about 3\.0 s left of 6\.0 s \(as the scenario says\)/,
  'fleet-busy': /2 workers are busy, one of them with step integration/,
  'near-end': /about 3\.0 s left of 6\.0 s \(the median of its 3 latest passed jobs\)/,
};

async function shipped(scenario: string, expected: Expected): Promise<Played> {
  return inFolder(async (folder) => {
    const file = join(TRIGGERS, `${scenario}.yaml`);
    const played = await drill(folder, ['run', '--rig', file, ...agentFlags('real')], {}, () => []);
    meets(played, expected);
    return played;
  });
}

test('every shipped scenario of a trigger is played here', async () => {
  const files = (await readdir(TRIGGERS)).filter((name) => name.endsWith('.yaml')).sort();
  expect(files).toEqual(SHIPPED.map(([scenario]) => `${scenario}.yaml`).sort());
});

describe.concurrent(withAgent('the shipped scenario'), () => {
  test.each(SHIPPED)('%s', async (scenario, expected) => {
    const played = await shipped(scenario, expected);
    const why = WHY[scenario];
    if (why !== undefined) expect(played.drill.target?.why).toMatch(why);
    if (scenario.startsWith('agent-')) expect(played.drill.build).toBeNull();
  });
});

/** Sections of a scenario that stops a worker without a job. */
const idle = (more: Entries = {}): Readonly<Record<string, Entries>> => ({
  build: { pipeline: null },
  when: { trigger: 'agent-idle', step: null, inFlightFor: null },
  ...more,
});

describe.concurrent('an idle worker', () => {
  test(
    withAgent('that leaves after its one job anyhow: an idle injection shows that it never hears the signal'),
    async () => {
      const argv = [...SHELL.slice(0, 2), `${EXEC.join(' ')} --disconnect-after-job`];
      await play({
        steps: [{ key: 'integration', command: 'true' }],
        container: { argv, stopTimeout: 2 },
        scenario: idle(),
        agent: 'real',
        expected: {
          exit: 10,
          outcome: 'failed',
          reason: 'not-drained',
          cause: 'signal-eaten',
          says: [/exited 137/],
          sent: 1,
        },
      });
    },
  );

  test(withAgent('of the same kind in exec form hears it'), async () => {
    await play({
      steps: [{ key: 'integration', command: 'true' }],
      container: { argv: [...EXEC, '--disconnect-after-job'] },
      scenario: idle(),
      agent: 'real',
      expected: { exit: 0, outcome: 'passed', reason: 'retired', sent: 1 },
    });
  });

  test('is taken by a steered scale-in', async () => {
    const played = await play({
      steps: [{ key: 'integration', command: 'true' }],
      scenario: idle({ inject: { fault: 'scale-in' } }),
      expected: {
        exit: 0,
        outcome: 'passed',
        reason: 'retired',
        says: [/ServiceSchedulerInitiated/],
        sent: 3,
      },
    });
    expect(played.drill.fleet).toMatchObject({ tasksHit: 1, jobsHit: 0, drained: 0, lost: 0 });
  });

  test('that is never there: every worker is busy', async () => {
    const { drill } = await play({
      steps: [{ key: 'integration', command: held() }],
      workers: 1,
      scenario: idle({
        when: { trigger: 'agent-idle', step: null, inFlightFor: null, idleFor: '4s', startWithin: '8s' },
        safety: { allowLastWorker: true },
      }),
      rig: {
        script: [{ on: 'agent-connected', do: 'create-build', pipeline: 'canary' }],
      },
      expected: {
        exit: 11,
        outcome: 'inconclusive',
        reason: 'step-never-ran',
        says: [/no worker was seen/],
        sent: 0,
      },
    });
    expect(drill.next).toContain('Check that the service has a worker without a job');
  });
});

describe.concurrent('a step of unknown length', () => {
  test.each(['near-end', 'at-fraction'])('fails %s where it has no history', async (trigger) => {
    const left = trigger === 'near-end' ? { left: '1s' } : { fractionLeft: 0.5 };
    await play({
      steps: [{ key: 'integration', command: held() }],
      scenario: { when: { trigger, inFlightFor: null, ...left } },
      expected: {
        exit: 11,
        outcome: 'inconclusive',
        reason: 'step-never-ran',
        says: [/has no passed job yet.*when\.usually/],
        sent: 0,
      },
    });
  });
});

test('a fleet that is never as busy as that ends the drill', async () => {
  await play({
    steps: [{ key: 'integration', command: held() }],
    scenario: { when: { trigger: 'fleet-busy', busy: 2, inFlightFor: null, startWithin: '4s' } },
    expected: {
      exit: 11,
      outcome: 'inconclusive',
      reason: 'step-never-ran',
      says: [/not 2 busy workers.*\(1 at the last look\)/],
      sent: 0,
    },
  });
});
