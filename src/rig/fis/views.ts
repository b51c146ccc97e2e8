import type { Experiment, RunningAction, Template } from './model.ts';

type View = Record<string, unknown>;

/** ExperimentTemplate; instants are epoch seconds (FIS-1). */
export function viewTemplate({ id, arn, input, createdAt }: Template, aheadMs: number): View {
  const { clientToken: _token, ...rest } = input;
  const at = secondsOf(createdAt, aheadMs);
  return { ...rest, id, arn, creationTime: at, lastUpdateTime: at, targetAccountConfigurationsCount: 0 };
}

/** ExperimentTemplateSummary. */
export function viewTemplateSummary({ id, arn, input, createdAt }: Template, aheadMs: number): View {
  const at = secondsOf(createdAt, aheadMs);
  return { id, arn, description: input.description, creationTime: at, lastUpdateTime: at, tags: input.tags };
}

/** Experiment. */
export function viewExperiment(one: Experiment, aheadMs: number): View {
  const { targets, stopConditions, roleArn, experimentOptions } = one.template.input;
  return {
    ...viewSummary(one, aheadMs),
    roleArn,
    targets,
    stopConditions,
    actions: Object.fromEntries(one.actions.map((action) => [action.name, viewAction(action, aheadMs)])),
    ...timesOf(one, aheadMs),
    experimentOptions: { ...experimentOptions, ...one.input.experimentOptions },
    targetAccountConfigurationsCount: 0,
  };
}

/** ExperimentSummary. */
export function viewSummary(one: Experiment, aheadMs: number): View {
  return {
    id: one.id,
    arn: one.arn,
    experimentTemplateId: one.template.id,
    state: one.state,
    creationTime: secondsOf(one.createdAt, aheadMs),
    tags: one.input.tags,
  };
}

function viewAction({ input, state, ...times }: RunningAction, aheadMs: number): View {
  return { ...input, state, ...timesOf(times, aheadMs) };
}

function timesOf(
  { startedAt, endedAt }: { readonly startedAt?: number; readonly endedAt?: number },
  aheadMs: number,
): View {
  return {
    ...(startedAt !== undefined && { startTime: secondsOf(startedAt, aheadMs) }),
    ...(endedAt !== undefined && { endTime: secondsOf(endedAt, aheadMs) }),
  };
}

function secondsOf(at: number, aheadMs: number): number {
  return (at + aheadMs) / 1000;
}
