import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readJournal } from '../../src/journal/replay.ts';
import type { DrillEvent } from '../../src/journal/events.ts';
import { cli, startCli } from '../support/cli.ts';
import type { Cli } from '../support/cli.ts';
import { surroundings } from './support/case.ts';
import { writeScenario } from './support/files.ts';
import type { CaseFiles } from './support/files.ts';
import { ENDLESS } from './support/gates.ts';
import { placesIn } from './support/places.ts';
import { standing } from './support/standing.ts';
import type { Standing } from './support/standing.ts';

const GIVEN: CaseFiles = {
  steps: [{ key: 'integration', command: ENDLESS }],
  scenario: { inject: { fault: 'scale-in' }, expect: { build: 'any' } },
};
const LANDED = 'the stop landed';

/** Starts a drill against the standing rig. */
async function begin({ folder, env }: Standing, over: CaseFiles['scenario'] = {}): Promise<Cli> {
  const file = await writeScenario(
    folder,
    { ...GIVEN, scenario: { ...GIVEN.scenario, ...over } },
    'drill.yaml',
  );
  return startCli(['run', file, '--yes', '--out', join(folder, 'out')], folder, {
    ...surroundings(folder),
    ...env,
  });
}

async function journalOf({ folder }: Standing): Promise<readonly DrillEvent[]> {
  const [drill = ''] = await readdir(join(folder, 'out'));
  const { events, torn } = await readJournal(join(folder, 'out', drill, 'journal.jsonl'));
  expect(torn).toBe(false);
  return events;
}

/** Another machine: no state directory, no journals. */
function elsewhere({ folder, env }: Standing): Readonly<Record<string, string>> {
  return { ...env, ...surroundings(folder), GAMEDAY_STATE_DIR: join(folder, 'other-state') };
}

async function desiredIn({ env }: Standing): Promise<number | undefined> {
  return (await placesIn(env)).desired[0];
}

describe.concurrent('a scale-in that is cut off', () => {
  test('by SIGTERM puts the desired count back and removes the mark before it ends, and says so', async () => {
    await standing(GIVEN, async (stage) => {
      const run = await begin(stage);
      await run.said(LANDED);
      expect((await placesIn(stage.env)).marks).toHaveLength(1);
      run.child.kill('SIGTERM');
      expect(await run.ended).toEqual({ code: 143, signal: null });
      const { desired, marks } = await placesIn(stage.env);
      expect([desired, marks]).toEqual([[2], []]);
      expect(run.stderr()).toContain('SIGTERM: what the drill changed is put back first, within 7.5 s');
      expect(run.stdout()).toContain('undone by UpdateService, desired count of build-agents 1 -> 2');
      const codes = (await journalOf(stage)).map(({ code }) => code);
      expect(codes.slice(-2)).toEqual(['GD_UNDO_SENT', 'GD_INTERRUPTED']);
      expect(codes).toContain('GD_UNDO_BEGUN');
    });
  });

  test('by SIGKILL is put back on a machine without its journal, and no drill begins there before', async () => {
    await standing(GIVEN, async (stage) => {
      const run = await begin(stage);
      await run.said(LANDED);
      run.child.kill('SIGKILL');
      await run.ended;
      const other = elsewhere(stage);
      const scenario = { build: { branch: 'other' }, inject: { fault: 'stop-task' } };
      const later = await stage.run({ env: other, scenario });
      expect(later.drill).toMatchObject({ outcome: 'refused', reason: 'left-over' });
      expect(later.drill.said).toContain('gameday abort --cluster build-prod --service build-agents');
      const live = await cli(
        ['abort', '--cluster', 'build-prod', '--service', 'build-agents'],
        stage.folder,
        other,
      );
      expect(live).toMatchObject({ code: 3, stderr: expect.stringContaining('it may run until') as string });
      expect(await desiredIn(stage)).toBe(1);
      const { BUILDKITE_API_TOKEN: _token, ...withoutToken } = other;
      const args = ['abort', '--cluster', 'build-prod', '--service', 'build-agents', '--yes'];
      const done = await cli(args, stage.folder, withoutToken);
      expect(done, done.stderr).toMatchObject({ code: 0 });
      expect(done.stdout).toContain('Undone by UpdateService, desired count of build-agents 1 -> 2');
      const { desired, marks } = await placesIn(stage.env);
      expect([desired, marks]).toEqual([[2], []]);
      const again = await cli(args, stage.folder, withoutToken);
      expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('has no mark') as string });
    });
  });
});
