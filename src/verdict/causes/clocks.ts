import type { Instant } from '../../model/entities/build.ts';
import type { Job } from '../../model/entities/job.ts';
import type { Evidence } from '../../evidence/evidence.ts';

/** How far Buildkite's clock is ahead of ECS's, in ms, as far as that is more than what both are uncertain by. */
function ahead(evidence: Evidence): number {
  const [buildkite, ecs] = [evidence.last('clock', 'buildkite')?.value, evidence.last('clock', 'ecs')?.value];
  const offset = (buildkite?.offset ?? 0) - (ecs?.offset ?? 0);
  const uncertain = (buildkite?.uncertainty ?? 0) + (ecs?.uncertainty ?? 0);
  return Math.abs(offset) > uncertain ? offset : 0;
}

/** Milliseconds from an instant of ECS to one of Buildkite, both by the same clock as far as that is known. */
export function fromEcsTo(ofEcs: Instant, ofBuildkite: Instant, evidence: Evidence): number {
  return Math.round(ofBuildkite - ofEcs - ahead(evidence));
}

/** When a job began, by Buildkite's clock, or by the agent's own where its history was not read. */
export function beginOfJob({ events, startedAt }: Job): Instant | null {
  return (events ?? []).find(({ type }) => type === 'STARTED')?.at ?? startedAt;
}
