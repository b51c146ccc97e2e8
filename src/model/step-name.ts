import { z } from 'zod';
import { describeNames } from './suggest.ts';
import { haveCommonText, isGlobMatch } from './glob.ts';

const Text = z.string().min(1).max(1000);

/** How a scenario names a step: by its key, by a glob of keys, or by the label of its jobs. The stored form is the written one. */
export const StepName = z.union([Text, z.strictObject({ label: Text.describe('Label of the jobs.') })], {
  error: "a step's key, a glob of keys such as test-*, or a map with a label",
});
export type StepName = z.infer<typeof StepName>;

/** The names of one job's step. */
export interface NamedStep {
  readonly stepKey: string | null;
  readonly label: string | null;
}

/**
 * Whether the job is one of the step that is named; `*` stands for any characters, in a key and in a label. A key has no `*`
 * of its own (Buildkite allows letters, digits, `-`, `_` and `:`). Labels are compared as the API gives them, `:rocket:` included.
 */
export function matchesStep(step: StepName, { stepKey, label }: NamedStep): boolean {
  if (typeof step === 'string') return stepKey !== null && isGlobMatch(step, stepKey);
  return label !== null && isGlobMatch(normalizeLabel(step.label), normalizeLabel(label));
}

/** Composed characters, single spaces, and no variation selector: editors and keyboards differ in them, readers do not see them. */
function normalizeLabel(label: string): string {
  return label.normalize('NFC').replaceAll('\uFE0F', '').replaceAll(/\s+/gu, ' ').trim();
}

/** The one key that is named; null where a glob or a label may name several steps. */
export function keyOfStep(step: StepName): string | null {
  return typeof step === 'string' && !step.includes('*') ? step : null;
}

/** Whether it may name several steps. */
export function isGlobOfSteps(step: StepName): boolean {
  return (typeof step === 'string' ? step : step.label).includes('*');
}

/** What a label may hold in place of a value that is known only when its jobs are created. */
const FILLED_IN = /%[nNtT]|\{\{.*?\}\}|\$\{[^}]*\}|\$\w+/gu;

/** Whether a job of a pipeline with these keys and labels, as its steps write them, can be one of the step that is named. */
export function mayBeInPipeline(
  step: StepName,
  pipeline: { readonly stepKeys: readonly string[]; readonly stepLabels: readonly string[] },
): boolean {
  if (typeof step === 'string')
    return pipeline.stepKeys.some((stepKey) => matchesStep(step, { stepKey, label: null }));
  const wanted = normalizeLabel(step.label);
  return pipeline.stepLabels.some((label) =>
    haveCommonText(wanted, normalizeLabel(label).replaceAll(FILLED_IN, '*')),
  );
}

/** What the pipeline has instead, for the message that it has no such step. */
export function listStepNames(
  step: StepName,
  { stepKeys, stepLabels }: { readonly stepKeys: readonly string[]; readonly stepLabels: readonly string[] },
): string {
  const isKey = typeof step === 'string';
  if (isKey && stepKeys.length === 0) {
    const labelled = stepLabels.length === 0 ? '' : `; the labels are ${stepLabels.join(', ')}`;
    return `none of its steps has a key${labelled}`;
  }
  const names = isKey ? stepKeys : stepLabels;
  return describeNames(isKey ? 'keys' : 'labels', isKey ? step : step.label, names);
}

/** The name in a sentence, behind the word `step`. */
export function formatStep(step: StepName): string {
  return typeof step === 'string' ? step : `labelled "${step.label}"`;
}

/** The id under which the history of a pipeline's step is known: `PIPELINE/STEP`. */
export function makeHistoryId(pipeline: string, step: StepName): string {
  return `${pipeline}/${typeof step === 'string' ? step : JSON.stringify(step)}`;
}

/** Its two parts. A pipeline's slug has no slash, a step's key may; no key begins with a brace. */
export function splitHistoryId(id: string): readonly [string, StepName] {
  const cut = id.indexOf('/');
  const step = id.slice(cut + 1);
  return [id.slice(0, cut), step.startsWith('{') ? StepName.parse(JSON.parse(step)) : step];
}
