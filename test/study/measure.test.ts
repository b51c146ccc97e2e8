import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DrillResult } from '../../src/verdict/result.ts';
import { measureArm } from '../../src/study/measure.ts';
import { drainedResult, lostResult } from '../report/results.ts';

type Fleet = NonNullable<DrillResult['fleet']>;

const fleet = (over: Partial<Fleet>): Fleet => ({
  buildsHit: 0,
  buildsKilled: 0,
  tasksHit: 0,
  jobsHit: 0,
  drained: 0,
  lost: 0,
  masked: 0,
  longestDrain: null,
  rollout: null,
  ...over,
});
const deployed = (over: Partial<Fleet>, result = lostResult()): DrillResult => ({
  ...result,
  fault: 'deployment',
  fleet: fleet(over),
});
const of = (...drills: readonly DrillResult[]) => measureArm({ name: 'before', drills });
const idle = (result: DrillResult): DrillResult => ({
  ...result,
  target: result.target === null ? null : { ...result.target, jobId: null },
  attempts: [],
});
const drain = (ms: number): DrillResult['drain'] => ({ ms, atMost: ms, by: 'told' });
const window = (signalled: number, killed: number): DrillResult['stopWindow'] => ({
  ms: killed,
  chain: [],
  agent: { signalled, killed },
  limit: null,
  cut: [],
});

describe('a study', () => {
  it('counts the jobs that a stop hit and those of them that were lost, masked ones too', () => {
    expect(of(lostResult(), drainedResult())).toMatchObject({ jobsHit: 2, jobsLost: 1 });
    const hit = deployed({ jobsHit: 10, lost: 6, masked: 2, drained: 2 });
    expect(of(hit, lostResult())).toMatchObject({ jobsHit: 11, jobsLost: 9 });
  });

  it('names the builds that each deployment killed', () => {
    const { deployments } = of(
      deployed({ buildsHit: 12, buildsKilled: 9, rollout: 4_000 }),
      deployed({ buildsHit: 8, buildsKilled: 8 }),
      lostResult(),
    );
    expect(deployments).toEqual([
      { buildsHit: 12, buildsKilled: 9, rollout: 4_000 },
      { buildsHit: 8, buildsKilled: 8, rollout: null },
    ]);
  });

  it('gives a drain only to workers that drained, idle and busy ones apart', () => {
    const arm = of(
      idle({ ...drainedResult(), reason: 'retired', drain: drain(200) }),
      idle({ ...lostResult(), reason: 'not-drained', drain: drain(30_000) }),
      { ...drainedResult(), drain: drain(70_000) },
      { ...drainedResult(), drain: drain(10_000) },
      { ...deployed({ longestDrain: 50_000 }, drainedResult()), drain: drain(20_000) },
      { ...lostResult(), drain: drain(30_000) },
    );
    expect(arm.idle).toEqual({ drills: 2, drained: 1, median: 200, longest: 200 });
    expect(arm.busy).toEqual({ drills: 4, drained: 3, median: 50_000, longest: 70_000 });
  });

  it('tells the time between signal and SIGKILL, each once', () => {
    const arm = of(
      { ...lostResult(), stopWindow: window(0, 30_000) },
      { ...lostResult(), stopWindow: window(5_000, 35_000) },
      { ...lostResult(), stopWindow: window(0, 120_000) },
    );
    expect(arm.stopTimeouts).toEqual([30_000, 120_000]);
  });

  it.each<[string, DrillResult]>([
    ['whose stop is not proven', { ...lostResult(), injection: 'not proven' }],
    ['that proved nothing', { ...lostResult(), outcome: 'inconclusive', reason: 'missed-target' }],
    ['that injected nothing', { ...drainedResult(), outcome: 'baseline', injection: 'none' }],
  ])('leaves a drill out %s, and names it', (_title, drill) => {
    const arm = of(drill);
    expect(arm).toMatchObject({ drills: 1, jobsHit: 0, jobsLost: 0 });
    expect(arm.uncounted).toEqual([`${drill.title}: ${drill.outcome} ${drill.reason}`]);
  });

  it('never loses more than was hit, whatever the drills and their order', () => {
    const drills = fc.array(
      fc.constantFrom(
        lostResult(),
        drainedResult(),
        idle(drainedResult()),
        deployed({ jobsHit: 4, lost: 1, masked: 3 }),
        deployed({ jobsHit: 3, drained: 3 }, drainedResult()),
      ),
    );
    fc.assert(
      fc.property(drills, (some) => {
        const arm = of(...some);
        expect(arm.jobsLost).toBeLessThanOrEqual(arm.jobsHit);
        expect(of(...some.toReversed())).toMatchObject({ ...arm, deployments: arm.deployments.toReversed() });
      }),
    );
  });
});
