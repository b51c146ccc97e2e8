import { isOfSameGameDay } from '../model/drill-id.ts';
import { isGlobMatch } from '../model/glob.ts';
import { hasBuild } from '../scenario/schema.ts';
import type { Pipeline } from '../model/entities/surroundings.ts';
import { findFact, type World } from '../model/world.ts';
import { holds, refuses, type Guard } from './guard.ts';

/** Buildkite's branch filter: space-separated globs, `!` negates. Empty: every branch. */
export function isBranchMatch(filter: string | null, branch: string): boolean {
  const patterns = (filter ?? '').split(/\s+/).filter((pattern) => pattern !== '');
  if (patterns.length === 0) return true;
  const hit = (pattern: string): boolean => isGlobMatch(pattern, branch);
  const negative = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const positive = patterns.filter((pattern) => !pattern.startsWith('!'));
  if (negative.some(hit)) return false;
  return positive.length === 0 || positive.some(hit);
}

/** A trigger step of ours starts a build in another pipeline, which may hit somebody's build there. */
function judgeTriggered(world: World, own: Pipeline): ReturnType<typeof refuses> | null {
  for (const { pipeline: slug } of own.triggers) {
    const triggered = findFact(world, 'pipeline', slug);
    if (triggered === undefined)
      return refuses(`pipeline ${slug}, which a trigger step starts, could not be read`);
    const cancels =
      triggered.cancelIntermediateBuilds &&
      isBranchMatch(triggered.cancelIntermediateFilter, triggered.branch);
    const skips =
      triggered.skipIntermediateBuilds && isBranchMatch(triggered.skipIntermediateFilter, triggered.branch);
    const hit = triggered.openBuilds[0];
    if ((cancels || skips) && hit !== undefined)
      return refuses(
        `the build that a trigger step starts in ${slug} on ${triggered.branch} would ${cancels ? 'cancel' : 'skip'} build ${String(hit.number)} (${hit.url})`,
      );
  }
  return null;
}

/** A new build must not cancel or skip somebody's build of the branch, and drills of two game days that share pipeline and branch exclude each other. */
export const intermediateBuilds: Guard = {
  name: 'intermediate-builds',
  rule: "The drill's new build makes the pipeline cancel or skip no other build of the branch, and no drill of another game day runs there.",
  reason: 'not-allowed',
  judge({ world, plan, drill, buildId }) {
    const { build } = plan.scenario;
    if (!hasBuild(plan.scenario)) return holds('the drill starts no build');
    const pipeline = findFact(world, 'pipeline', build.pipeline);
    if (pipeline === undefined) return refuses('the pipeline could not be read');
    const ours = buildId === null ? null : (findFact(world, 'build', buildId)?.number ?? null);
    const others = pipeline.openBuilds.filter(
      (open) => open.number !== ours && open.number !== build.number && open.drill !== drill,
    );
    const rival = others.find((open) => open.drill !== null && !isOfSameGameDay(open.drill, drill));
    if (rival !== undefined)
      return refuses(`drill ${rival.drill ?? ''} runs on the same pipeline and branch (${rival.url})`);
    const cancels =
      pipeline.cancelIntermediateBuilds && isBranchMatch(pipeline.cancelIntermediateFilter, pipeline.branch);
    const skips =
      pipeline.skipIntermediateBuilds && isBranchMatch(pipeline.skipIntermediateFilter, pipeline.branch);
    if (build.count > 1 && (cancels || skips))
      return refuses(
        `the pipeline ${cancels ? 'cancels' : 'skips'} intermediate builds of ${pipeline.branch}, and each of our ${String(build.count)} builds would hit the one before it`,
      );
    if (build.number !== null || buildId !== null) return holds('no new build is started');
    const hit = others[0];
    if ((cancels || skips) && hit !== undefined)
      return refuses(
        `a new build on ${pipeline.branch} would ${cancels ? 'cancel' : 'skip'} build ${String(hit.number)} (${hit.url})`,
      );
    return judgeTriggered(world, pipeline) ?? holds('no other build of the branch is canceled or skipped');
  },
};
