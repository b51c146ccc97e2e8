import { describe, expect, test } from 'vitest';
import { readContainer } from '../../src/worker/definition.ts';
import { readLaunch } from '../../src/worker/launch.ts';

const NOTHING = {
  ...{ name: '', image: null, essential: true, initProcess: false, stopTimeout: null },
  ...{ entryPoint: [], command: [], environment: {}, dependsOn: [] },
};

describe('a container as ECS writes it', () => {
  test('is read into our words', () => {
    const document = {
      ...{ name: 'agent', image: 'example/agent:1', essential: false, stopTimeout: 90 },
      ...{ entryPoint: ['tini', '--'], command: ['buildkite-agent', 'start'] },
      environment: [{ name: 'A', value: '1' }, { name: 'B' }],
      dependsOn: [{ containerName: 'proxy', condition: 'HEALTHY' }],
      linuxParameters: { initProcessEnabled: true },
    };
    expect(readContainer(document)).toEqual({
      ...{ name: 'agent', image: 'example/agent:1', essential: false, stopTimeout: 90_000 },
      ...{ entryPoint: ['tini', '--'], command: ['buildkite-agent', 'start'], initProcess: true },
      environment: { A: '1', B: '' },
      ...{ dependsOn: ['proxy'], conditions: { proxy: 'HEALTHY' } },
    });
  });

  test.each([
    [null],
    ['agent'],
    [[]],
    [{}],
    [{ name: 1, image: 2, essential: 'yes', entryPoint: 'sh', command: [1], stopTimeout: '90' }],
    [{ environment: [null, { value: 'x' }], dependsOn: { containerName: 'a' }, linuxParameters: [] }],
  ])('what has no such shape is left out: %j', (document) => {
    expect(readContainer(document)).toEqual(NOTHING);
  });
});

describe('what tasks run on', () => {
  const service = (launchType: string | null, ...capacityProviders: string[]) => ({
    ...{ launchType, capacityProviders },
  });
  test.each([
    [service(null, 'FARGATE', 'FARGATE_SPOT'), [], 'fargate', true],
    [service(null, 'FARGATE'), ['EC2'], 'fargate', false],
    [service('FARGATE', 'hosts'), [], 'ec2', null],
    [service('FARGATE'), [], 'fargate', false],
    [service('EXTERNAL'), [], 'external', false],
    [service('NEW'), ['FARGATE'], 'unknown', null],
    [service(null), ['FARGATE'], 'fargate', false],
    [null, ['FARGATE'], 'fargate', null],
    [null, ['EC2'], 'ec2', null],
    [null, ['EC2', 'FARGATE'], 'unknown', null],
    [null, [], 'unknown', null],
  ])('%j and compatibilities %j: %s, spot %s', (of, compatibilities, kind, spot) => {
    expect(readLaunch({ service: of, compatibilities })).toMatchObject({ kind, spot });
  });
});
