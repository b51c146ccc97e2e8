import { describe, expect, it } from 'vitest';
import { GuardName } from '../../src/model/names.ts';
import { confirm } from '../../src/safety/confirm.ts';
import { answersOf } from '../../src/safety/guard.ts';
import { haltConditions } from '../../src/safety/halt.ts';
import { isBranchMatch, intermediateBuilds } from '../../src/safety/intermediate-builds.ts';
import { GUARDS } from '../../src/safety/list.ts';
import { mapping } from '../../src/safety/mapping.ts';
import { anAgent, aPipeline, NOON } from '../support/builders.ts';
import { DRILL, failed, fact } from '../support/journal-builders.ts';
import { guardedState } from '../support/guarded.ts';
import { guardTable } from './table.ts';

const tagged = (tags: Record<string, string>) => [fact('agent', anAgent({ tags }))];
const condition = { scenario: { safety: { haltWhen: [{ name: 'incident', file: '/tmp/incident' }] } } };
const halt = (halted: boolean) => [
  fact('halt', { name: 'incident', halted, said: 'the file exists' }, 'incident'),
];
const pipeline = (over: Parameters<typeof aPipeline>[0]) => [fact('pipeline', aPipeline(over), 'canary')];
const open = (number: number, drill: string | null = null) => ({
  number,
  url: `https://x/${String(number)}`,
  drill,
});
const gate = { aimed: false };

describe('mapping', () => {
  guardTable(mapping, [
    ['its own tag names the task', {}, true],
    ['no target yet', gate, true],
    ['no tag', { facts: tagged({}) }, false],
    ['the tag of another task', { facts: tagged({ 'ecs:task-arn': 'another' }) }, false],
    ['the agent could not be read', { without: ['agent'] }, false],
  ]);
});

describe('halt', () => {
  guardTable(haltConditions, [
    ['no condition is named', {}, true],
    ['it does not hold', { ...condition, facts: halt(false) }, true],
    ['it holds', { ...condition, facts: halt(true) }, false],
    ['it was never read', condition, false],
    [
      'it was read once, and not at the last instant',
      { ...condition, facts: halt(false), failing: [failed('halt', 'incident', NOON + 5_000)] },
      false,
    ],
  ]);
});

describe('confirm', () => {
  guardTable(confirm, [
    ['--yes', {}, true],
    ['a rig', { plan: { label: 'rig' } }, true],
    ['nobody to ask', { plan: { consent: 'refuse' } }, false],
    ['nobody to ask, at the gate', { ...gate, plan: { consent: 'refuse' } }, false],
    ['a dry run', { plan: { consent: 'refuse', dryRun: true } }, true],
    ['a terminal, at the gate', { ...gate, plan: { consent: 'ask' } }, true],
    ['a terminal, not yet asked', { plan: { consent: 'ask' } }, false],
    ['a person said yes', { plan: { consent: 'ask' }, confirmed: true }, true],
    [
      'a person said no',
      { plan: { consent: 'ask' }, then: [{ code: 'GD_CONFIRMED', payload: { answer: 'no', shown: '' } }] },
      false,
    ],
  ]);
});

describe('intermediate-builds', () => {
  const cancels = { cancelIntermediateBuilds: true, openBuilds: [open(7)] };
  const child = { pipeline: 'child', branch: null };
  const triggered = (over: Parameters<typeof aPipeline>[0]) => [
    fact('pipeline', aPipeline({ slug: 'child', ...over }), 'child'),
  ];
  guardTable(intermediateBuilds, [
    ['no other build', gate, true],
    ['the pipeline could not be read', { ...gate, without: ['pipeline'] }, false],
    [
      'another build, and the pipeline cancels nothing',
      { ...gate, facts: pipeline({ openBuilds: [open(7)] }) },
      true,
    ],
    ['it would cancel another build', { ...gate, facts: pipeline(cancels) }, false],
    [
      'it would skip another build',
      { ...gate, facts: pipeline({ skipIntermediateBuilds: true, openBuilds: [open(7)] }) },
      false,
    ],
    [
      'it cancels on other branches only',
      { ...gate, facts: pipeline({ ...cancels, cancelIntermediateFilter: '!main' }) },
      true,
    ],
    [
      'it skips on this branch',
      {
        ...gate,
        facts: pipeline({
          skipIntermediateBuilds: true,
          skipIntermediateFilter: 'ma*',
          openBuilds: [open(7)],
        }),
      },
      false,
    ],
    [
      'no new build is started',
      { ...gate, scenario: { build: { number: 9 } }, facts: pipeline(cancels) },
      true,
    ],
    [
      'another drill runs on pipeline and branch',
      { ...gate, facts: pipeline({ openBuilds: [open(7, 'other')] }) },
      false,
    ],
    [
      'another drill, although no new build is started',
      { ...gate, scenario: { build: { number: 9 } }, facts: pipeline({ openBuilds: [open(7, 'other')] }) },
      false,
    ],
    [
      'a trigger step of ours would cancel a build of another pipeline',
      { ...gate, facts: [...pipeline({ triggers: [child] }), ...triggered({ ...cancels })] },
      false,
    ],
    [
      'a trigger step of ours would skip one',
      {
        ...gate,
        facts: [
          ...pipeline({ triggers: [child] }),
          ...triggered({ skipIntermediateBuilds: true, openBuilds: [open(7)] }),
        ],
      },
      false,
    ],
    [
      'a trigger step starts a build where nothing is canceled',
      { ...gate, facts: [...pipeline({ triggers: [child] }), ...triggered({ openBuilds: [open(7)] })] },
      true,
    ],
    [
      'the pipeline that a trigger step starts could not be read',
      { ...gate, facts: pipeline({ triggers: [child] }) },
      false,
    ],
    ['the open build is our own', { facts: pipeline({ ...cancels, openBuilds: [open(1, DRILL)] }) }, true],
    [
      'the build that is named was started by another drill',
      { ...gate, scenario: { build: { number: 7 } }, facts: pipeline({ openBuilds: [open(7, 'other')] }) },
      true,
    ],
  ]);

  it.each([
    [null, 'main', true],
    ['', 'main', true],
    ['main', 'main', true],
    ['main', 'maintenance', false],
    ['release/*', 'release/1/2', true],
    ['*-beta', 'x-beta', true],
    ['!main', 'main', false],
    ['!main', 'feature', true],
    ['feature/* !feature/wip-*', 'feature/wip-1', false],
    ['feature/* !feature/wip-*', 'feature/1', true],
    ['v1.0', 'v1x0', false],
    ['a+b', 'a+b', true],
  ])('filter %j against %s: %s', (filter, branch, matches) => {
    expect(isBranchMatch(filter, branch)).toBe(matches);
  });
});

describe('all guards', () => {
  it('let a sound drill through, at the gate and at the last instant', () => {
    const last = answersOf(GUARDS, guardedState(), NOON + 10_000, 'last-instant');
    expect(last.filter(({ holds }) => !holds)).toEqual([]);
    const first = answersOf(GUARDS, guardedState({ aimed: false }), NOON + 10_000, 'gate');
    expect(first.filter(({ holds }) => !holds)).toEqual([]);
    expect(first).toHaveLength(GUARDS.length);
  });

  it('refuse where one throws', () => {
    const broken = {
      name: 'window' as const,
      rule: 'none',
      reason: 'not-allowed' as const,
      judge: (): never => {
        throw new Error('no answer');
      },
    };
    expect(answersOf([broken], guardedState(), NOON, 'gate')).toMatchObject([
      { guard: 'window', holds: false, reason: 'not-allowed' },
    ]);
  });

  it('have names of their own and a rule to print', () => {
    expect(GUARDS.map(({ name }) => name)).toEqual(GuardName.options);
    for (const guard of GUARDS) expect(guard.rule.length).toBeGreaterThan(10);
  });
});
