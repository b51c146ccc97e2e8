import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Answers } from '../../src/init/answers.ts';
import { pipelineText, scenarioText } from '../../src/init/render.ts';
import { lookupIn } from '../../src/scenario/interpolate.ts';
import { readScenario } from '../../src/scenario/read.ts';

const ANSWERS: Answers = {
  ...{ cluster: 'build-prod', service: 'build-agents', organization: 'acme', pipeline: 'canary' },
  ...{ step: 'integration', region: 'us-east-1', queue: 'gameday' },
};

test.each<[string, Partial<Answers>]>([
  ['as usual', {}],
  ['without a region', { region: null }],
  ['with ARNs', { cluster: 'arn:aws:ecs:us-east-1:123456789012:cluster/build-prod' }],
  ['with names that YAML reads as something else', { step: 'on', pipeline: '007', organization: '1e3' }],
  ['with a glob of steps', { step: 'test-*' }],
])('the scenario is valid and holds the answers %s', (_title, over) => {
  const answers = { ...ANSWERS, ...over };
  const { scenario, problems } = readScenario(scenarioText(answers), lookupIn({}, {}));
  expect(problems).toEqual([]);
  const { organization, pipeline, cluster, service, region, step } = answers;
  expect(scenario).toMatchObject({
    build: { organization, pipeline },
    cluster: { name: cluster, service, region },
    when: { step },
    inject: { fault: 'stop-task' },
    expect: { handover: 'forbidden' },
  });
});

interface Step {
  readonly command?: string;
  readonly retry?: {
    readonly automatic: readonly { readonly exit_status: number; readonly limit: number }[];
  };
  readonly soft_fail?: readonly unknown[];
}

/** The step that runs the drill, of a pipeline as text. */
function drillStep(text: string): Step | undefined {
  const { steps } = parse(text) as { readonly steps: readonly Step[] };
  return steps.find(({ command }) => command?.includes('gameday run') === true);
}

const RUN_IN_CI = /```yaml\n(steps:\n[^`]*?)```/.exec(readFileSync('docs/how-to/run-in-ci.md', 'utf8'))?.[1];

test.each<[string, string]>([
  ['init', pipelineText(ANSWERS, 'gameday/drill.yaml')],
  ['the page on CI', RUN_IN_CI ?? ''],
])('the step of %s answers 3 and 11 as the nightly recipe does, and annotates', (_title, text) => {
  const recipe = drillStep(readFileSync('recipes/nightly/pipeline.yml', 'utf8'));
  const step = drillStep(text);
  // The recipe first puts back what a dead runner changed, so it alone may run again after a lost agent (-1).
  const retried = recipe?.retry?.automatic.filter(({ exit_status }) => exit_status !== -1);
  expect(retried).toEqual([{ exit_status: 11, limit: 1 }]);
  expect(step?.retry?.automatic).toEqual(retried);
  expect(step?.soft_fail).toEqual(recipe?.soft_fail);
  expect(step?.command).toContain(' --annotate ');
});

test('the step runs the scenario on its own queue, and keeps what its reporters write', () => {
  // A name that YAML would read as a number stays a name.
  const answers = {
    ...ANSWERS,
    cluster: 'arn:aws:ecs:us-east-1:123456789012:cluster/build-prod',
    queue: '007',
  };
  const { steps } = parse(pipelineText(answers, 'game day/drill.yaml')) as {
    readonly steps: readonly unknown[];
  };
  expect(steps).toMatchObject([
    {
      command:
        "gameday run 'game day/drill.yaml' --yes --annotate --reporter json=result.json --reporter html=report.html --reporter junit=junit.xml",
      agents: { queue: '007' },
      artifact_paths: ['result.json', 'report.html', 'junit.xml', '.gameday/**/*'],
      concurrency: 1,
      concurrency_group: 'gameday/build-prod/build-agents',
    },
  ]);
});
