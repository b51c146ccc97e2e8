import { describe, expect, test } from 'vitest';
import { readDefinition } from '../../src/forecast/definition.ts';
import type { Definition } from '../../src/forecast/definition.ts';
import { positionOf } from '../../src/forecast/json.ts';
import { agentContainer, launchTypeOf, windowOf } from '../../src/forecast/window.ts';
import type { LaunchType, Window } from '../../src/forecast/window.ts';

type Fields = Readonly<Record<string, unknown>>;
const AGENT = { name: 'agent', entryPoint: ['buildkite-agent', 'start'], stopTimeout: 90 };

function definition(containers: readonly Fields[], over: Fields = {}): Definition {
  const answer = readDefinition(JSON.stringify({ family: 'f', containerDefinitions: containers, ...over }));
  if (!answer.ok) throw new Error(answer.wrong.message);
  return answer.value;
}

function windowFor(containers: readonly Fields[], launchType: LaunchType = 'FARGATE'): Window {
  const found = definition(containers);
  const agent = agentContainer(found, null);
  if (agent === null) throw new Error('no agent');
  return windowOf(found, agent, launchType);
}

describe('a task definition that a person has to correct', () => {
  test.each<[string, string, string, string]>([
    ['a comment', '{\n  // why\n  "containerDefinitions": []\n}', '2:3', 'JSON has no comments'],
    ['a comma too much', '{"containerDefinitions": [1,]}', '1:29', '"," stands before "]"'],
    ['a quote that is missing', '{"family: 1}', '1:2', 'a text in double quotes'],
    ['an end that is missing', '{"family": ', '1:12', 'it ends too soon'],
    ['something behind the end', '{} {}', '1:4', 'after the end'],
    [
      "CloudFormation's casing",
      '{\n "ContainerDefinitions": []}',
      '2:26',
      '"ContainerDefinitions" is CloudFormation',
    ],
    ['no container', '{"containerDefinitions": []}', '1:26', 'no container'],
    ['no name', '{"containerDefinitions":\n [{"image": "x"}]}', '2:3', 'a container has no name'],
    [
      'a time-out in quotes',
      '{"taskDefinition": {"containerDefinitions": [{"name": "a", "stopTimeout": "120"}]}}',
      '1:75',
      '"stopTimeout" is "120"',
    ],
    [
      'a dependency that is not there',
      '{"containerDefinitions": [{"name": "a", "dependsOn": [{"containerName": "b"}]}]}',
      '1:54',
      'depends on "b"',
    ],
    [
      'a circle',
      '{"containerDefinitions": [{"name": "a", "dependsOn": [{"containerName": "a"}]}]}',
      '1:54',
      'depends on itself',
    ],
    ['a list', '[]', '1:1', 'not a task definition'],
  ])('%s', (_name, text, at, message) => {
    const answer = readDefinition(text);
    expect(answer).toMatchObject({
      ok: false,
      wrong: { message: expect.stringContaining(message) as string },
    });
    expect(answer.ok ? '' : positionOf(text, answer.wrong.offset)).toBe(at);
    expect(answer.ok ? '' : answer.wrong.next).toMatch(/\.$/);
  });
});

test('it may be wrapped, begin with a byte order mark, and be mended by nobody', () => {
  const text = `\ufeff${JSON.stringify({ taskDefinition: { containerDefinitions: [AGENT] } })}`;
  expect(readDefinition(text)).toMatchObject({ ok: true, value: { containers: [{ stopTimeout: 90_000 }] } });
});

test("the agent's container is the one that is named, that starts it, or that is alone", () => {
  const both = definition([{ name: 'proxy' }, AGENT]);
  expect(agentContainer(both, null)?.name).toBe('agent');
  expect(agentContainer(both, 'proxy')?.name).toBe('proxy');
  expect(agentContainer(both, 'none')).toBeNull();
  expect(agentContainer(definition([{ name: 'one' }]), null)?.name).toBe('one');
  expect(agentContainer(definition([{ name: 'one' }, { name: 'two' }]), null)).toBeNull();
  expect(agentContainer(definition([AGENT, { ...AGENT, name: 'second' }]), null)).toBeNull();
});

test('where it runs is what it requires, the stricter where that leaves a choice', () => {
  const of = (requiresCompatibilities: readonly string[]): LaunchType =>
    launchTypeOf(definition([AGENT], { requiresCompatibilities }));
  expect([of([]), of(['EC2']), of(['EC2', 'FARGATE']), of(['EXTERNAL'])]).toEqual([
    'FARGATE',
    'EC2',
    'FARGATE',
    'EXTERNAL',
  ]);
});

describe('the window', () => {
  test("is the agent's stopTimeout, or ECS's 30 s", () => {
    expect(windowFor([AGENT])).toMatchObject({
      drain: 90_000,
      before: 0,
      wholeStop: 90_000,
      ceiling: 120_000,
    });
    const { drain, notes } = windowFor([{ ...AGENT, stopTimeout: undefined }]);
    expect([drain, notes.join()]).toEqual([30_000, expect.stringContaining('30 s')]);
    expect(windowFor([AGENT], 'EC2').ceiling).toBeNull();
  });

  const flush = { name: 'flush', stopTimeout: 50, dependsOn: [{ containerName: 'agent' }] };
  const proxy = { name: 'proxy', stopTimeout: 20 };
  const behind = { ...AGENT, dependsOn: [{ containerName: 'proxy' }] };

  test('begins when all that depend on the agent have stopped; what it depends on stops after it', () => {
    expect(windowFor([flush, AGENT])).toMatchObject({ drain: 90_000, before: 50_000, wholeStop: 140_000 });
    expect(windowFor([behind, proxy])).toMatchObject({ drain: 90_000, before: 0, wholeStop: 110_000 });
    expect(windowFor([flush, behind, proxy])).toMatchObject({ before: 50_000, wholeStop: 160_000 });
  });

  test('on spot it ends with the two minutes of the notice', () => {
    const spot = windowFor([flush, AGENT], 'FARGATE_SPOT');
    expect(spot).toMatchObject({ drain: 70_000, before: 50_000, wholeStop: 120_000, ceiling: 70_000 });
    expect(spot.notes.join()).toContain('140 s');
    expect(windowFor([{ ...AGENT, stopTimeout: 600 }], 'EC2_SPOT').drain).toBe(120_000);
  });

  test.each<[boolean, Fields]>([
    [false, { entryPoint: ['/bin/sh', '-c', 'buildkite-agent start'] }],
    [false, { entryPoint: ['sh', '-c'], command: ['setup && buildkite-agent start'] }],
    [false, { entryPoint: ['bash', '-c', 'exec buildkite-agent start | tee log'] }],
    [false, { entryPoint: ['sh', '-c', 'exec setup; buildkite-agent start'] }],
    [true, { entryPoint: ['/bin/sh', '-c', 'exec buildkite-agent start'] }],
    [true, { entryPoint: ['sh', '-c', 'setup && exec /usr/bin/buildkite-agent start --spawn 1'] }],
    [true, { entryPoint: ['tini', '--', 'buildkite-agent', 'start'] }],
    [true, { command: ['buildkite-agent', 'start'] }],
  ])('told %j: %j', (told, container) => {
    expect(windowFor([{ name: 'agent', ...container }]).told).toBe(told);
  });
});
