import { findFact, type Subject, type World } from '../model/world.ts';
import type { Plan, ScenarioPlan } from './plan.ts';
import { isThroughFis, templateIn } from './inject.ts';
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
    ...listFisSubjects(scenario),
    ...scenario.safety.haltWhen.map(({ name: condition }) => ({ kind: 'halt', id: condition }) as const),
  ];
}

function listPipelineSubject(scenario: Scenario): readonly Subject[] {
  return hasBuild(scenario) ? [{ kind: 'pipeline', id: scenario.build.pipeline }] : [];
}

/** Where FIS is asked: whether its safety lever lets it, and what a named template would do. */
function listFisSubjects({ inject }: Scenario): readonly Subject[] {
  if (!isThroughFis(inject)) return [];
  const template = templateIn(inject);
  return [SAFETY_LEVER, ...(template === null ? [] : [{ kind: 'fis-template', id: template } as const])];
}

/** The one safety lever that an account has in a region (API reference, SafetyLever). */
export const SAFETY_LEVER = { kind: 'safety-lever', id: 'default' } as const satisfies Subject;

/** The AWS credentials of this process. */
export const CREDENTIALS: Subject = { kind: 'credentials', id: 'aws' };

/** Buildkite's budget, as the answers to this process show it. */
export const BUDGET: Subject = { kind: 'budget', id: 'buildkite' };

/** The command that the drill has started. */
export const COMMAND = { kind: 'command', id: 'command' } as const satisfies Subject;

/** The counter of a container in one task. */
export function counterSubject(container: string, taskArn: string): { kind: 'counter'; id: string } {
  return { kind: 'counter', id: `${container}@${taskArn}` };
}

/** The container and the task in the id of a counter. */
export function splitCounterId(id: string): { readonly container: string; readonly taskArn: string } {
  const at = id.indexOf('@');
  return { container: id.slice(0, at), taskArn: id.slice(at + 1) };
}

/** The containers whose counters the scenario reads. */
export function listCounted({ scenario }: Pick<Plan, 'scenario'>): readonly string[] {
  return Object.entries(scenario.expect.containers)
    .filter(([, { flushed }]) => flushed !== null)
    .map(([name]) => name);
}

/** How long the counter of a container must stand still before it counts, milliseconds. */
export function readStillFor({ scenario }: Pick<Plan, 'scenario'>, container: string): number {
  return scenario.expect.containers[container]?.flushed?.stillFor ?? 0;
}

/** What must be known before anything is started. */
export function listGateSubjects(plan: Plan): readonly Subject[] {
  if (plan.mode === 'assert') return [];
  return plan.mode === 'baseline' ? listPipelineSubject(plan.scenario) : listInjectionSubjects(plan);
}

/** What may change the count of a service that a scale-in lowers; how it is registered, where that is to be changed. */
function listScalingSubjects({ cluster, inject }: Scenario): readonly Subject[] {
  const { service: id } = cluster;
  if (id === null) return [];
  const scaling: Subject = { kind: 'scaling', id };
  const target: Subject = { kind: 'scalable-target', id };
  if (inject.fault === 'autoscale-in') return [scaling, target, { kind: 'scaling-activities', id }];
  if (inject.fault !== 'scale-in') return [];
  return inject.autoscaling === 'suspend' ? [scaling, target] : [scaling];
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
