import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli, documentIn, ROOT } from '../support/cli.ts';
import { agentFlags, withAgent } from './support/agents.ts';
import { inFolder, surroundings } from './support/case.ts';

const SCENARIOS = join(ROOT, 'scenarios');

/** A study of one drill an arm: the shipped scenario `name`, its rig by its whole path. */
async function arm(folder: string, arm: string, name: string, control = ''): Promise<void> {
  const text = await readFile(join(SCENARIOS, `${name}.yaml`), 'utf8');
  await mkdir(join(folder, 'study', arm), { recursive: true });
  const whole = text.replace(/^rig: .*$/m, `rig: ${join(SCENARIOS, 'rigs', `${name}.yaml`)}${control}`);
  await writeFile(join(folder, 'study', arm, 'stop.yaml'), whole);
}

describe.concurrent('gameday study', () => {
  test(withAgent('measures the same drill before and after'), async () => {
    await inFolder(async (folder) => {
      await arm(folder, 'before', 'shell-form', '\ncontrol: { outcome: failed, reason: lost }');
      await arm(folder, 'after', 'exec-form');
      const page = join(folder, 'table.md');
      const args = ['study', '--rig', 'study', '--json', '--markdown', page, ...agentFlags('real')];
      const { code, stdout, stderr } = await cli(args, folder, surroundings(folder));
      expect(code, stderr).toBe(0);
      const { study = [], outcome } = documentIn(stdout);
      expect(outcome).toBe('passed');
      expect(study.map((one) => one.arm)).toEqual(['before', 'after']);
      const [before, after] = study;
      expect(before).toMatchObject({ jobsHit: 1, jobsLost: 1, busy: { drained: 0 }, stopTimeouts: [3_000] });
      expect(after).toMatchObject({ jobsHit: 1, jobsLost: 0, busy: { drained: 1 }, stopTimeouts: [20_000] });
      expect(await readFile(page, 'utf8')).toContain('| 1 of 1 (100 %) | 0 of 1 (0 %) |');
    });
  });

  test.each([
    ['a folder that is not there', ['nowhere'], /nowhere cannot be read/],
    ['a folder without an arm', ['empty'], /empty contains no arm of a study/],
    [
      'a table that cannot be written',
      ['study', '--markdown', 'no/table.md'],
      /no\/table\.md cannot be written/,
    ],
  ])('refuses %s before anything is contacted', async (_title, given, says) => {
    await inFolder(async (folder) => {
      await mkdir(join(folder, 'empty'));
      await arm(folder, 'before', 'exec-form');
      const { code, stderr } = await cli(['study', '--rig', ...given], folder, surroundings(folder));
      expect(code).toBe(2);
      expect(stderr).toMatch(says);
    });
  });
});
