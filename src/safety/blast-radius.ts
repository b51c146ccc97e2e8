import { faultOf } from '../faults/list.ts';
import { CALLS } from '../model/call.ts';
import { faultNameOf, traitsOf } from '../scenario/plan.ts';
import type { DrillState, ScenarioState } from '../state/state.ts';
import type { Service } from '../model/entities/task.ts';
import { findFact } from '../model/world.ts';
import { holds, refuses, waits, type Guard } from './guard.ts';

/** Whose else the tasks in reach are, where they are not all of the scenario's service. */
function describeStrangers({ world, plan }: DrillState, reach: readonly string[]): string {
  const own = `service:${plan.scenario.cluster.service ?? ''}`;
  const groups = reach
    .map((arn) => findFact(world, 'task', arn)?.group ?? 'unknown')
    .filter((group) => group !== own);
  if (groups.length === 0) return '';
  return `, ${String(groups.length)} of them of ${[...new Set(groups)].join(', ')}`;
}

/** Why a stopped task would not be replaced, or nobody could see whether it is; waiting does not change it. */
function explainUnreplaced({ name, controller, deployments, traits }: Service): string | null {
  if (controller !== 'ECS' && deployments.length === 0)
    return `service ${name} is deployed by ${controller}: ECS does not show whether it is settled`;
  // A circuit breaker with rollback takes the former deployment up again: that is waited for.
  const goesBack = deployments.length > 1 && traits?.circuitBreaker === 'with rollback';
  if (deployments[0]?.rolloutState === 'FAILED' && !goesBack)
    return `the deployment of service ${name} is FAILED: ECS starts no further tasks of it`;
  return null;
}

/** Why the fault would leave the service without a worker; null where another one stays. */
function explainLastWorker({ plan }: ScenarioState, { name, desired, running }: Service): string | null {
  if (traitsOf(plan)?.takes === 'one-of-service' && desired < 2)
    return `${faultNameOf(plan) ?? ''} from ${String(desired)} would leave service ${name} without a worker`;
  const { allowLastWorker, drillsAtOnce } = plan.scenario.safety;
  // Drills at the same time each see the others' workers run until the stop: all may stop theirs in one moment.
  if (running > drillsAtOnce || allowLastWorker) return null;
  return drillsAtOnce === 1
    ? `the fault would stop the last worker of service ${name} (running ${String(running)})`
    : `${String(drillsAtOnce)} drills at once (safety.drillsAtOnce) could stop the last worker of service ${name} (running ${String(running)})`;
}

/** One task, of a service that keeps another worker. */
export const blastRadius: Guard = {
  name: 'blast-radius',
  rule: 'The fault reaches at most safety.tasks tasks (default 1), of a service that replaces them and keeps another running task unless safety.allowLastWorker (one more than safety.drillsAtOnce); another one is waited for inside when.startWithin.',
  reason: 'blast-radius',
  judge(state, _now, when) {
    const { world, plan, injections } = state;
    const stops = injections.filter(
      ({ call, result }) => CALLS[call.kind].stops === 'task' && result !== 'refused',
    );
    if (stops.length > 1) return refuses('a stop was already sent');
    const reach = state.target === null ? [] : (faultOf(plan)?.reach(state) ?? []);
    const most = plan.scenario.safety.tasks;
    const takes = traitsOf(plan)?.takes;
    if (reach.length > most && (takes === 'service' || takes === 'host' || takes === 'any-in-reach'))
      return refuses(
        `the fault reaches ${String(reach.length)} tasks${describeStrangers(state, reach)}; limit ${String(most)} (safety.tasks)`,
      );
    const other = stops.find(
      ({ call }) => call.kind === 'stop-task' && call.taskArn !== state.target?.taskArn,
    );
    if (other !== undefined) return refuses('a stop of another task was sent, or may have been');
    const name = plan.scenario.cluster.service;
    if (name === null) return holds('one standalone task');
    const service = findFact(world, 'service', name);
    if (service === undefined) return refuses(`service ${name} could not be read`);
    const { running } = service;
    if (takes === 'service' && running > most)
      return refuses(`the fault reaches ${String(running)} tasks; limit ${String(most)} (safety.tasks)`);
    const never = explainUnreplaced(service);
    if (never !== null) return refuses(never);
    const last = explainLastWorker(state, service);
    if (last !== null) {
      // The service itself brings another worker where more than one is desired; else only an autoscaler could.
      const { drillsAtOnce } = plan.scenario.safety;
      const reason = service.desired <= drillsAtOnce ? 'blast-radius' : 'not-settled';
      return plan.scenario.safety.settled === 'require' ? refuses(last) : waits(last, reason);
    }
    return holds(
      `${when === 'gate' ? 'up to one' : 'one'} of ${String(running)} running tasks of service ${name}`,
    );
  },
};
