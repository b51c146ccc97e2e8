import { findFact } from '../../model/world.ts';
import { hasBuild } from '../../scenario/schema.ts';
import { ok, sayTrouble, warning, type Check } from '../seen.ts';

/** Organization and pipeline exist, and the branch of the build is said. */
export const pipeline: Check = {
  name: 'pipeline',
  judge(seen) {
    const { plan, state } = seen;
    const { scenario, organization } = plan;
    if (!hasBuild(scenario)) return [];
    const { pipeline: slug, branch, number } = scenario.build;
    const found = findFact(state.world, 'pipeline', slug);
    if (found === undefined) return sayTrouble(seen, 'pipeline', slug);
    const build =
      number === null
        ? `builds are started on ${branch === null ? 'its default branch' : 'branch'} ${found.branch}`
        : `build ${String(number)} is used`;
    const open = found.openBuilds.length;
    const said = `${organization}/${slug}; ${build}, where ${String(open)} ${open === 1 ? 'build is' : 'builds are'} open`;
    const own = found.defaultBranch ?? found.branch;
    if (number !== null || branch === null || own === branch) return [ok(said)];
    return [
      warning(
        `${said}; the pipeline's default branch is ${own}`,
        `Leave build.branch out to use ${own}, or see that branch ${branch} exists and has the step.`,
      ),
    ];
  },
};
