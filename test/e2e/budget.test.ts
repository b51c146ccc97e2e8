import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { meets } from './support/case.ts';
import { held, type Opens } from './support/gates.ts';
import { standing } from './support/standing.ts';

/** Buildkite allows a user so many points in five minutes; by default half of them are left to others. */
const LIMIT = 5_000;
const integration = { key: 'integration', command: held() };

/** Somebody else with the same token asks: two points for each time that the token's user is named. */
async function spend(env: Readonly<Record<string, string>>, points: number): Promise<void> {
  const names = Array.from({ length: points / 2 }, (_, at) => `n${String(at)}: viewer { user { name } }`);
  const answer = await fetch(env['BUILDKITE_GRAPHQL_ENDPOINT'] ?? '', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${env['BUILDKITE_API_TOKEN'] ?? ''}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ query: `{ ${names.join(' ')} }` }),
  });
  expect(answer.status).toBe(200);
  await answer.text();
}

describe.concurrent('under the real limits of Buildkite', () => {
  test('a build of 201 jobs is listed whole twice, and others keep half of the budget', async () => {
    // Nobody serves the queue of the other jobs.
    const steps = [integration, { command: 'true', parallelism: 200, agents: { queue: 'nobody' } }];
    await standing({ steps, scenario: { expect: { build: 'any' } } }, async (stage) => {
      const played = await stage.run();
      meets(played, { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 });
      const { budget } = played.drill;
      expect((await stage.counts()).buildkite).toMatchObject({ Build: 2, BuildJobs: 4 });
      // Two points for a job that nobody has, three for others.
      expect(budget?.points).toBeGreaterThan(2 * 2 * 201);
      expect(budget?.lowest.user).toBeGreaterThanOrEqual(LIMIT / 2);
      expect(budget?.lowest.organization).toBe(15_000 + (budget?.lowest.user ?? 0));
      expect(budget?.requests).toBeGreaterThan(10);
    });
  });

  test('a label is resolved to the key of its step, and polls ask for that alone', async () => {
    const label = ':rocket: Deploy';
    const steps = [
      { key: 'deploy', label, command: held() },
      { command: 'true', parallelism: 120, agents: { queue: 'nobody' } },
    ];
    const when = { step: { label }, inFlightFor: '8s' };
    await standing({ steps, scenario: { when, expect: { build: 'any' } } }, async (stage) => {
      const played = await stage.run();
      meets(played, { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 });
      const { buildkite } = await stage.counts();
      expect(buildkite['BuildSteps']).toBeGreaterThan(8);
      // Before the step is there, when it is, and at the end; the pages of each count apart.
      expect(buildkite['Build']).toBeLessThanOrEqual(4);
      expect(played.drill.budget?.points).toBeLessThan(4 * 3 * 121 + 500);
    });
  });

  test('where others have used the budget up, no build is started and nothing is stopped', async () => {
    await standing({ steps: [integration], scenario: { when: { startWithin: '6s' } } }, async (stage) => {
      await spend(stage.env, 4_600);
      const played = await stage.run();
      meets(played, {
        exit: 4,
        outcome: 'could-not-run',
        reason: 'buildkite-rate-limited',
        sent: 0,
        says: [/fewer are left of limits\.budget \(50 % of what the token's user and organization have/],
      });
      expect((await stage.state()).builds).toEqual([]);
    });
  });

  test('where they use it up while the step is waited for, the drill waits and stops nothing', async () => {
    await standing(
      { steps: [integration], scenario: { when: { inFlightFor: '4s', startWithin: '15s' } } },
      async (stage) => {
        const spent: Promise<void>[] = [];
        const opens: Opens = (events) => {
          if (spent.length === 0 && events.some(({ code }) => code === 'GD_BUILD_KNOWN'))
            spent.push(spend(stage.env, 4_200));
          return events.some(({ code }) => code === 'GD_HALTED') ? ['struck'] : [];
        };
        const played = await stage.run({ opens });
        await Promise.all(spent);
        meets(played, { exit: 4, outcome: 'could-not-run', reason: 'buildkite-rate-limited', sent: 0 });
        expect(eventsOf(played.journal, 'GD_INJECTION_HELD')).toMatchObject([
          { payload: { guard: 'budget', reason: 'buildkite-rate-limited' } },
        ]);
      },
    );
  });
});
