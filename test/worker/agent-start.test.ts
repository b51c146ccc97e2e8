import { describe, expect, it } from 'vitest';
import { readStart, UNREAD_PATH } from '../../src/worker/agent-start.ts';
import type { ContainerDefinition } from '../../src/model/entities/task.ts';
import type { ImageConfig } from '../../src/worker/image-config.ts';
import { aContainerDefinition } from '../support/builders.ts';

const image = (entryPoint: string[], command: string[] = []): ImageConfig => ({
  entryPoint,
  command,
  environment: {},
});
const shell = (
  name: string,
  script: string,
  before: readonly string[] = [],
): Partial<ContainerDefinition> => ({
  entryPoint: [...before, name, '-c'],
  command: [script],
});
const AGENT = 'buildkite-agent start';

type Row = readonly [string, Partial<ContainerDefinition>, ImageConfig | null, 'yes' | 'no' | 'unknown'];
const ROWS: readonly Row[] = [
  ['exec form', { entryPoint: ['buildkite-agent'], command: ['start'] }, null, 'yes'],
  ['exec form by its path', { entryPoint: ['/usr/bin/buildkite-agent', 'start'], command: [] }, null, 'yes'],
  [
    'exec form without an entry point: the image has its own',
    { command: ['buildkite-agent', 'start'] },
    null,
    'unknown',
  ],
  ["Buildkite's own image", { image: 'buildkite/agent:3.78.0', command: [] }, null, 'yes'],
  [
    "Buildkite's own image, with a command",
    { image: 'buildkite/agent:3', command: ['start', '--spawn', '2'] },
    null,
    'yes',
  ],
  [
    'a mirror of it',
    { image: '123.dkr.ecr.us-east-1.amazonaws.com/buildkite/agent@sha256:ab', command: [] },
    null,
    'yes',
  ],
  ['an image with a like name', { image: 'buildkite/agent-custom:3', command: ['start'] }, null, 'unknown'],
  ['an image of somebody named so', { image: 'my-buildkite/agent:3', command: ['start'] }, null, 'unknown'],
  [
    "Buildkite's own image behind another entry point",
    { image: 'buildkite/agent:3', ...shell('sh', AGENT) },
    null,
    'unknown',
  ],
  ['behind tini', { entryPoint: ['tini', '-g', '--', 'buildkite-agent', 'start'], command: [] }, null, 'yes'],
  [
    'behind dumb-init',
    { entryPoint: ['/usr/bin/dumb-init', '--'], command: ['buildkite-agent', 'start'] },
    null,
    'yes',
  ],
  [
    'behind initProcessEnabled',
    { entryPoint: ['buildkite-agent', 'start'], command: [], initProcess: true },
    null,
    'yes',
  ],
  [
    'behind programs that exec what follows',
    { entryPoint: ['env', 'A=1', 'gosu', 'bk', 'buildkite-agent', 'start'], command: [] },
    null,
    'yes',
  ],
  [
    'behind another program',
    { entryPoint: ['timeout', '60', 'buildkite-agent', 'start'], command: [] },
    null,
    'unknown',
  ],
  [
    'a script of the image',
    { entryPoint: ['/entrypoint.sh'], command: ['buildkite-agent', 'start'] },
    null,
    'unknown',
  ],
  ['another program', { entryPoint: ['my-supervisor'], command: [] }, null, 'unknown'],
  ['nothing', { entryPoint: [], command: [] }, null, 'unknown'],
  ['sh, one plain command', shell('/bin/sh', AGENT), null, 'unknown'],
  ['bash, one plain command', shell('bash', AGENT), null, 'unknown'],
  ['dash stays', shell('dash', AGENT), null, 'no'],
  ['sh that execs', shell('sh', `exec ${AGENT}`), null, 'yes'],
  ['dash that execs after something else', shell('dash', `echo hello && exec ${AGENT}`), null, 'yes'],
  ['sh that execs a shell that stays', shell('sh', `exec dash -c "${AGENT}"`), null, 'unknown'],
  ['sh followed by something', shell('sh', `${AGENT}; echo over`), null, 'no'],
  ['bash followed by something', shell('bash', `${AGENT}\nsleep 1`), null, 'no'],
  ['sh with a trap', shell('sh', `trap 'kill -TERM $P' TERM; ${AGENT} & P=$!; wait $P`), null, 'unknown'],
  ['dash with a trap', shell('dash', `trap 'kill $P' TERM; ${AGENT} & P=$!; wait`), null, 'unknown'],
  ['an init before a shell', shell('sh', AGENT, ['tini', '--']), null, 'unknown'],
  ['an init before a shell that stays', shell('dash', AGENT, ['tini', '--']), null, 'no'],
  ['the configuration of its image: exec form', { command: ['start'] }, image(['buildkite-agent']), 'yes'],
  [
    "the configuration of its image, with the image's command",
    { command: [] },
    image(['tini', '--'], ['buildkite-agent', 'start']),
    'yes',
  ],
  [
    'the configuration of its image: a script',
    { command: ['start'] },
    image(['/docker-entrypoint.sh']),
    'unknown',
  ],
  [
    'the configuration of its image: a shell that stays',
    { command: [`${AGENT}; true`] },
    image(['sh', '-c']),
    'no',
  ],
  [
    'an entry point of the definition goes before that of the image',
    shell('dash', AGENT),
    image(['buildkite-agent']),
    'no',
  ],
];

describe('whether the signal reaches the agent', () => {
  it.each(ROWS)('%s', (_title, over, config, reaches) => {
    const path = readStart(aContainerDefinition(over), config).path;
    expect(path.reaches, path.said).toBe(reaches);
    expect(path.said).not.toBe('');
  });

  it('is not known without a definition', () => {
    expect(UNREAD_PATH.reaches).toBe('unknown');
  });

  it('says what stands before the agent', () => {
    const said = (over: Partial<ContainerDefinition>): string =>
      readStart(aContainerDefinition(over), null).path.said;
    expect(said({ entryPoint: ['buildkite-agent'], command: ['start'] })).toBe(
      'the container starts buildkite-agent itself, as PID 1',
    );
    expect(said({ entryPoint: ['tini', '--', 'buildkite-agent'], command: [], initProcess: true })).toContain(
      'behind initProcessEnabled, tini',
    );
    expect(said(shell('/bin/sh', `${AGENT}; true`))).toContain(
      '/bin/sh -c ..., which stays and keeps the signal',
    );
  });
});
