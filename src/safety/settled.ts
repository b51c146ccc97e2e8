import type { Service } from '../model/entities/task.ts';
import { describeTraits } from '../model/entities/service-traits.ts';
import { findFact } from '../model/world.ts';
import { traitsOf } from '../scenario/plan.ts';
import { mayHaveInjected, type ScenarioState } from '../state/state.ts';
import { holds, refuses, waits, type Guard } from './guard.ts';

/** Whose deployment is under way, as a clause; null where none is. */
function explainDeployment({ name, deployments, traits }: Service): string | null {
  const current = deployments.filter(({ status }) => status !== 'INACTIVE');
  if (current.length < 2) return null;
  const slow = traits === undefined || traits.strategy === 'ROLLING' ? [] : describeTraits(traits);
  const how = slow.length === 0 ? '' : ` (${slow.join('; ')})`;
  return `service ${name} has ${String(current.length)} deployments: a rollout is in progress${how}`;
}

/** The scheduler stops whatever is above the desired count: a scale-in, or a move between Availability Zones. */
function explainScaleIn({ name, desired, running, pending }: Service): string | null {
  if (running + pending <= desired) return null;
  return `service ${name} is being scaled in: desired ${String(desired)}, running ${String(running)}, pending ${String(pending)}`;
}

/** Who takes tasks of the service away at present, as a clause; null where nobody does. It ends without anything that a drill does. */
export function explainTaking(service: Service): string | null {
  return explainDeployment(service) ?? explainScaleIn(service);
}

/** Why the counts do not stand where they are to stay. */
function explainCounts({ name, desired, running, pending }: Service): string | null {
  if (running === desired && pending === 0) return null;
  return `service ${name} is not settled: desired ${String(desired)}, running ${String(running)}, pending ${String(pending)}`;
}

function explainRollout({ name, deployments }: Service): string | null {
  const rollout = deployments[0]?.rolloutState ?? 'COMPLETED';
  return rollout === 'COMPLETED' ? null : `the deployment of service ${name} is ${rollout}`;
}

/** Whether the fault does no more than stop its target: then nothing has to be undone, and no count is compared. */
function isOnlyStop({ plan, target, world }: ScenarioState): boolean {
  const traits = traitsOf(plan);
  if (traits === null || traits.takes === 'target') return true;
  // On Fargate a reclaim is a StopTask; before there is a target, the stricter rule only waits.
  const task = findFact(world, 'task', target?.taskArn ?? '');
  return traits.reclaims && task !== undefined && task.instanceArn === null;
}

function explainUnsettled(state: ScenarioState, service: Service): string | null {
  const { settled: mode } = state.plan.scenario.safety;
  const deploys = explainDeployment(service);
  if (deploys !== null) return deploys;
  // What our own calls changed is no reason to hold back the next one.
  const compares = !mayHaveInjected(state);
  if (mode !== 'require' && isOnlyStop(state)) return compares ? explainScaleIn(service) : null;
  const counts = !compares
    ? null
    : mode === 'ignore-pending'
      ? explainScaleIn(service)
      : explainCounts(service);
  return explainRollout(service) ?? counts;
}

/** Nobody else takes tasks away meanwhile, and what the fault's proof and its undo compare stands still. */
export const settled: Guard = {
  name: 'settled',
  rule: 'No deployment or scale-in takes tasks of the service away; for faults other than a stop its deployment is COMPLETED, running = desired and nothing is pending. The drill waits for it inside when.startWithin (safety.settled).',
  reason: 'not-settled',
  judge(state) {
    const { cluster, safety } = state.plan.scenario;
    if (cluster.service === null) return holds('the scenario names no service');
    const service = findFact(state.world, 'service', cluster.service);
    if (service === undefined) return refuses(`service ${cluster.service} could not be read`);
    const why = explainUnsettled(state, service);
    const traits = describeTraits(service.traits).join('; ');
    const also = traits === '' ? '' : ` (${traits})`;
    if (why === null) return holds(`nothing takes tasks of service ${service.name} away${also}`);
    return safety.settled === 'require' ? refuses(why) : waits(why, 'not-settled');
  },
};
