import { findWrongPlan } from '../../drill/gate.ts';
import type { PlainDocument } from '../../model/entities/document.ts';
import { rowOf } from '../../model/reasons.ts';
import { findFact } from '../../model/world.ts';
import { itemsOf, member, textOf, type JsonObject } from '../../preflight/json.ts';
import { blocking, ok, sayTrouble, warning, type Check, type Line } from '../seen.ts';

/** The service exists; who else may take its tasks away is named. */
export const service: Check = {
  name: 'service',
  judge(seen) {
    const { plan, state } = seen;
    const { service: name, name: cluster } = plan.scenario.cluster;
    if (name === null) return [];
    const found = findFact(state.world, 'service', name);
    if (found === undefined) return sayTrouble(seen, 'service', name);
    const wrong = findWrongPlan(state).find(({ about }) => about === 'service');
    if (wrong !== undefined) return [blocking(wrong.said, rowOf(wrong.reason).next)];
    const { running, desired, pending } = found;
    const autoscaler = `ECS does not show whether an autoscaler changes the desired count: aws application-autoscaling describe-scalable-targets --service-namespace ecs --resource-ids service/${cluster.slice(cluster.lastIndexOf('/') + 1)}/${name}`;
    return [
      ok(
        `${name}: ${String(running)} running, ${String(pending)} pending, ${String(desired)} desired`,
        autoscaler,
      ),
      ...(seen.service?.ok === true ? listTraits(seen.service.value) : []),
    ];
  },
};

/** How the service is scheduled and deployed, where that is not the usual way. */
function listTraits(document: PlainDocument): readonly Line[] {
  const value = document as JsonObject;
  const controller = textOf(member(member(value, 'deploymentController'), 'type'));
  const strategy = textOf(member(member(value, 'deploymentConfiguration'), 'strategy'));
  const scheduling = textOf(member(value, 'schedulingStrategy'));
  const rebalancing = textOf(member(value, 'availabilityZoneRebalancing'));
  const providers = itemsOf(member(value, 'capacityProviderStrategy')).flatMap(
    (one) => textOf(member(one, 'capacityProvider')) ?? [],
  );
  const next = 'Run the drill while none of its tasks is replaced.';
  return [
    ...(scheduling === 'DAEMON'
      ? [
          warning(
            'it is a DAEMON service: one task on each host, none to scale in',
            'Use the fault stop-task or drain-instance.',
          ),
        ]
      : []),
    ...(controller !== null && controller !== 'ECS'
      ? [warning(`its deployments are those of ${controller}`, next)]
      : []),
    ...(strategy !== null && strategy !== 'ROLLING'
      ? [warning(`its deployments are ${strategy}`, next)]
      : []),
    ...(rebalancing === 'ENABLED'
      ? [warning('availability zone rebalancing may stop its tasks at any time', next)]
      : []),
    ...(providers.some((name) => name.includes('SPOT'))
      ? [
          warning(
            'spot capacity may be reclaimed during the drill',
            'Read stopCode in the result if a task stops by itself.',
          ),
        ]
      : []),
  ];
}
