import { describe, expect, test } from 'vitest';
import { sidecars } from '../../src/checks/sidecars.ts';
import { listStoppedAfter } from '../../src/worker/stop-window.ts';
import type { Task } from '../../src/model/entities/task.ts';
import { aContainer, aContainerDefinition, aTask } from '../support/builders.ts';
import { fact, T, type Told } from '../support/journal-builders.ts';
import { holdsTable } from './table.ts';

const chain = [
  aContainerDefinition({ name: 'agent', dependsOn: ['gateway'], stopTimeout: 100_000 }),
  aContainerDefinition({ name: 'gateway', dependsOn: ['router'], stopTimeout: 10_000 }),
  aContainerDefinition({ name: 'router', stopTimeout: null }),
  aContainerDefinition({ name: 'other' }),
];

test('what an agent depends on is stopped after it, in order', () => {
  expect(listStoppedAfter('agent', chain)).toEqual(['gateway', 'router']);
  expect(listStoppedAfter('router', chain)).toEqual([]);
});

test('a circle of dependencies ends', () => {
  const circle = [
    aContainerDefinition({ name: 'a', dependsOn: ['b'] }),
    aContainerDefinition({ name: 'b', dependsOn: ['a'] }),
  ];
  expect(listStoppedAfter('a', circle)).toEqual(['b']);
});

const gateway = aContainerDefinition({ name: 'gateway', stopTimeout: 10_000 });
const watched = {
  scenario: { expect: { containers: { gateway: { exit: 0, outlives: 'agent' as const, flushed: null } } } },
};
const depends: Told = { ...watched, otherContainers: [gateway], definition: { dependsOn: ['gateway'] } };
const loose: Told = { ...watched, otherContainers: [gateway] };
const ended = (agent: number | null, other: number | null): Told => ({
  task: {
    containers: [
      aContainer({ status: 'STOPPED', exitCode: agent }),
      aContainer({ name: 'gateway', status: 'STOPPED', exitCode: other }),
    ],
  },
});
const cutFirst = fact(
  'task',
  aTask({
    containers: [aContainer(), aContainer({ name: 'gateway', status: 'STOPPED', exitCode: 0 })],
  }),
);

/** The first essential container ended so long before the agent's disconnect. */
const earlier = (ms: number, over: Told = loose, task: Partial<Task> = {}): Told => ({
  ...over,
  task: { ...ended(0, 0).task, executionStoppedAt: T.left - ms, ...task },
});

describe('sidecars', () => {
  holdsTable(sidecars, [
    ['nothing is watched', {}, 'unasked'],
    ['nothing was sent', { ...depends, ...ended(0, 0), stop: null }, 'unasked'],
    ['clean, and the agent depends on it', { ...depends, ...ended(0, 0) }, 'yes'],
    ['clean, but nothing shows the order', { ...loose, ...ended(0, 0) }, 'unknown evidence-missing'],
    ['it did not end clean', { ...depends, ...ended(0, 137) }, 'no sidecar-cut'],
    ['a snapshot shows it ended first', { ...depends, ...ended(0, 0), before: [cutFirst] }, 'no sidecar-cut'],
    ['by the clocks it ended first', earlier(5_000), 'no sidecar-cut'],
    [
      'by the clocks it ended first, though the agent depends on it',
      earlier(5_000, depends),
      'no sidecar-cut',
    ],
    ['the clocks are too near', earlier(1_500), 'unknown evidence-missing'],
    [
      "the instance's clock tells nothing",
      earlier(5_000, loose, { instanceArn: 'arn:host' }),
      'unknown evidence-missing',
    ],
    [
      'the agent may have been the first to end',
      earlier(5_000, { ...loose, otherContainers: [{ ...gateway, essential: false }] }),
      'unknown evidence-missing',
    ],
    [
      'another essential container may have been the first to end',
      earlier(5_000, { ...loose, otherContainers: [gateway, aContainerDefinition({ name: 'router' })] }),
      'unknown evidence-missing',
    ],
    ['no exit code', { ...depends, ...ended(0, null) }, 'unknown evidence-missing'],
    ['the task has no such container', depends, 'unknown evidence-missing'],
    ['its task was still running', { ...depends, task: null }, 'unknown evidence-missing'],
    [
      'another exit code is wanted',
      {
        scenario: { expect: { containers: { gateway: { exit: 143, outlives: null, flushed: null } } } },
        otherContainers: [gateway],
        ...ended(0, 143),
      },
      'yes',
    ],
  ]);
});
