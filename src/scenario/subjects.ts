import { findFact, type Subject, type World } from '../model/world.ts';
import type { Plan, ScenarioPlan } from './plan.ts';
import { hasBuild, type Scenario } from './schema.ts';

/** `organization/pipeline/number` of the build that the scenario names, or null where a new one is started. */
export function readBuildSlug(plan: Plan): string | null {
  const { number, pipeline } = plan.scenario.build;
  return number === null ? null : `${plan.organization}/${pipeline}/${String(number)}`;
}

/** The parts of a plan that name its surroundings. */
type Places = Pick<ScenarioPlan, 'scenario' | 'lockKey' | 'dryRun'>;

/** The surroundings of a drill, which may change until the last instant: all that a guard needs except the target itself. */
export function listSurroundingSubjects(plan: Places): readonly Subject[] {
  const { scenario, lockKey, dryRun } = plan;
  const { service, name } = scenario.cluster;
  return [
    { kind: 'kill-switch', id: 'kill-switch' },
    { kind: 'cluster', id: name },
    ...(service === null ? [] : [{ kind: 'service', id: service } as const]),
    { kind: 'recent-stops', id: lockKey },
    { kind: 'ledger', id: lockKey },
    ...(dryRun ? [] : [{ kind: 'lock', id: lockKey } as const]),
    ...listPipelineSubject(scenario),
    ...scenario.safety.haltWhen.map(({ name: condition }) => ({ kind: 'halt', id: condition }) as const),
  ];
}

function listPipelineSubject(scenario: Scenario): readonly Subject[] {
  return hasBuild(scenario) ? [{ kind: 'pipeline', id: scenario.build.pipeline }] : [];
}

/** The AWS credentials of this process. */
export const CREDENTIALS: Subject = { kind: 'credentials', id: 'aws' };

/** Buildkite's budget, as the answers to this process show it. */
export const BUDGET: Subject = { kind: 'budget', id: 'buildkite' };

/** The command that the drill has started. */
export const COMMAND = { kind: 'command', id: 'command' } as const satisfies Subject;

/** What must be known before anything is started. */
export function listGateSubjects(plan: Plan): readonly Subject[] {
  if (plan.mode === 'assert') return [];
  return plan.mode === 'baseline' ? listPipelineSubject(plan.scenario) : listInjectionSubjects(plan);
}

/** What may change the count of a service that a scale-in lowers, and, where it is to be suspended, how it is registered. */
function listScalingSubjects({ cluster, inject }: Scenario): readonly Subject[] {
  if (inject.fault !== 'scale-in' || cluster.service === null) return [];
  const scaling: Subject = { kind: 'scaling', id: cluster.service };
  return inject.autoscaling === 'suspend'
    ? [scaling, { kind: 'scalable-target', id: cluster.service }]
    : [scaling];
}

/** What must be known before a drill is started that injects something. */
export function listInjectionSubjects(plan: Places): readonly Subject[] {
  const look: readonly Subject[] =
    plan.scenario.preflight === 'off' ? [] : [{ kind: 'preflight', id: 'preflight' }];
  // A drill maps its target itself, when it is known.
  const mapping: readonly Subject[] = plan.dryRun ? [{ kind: 'mapping', id: plan.lockKey }] : [];
  return [
    { kind: 'self', id: 'self' },
    CREDENTIALS,
    ...listSurroundingSubjects(plan),
    ...listScalingSubjects(plan.scenario),
    ...mapping,
    ...look,
  ];
}

/** The branch whose open builds are asked for: the scenario's, or that of a trigger step; null is the pipeline's default branch. */
export function findBranch(pipeline: string, plan: Plan, world: World): string | null {
  if (plan.mode === 'assert') return '';
  const { build } = plan.scenario;
  const known = findFact(world, 'pipeline', pipeline)?.branch ?? null;
  if (pipeline === build.pipeline) return build.branch ?? known;
  const own = findFact(world, 'pipeline', build.pipeline);
  return own?.triggers.find((trigger) => trigger.pipeline === pipeline)?.branch ?? known;
}
