import { describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { nameCall } from '../../src/model/call.ts';
import { play } from './support/case.ts';
import type { Played } from './support/case.ts';
import { held } from './support/gates.ts';

const integration = { key: 'integration', command: held() };
/** Two more jobs: three workers are busy, and a policy that wants one for each job scales out as soon as one is missing. */
const side = { key: 'side', command: held(), parallelism: 2 };
const policies = [{ name: 'jobs', target: 1 }];
const scaled = (more: object = {}) => ({
  scalableTargets: [{ service: 'build-agents', min: 3, max: 5, policies, ...more }],
});
const drained = { exit: 0, outcome: 'passed', reason: 'drained' } as const;

/** What was undone, as the services name it. */
function undone({ journal }: Played): readonly string[] {
  return eventsOf(journal, 'GD_UNDO_INTENDED').map(({ payload }) => nameCall(payload.call));
}

describe.concurrent('a service that Application Auto Scaling scales', () => {
  test('is scaled in while that is suspended: nobody raises the count before the drill does', async () => {
    const played = await play({
      ...{ steps: [integration, side], workers: 3, rig: scaled() },
      scenario: { inject: { fault: 'scale-in', autoscaling: 'suspend' } },
      expected: { ...drained, sent: 4 },
    });
    const counts = eventsOf(played.journal, 'GD_OBSERVED')
      .flatMap(({ payload }) => payload.facts)
      .flatMap((fact) => (fact.kind === 'service' ? [fact.value.desired] : []));
    expect(counts.filter((count, at) => count !== counts[at - 1])).toEqual([3, 2, 3]);
    expect(undone(played)).toEqual([
      'UpdateService, desired count of build-agents 2 -> 3',
      'RegisterScalableTarget, of service build-agents suspended: nothing',
      'UpdateTaskProtection off for 2 tasks',
      'UntagResource, gameday:undo on service build-agents',
    ]);
  });

  test('is left suspended where somebody has suspended it', async () => {
    const played = await play({
      ...{ steps: [integration, side], workers: 3 },
      rig: scaled({ suspended: { in: true, out: true, scheduled: true } }),
      scenario: { inject: { fault: 'scale-in', autoscaling: 'suspend' } },
      expected: { ...drained, sent: 3 },
    });
    expect(undone(played).filter((call) => call.startsWith('RegisterScalableTarget'))).toEqual([]);
    expect(eventsOf(played.journal, 'GD_SETTLED')[0]?.payload.left).toEqual([
      'the automatic scaling of service build-agents was suspended before the drill, and still is',
    ]);
  });

  test('whose policy does nothing in time is not confirmed, and its minimum capacity is restored', async () => {
    const played = await play({
      steps: [integration, side],
      ...{ workers: 3, rig: scaled({ policies: [{ name: 'jobs', target: 1, scaleInAfter: '1h' }] }) },
      scenario: { inject: { fault: 'autoscale-in' }, limits: { verdictWithin: '4s', pollEvery: '300ms' } },
      expected: { exit: 11, outcome: 'inconclusive', reason: 'stop-not-confirmed' },
    });
    expect(undone(played)).toContain('RegisterScalableTarget, minimum capacity of build-agents 2 -> 3');
  });

  test('names in a dry run what would raise the count again', async () => {
    const played = await play({
      ...{ steps: [integration], workers: 3, rig: scaled(), args: ['--dry-run'] },
      scenario: { inject: { fault: 'scale-in' } },
      expected: { exit: 0, outcome: 'planned', reason: 'planned', sent: 0 },
    });
    expect(JSON.stringify(played.drill)).toContain(
      'policy jobs (TargetTrackingScaling) may raise the desired count again, to the minimum capacity 3 at least',
    );
  });
});
