import { findWrongPlan } from '../../drill/gate.ts';
import { byEcs, byRunner, clocksOf } from '../../evidence/clocks.ts';
import { evidenceOf } from '../../evidence/evidence.ts';
import type { PlainDocument } from '../../model/entities/document.ts';
import { rowOf } from '../../model/reasons.ts';
import type { Service } from '../../model/entities/task.ts';
import { findFact } from '../../model/world.ts';
import { itemsOf, member, textOf, type JsonObject } from '../../preflight/json.ts';
import { blocking, ok, sayTrouble, warning, type Check, type Line, type Seen } from '../seen.ts';

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
    const resource = `--service-namespace ecs --resource-ids service/${cluster.slice(cluster.lastIndexOf('/') + 1)}/${name}`;
    const autoscaler = `ECS does not show whether an autoscaler changes the desired count: aws application-autoscaling describe-scalable-targets ${resource}`;
    const changes = describeChanges(found, seen);
    return [
      ok(
        `${name}: ${String(running)} running, ${String(pending)} pending, ${String(desired)} desired`,
        autoscaler,
      ),
      ...(changes === null
        ? []
        : [
            warning(
              `${changes}: an autoscaler, workers that leave by themselves, or people`,
              `Who it was, if it was Application Auto Scaling: aws application-autoscaling describe-scaling-activities ${resource.replace('-ids', '-id')}. A drill waits while tasks are taken away.`,
            ),
          ]),
      ...(seen.service?.ok === true ? listTraits(seen.service.value) : []),
      ...sayTraits(found),
    ];
  },
};

const HOUR_MS = 3_600_000;

/** How many tasks ECS started and stopped within the hour that belong to no deployment, by its events; null where none. */
function describeChanges({ events }: Service, { state, now }: Seen): string | null {
  const evidence = evidenceOf(state.index);
  const clocks = clocksOf(evidence);
  const hourAgo = byRunner(evidence, now - HOUR_MS, Number.MAX_SAFE_INTEGER);
  // The newest event is the first. What is older than the end of the last deployment may be the deployment's own.
  const since = events.findIndex(({ message }) => message.includes('deployment completed'));
  const recent = events
    .slice(0, Math.max(since, 0))
    .filter(({ at }) => at !== null && clocks.order(byEcs(at), hourAgo) !== 'before');
  const count = (change: RegExp): number =>
    recent.reduce((sum, { message }) => sum + Number(change.exec(message)?.[1] ?? 0), 0);
  const [started, stopped] = [count(/has started (\d+) /), count(/has stopped (\d+) /)];
  if (started + stopped === 0) return null;
  return `within an hour ECS started ${String(started)} of its tasks and stopped ${String(stopped)} without a deployment`;
}

/** What else ECS does with its tasks. */
function sayTraits({ traits }: Service): readonly Line[] {
  if (traits === undefined) return [];
  const { pauses, circuitBreaker, exec } = traits;
  return [
    ...(pauses
      ? [
          warning(
            'a lifecycle hook pauses its deployments until somebody continues them',
            'A drill of another fault waits for that inside when.startWithin; the fault deployment is refused.',
          ),
        ]
      : []),
    ...(circuitBreaker === 'off' ? [] : [ok(`deployment circuit breaker ${circuitBreaker}`)]),
    ...(exec ? [ok('ECS Exec is on: a shell in a container is no job, and a stop ends it')] : []),
  ];
}

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
