import { keyOfStep, listStepNames, mayBeInPipeline, StepName } from '../../model/step-name.ts';
import type { Edit } from '../documents.ts';
import type { Finding, Rule } from '../finding.ts';
import { judgementOf, notKnown } from '../finding.ts';
import { itemsOf, member, textOf, valueAt } from '../json.ts';
import type { Json } from '../json.ts';
import type { Pipeline, Step, Subject } from '../subject.ts';

/** If no step has a named key, a drill would wait for it in vain; Buildkite refuses a dependency on such a key. */
export const missingStepKey: Rule = {
  id: 'missing-step-key',
  rule: 'Every named step key is the key of a step.',
  severities: ['error'],
  sources: [
    'https://buildkite.com/docs/pipelines/configure/step-types/command-step (key: the label is no key)',
    'https://buildkite.com/docs/pipelines/configure/depends-on',
  ],
  judge(subject) {
    const { pipeline, documents } = subject;
    const named = StepName.safeParse(valueAt(documents.scenario?.value, ['when', 'step']));
    const wanted = named.success ? named.data : null;
    if (pipeline === null) return wanted === null ? judgementOf() : notKnown('the keys of the steps');
    const dangling = pipeline.steps.flatMap((step) => listMissingDependencies(step, pipeline));
    const asked =
      wanted === null || mayBeInPipeline(wanted, namesIn(pipeline))
        ? []
        : [findingOfScenario(subject, pipeline, wanted)];
    if (dangling.length + asked.length > 0 && pipeline.dynamic)
      return notKnown('all keys of the steps: further steps are uploaded while the build runs');
    return judgementOf(...asked, ...dangling);
  },
};

function findingOfScenario({ documents }: Subject, pipeline: Pipeline, wanted: StepName): Finding {
  const key = keyOfStep(wanted);
  const [only] = pipeline.keys;
  const keyless = pipeline.steps.find(({ keys }) => keys.length === 0);
  const edits: readonly Edit[] =
    typeof wanted === 'string' && only !== undefined && pipeline.keys.length === 1
      ? [{ document: 'scenario', path: ['when', 'step'], before: wanted, after: only }]
      : only === undefined && keyless !== undefined && key !== null
        ? [{ document: 'pipeline', path: [...keyless.path, 'key'], before: undefined, after: key }]
        : [];
  return {
    severity: 'error',
    document: documents.scenario === null ? 'pipeline' : 'scenario',
    path: documents.scenario === null ? [] : ['when', 'step'],
    seen: `no step has the ${typeof wanted === 'string' ? `key "${wanted}"` : `label "${wanted.label}"`}; ${listStepNames(wanted, namesIn(pipeline))}`,
    why: 'A drill would wait for a step that never runs. A label is not a key.',
    todo: 'Name the key of a step or `{ label: ... }`, or give the step that key.',
    edits,
    unknown: null,
  };
}

function namesIn({ keys, steps }: Pipeline): Parameters<typeof mayBeInPipeline>[1] {
  const labels = steps.map(({ value }) => textOf(member(value, 'label')) ?? textOf(member(value, 'name')));
  return { stepKeys: keys, stepLabels: labels.filter((label) => label !== null) };
}

function listMissingDependencies(step: Step, pipeline: Pipeline): readonly Finding[] {
  const value = member(step.value, 'depends_on');
  const list: readonly Json[] = Array.isArray(value)
    ? itemsOf(value)
    : value === undefined || value === null
      ? []
      : [value];
  const missing = list.filter((one) => {
    const key = keyIn(one);
    return key !== null && !pipeline.keys.includes(key);
  });
  if (missing.length === 0) return [];
  const left = list.filter((one) => !missing.includes(one));
  const path = [...step.path, 'depends_on'];
  return [
    {
      severity: 'error',
      document: 'pipeline',
      path,
      seen: `step ${step.name} depends on ${missing.map(keyIn).join(', ')}, and no step has that key`,
      why: 'Buildkite refuses such steps, so the build has no job to inject.',
      todo: 'Name a key that a step has.',
      edits: [{ document: 'pipeline', path, before: value, after: left.length === 0 ? undefined : left }],
      unknown: null,
    },
  ];
}

function keyIn(dependency: Json): string | null {
  return textOf(dependency) ?? textOf(member(dependency, 'step'));
}
