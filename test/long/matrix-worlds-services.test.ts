import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { meets, play } from '../e2e/support/case.ts';
import { held } from '../e2e/support/gates.ts';
import { standing } from '../e2e/support/standing.ts';
import { DRAINED } from '../e2e/support/worlds.ts';

const steps = [{ key: 'integration', command: held() }];
const SOMETHING = 'Something went wrong';

describe.concurrent('an answer says less, or something else, than what was done', () => {
  test.each(['silent', 'reporting'])(
    '503 for 12 s with rate-limit headers that only inform: %s agent',
    async (standInAgent) => {
      const headers = { 'RateLimit-Remaining': 19_000, 'RateLimit-Limit': 20_000, 'RateLimit-Reset': 100 };
      await play({
        steps,
        scenario: { limits: { verdictWithin: '60s' } },
        rig: {
          standInAgent,
          faulty: {
            buildkite: [{ operation: '*', afterStop: true, for: '12s', do: { answer: 503, headers } }],
          },
        },
        expected: DRAINED,
      });
    },
  );

  test.each(['silent', 'reporting'])(
    'StopTask acts, and its answer is lost after 3 s: %s agent',
    async (standInAgent) => {
      const faulty = { ecs: [{ operation: 'StopTask', count: 'forever', do: { drop: 'after' } }] };
      await standing({ steps, rig: { standInAgent, faulty } }, async (stage) => {
        meets(await stage.run(), DRAINED);
        expect(Object.values((await stage.counts()).stopTaskLanded)).toEqual([1]);
      });
    },
  );

  test('buildCreate acts and answers null beside an error: the build is found by its mark', async () => {
    const faulty = { buildkite: [{ operation: 'CreateBuild', do: { nullBeside: SOMETHING } }] };
    await standing({ steps, rig: { faulty } }, async (stage) => {
      const played = await stage.run();
      meets(played, DRAINED);
      const known = eventsOf(played.journal, 'GD_BUILD_KNOWN').map(({ payload }) => payload.by);
      expect(known).toEqual(['meta-data']);
      expect((await stage.state()).builds).toHaveLength(1);
    });
  });

  test('one that cannot be found may exist, and is named', async () => {
    const faulty = { buildkite: [{ operation: 'CreateBuild', do: { nullBeside: SOMETHING } }] };
    const rig = { faulty, knobs: { buildkiteReplicaLag: '120s' } };
    await standing({ steps, rig }, async (stage) => {
      const played = await stage.run();
      meets(played, {
        ...{ exit: 4, outcome: 'could-not-run', reason: 'build-not-created', sent: 0 },
        says: [/no build carries gameday[-:]?\w*=/],
        notes: [/a build with meta-data gameday\S*=\S+ may exist/],
      });
      expect((await stage.state()).builds).toHaveLength(1);
    });
  });

  test('one that an error leaves alone is found, and canceled where the drill ends before the injection', async () => {
    const faulty = {
      buildkite: [{ operation: 'CreateBuild', do: { nullBeside: SOMETHING } }],
      ecs: [{ operation: 'DescribeTasks', count: 'forever', do: { error: 'AccessDeniedException' } }],
    };
    await standing({ steps, rig: { faulty } }, async (stage) => {
      const played = await stage.run();
      meets(played, { exit: 4, outcome: 'could-not-run', reason: 'aws-denied', sent: 0 });
      expect(played.drill.build?.number).toBe(1);
      expect((await stage.state()).builds.map(({ state }) => state)).not.toContain('RUNNING');
    });
  });
});

describe.concurrent('reads lag behind', () => {
  test.each([
    ['buildkiteReplicaLag', { lag: '3s', from: 'stop', reads: 'every-second' }],
    ['ecsReplicaLag', { lag: '5s', from: 'stop', reads: 'every-second' }],
    ['ecsReplicaLag', { lag: '5s', from: 'stop', reads: 'all' }],
    ['historyLag', '5s'],
  ])('a drain is one all the same: %s %j', async (knob, value) => {
    await play({ steps, rig: { standInAgent: 'reporting', knobs: { [knob]: value } }, expected: DRAINED });
  });
});
