import * as z from 'zod';

import { EcsError, invalid } from './errors.ts';
import { checkClusterOf } from './identifiers.ts';
import { page, read } from './input.ts';
import { newDeployment, type Deployment, type Service } from './service.ts';
import type { EcsState } from './state.ts';
import { seconds } from './task-view.ts';

const instant = z.number().transform((epochSeconds) => epochSeconds * 1000);
const listShape = z.strictObject({
  cluster: z.string().optional(),
  service: z.string(),
  status: z.array(z.string()).optional(),
  createdAt: z.strictObject({ after: instant.optional(), before: instant.optional() }).default({}),
  maxResults: z.int().min(1).max(100).default(20),
  nextToken: z.string().optional(),
});

const keptMs = 90 * 86_400_000;

/** The deployments of a service, the newest first, as far as ECS keeps them (ECS-103). */
export function listServiceDeployments(state: EcsState, request: unknown): Record<string, unknown> {
  const input = read(listShape, request);
  checkClusterOf(input.cluster, [input.service]);
  state.requireCluster(input.cluster);
  const service = state.findService(input.service);
  if (!service) throw new EcsError('ServiceNotFoundException', 'Service not found.');
  const kept = Date.now() - keptMs;
  const { after = kept, before = Infinity } = input.createdAt;
  if (after < kept || before < kept)
    throw invalid('Before and After time filter must be within the last 3 months.');
  const found = (service.controller === 'ECS' ? service.history : [])
    .filter(({ createdAt }) => createdAt > after && createdAt < before)
    .filter(({ release }) => input.status?.includes(release.status) ?? true)
    .toSorted((a, b) => b.createdAt - a.createdAt);
  const { items, ...rest } = page(
    found.map((each) => each.release.id),
    input.maxResults,
    input.nextToken,
  );
  const views = found.filter(({ release }) => items.includes(release.id));
  return { serviceDeployments: views.map((each) => viewBrief(state, service, each)), ...rest };
}

function viewBrief(state: EcsState, service: Service, deployment: Deployment): Record<string, unknown> {
  const { release, createdAt, id } = deployment;
  const byEcs = (at: number): number | undefined => seconds(at, state.knobs.clockOffsetMs);
  const place = `${state.cluster.name}/${service.name}`;
  return {
    serviceDeploymentArn: `${state.prefix()}:service-deployment/${place}/${release.id}`,
    serviceArn: service.arn,
    clusterArn: state.clusterArn,
    createdAt: byEcs(createdAt),
    startedAt: byEcs(createdAt),
    ...(release.finishedAt === null ? {} : { finishedAt: byEcs(release.finishedAt) }),
    targetServiceRevisionArn: `${state.prefix()}:service-revision/${place}/${id.replace('ecs-svc/', '')}`,
    status: release.status,
  };
}

/** Adds deployments that ended long ago. */
export function plantDeployments(
  service: Service,
  past: readonly { readonly ago: number; readonly took: number }[],
): void {
  const definition = service.deployments[0]?.definition;
  if (!definition) return;
  for (const { ago, took } of past) {
    const deployment = { ...newDeployment(definition), createdAt: Date.now() - ago };
    deployment.release.status = 'SUCCESSFUL';
    deployment.release.finishedAt = deployment.createdAt + took;
    service.history.push(deployment);
  }
}
