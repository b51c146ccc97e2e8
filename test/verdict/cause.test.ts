import { describe, expect, it } from 'vitest';
import { aContainer, aContainerDefinition } from '../support/builders.ts';
import { judge } from '../../src/verdict/judge.ts';
import { AGENT_GONE, LOST, story, T, type Told } from '../support/journal-builders.ts';

const after = (ms: number): object => ({ executionStoppedAt: T.landed + ms, stoppedAt: T.landed + ms + 900 });
const cause = (told: Told): string => judge(story(told)).cause ?? 'none';
const dead: Told = { job: LOST, agent: AGENT_GONE, container: { exitCode: 137 }, task: after(120_100) };

/** A drain in which a watched gateway was killed at its own time-out. */
const watching = (dependsOn: string[]): Told => ({
  scenario: { expect: { containers: { gateway: { exit: 0, outlives: 'agent' } } } },
  definition: { dependsOn },
  otherContainers: [aContainerDefinition({ name: 'gateway' })],
  task: {
    containers: [
      aContainer({ status: 'STOPPED', exitCode: 0 }),
      aContainer({ name: 'gateway', status: 'STOPPED', exitCode: 137 }),
    ],
  },
});

describe('cause', () => {
  it.each<[string, Told, RegExp]>([
    [
      'a shell ate the signal',
      { ...dead, definition: { entryPoint: ['sh', '-c'], command: ['buildkite-agent start'] } },
      /SIGTERM was eaten.*sh -c.*exec/,
    ],
    [
      'exec within the shell is no shell form',
      { ...dead, definition: { entryPoint: ['sh', '-c'], command: ['exec buildkite-agent start'] } },
      /needed longer than stopTimeout \(2 min 00 s\)/,
    ],
    ['the step is too long', dead, /needed longer than stopTimeout/],
    ['killed before its time-out', { ...dead, task: after(5_000) }, /before its stopTimeout/],
    ['a wrapper died', { ...dead, container: { exitCode: 143 }, task: after(90) }, /wrapper died first/],
    ['told twice', { job: { passed: false, signalReason: 'agent_stop' } }, /twice/],
    ['failed of itself', { job: { passed: false, exitStatus: '1' } }, /fault: none/],
    ['too slow', { scenario: { expect: { drain: { within: 1_000 } } } }, /expect.drain.within/],
    [
      'a sidecar that nothing orders',
      watching([]),
      /nothing orders the stop: gateway heard SIGTERM at the same moment as agent.*dependsOn/,
    ],
    [
      'a sidecar that ended badly in its turn',
      watching(['gateway']),
      /did not end as expected by itself.*stopTimeout/,
    ],
    ['nothing is known', { ...dead, container: { exitCode: null } }, /cause unknown; look at/],
    [
      'broken by the stop, container clean',
      { job: { passed: false, exitStatus: '143' } },
      /cause unknown; look at/,
    ],
  ])('%s', (_title, told, expected) => {
    expect(cause(told)).toMatch(expected);
  });

  it('is there for a failure alone', () => {
    expect(cause({})).toBe('none');
    expect(cause({ agent: AGENT_GONE })).toBe('none');
  });
});
