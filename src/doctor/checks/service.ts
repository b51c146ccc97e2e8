import { findWrongPlan } from '../../drill/gate.ts';
import { byEcs, byRunner, clocksOf } from '../../evidence/clocks.ts';
import { evidenceOf } from '../../evidence/evidence.ts';
import { formatSpan } from '../../model/instants.ts';
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
    const resource = `--service-namespace ecs --resource-id service/${cluster.slice(cluster.lastIndexOf('/') + 1)}/${name}`;
    const changes = describeChanges(found, seen);
    return [
      ok(`${name}: ${String(running)} running, ${String(pending)} pending, ${String(desired)} desired`),
      ...(changes === null
        ? []
        : [
            warning(
              `${changes}: an autoscaler, workers that leave by themselves, or people`,
              `Who it was, if it was Application Auto Scaling: aws application-autoscaling describe-scaling-activities ${resource}. A drill waits while tasks are taken away.`,
            ),
          ]),
      ...(seen.service?.ok === true ? listOthers(seen.service.value, seen) : []),
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

/** What else ECS does with its tasks, where that is not the usual way. */
function sayTraits({ traits }: Service): readonly Line[] {
  if (traits === undefined) return [];
  const { scheduling, strategy, bakesFor, pauses, circuitBreaker, rebalances, exec } = traits;
  return [
    ...(scheduling === 'DAEMON' ? [ok('DAEMON: one task on each host, so that a scale-in takes none')] : []),
    ...(strategy === 'ROLLING'
      ? []
      : [
          warning(
            `its ${strategy} deployments bake for ${formatSpan(bakesFor)} beside the old tasks, and then stop all of these at once`,
            'A drill of another fault waits for the end of a deployment, inside when.startWithin.',
          ),
        ]),
    ...(pauses
      ? [
          warning(
            'a lifecycle hook pauses its deployments until somebody continues them',
            'A drill of another fault waits for that inside when.startWithin; the fault deployment is refused.',
          ),
        ]
      : []),
    ...(circuitBreaker === 'off'
      ? []
      : [ok(`deployment circuit breaker ${circuitBreaker}: a deployment whose tasks fail is ended`)]),
    ...(rebalances
      ? [
          warning(
            'ECS moves its tasks between Availability Zones, with a job or without',
            'A drill waits while a task is moved, and proves nothing if it is the one with the job.',
          ),
        ]
      : []),
    ...(exec ? [ok('ECS Exec is on: a shell in a container is no job, and a stop ends it')] : []),
  ];
}

/** Who else deploys the service or takes its hosts away. */
function listOthers(document: PlainDocument, { state }: Seen): readonly Line[] {
  const value = document as JsonObject;
  const controller = textOf(member(member(value, 'deploymentController'), 'type'));
  const providers = itemsOf(member(value, 'capacityProviderStrategy')).flatMap(
    (one) => textOf(member(one, 'capacityProvider')) ?? [],
  );
  const findings = findFact(state.world, 'preflight', 'preflight')?.findings ?? [];
  return [
    ...(controller !== null && controller !== 'ECS'
      ? [
          warning(
            `its deployments are those of ${controller}`,
            'Run the drill while none of its tasks is replaced.',
          ),
        ]
      : []),
    ...(providers.some((name) => name.includes('SPOT'))
      ? [
          warning(
            'spot capacity may be reclaimed during the drill',
            'Read stopCode in the result if a task stops by itself.',
          ),
        ]
      : []),
    ...findings
      .filter(({ rule }) => rule === 'managed-instances')
      .map(({ todo }) => ok('its hosts are ECS Managed Instances, which AWS drains and replaces', todo)),
  ];
}
