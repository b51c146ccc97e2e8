import { describe, expect, it } from 'vitest';
import { findAllowingNames, allowList } from '../../src/safety/allow-list.ts';
import { aTask, CLUSTER_ARN } from '../support/builders.ts';
import { fact } from '../support/journal-builders.ts';
import { planOf } from '../support/plans.ts';
import { guardTable } from './table.ts';

const task = (over: Parameters<typeof aTask>[0]) => [fact('task', aTask(over))];
const only = (over: object): { cluster: object } => ({ cluster: { service: null, ...over } });
const TAG = { key: 'game-day', value: 'allowed' };

describe('allow-list', () => {
  guardTable(allowList, [
    ['the named service', {}, true],
    ['another service', { facts: task({ group: 'service:payments' }) }, false],
    ['a service whose name begins alike', { facts: task({ group: 'service:build-agents-2' }) }, false],
    ['a task without a group', { facts: task({ group: null }) }, false],
    ['the named service in another cluster', { facts: task({ clusterArn: `${CLUSTER_ARN}-2` }) }, false],
    [
      'a cluster whose name ends alike',
      { facts: task({ clusterArn: CLUSTER_ARN.replace('build-prod', 'x-build-prod') }) },
      false,
    ],
    ['the cluster named by its ARN', { scenario: { cluster: { name: CLUSTER_ARN } } }, true],
    ['nothing is named', { scenario: only({}) }, false],
    ['nothing is named, at the gate', { scenario: only({}), aimed: false }, false],
    ['no target yet', { aimed: false }, true],
    ['the task was never read', { without: ['task'] }, false],
    ['the named family', { scenario: only({ family: 'build-agent' }) }, true],
    ['another family', { scenario: only({ family: 'build' }) }, false],
    [
      'the named tag',
      { scenario: only({ taskTag: TAG }), facts: task({ tags: { 'game-day': 'allowed' } }) },
      true,
    ],
    [
      'another value of the tag',
      { scenario: only({ taskTag: TAG }), facts: task({ tags: { 'game-day': 'no' } }) },
      false,
    ],
    ['service and tag, but the tag is missing', { scenario: { cluster: { taskTag: TAG } } }, false],
    [
      'service and family, but of another service',
      { scenario: { cluster: { family: 'build-agent' } }, facts: task({ group: 'service:x' }) },
      false,
    ],
  ]);

  it('says by which name', () => {
    expect(findAllowingNames(aTask(), planOf().scenario.cluster)).toBe('service build-agents');
  });
});
