import { expect, it } from 'vitest';
import { splitCommand, takeStoredCommand } from '../../src/cli/command-words.ts';
import { GamedayError } from '../../src/model/errors.ts';
import type { LoadedScenario } from '../../src/scenario/load.ts';
import { planOf } from '../support/plans.ts';

it('splits the command off at the first --', () => {
  expect(splitCommand(['a.yaml', '--yes', '--', './x', '--', '--json'])).toEqual({
    own: ['a.yaml', '--yes'],
    words: ['./x', '--', '--json'],
  });
  expect(splitCommand(['a.yaml'])).toEqual({ own: ['a.yaml'], words: null });
  expect(() => splitCommand(['a.yaml', '--'])).toThrow(GamedayError);
});

const LIMIT = { fault: 'command', limit: 60_000 } as const;

function loadedWith(command: string[] | null): LoadedScenario {
  const { scenario } = planOf({ inject: { ...LIMIT, command } });
  return { file: 'release.yaml', scenario, digest: '', hooks: [], secrets: [], unmarked: [] };
}

function taken(stored: string[], isStarted: boolean, file: string[] | null = null): unknown {
  const { scenario } = takeStoredCommand(
    loadedWith(file),
    planOf({ inject: { ...LIMIT, command: stored } }),
    isStarted,
  );
  return scenario.inject.fault === 'command' ? scenario.inject.command : scenario.inject.fault;
}

it('takes the command of the journal where the file has none', () => {
  expect(taken(['./x', '--to', 'v42'], false)).toEqual(['./x', '--to', 'v42']);
  expect(taken(['./x'], false, ['./own'])).toEqual(['./own']);
});

it('does not run words of which the journal hides a part; one that was started is not run anyhow', () => {
  expect(() => taken(['./x', '--token=[redacted]'], false)).toThrow(/the command holds a secret/);
  expect(taken(['./x', '--token=[redacted]'], true)).toEqual(['./x', '--token=[redacted]']);
});
