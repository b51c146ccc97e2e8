import { listStepNames, makeHistoryId, mayBeInPipeline, type StepName } from '../model/step-name.ts';
import { findFact, type Subject } from '../model/world.ts';
import { stepOf } from '../scenario/when.ts';
import type { DrillState } from '../state/state.ts';

interface Absent {
  readonly step: StepName;
  readonly pipeline: string;
  /** What the pipeline, or those that are followed, have instead. */
  readonly has: string;
  /** Pipelines that trigger steps start builds of, and that are not followed. */
  readonly unfollowed: readonly string[];
}

/** The pipelines whose builds the drill's own build will start: it may cancel somebody's build there, and hold the step. */
export function listTriggeredPipelines({ plan, world }: DrillState): readonly Subject[] {
  const own = findFact(world, 'pipeline', plan.scenario.build.pipeline);
  const slugs = own?.triggers.map(({ pipeline }) => pipeline).filter((slug) => slug !== own.slug) ?? [];
  return plan.mode === 'assert' ? [] : [...new Set(slugs)].map((id) => ({ kind: 'pipeline', id }));
}

/** The step that the scenario names, where the pipeline's steps do not show it and nothing in them uploads others. */
function findAbsentStep(state: DrillState): Absent | null {
  const { plan, world } = state;
  const step = plan.mode === 'assert' ? null : stepOf(plan.scenario.when);
  const own = findFact(world, 'pipeline', plan.scenario.build.pipeline);
  if (plan.mode === 'assert' || step === null || own === undefined) return null;
  const follows = plan.scenario.build.follow === 'triggered';
  const children = listTriggeredPipelines(state).map(({ id }) => findFact(world, 'pipeline', id));
  const pipelines = [own, ...(follows ? children : [])];
  // What a triggered pipeline triggers is not read.
  if (follows && children.some((child) => child === undefined || child.triggers.length > 0)) return null;
  const known = pipelines.filter((one) => one !== undefined);
  if (known.some(({ dynamic, stepKeys }) => dynamic || stepKeys === null)) return null;
  const names = {
    stepKeys: known.flatMap(({ stepKeys }) => stepKeys ?? []),
    stepLabels: known.flatMap(({ stepLabels }) => stepLabels),
  };
  if (mayBeInPipeline(step, names)) return null;
  const unfollowed = follows ? [] : own.triggers.map(({ pipeline }) => pipeline);
  return { step, pipeline: own.slug, has: listStepNames(step, names), unfollowed };
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
  const { step, pipeline, has, unfollowed } = absent;
  const past = findFact(state.world, 'step-history', makeHistoryId(pipeline, step));
  if (past !== undefined && past.durations.length > 0) return null;
  const named = typeof step === 'string' ? `with key "${step}"` : `labelled "${step.label}"`;
  const follow =
    unfollowed.length === 0
      ? ''
      : `; if it is a step of ${[...new Set(unfollowed)].join(' or ')}, whose builds its trigger steps start, set build.follow: triggered`;
  return `pipeline ${pipeline} has no step ${named}, and no job of such a step passed lately; ${has}${follow}`;
}
