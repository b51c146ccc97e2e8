import { describe, expect, it } from 'vitest';

import { commandLine } from '../../src/rig/ecs/command-line.ts';
import type { Machine } from '../../src/rig/workers/machine.ts';

const debian: Machine = { namespaces: undefined, shell: 'dash', dash: '/bin/dash', tini: '/usr/bin/tini' };
const fedora: Machine = { namespaces: undefined, shell: 'other', dash: undefined, tini: undefined };

function on(machine: Machine, argv: readonly string[], init = false): readonly string[] {
  return commandLine({ argv, init }, machine);
}

describe('the command line of a container', () => {
  it('stays what it is, but for the place of the agent', () => {
    expect(on(debian, ['/usr/local/bin/buildkite-agent', 'start'])).toEqual(['buildkite-agent', 'start']);
    expect(on(debian, ['sh', '-c', '/usr/bin/buildkite-agent start'])).toEqual([
      'sh',
      '-c',
      'buildkite-agent start',
    ]);
    expect(on(debian, ['/opt/worker', '--once'])).toEqual(['/opt/worker', '--once']);
  });

  it('ECS-25: initProcessEnabled puts an init in front', () => {
    expect(on(debian, ['worker'], true)).toEqual(['/usr/bin/tini', '--', 'worker']);
    const own = on(fedora, ['worker'], true);
    expect([own[0], own[1], own.at(-1)]).toEqual(['sh', '-c', 'worker']);
  });

  it("an image's own init becomes the machine's, with or without options", () => {
    expect(on(debian, ['/sbin/tini', '-g', '--', 'worker', '-x'])).toEqual([
      '/usr/bin/tini',
      '--',
      'worker',
      '-x',
    ]);
    expect(on(debian, ['dumb-init', 'worker'])).toEqual(['/usr/bin/tini', '--', 'worker']);
    expect(on(debian, ['tini', '--', 'worker'], true)).toEqual([
      '/usr/bin/tini',
      '--',
      '/usr/bin/tini',
      '--',
      'worker',
    ]);
  });

  it('ECS-26: a shell keeps its place, also behind an init', () => {
    expect(on(fedora, ['sh', '-c', 'worker'])).toEqual(['sh', '-c', 'worker; exit $?']);
    expect(on({ ...fedora, tini: '/usr/bin/tini' }, ['tini', '--', 'sh', '-c', 'worker'])).toEqual([
      '/usr/bin/tini',
      '--',
      'sh',
      '-c',
      'worker; exit $?',
    ]);
  });
});
