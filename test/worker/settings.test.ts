import { describe, expect, it } from 'vitest';
import type { LeavingFlags } from '../../src/worker/settings.ts';
import { leavingFlagsOf, settingsOf } from './leaving.ts';
import type { ContainerDefinition } from '../../src/model/entities/task.ts';
import type { ImageConfig } from '../../src/worker/image-config.ts';
import { aContainerDefinition } from '../support/builders.ts';

const words = (...flags: string[]): Partial<ContainerDefinition> => ({
  entryPoint: ['buildkite-agent', 'start', ...flags],
  command: [],
});
const script = (text: string, environment: Record<string, string> = {}): Partial<ContainerDefinition> => ({
  entryPoint: ['/bin/sh', '-c'],
  command: [text],
  environment,
});
const set = (environment: Record<string, string>): Partial<ContainerDefinition> => ({
  ...words(),
  environment,
});
const NONE: LeavingFlags = { oneShot: false, idleTimeout: null, uptime: null };
const ONE: Partial<LeavingFlags> = { oneShot: true };
const idle = (seconds: number): Partial<LeavingFlags> => ({ idleTimeout: seconds * 1000 });
const IDLE = '--disconnect-after-idle-timeout';
const ENV = 'BUILDKITE_AGENT_DISCONNECT_AFTER_IDLE_TIMEOUT';

type Row = readonly [string, Partial<ContainerDefinition>, Partial<LeavingFlags>];
const ROWS: readonly Row[] = [
  ['none', words(), {}],
  ['one word', words(`${IDLE}=10`), idle(10)],
  ['two words', words(IDLE, '10'), idle(10)],
  ['one dash', words('-disconnect-after-idle-timeout', '10'), idle(10)],
  ['the last of two', words(IDLE, '10', `${IDLE}=20`), idle(20)],
  ['0 is none', words(IDLE, '0'), {}],
  ['what is no number is none', words(IDLE, 'soon'), {}],
  ['a longer flag is another one', words('--disconnect-after-idle-timeout-x', '10'), {}],
  ['a duration of v4: seconds', words(IDLE, '10s'), idle(10)],
  ['a duration of v4: minutes and seconds', words(IDLE, '1m30s'), idle(90)],
  ['a duration of v4: hours', words(IDLE, '1h'), idle(3_600)],
  ['one-shot', words('--disconnect-after-job'), ONE],
  ['one-shot, before another flag', words('--disconnect-after-job', '--debug'), ONE],
  ['one-shot, switched off', words('--disconnect-after-job=false'), {}],
  ['acquires one job', words('--acquire-job', '018f'), ONE],
  ['uptime', words('--disconnect-after-uptime', '600'), { uptime: 600_000 }],
  ['the environment', set({ [ENV]: '10' }), idle(10)],
  ['a flag goes before the environment', { ...words(IDLE, '20'), environment: { [ENV]: '10' } }, idle(20)],
  ['the environment: one-shot', set({ BUILDKITE_AGENT_DISCONNECT_AFTER_JOB: 'true' }), ONE],
  ['the environment: one-shot, off', set({ BUILDKITE_AGENT_DISCONNECT_AFTER_JOB: 'false' }), {}],
  ['the environment: one-shot, empty', set({ BUILDKITE_AGENT_DISCONNECT_AFTER_JOB: '' }), {}],
  ['the environment: acquires one job', set({ BUILDKITE_AGENT_ACQUIRE_JOB: '018f' }), ONE],
  ['the environment: uptime', set({ BUILDKITE_AGENT_DISCONNECT_AFTER_UPTIME: '5m' }), { uptime: 300_000 }],
  ["a shell's script", script(`buildkite-agent start ${IDLE} 10`), idle(10)],
  ['in quotes', script(`buildkite-agent start "${IDLE}" "10"`), idle(10)],
  ['in single quotes, with =', script(`exec buildkite-agent start '${IDLE}=10'`), idle(10)],
  ['quotes behind =', script(`buildkite-agent start ${IDLE}="10"`), idle(10)],
  ['a variable of the environment', script(`buildkite-agent start ${IDLE} $T`, { T: '10' }), idle(10)],
  ['a variable in braces', script(`buildkite-agent start ${IDLE}=\${T}`, { T: '10' }), idle(10)],
  ['a variable with its default', script(`buildkite-agent start ${IDLE} \${T:-15}`), idle(15)],
  [
    'a variable with a default that is set',
    script(`buildkite-agent start ${IDLE} \${T:-15}`, { T: '10' }),
    idle(10),
  ],
  ['a default without the colon', script(`buildkite-agent start ${IDLE} \${T-15}`), idle(15)],
  ['a variable that nobody knows', script(`buildkite-agent start ${IDLE} $T`), {}],
  ['a flag in a variable', script('buildkite-agent start $FLAGS', { FLAGS: '--disconnect-after-job' }), ONE],
  ['two words in a variable', script('buildkite-agent start $FLAGS', { FLAGS: `${IDLE} 10` }), idle(10)],
  ['a comment is no flag', script(`buildkite-agent start # no --disconnect-after-job`), {}],
  ['a comment before it is no flag', script(`# --disconnect-after-job\nbuildkite-agent start`), {}],
  ['a flag of another command is none', script(`echo --disconnect-after-job; buildkite-agent start`), {}],
  [
    'the last command that starts an agent',
    script(`buildkite-agent --version; buildkite-agent start ${IDLE} 7`),
    idle(7),
  ],
  ["the official image's command", { image: 'buildkite/agent:3', command: ['start', IDLE, '10'] }, idle(10)],
];

describe('flags that make an agent leave by itself', () => {
  it.each(ROWS)('%s', (_title, over, expected) => {
    expect(leavingFlagsOf(aContainerDefinition(over), null)).toEqual({ ...NONE, ...expected });
  });

  it("stand in the image's configuration too, behind those of the definition", () => {
    const image: ImageConfig = {
      entryPoint: ['buildkite-agent'],
      command: ['start', '--disconnect-after-job'],
      environment: { [ENV]: '10' },
    };
    const own = aContainerDefinition({ entryPoint: [], command: [] });
    expect(leavingFlagsOf(own, image)).toEqual({ ...NONE, ...ONE, ...idle(10) });
    const other = aContainerDefinition({ entryPoint: [], command: ['start'], environment: { [ENV]: '20' } });
    expect(leavingFlagsOf(other, image)).toEqual({ ...NONE, ...idle(20) });
  });
});

describe('a setting', () => {
  const state = (over: Partial<ContainerDefinition>, flag = 'spawn', image: ImageConfig | null = null) =>
    settingsOf(aContainerDefinition(over), image).read(flag);
  const CONFIG = { BUILDKITE_AGENT_CONFIG: '/etc/agent.cfg' };

  it.each<readonly [string, Partial<ContainerDefinition>, object]>([
    ['known by its flag', words('--spawn=2'), { is: 'known', setting: { value: '2', by: 'flag', at: [2] } }],
    [
      'known by its variable',
      set({ BUILDKITE_AGENT_SPAWN: '3' }),
      { is: 'known', setting: { value: '3', by: 'variable', of: 'definition' } },
    ],
    ['known, though a file may say more', words('--spawn', '2', '--config', 'a.cfg'), { is: 'known' }],
    ['absent where the whole command line is there', words('--debug'), { is: 'absent' }],
    ['absent in a script', script('exec buildkite-agent start'), { is: 'absent' }],
    [
      'unknown where a file may say it',
      words('--config=a.cfg'),
      { is: 'unknown', said: 'whether a.cfg sets it' },
    ],
    ['unknown where a variable names such a file', set(CONFIG), { is: 'unknown' }],
    [
      'unknown where the command line is in the image',
      { command: ['start'] },
      { is: 'unknown', said: 'its command line is in the image' },
    ],
    ['unknown where a script starts no agent', script('./run.sh'), { is: 'unknown' }],
    [
      'known from a variable that the script expands, and at no word of it',
      script('buildkite-agent start $FLAGS', { FLAGS: '--spawn 4 --debug' }),
      { is: 'known', setting: { value: '4', at: [] } },
    ],
  ])('is %s', (_title, over, expected) => {
    expect(state(over)).toMatchObject(expected);
  });

  it("is known by the image's variable, behind the definition's", () => {
    const image = (environment: Record<string, string>): ImageConfig => ({
      ...{ entryPoint: ['buildkite-agent'], command: ['start'], environment },
    });
    const own = { entryPoint: [], command: [] };
    const ofImage = image({ BUILDKITE_AGENT_SPAWN: '3' });
    expect(state(own, 'spawn', ofImage)).toMatchObject({ setting: { value: '3', of: 'image' } });
    const both = { ...own, environment: { BUILDKITE_AGENT_SPAWN: '5' } };
    expect(state(both, 'spawn', ofImage)).toMatchObject({ setting: { value: '5', of: 'definition' } });
    expect(state(own, 'spawn', image({}))).toEqual({ is: 'absent' });
  });
});
