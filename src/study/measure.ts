import type { DrillResult, StudyArm } from '../verdict/result.ts';

/** One arm of a study: the same drills against the fleet before or after a change. */
export interface Arm {
  readonly name: string;
  readonly drills: readonly DrillResult[];
}

/** The figures of one arm. Only drills whose stop is proven to have landed count; the others are listed. */
export function measureArm({ name, drills }: Arm): StudyArm {
  const counted = drills.filter(isCounted);
  const hits = counted.map(hitsOf);
  const deployments = counted.filter(({ fault }) => fault === 'deployment');
  return {
    arm: name,
    drills: drills.length,
    jobsHit: sum(hits.map(({ hit }) => hit)),
    jobsLost: sum(hits.map(({ lost }) => lost)),
    idle: drainsOf(counted.filter(isIdle)),
    busy: drainsOf(counted.filter((drill) => !isIdle(drill))),
    deployments: deployments.flatMap(({ fleet }) =>
      fleet === null
        ? []
        : [{ buildsHit: fleet.buildsHit, buildsKilled: fleet.buildsKilled, rollout: fleet.rollout }],
    ),
    stopTimeouts: sortDistinct(counted.flatMap(stopTimeoutOf)),
    uncounted: drills
      .filter((drill) => !isCounted(drill))
      .map((drill) => `${drill.title}: ${drill.outcome} ${drill.reason}`),
  };
}

function isCounted({ injection, outcome }: DrillResult): boolean {
  return injection === 'proven' && (outcome === 'passed' || outcome === 'failed');
}

function isIdle({ target }: DrillResult): boolean {
  return target?.jobId === null;
}

function hitsOf({ fleet, attempts, ...drill }: DrillResult): { readonly hit: number; readonly lost: number } {
  if (fleet !== null) return { hit: fleet.jobsHit, lost: fleet.lost + fleet.masked };
  if (drill.target?.jobId == null) return { hit: 0, lost: 0 };
  const judged = attempts.filter((attempt) => attempt.judged);
  return { hit: judged.length, lost: judged.filter(({ lost }) => lost).length };
}

/** The drains of the workers that drained; a killed worker has none. */
function drainsOf(drills: readonly DrillResult[]): StudyArm['idle'] {
  const drained = drills.filter(({ outcome }) => outcome === 'passed');
  const times = drained
    .map(({ fleet, drain }) => Math.max(fleet?.longestDrain ?? 0, drain?.ms ?? 0))
    .toSorted((a, b) => a - b);
  return {
    drills: drills.length,
    drained: drained.length,
    median: times.length === 0 ? null : median(times),
    longest: times.at(-1) ?? null,
  };
}

function stopTimeoutOf({ stopWindow }: DrillResult): readonly number[] {
  const agent = stopWindow?.agent ?? null;
  return agent === null ? [] : [agent.killed - agent.signalled];
}

function median(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : Math.round(((sorted[middle - 1] ?? upper) + upper) / 2);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function sortDistinct(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].toSorted((a, b) => a - b);
}
