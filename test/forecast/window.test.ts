import { describe, expect, test } from 'vitest';
import { disorderOf, windowAlone, windowOf } from '../../src/forecast/window.ts';
import type { Asked, Window } from '../../src/forecast/window.ts';
import type { LaunchType } from '../../src/worker/launch.ts';
import { OFFLINE } from '../../src/preflight/documents.ts';
import type { Doc, Documents } from '../../src/preflight/documents.ts';
import type { JsonObject } from '../../src/preflight/json.ts';
import { subjectOf } from '../../src/preflight/subject-of.ts';
import type { Subject } from '../../src/preflight/subject.ts';

const AGENT = { name: 'agent', entryPoint: ['buildkite-agent', 'start'], stopTimeout: 90 };
const NOTHING: Asked = { launchType: null, stopTimeout: null, signal: null };

interface Given {
  readonly definition?: JsonObject;
  readonly service?: JsonObject;
  readonly imageConfig?: JsonObject;
}

function subject(containers: readonly JsonObject[], given: Given = {}): Subject {
  const doc = (value: JsonObject | undefined): Doc | null =>
    value === undefined ? null : { value, base: [], name: 'given' };
  const documents: Documents = {
    taskDefinition: {
      value: { containerDefinitions: containers, ...given.definition },
      base: [],
      name: 'task.json',
    },
    service: doc(given.service),
    pipeline: null,
    imageConfig: doc(given.imageConfig),
    capacityProvider: null,
    hooks: null,
    scenario: null,
  };
  const found = subjectOf(documents, OFFLINE, 'agent');
  if (!('agent' in found)) throw new Error('no agent');
  return found;
}

function windowFor(containers: readonly JsonObject[], asked: Partial<Asked> = {}, given?: Given): Window {
  return windowOf(subject(containers, given), { ...NOTHING, ...asked });
}

test.each<[LaunchType, Given]>([
  ['FARGATE', {}],
  ['EC2', { definition: { requiresCompatibilities: ['EC2'] } }],
  ['FARGATE', { definition: { requiresCompatibilities: ['EC2', 'FARGATE'] } }],
  ['EXTERNAL', { definition: { requiresCompatibilities: ['EXTERNAL'] } }],
  ['EC2', { service: { launchType: 'EC2' } }],
  [
    'FARGATE_SPOT',
    {
      service: {
        capacityProviderStrategy: [{ capacityProvider: 'FARGATE' }, { capacityProvider: 'FARGATE_SPOT' }],
      },
    },
  ],
])('it runs on %s, the stricter where that is left open: %j', (launchType, given) => {
  expect(windowFor([AGENT], {}, given).launchType).toBe(launchType);
});

describe('the window', () => {
  test("is the agent's stopTimeout, or ECS's 30 s, or what is asked for", () => {
    const whole = { drain: 90_000, granted: 90_000, before: 0, wholeStop: 90_000, ceiling: 120_000 };
    expect(windowFor([AGENT])).toMatchObject({ ...whole, notes: [] });
    const { stopTimeout: _, ...untimed } = AGENT;
    expect(windowFor([untimed])).toMatchObject({ drain: 30_000, notes: ["no stopTimeout: ECS's 30 s"] });
    expect(windowFor([untimed], { launchType: 'EC2' }).notes.join()).toContain('ECS_CONTAINER_STOP_TIMEOUT');
    expect(windowFor([untimed], { stopTimeout: 45_000 })).toMatchObject({ drain: 45_000, notes: [] });
    expect(windowAlone(NOTHING)).toMatchObject({ drain: 30_000, signal: 'heard', ceiling: 120_000 });
    expect(windowAlone({ ...NOTHING, signal: 'fatal' })).toMatchObject({ drain: 0, granted: 30_000 });
  });

  test('has no ceiling on EC2 and elsewhere, and 120 s on Fargate', () => {
    const ceiling = (launchType: LaunchType): number | null => windowFor([AGENT], { launchType }).ceiling;
    expect([ceiling('FARGATE'), ceiling('EC2'), ceiling('EXTERNAL')]).toEqual([120_000, null, null]);
    expect([ceiling('FARGATE_SPOT'), ceiling('EC2_SPOT')]).toEqual([120_000, 120_000]);
    expect(windowFor([{ ...AGENT, stopTimeout: 3600 }], { launchType: 'EC2' }).drain).toBe(3_600_000);
  });

  const flush = { name: 'flush', stopTimeout: 50, dependsOn: [{ containerName: 'agent' }] };
  const proxy = { name: 'proxy', stopTimeout: 20 };
  const behind = { ...AGENT, dependsOn: [{ containerName: 'proxy' }] };

  test('begins when all that depend on the agent have stopped; what it depends on stops after it', () => {
    expect(windowFor([flush, AGENT])).toMatchObject({ drain: 90_000, before: 50_000, wholeStop: 140_000 });
    expect(windowFor([behind, proxy])).toMatchObject({ drain: 90_000, before: 0, wholeStop: 110_000 });
    expect(windowFor([flush, behind, proxy])).toMatchObject({ before: 50_000, wholeStop: 160_000 });
  });

  test('what ran once before the agent started is over: it takes no part in the stop', () => {
    const once = { ...AGENT, dependsOn: [{ containerName: 'proxy', condition: 'SUCCESS' }] };
    expect(windowFor([once, proxy]).wholeStop).toBe(90_000);
  });

  test('on spot it ends with the two minutes of the notice', () => {
    const spot = windowFor([flush, AGENT], { launchType: 'FARGATE_SPOT' });
    expect(spot).toMatchObject({ drain: 70_000, before: 50_000, wholeStop: 120_000, ceiling: 70_000 });
    expect(spot.notes.join()).toContain('140 s');
    expect(windowFor([{ ...AGENT, stopTimeout: 600 }], { launchType: 'EC2_SPOT' }).drain).toBe(120_000);
    expect(windowAlone({ ...NOTHING, launchType: 'EC2_SPOT', stopTimeout: 600_000 }).drain).toBe(120_000);
  });
});

describe('what becomes of the signal', () => {
  const init = { linuxParameters: { initProcessEnabled: true } };
  const shell = { entryPoint: ['/bin/sh', '-c', 'buildkite-agent start'] };
  test.each<[string, JsonObject, Given]>([
    ['eaten', shell, {}],
    ['eaten', { entryPoint: ['sh', '-c'], command: ['setup && buildkite-agent start'] }, {}],
    ['eaten', { entryPoint: ['bash', '-c', 'exec buildkite-agent start | tee log'] }, {}],
    ['eaten', { entryPoint: ['sh', '-c', 'exec setup; buildkite-agent start'] }, {}],
    ['heard', { entryPoint: ['bash', '-c', 'buildkite-agent start'] }, {}],
    ['heard', { entryPoint: ['/bin/sh', '-c', 'exec buildkite-agent start'] }, {}],
    ['heard', { entryPoint: ['sh', '-c', 'setup && exec /usr/bin/buildkite-agent start --spawn 1'] }, {}],
    ['heard', { entryPoint: ['tini', '--', 'buildkite-agent', 'start'] }, {}],
    ['heard', { command: ['buildkite-agent', 'start'] }, {}],
    // An init tells its own child alone: the shell, which dies of it, and all end with it.
    ['fatal', { ...shell, ...init }, {}],
    ['fatal', { entryPoint: ['tini', '--', 'sh', '-c', 'buildkite-agent start'] }, {}],
    ['heard', { entryPoint: ['buildkite-agent', 'start'], ...init }, {}],
    ['fatal', shell, { definition: { pidMode: 'task' } }],
    ['heard', { entryPoint: ['buildkite-agent', 'start'] }, { definition: { pidMode: 'task' } }],
    ['fatal', { entryPoint: ['buildkite-agent', 'start'] }, { imageConfig: { StopSignal: 'SIGQUIT' } }],
    ['eaten', { entryPoint: ['buildkite-agent', 'start'] }, { imageConfig: { StopSignal: 'SIGHUP' } }],
    ['heard', { entryPoint: ['buildkite-agent', 'start'] }, { imageConfig: { StopSignal: '15' } }],
    ['fatal', shell, { imageConfig: { StopSignal: 'SIGKILL' } }],
    ['eaten', {}, { imageConfig: { Entrypoint: ['sh', '-c', 'buildkite-agent start'] } }],
    ['fatal', { entryPoint: ['buildkite-agent', 'start', '--kubernetes-exec'] }, {}],
  ])('%s: %j %j', (signal, container, given) => {
    const window = windowFor([{ name: 'agent', stopTimeout: 90, ...container }], {}, given);
    expect(window.signal).toBe(signal);
    expect([window.drain, window.granted]).toEqual([signal === 'fatal' ? 0 : 90_000, 90_000]);
  });

  test('a person may know better, and what the reading rests on is told', () => {
    expect(windowFor([{ ...AGENT, ...shell }]).notes.join()).toContain('assumed to be dash');
    expect(windowFor([{ ...AGENT, ...shell }], { signal: 'heard' })).toMatchObject({
      ...{ signal: 'heard', notes: [] },
    });
    const once = { ...AGENT, entryPoint: ['sh', '-c', 'buildkite-agent start --disconnect-after-job'] };
    expect(windowFor([once]).notes.join()).toContain('at most what is forecast here');
    expect(windowFor([{ name: 'agent', image: 'ours:1', stopTimeout: 5 }]).notes.join()).toContain(
      'how the image ours:1 starts the agent is not in the documents',
    );
  });

  test('an agent that dies of it is gone at once, and those behind it are told then', () => {
    const proxy = { name: 'proxy', stopTimeout: 20 };
    const cut = { ...AGENT, ...shell, ...init, dependsOn: [{ containerName: 'proxy' }] };
    expect(windowFor([cut, proxy])).toMatchObject({ signal: 'fatal', drain: 0, wholeStop: 20_000 });
  });
});

test('a circle could never be stopped, nor what depends on nothing that is there', () => {
  const on = (name: string, ...names: readonly string[]): JsonObject => {
    return { name, dependsOn: names.map((containerName) => ({ containerName })) };
  };
  const path = ['containerDefinitions', 0, 'dependsOn'];
  expect(disorderOf(subject([on('agent', 'a'), on('a', 'b'), on('b', 'agent')]))).toMatchObject({
    ...{ path, message: expect.stringContaining('"agent" depends on itself') as string },
  });
  expect(disorderOf(subject([on('agent', 'a')]))).toMatchObject({
    ...{ path, message: '"agent" depends on "a", which is not a container of the definition' },
  });
  expect(disorderOf(subject([on('agent', 'a', 'b'), on('a', 'b'), on('b')]))).toBeNull();
});
