import { formatSpan } from '../../model/instants.ts';
import type { Pipeline } from '../../model/entities/surroundings.ts';
import { formatStep, makeHistoryId, mayBeInPipeline, type StepName } from '../../model/step-name.ts';
import { rowOf } from '../../model/reasons.ts';
import { findFact } from '../../model/world.ts';
import { findWrongPlan } from '../../drill/gate.ts';
import { timesOf } from '../../preflight/step-times.ts';
import { stepOf } from '../../scenario/when.ts';
import { blocking, ok, sayTrouble, warning, type Check, type Line } from '../seen.ts';

/** The step is in the pipeline or in its last builds, and its usual duration is held against the stop window. */
export const step: Check = {
  name: 'step',
  judge(seen) {
    const { plan, state } = seen;
    const { when, build } = plan.scenario;
    const name = stepOf(when);
    const pipeline = findFact(state.world, 'pipeline', build.pipeline);
    if (name === null || pipeline === undefined) return [];
    const wrong = findWrongPlan(state).find(({ reason }) => reason === 'no-such-step');
    if (wrong !== undefined) return [blocking(wrong.said, rowOf(wrong.reason).next)];
    const id = makeHistoryId(build.pipeline, name);
    const past = findFact(state.world, 'step-history', id);
    if (past === undefined) return sayTrouble(seen, 'step-history', id);
    const said = formatStep(name);
    if (past.durations.length === 0) return [sayWithoutPast(said, isListed(name, pipeline))];
    const { jobs, median, p95 } = timesOf(
      said,
      past.durations.map((ms) => ms / 1000),
    );
    const of = `${String(jobs)} passed ${jobs === 1 ? 'job' : 'jobs'}`;
    return [
      ok(
        `step ${said} took ${formatSpan(median * 1000)} in the median of ${of}, ${formatSpan(p95 * 1000)} in the 95th percentile`,
      ),
    ];
  },
};

/** Whether the pipeline's own steps show it; those that are uploaded later do not. */
function isListed(name: StepName, { stepKeys, stepLabels }: Pipeline): boolean {
  return stepKeys !== null && mayBeInPipeline(name, { stepKeys, stepLabels });
}

function sayWithoutPast(said: string, listed: boolean): Line {
  if (listed) return ok(`step ${said} is in the pipeline; no passed job of it is known`);
  return warning(
    `step ${said} is neither in the pipeline's own steps nor among its last passed jobs`,
    "Compare when.step with the step's key in a build that ran.",
  );
}
