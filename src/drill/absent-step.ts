import { listStepNames, makeHistoryId, mayBeInPipeline, type StepName } from '../model/step-name.ts';
import { findFact, type Subject } from '../model/world.ts';
import { stepOf } from '../scenario/when.ts';
import type { DrillState } from '../state/state.ts';

interface Absent {
  readonly step: StepName;
  readonly pipeline: string;
  /** What the pipeline has instead. */
  readonly has: string;
}

/** The step that the scenario names, where the pipeline's steps do not show it and nothing in them uploads others. */
function findAbsentStep({ plan, world }: DrillState): Absent | null {
  const step = plan.mode === 'assert' ? null : stepOf(plan.scenario.when);
  const pipeline = findFact(world, 'pipeline', plan.scenario.build.pipeline);
  if (step === null || pipeline === undefined || pipeline.dynamic || pipeline.stepKeys === null) return null;
  const { slug, stepKeys, stepLabels } = pipeline;
  const names = { stepKeys, stepLabels };
  return mayBeInPipeline(step, names) ? null : { step, pipeline: slug, has: listStepNames(step, names) };
}

/** Any command may upload steps, and not each looks like it: a step that ran before is not called absent. */
export function listAbsentStepSubjects(state: DrillState): readonly Subject[] {
  const absent = findAbsentStep(state);
  return absent === null ? [] : [{ kind: 'step-history', id: makeHistoryId(absent.pipeline, absent.step) }];
}

/** Why the drill would wait for its step in vain; null where it may come. */
export function explainAbsentStep(state: DrillState): string | null {
  const absent = findAbsentStep(state);
  if (absent === null) return null;
  const { step, pipeline, has } = absent;
  const past = findFact(state.world, 'step-history', makeHistoryId(pipeline, step));
  if (past !== undefined && past.durations.length > 0) return null;
  const named = typeof step === 'string' ? `with key "${step}"` : `labelled "${step.label}"`;
  return `pipeline ${pipeline} has no step ${named}, and no job of such a step passed lately; ${has}`;
}
