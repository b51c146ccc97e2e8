import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { meets, play } from './support/case.ts';
import type { Played } from './support/case.ts';
import { EXEC } from './support/files.ts';
import { held, whenProven } from './support/gates.ts';
import type { Opens } from './support/gates.ts';
import { placesIn } from './support/places.ts';
import { standing } from './support/standing.ts';

const integration = { key: 'integration', command: held() };
const agents = { name: 'build-agents', taskDefinition: 'agent.json', launchType: 'FARGATE' };
const drained = { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 } as const;
/** So long as a task takes on Fargate, in small. */
const knobs = { provisioning: '1s', imagePull: '500ms' };

/** What was waited for, in the order in which it was said. */
function waitedFor({ journal }: Played): readonly string[] {
  return eventsOf(journal, 'GD_INJECTION_HELD').map(({ payload }) => payload.said);
}

describe.concurrent('a fleet that gives a verdict', () => {
  test('is scaled from zero by the build of the drill', async () => {
    const played = await play({
      steps: [integration, { key: 'side', command: 'sleep 3' }],
      rig: {
        services: [{ ...agents, desiredCount: 0 }],
        autoscaler: { service: 'build-agents', every: '300ms' },
        knobs,
      },
      expected: drained,
    });
    const gate = eventsOf(played.journal, 'GD_GUARDS_ANSWERED')[0]?.payload.answers ?? [];
    expect(gate.filter(({ holds }) => !holds)).toMatchObject([{ guard: 'blast-radius', waits: true }]);
  });

  test('has one-shot workers, each of which is replaced', async () => {
    await play({
      steps: [integration, { key: 'side', command: 'sleep 0.2', parallelism: 12 }],
      workers: 4,
      container: { argv: [...EXEC, '--disconnect-after-job'] },
      rig: { standInAgent: 'reporting', knobs },
      expected: drained,
    });
  });

  test('has workers that leave when they have been idle for long enough', async () => {
    await play({
      steps: [integration],
      workers: 4,
      container: { argv: [...EXEC, '--disconnect-after-idle-timeout', '2'] },
      rig: { standInAgent: 'reporting', knobs },
      expected: drained,
    });
  });

  test('is being deployed, and the deployment ends in time', async () => {
    await standing({ steps: [integration] }, async (stage) => {
      // Protected tasks hold the deployment up until the drill is seen to wait for it.
      const { tasks } = await placesIn(stage.env);
      const protect = (enabled: boolean): Promise<unknown> =>
        Promise.all(tasks.map((taskArn) => stage.act({ do: 'protect', taskArn, enabled })));
      await protect(true);
      await stage.act({ do: 'start-deployment', service: 'build-agents' });
      const lifted: Promise<unknown>[] = [];
      const opens: Opens = (events) => {
        if (lifted.length === 0 && events.some(({ code }) => code === 'GD_INJECTION_HELD'))
          lifted.push(protect(false));
        return whenProven(events);
      };
      const played = await stage.run({ opens });
      await Promise.all(lifted);
      meets(played, drained);
      expect(waitedFor(played)[0]).toMatch(/2 deployments: a rollout is in progress/);
    });
  });
});
