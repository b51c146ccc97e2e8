import { describe, expect, it } from 'vitest';
import { explainWrongRuns, listRuns, titleOf } from '../../src/cli/runs.ts';
import { planOf, type ScenarioOver } from '../support/plans.ts';

const given = (over: ScenarioOver = {}) => {
  const { scenario } = planOf(over);
  return { file: 'drill.yaml', scenario, digest: '', hooks: [], secrets: [], unmarked: [] };
};
const flags = { rig: false, yes: true, 'dry-run': false, layout: 'closing' } as const;
const said = (...args: Parameters<typeof explainWrongRuns>): readonly string[] =>
  explainWrongRuns(...args).map(({ message }) => message);

describe('how often and how many at once', () => {
  it('runs each scenario once and one after another by default', () => {
    expect(said([given()], flags, 'ask')).toEqual([]);
  });

  it('runs all scenarios, and then all of them again', () => {
    const planned = [given({ title: 'a' }), given({ title: 'b' })].map((loaded) => ({
      ...{ loaded, settings: null, errors: [] },
    }));
    expect(listRuns(planned, 2).map(titleOf)).toEqual([
      'a (1 of 2)',
      'b (1 of 2)',
      'a (2 of 2)',
      'b (2 of 2)',
    ]);
    expect(listRuns(planned, 1).map(titleOf)).toEqual(['a', 'b']);
  });

  it.each([
    ['more drills than a game day runs', { repeat: 5_001 }, '10002 drills are more than one game day runs'],
    [
      'two columns of drills that are repeated',
      { repeat: 2, layout: 'side-by-side' },
      '--side-by-side shows',
    ],
    ['a person who would be asked by several at once', { parallel: 2, yes: false }, 'cannot each ask you'],
  ] as const)('refuses %s', (_title, over, message) => {
    expect(said([given(), given()], { ...flags, ...over }, 'ask')).toEqual([
      expect.stringContaining(message),
    ]);
  });

  it.each([
    ['on the rig', { rig: true }],
    ['in a dry run', { 'dry-run': true }],
  ])('asks nobody %s', (_title, over) => {
    expect(said([given()], { ...flags, yes: false, parallel: 2, ...over }, 'ask')).toEqual([]);
  });

  it('refuses commands of the user at the same time, and not one after another', () => {
    const command = given({ inject: { fault: 'command', command: ['./deploy.sh'], limit: 1_000 } as never });
    expect(said([command], { ...flags, parallel: 2 }, 'yes')).toEqual([
      expect.stringContaining('fault command runs a command of yours'),
    ]);
    expect(said([command], { ...flags, repeat: 2 }, 'yes')).toEqual([]);
  });
});
