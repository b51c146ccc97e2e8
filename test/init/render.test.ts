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

test('the step runs the scenario on its own queue, and is retried only where the drill proved nothing', () => {
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
      command: "gameday run 'game day/drill.yaml' --yes --reporter json=result.json",
      agents: { queue: '007' },
      retry: { automatic: [{ exit_status: 11, limit: 2 }] },
      concurrency: 1,
      concurrency_group: 'gameday/build-prod/build-agents',
    },
  ]);
});
