import { z } from 'zod';
import type { Experiment, FisTemplate, SafetyLever } from '../model/entities/experiment.ts';

/** FIS gives instants as seconds since 1970. */
const Seconds = z
  .number()
  .transform((at) => Math.round(at * 1_000))
  .optional();
const Text = z.string().optional();
const State = z.object({ status: z.string(), reason: Text });
const Texts = z.record(z.string(), z.string()).optional();

const TemplateAnswer = z.object({
  id: z.string(),
  stopConditions: z.array(z.object({ source: z.string(), value: Text })).optional(),
  actions: z.record(z.string(), z.object({ actionId: z.string(), targets: Texts })).optional(),
  targets: z
    .record(
      z.string(),
      z.object({
        resourceType: z.string(),
        resourceArns: z.array(z.string()).optional(),
        resourceTags: Texts,
        filters: z.array(z.unknown()).optional(),
        selectionMode: z.string(),
        parameters: Texts,
      }),
    )
    .optional(),
});

/** A template in our words. Throws where the answer has another shape. */
export function readTemplate(answer: unknown): FisTemplate {
  const { id, stopConditions = [], actions = {}, targets = {} } = TemplateAnswer.parse(answer);
  return {
    id,
    stopConditions: stopConditions.flatMap(({ source, value }) =>
      source === 'none' ? [] : [value ?? source],
    ),
    actions: Object.entries(actions).map(([name, { actionId, targets: named = {} }]) => ({
      ...{ name, action: actionId, targets: Object.values(named) },
    })),
    targets: Object.entries(targets).map(([name, one]) => ({
      name,
      type: one.resourceType,
      arns: one.resourceArns ?? [],
      parameters: one.parameters ?? {},
      open: Object.keys(one.resourceTags ?? {}).length > 0 || (one.filters ?? []).length > 0,
      selection: one.selectionMode,
    })),
  };
}

const ExperimentAnswer = z.object({
  id: z.string(),
  state: State,
  actions: z
    .record(z.string(), z.object({ actionId: z.string(), state: State.optional(), startTime: Seconds }))
    .optional(),
});

/** An experiment in our words. Throws where the answer has another shape. */
export function readExperiment(answer: unknown): Experiment {
  const { id, state, actions = {} } = ExperimentAnswer.parse(answer);
  return {
    ...{ id, status: state.status, reason: state.reason ?? null },
    actions: Object.entries(actions).map(([name, action]) => ({
      name,
      action: action.actionId,
      status: action.state?.status ?? 'pending',
      reason: action.state?.reason ?? null,
      startedAt: action.startTime ?? null,
    })),
  };
}

const LeverAnswer = z.object({ state: State });

/** The safety lever in our words. Throws where the answer has another shape. */
export function readLever(answer: unknown): SafetyLever {
  const { status, reason } = LeverAnswer.parse(answer).state;
  return { status, reason: reason ?? null };
}

const Summary = z.object({ id: z.string(), state: State.optional(), tags: Texts });

/** Of a page of summaries those with the tag. Throws where the answer has another shape. */
export function readTagged(
  answer: unknown,
  key: string,
  value: string,
): readonly { readonly id: string; readonly status: string }[] {
  return z
    .array(Summary)
    .parse(answer ?? [])
    .filter(({ tags }) => tags?.[key] === value)
    .map(({ id, state }) => ({ id, status: state?.status ?? 'unknown' }));
}
