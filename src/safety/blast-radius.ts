import { faultOf } from '../faults/list.ts';
import { CALLS } from '../model/call.ts';
import { faultNameOf, traitsOf } from '../scenario/plan.ts';
import { mayHaveInjected, type DrillState } from '../state/state.ts';
import { findFact } from '../model/world.ts';
import { holds, refuses, type Guard } from './guard.ts';

/** Whose else the tasks in reach are, where they are not all of the scenario's service. */
function describeStrangers({ world, plan }: DrillState, reach: readonly string[]): string {
  const own = `service:${plan.scenario.cluster.service ?? ''}`;
  const groups = reach
    .map((arn) => findFact(world, 'task', arn)?.group ?? 'unknown')
    .filter((group) => group !== own);
  if (groups.length === 0) return '';
  return `, ${String(groups.length)} of them of ${[...new Set(groups)].join(', ')}`;
}

/** One task, of a settled service that keeps another worker. */
export const blastRadius: Guard = {
  name: 'blast-radius',
  rule: 'The fault reaches at most safety.tasks tasks (default 1), and only of a settled service: one COMPLETED deployment, running = desired, two or more tasks unless safety.allowLastWorker.',
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
    if (reach.length > most && (takes === 'service' || takes === 'host'))
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
    const { desired, running, pending, deployments } = service;
    if (takes === 'service' && running > most)
      return refuses(`the fault reaches ${String(running)} tasks; limit ${String(most)} (safety.tasks)`);
    if (service.controller !== 'ECS' && deployments.length === 0)
      return refuses(
        `service ${name} is deployed by ${service.controller}: ECS does not show whether it is settled`,
      );
    if (deployments.length !== 1)
      return refuses(
        `service ${name} has ${String(deployments.length)} deployments: a rollout is in progress`,
      );
    const rollout = deployments[0]?.rolloutState ?? 'COMPLETED';
    if (rollout !== 'COMPLETED') return refuses(`the deployment of service ${name} is ${rollout}`);
    if (!mayHaveInjected(state) && (running !== desired || pending > 0))
      return refuses(
        `service ${name} is not settled: desired ${String(desired)}, running ${String(running)}, pending ${String(pending)}`,
      );
    if (takes === 'one-of-service' && desired < 2)
      return refuses(
        `${faultNameOf(plan) ?? ''} from ${String(desired)} would leave service ${name} without a worker`,
      );
    if (running < 2 && !plan.scenario.safety.allowLastWorker)
      return refuses(`the fault would stop the last worker of service ${name} (running ${String(running)})`);
    return holds(
      `${when === 'gate' ? 'up to one' : 'one'} of ${String(running)} running tasks of service ${name}`,
    );
  },
};
