import { describe, expect, test } from 'vitest';
import { OFFLINE } from '../../src/preflight/documents.ts';
import type { Documents } from '../../src/preflight/documents.ts';
import type { JsonObject } from '../../src/preflight/json.ts';
import { subjectOf } from '../../src/preflight/subject-of.ts';
import type { Subject } from '../../src/preflight/subject.ts';
import { copyOf } from '../../src/rehearsal/definition.ts';
import type { Copy, Machine } from '../../src/rehearsal/definition.ts';

const HERE: Machine = {
  images: false,
  image: null,
  hasImage: () => false,
  hasProgram: (word) => ['/bin/sh', 'curl'].includes(word),
  isLent: (word) => word.endsWith('gateway'),
};
const ENGINE: Machine = {
  ...{ images: true, image: null, hasProgram: () => true, isLent: () => false },
  hasImage: (reference) => reference === 'example/agent:1',
};

const agent = {
  name: 'agent',
  image: 'example/agent:1',
  entryPoint: ['buildkite-agent', 'start', '--tags-from-ecs-meta-data'],
  stopTimeout: 60,
};

function subject(task: JsonObject, more: Partial<Documents> = {}): Subject {
  const documents = {
    taskDefinition: { value: task, base: [], name: 'td.json' },
    ...{
      service: null,
      pipeline: null,
      imageConfig: null,
      capacityProvider: null,
      scenario: null,
      hooks: null,
    },
    ...more,
  };
  const found = subjectOf(documents, OFFLINE, 'agent');
  if ('agent' in found) return found;
  throw new Error('no agent');
}

function task(container: object = {}, rest: object = {}, ...sidecars: readonly object[]): JsonObject {
  return {
    family: 'build-agent',
    requiresCompatibilities: ['FARGATE'],
    containerDefinitions: [{ ...agent, ...container }, ...sidecars],
    ...rest,
  } as JsonObject;
}

function copied(document: JsonObject, machine: Machine = HERE, more: Partial<Documents> = {}): Copy {
  const copy = copyOf(subject(document, more), machine);
  if ('why' in copy) throw new Error(copy.why);
  return copy;
}

function containersOf({ document }: Copy): readonly JsonObject[] {
  return document['containerDefinitions'] as readonly JsonObject[];
}

describe('the copy that the rig plays', () => {
  test('is the definition itself where the rig models all of it', () => {
    const document = task({ environment: [{ name: 'A', value: 'b' }], mountPoints: [], privileged: false });
    const copy = copied(document);
    expect(copy).toMatchObject({
      ...{ launchType: 'FARGATE', differs: [] },
      runs: 'buildkite-agent start --tags-from-ecs-meta-data',
    });
    const [{ mountPoints, privileged, ...given } = {}] = containersOf({ document } as Copy);
    expect([mountPoints, privileged]).toEqual([[], false]);
    expect(containersOf(copy)).toEqual([given]);
  });

  test('has the tags by which a drill aims, where the definition does not ask for them', () => {
    const environment = [{ name: 'A', value: 'b' }];
    const copy = copied(task({ entryPoint: ['buildkite-agent', 'start'], environment }));
    const added = { name: 'BUILDKITE_AGENT_TAGS_FROM_ECS_META_DATA', value: 'true' };
    expect(containersOf(copy)[0]).toMatchObject({ environment: [...environment, added] });
    expect(copy.differs).toEqual([
      'container agent: BUILDKITE_AGENT_TAGS_FROM_ECS_META_DATA is set, so that a drill finds the task of a job',
    ]);
  });

  test.each<[string, object, object, string]>([
    [
      'a mount',
      { mountPoints: [{ containerPath: '/x' }] },
      {},
      'container agent: mountPoints left out, as the rig does not model it',
    ],
    ['volumes', {}, { volumes: [{ name: 'x' }] }, 'the task: volumes left out, as the rig does not model it'],
    [
      'a GPU',
      { resourceRequirements: [{ type: 'GPU', value: '1' }] },
      {},
      'container agent: resourceRequirements left out, as the rig does not model it',
    ],
    [
      'capabilities',
      { linuxParameters: { initProcessEnabled: true, capabilities: { add: ['X'] } } },
      {},
      'container agent: linuxParameters.capabilities left out, as the rig does not model it',
    ],
    [
      'a secret',
      { secrets: [{ name: 'NPM_TOKEN', valueFrom: 'arn' }] },
      {},
      'container agent: the secret NPM_TOKEN has no value here',
    ],
    [
      'a role',
      {},
      { taskRoleArn: 'arn:aws:iam::1:role/x' },
      'taskRoleArn is not assumed: calls to AWS do not work in the rehearsal',
    ],
    [
      'a health check that this machine cannot run',
      { healthCheck: { command: ['CMD-SHELL', 'wget -q localhost'] } },
      {},
      'container agent: its health check is left out: this machine has no wget',
    ],
    [
      'placement constraints',
      {},
      { placementConstraints: [{ type: 'memberOf' }] },
      'the task: placementConstraints left out, as the rig does not model it',
    ],
  ])('leaves out %s and says so', (_title, container, rest, said) => {
    const { document, differs } = copied(task(container, rest));
    expect(differs).toEqual([said]);
    const text = JSON.stringify(document);
    for (const gone of ['mountPoints', 'volumes', 'GPU', 'capabilities', 'NPM_TOKEN', 'wget', 'memberOf'])
      expect(text).not.toContain(gone);
  });

  test("keeps the agent's token, the init and a health check that runs here", () => {
    const kept = {
      secrets: [{ name: 'BUILDKITE_AGENT_TOKEN', valueFrom: 'arn' }],
      linuxParameters: { initProcessEnabled: true },
      healthCheck: { command: ['CMD-SHELL', 'curl -f localhost:1'] },
    };
    const copy = copied(task(kept));
    expect(copy.differs).toEqual([]);
    expect(containersOf(copy)[0]).toMatchObject(kept);
  });

  test('leaves out a sidecar whose program nobody handed over, and who waits for it waits no more', () => {
    const logs = { name: 'logs', image: 'fluent', entryPoint: ['curl', 'x'] };
    const copy = copied(task({ dependsOn: [{ containerName: 'logs', condition: 'START' }] }, {}, logs));
    expect(containersOf(copy).map(({ name }) => name)).toEqual(['agent']);
    expect(containersOf(copy)[0]).toMatchObject({ dependsOn: [] });
    expect(copy.differs).toEqual([
      'container logs is left out: curl is a program of its image; --programs FOLDER can provide a stand-in',
    ]);
  });

  test('plays a sidecar whose program was handed over, by its name', () => {
    const gateway = { name: 'gateway', image: 'x', entryPoint: ['/opt/bin/gateway', '--on-stop'] };
    const copy = copied(task({}, {}, gateway));
    expect(containersOf(copy)[1]).toMatchObject({ entryPoint: ['gateway', '--on-stop'] });
    expect(copy.differs).toEqual([]);
  });

  test('where images are run, a sidecar is played if the engine has its image', () => {
    const other = { name: 'other', image: 'example/other:1' };
    const same = { name: 'same', image: 'example/agent:1' };
    const copy = copied(task({}, {}, other, same), ENGINE);
    expect(containersOf(copy).map(({ name }) => name)).toEqual(['agent', 'same']);
    expect(copy.differs).toEqual(['container other is left out: the engine has no image "example/other:1"']);
  });

  test('takes another image where one is named', () => {
    const named = { ...ENGINE, image: 'mine', hasImage: (name: string) => name === 'mine' };
    const copy = copied(task(), named);
    expect(containersOf(copy)[0]).toMatchObject({ image: 'mine' });
    expect(copy.differs).toEqual(['container agent: the image mine stands in for example/agent:1']);
  });

  test("writes down what only the image's configuration says", () => {
    const { entryPoint: _, ...bare } = agent;
    const config = {
      value: { Entrypoint: ['/bin/sh', '-c'], Cmd: ['buildkite-agent start'] },
      base: [],
      name: 'i',
    };
    const document = { ...task(), containerDefinitions: [bare] } as JsonObject;
    const copy = copied(document, HERE, { imageConfig: config });
    expect(containersOf(copy)[0]).toMatchObject({
      entryPoint: ['/bin/sh', '-c'],
      command: ['buildkite-agent start'],
    });
  });

  test('names what the image decides and the rig does not take: its user, a signal that is not known', () => {
    const imageConfig = { value: { Entrypoint: ['buildkite-agent'], User: 'me' }, base: [], name: 'i' };
    expect(copied(task(), HERE, { imageConfig }).differs).toEqual([
      'container agent: USER me of the image is not taken',
    ]);
    expect(copied(task(), ENGINE, { imageConfig }).differs).toEqual([]);
    const open = { entryPoint: null, stopSignal: 'the file sets no S', variables: {} };
    const left = { value: { Entrypoint: ['buildkite-agent'] }, base: [], name: 'Dockerfile', open };
    expect(copied(task(), HERE, { imageConfig: left }).differs).toEqual([
      "container agent: SIGTERM is taken for the image's STOPSIGNAL, which is not known: the file sets no S",
    ]);
  });

  test.each<[string, object, string, string]>([
    [
      'EC2 without a stopTimeout',
      { requiresCompatibilities: ['EC2'] },
      'EC2',
      "no stopTimeout: the host decides, and the rig uses the ECS agent's default of 30 s",
    ],
    [
      'both',
      { requiresCompatibilities: ['EC2', 'FARGATE'] },
      'FARGATE',
      'the definition does not say what the tasks run on: Fargate is assumed',
    ],
  ])('says what it runs on: %s', (_title, rest, launchType, said) => {
    const { stopTimeout: _, ...bare } = agent;
    const copy = copied({ ...task(), containerDefinitions: [bare], ...rest });
    expect(copy.launchType).toBe(launchType);
    expect(copy.differs).toContain(said);
  });
});

describe('what an image decides about its stop is refused, where it cannot be played', () => {
  const refused = (imageConfig: Documents['imageConfig'], machine = HERE) =>
    copyOf(subject(task({ entryPoint: [] }), { imageConfig }), machine);
  const value = { Entrypoint: ['buildkite-agent', 'start'], StopSignal: 'SIGQUIT' };

  test('another signal than SIGTERM, if no image is run', () => {
    const unfit = refused({ value, base: [], name: 'Dockerfile' });
    expect(unfit).toMatchObject({
      document: 'imageConfig',
      path: ['StopSignal'],
      why: expect.stringContaining('SIGQUIT') as string,
    });
    expect(refused({ value, base: [], name: 'i' }, ENGINE)).not.toHaveProperty('why');
    for (const StopSignal of ['SIGTERM', '15', ''])
      expect(refused({ value: { ...value, StopSignal }, base: [], name: 'i' })).not.toHaveProperty('why');
  });

  test('an entry point that the Dockerfile leaves to its base image', () => {
    const open = { entryPoint: 'the Dockerfile leaves it to x', stopSignal: null, variables: {} };
    const unfit = refused({ value: { Cmd: ['a'] }, base: [], name: 'Dockerfile', open });
    expect(unfit).toMatchObject({
      document: 'imageConfig',
      path: ['Entrypoint'],
      why: expect.stringMatching(/leaves it to x$/) as string,
    });
  });
});

describe('what cannot be played is refused', () => {
  test.each<[string, JsonObject, Machine, RegExp, RegExp]>([
    ['a shared PID namespace', task({}, { pidMode: 'task' }), HERE, /pidMode task/, /on ECS itself/],
    [
      'a start script of the image',
      task({ entryPoint: ['/entrypoint.sh'] }),
      HERE,
      /\/entrypoint\.sh is a program of the image/,
      /--programs/,
    ],
    [
      'a shell that is not here',
      task({ entryPoint: ['/bin/bash', '-c', 'buildkite-agent start'] }),
      HERE,
      /\/bin\/bash is a program/,
      /--executor container/,
    ],
    [
      'a wrapper that is not here',
      task({ entryPoint: ['gosu', 'me', 'buildkite-agent', 'start'] }),
      HERE,
      /gosu is a program/,
      /--programs/,
    ],
    [
      'an image that nobody described',
      task({ entryPoint: [] }),
      HERE,
      /how the image example\/agent:1 starts/,
      /--image-config/,
    ],
    [
      'an image that the engine lacks',
      task({ image: 'example/agent:2' }),
      ENGINE,
      /no image "example\/agent:2"/,
      /Pull or build/,
    ],
  ])('%s', (_title, document, machine, why, next) => {
    const refused = copyOf(subject(document), machine);
    expect(refused).toMatchObject({ why: expect.stringMatching(why), next: expect.stringMatching(next) });
  });
});

describe('a command line that starts no agent is refused', () => {
  const official = { entryPoint: [], image: 'buildkite/agent:3' };

  test.each([
    [
      'a shell after the entry point of the image',
      { command: ['sh', '-c', 'buildkite-agent start'] },
      'comes sh',
    ],
    ['the program once more', { command: ['buildkite-agent', 'start'] }, 'comes buildkite-agent'],
    ['no word', { entryPoint: ['buildkite-agent'] }, 'comes no word'],
  ])('%s', (_title, container, said) => {
    expect(copyOf(subject(task({ ...official, ...container })), HERE)).toMatchObject({
      why: expect.stringContaining(`it starts no agent: after buildkite-agent`) as string,
    });
    expect(copyOf(subject(task({ ...official, ...container })), HERE)).toMatchObject({
      why: expect.stringContaining(said) as string,
      next: expect.stringContaining('entryPoint') as string,
    });
  });

  test.each([['start', '--spawn', '1'], ['--debug', 'start'], ['$COMMAND']])('but not %s', (...command) => {
    expect(copyOf(subject(task({ ...official, command })), HERE)).not.toHaveProperty('why');
  });
});
