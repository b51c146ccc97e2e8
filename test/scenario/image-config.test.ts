import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadScenarios } from '../../src/scenario/load.ts';
import { imageConfigIn } from '../../src/worker/image-config.ts';
import { changed, unmarked } from './marked.ts';

const CONFIG = {
  Entrypoint: ['tini', '--'],
  Cmd: ['buildkite-agent', 'start'],
  Env: [
    'PATH=/bin',
    'BUILDKITE_AGENT_DISCONNECT_AFTER_JOB=true',
    'BUILDKITE_AGENT_TOKEN=t0k3n',
    'BUILDKITE_AGENT_TAGS=a=b',
  ],
};
const READ = {
  entryPoint: ['tini', '--'],
  command: ['buildkite-agent', 'start'],
  environment: { BUILDKITE_AGENT_DISCONNECT_AFTER_JOB: 'true', BUILDKITE_AGENT_TAGS: 'a=b' },
};

describe("an image's configuration", () => {
  it.each<[string, unknown, unknown]>([
    ['what docker image inspect prints', [{ Id: 'sha256:1', Config: CONFIG }], READ],
    ['one image of it', { Config: CONFIG }, READ],
    ['the configuration of a registry', { config: CONFIG, architecture: 'arm64' }, READ],
    ['the configuration alone', CONFIG, READ],
    [
      'without entry point and variables',
      { Cmd: ['sh'], Entrypoint: null },
      { entryPoint: [], command: ['sh'], environment: {} },
    ],
    [
      'a variable without a value',
      { Env: ['BUILDKITE_AGENT_DEBUG'] },
      { entryPoint: [], command: [], environment: { BUILDKITE_AGENT_DEBUG: '' } },
    ],
    ['another object', { name: 'x' }, null],
    ['an entry point that is no list', { Entrypoint: 'sh -c' }, null],
    ['an empty list', [], null],
    ['text', 'nonsense', null],
    ['nothing', null, null],
  ])('%s', (_title, document, expected) => {
    expect(imageConfigIn(document)).toEqual(expected);
  });
});

describe('cluster.imageConfig', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gameday-image-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const { text, at } = unmarked(
    changed('  service: build-agents', '  service: build-agents\n  imageConfig: ▶image.json'),
  );
  async function loaded(image: string | null): ReturnType<typeof loadScenarios> {
    await writeFile(join(folder, 'one.yaml'), text);
    if (image !== null) await writeFile(join(folder, 'image.json'), image);
    return loadScenarios([join(folder, 'one.yaml')], {}, {});
  }

  it('is read beside the scenario and stands in the plan', async () => {
    const { scenarios, errors } = await loaded(JSON.stringify([{ Config: CONFIG }]));
    expect(errors).toEqual([]);
    expect(scenarios[0]?.scenario.cluster.imageConfig).toEqual(READ);
    expect(JSON.stringify(scenarios)).not.toContain('t0k3n');
  });

  it('names its place where it is a folder', async () => {
    await mkdir(join(folder, 'image.json'));
    const { errors } = await loaded(null);
    expect(errors.map(({ message }) => message)).toEqual([
      "cluster.imageConfig: is a folder, not an image's configuration",
    ]);
  });

  it.each<[string, string | null, RegExp, RegExp]>([
    [
      'a file that is not there',
      null,
      /^cluster\.imageConfig: .*(?:not exist|no such|not there|not found)/i,
      /relative to the scenario file/,
    ],
    [
      'a file that is no JSON',
      '{"Config": ',
      /^cluster\.imageConfig: this is not an image's configuration$/,
      /docker image inspect/,
    ],
    [
      'a file of something else',
      '{"a": 1}',
      /^cluster\.imageConfig: this is not an image's configuration$/,
      /docker image inspect/,
    ],
  ])('names its place where it is %s', async (_title, image, message, next) => {
    const { scenarios, errors } = await loaded(image);
    expect(scenarios).toEqual([]);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.at).toBe(`${join(folder, 'one.yaml')}:${at}`);
    expect(errors[0]?.message).toMatch(message);
    expect(errors[0]?.next).toMatch(next);
  });
});
