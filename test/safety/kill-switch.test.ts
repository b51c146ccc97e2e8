import { describe } from 'vitest';
import { killSwitch } from '../../src/safety/kill-switch.ts';
import { aCluster, aService, NOON } from '../support/builders.ts';
import { failed, fact } from '../support/journal-builders.ts';
import { guardTable } from './table.ts';

const OFF = { tags: { gameday: 'off' } };

describe('kill-switch', () => {
  guardTable(killSwitch, [
    ['nothing is set', {}, true],
    ['nothing is set, at the gate', { aimed: false }, true],
    [
      'a file or a variable',
      { facts: [fact('kill-switch', { thrown: 'GAMEDAY_KILL_SWITCH' }, 'kill-switch')] },
      false,
    ],
    ['it could not be read', { without: ['kill-switch'] }, false],
    [
      'it could be read once, and not at the last instant',
      { failing: [failed('kill-switch', 'kill-switch', NOON + 5_000)] },
      false,
    ],
    ['a tag on the cluster', { facts: [fact('cluster', aCluster(OFF), 'build-prod')] }, false],
    ['a tag on the service', { facts: [fact('service', aService(OFF), 'build-agents')] }, false],
    [
      'the tag with another value',
      { facts: [fact('service', aService({ tags: { gameday: 'on' } }), 'build-agents')] },
      true,
    ],
    ['the cluster could not be read', { without: ['cluster'] }, false],
    ['the service could not be read', { without: ['service'] }, false],
    [
      'no service is named',
      { without: ['service'], scenario: { cluster: { service: null, family: 'x' } } },
      true,
    ],
  ]);
});
