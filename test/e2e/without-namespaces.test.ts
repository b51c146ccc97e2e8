import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli, documentIn, ROOT } from '../support/cli.ts';
import type { Ended } from '../support/cli.ts';
import { pathWithoutAgent } from './support/agents.ts';
import { inFolder } from './support/case.ts';

const REHEARSAL = ['before', 'after'].map((name) => join(ROOT, 'scenarios', 'rehearsal', `${name}.yaml`));
const REFUSED = 'unshare: unshare failed: Operation not permitted';

type Gameday = (...args: readonly string[]) => Promise<Ended>;

/** A machine that allows no namespaces, as a container by default: its `unshare` is refused. */
async function onMachineWithout(work: (gameday: Gameday, folder: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const programs = join(folder, 'programs');
    await mkdir(programs);
    await writeFile(join(programs, 'unshare'), `#!/bin/sh\necho '${REFUSED}' >&2\nexit 1\n`);
    await chmod(join(programs, 'unshare'), 0o755);
    const PATH = [programs, pathWithoutAgent()].join(delimiter);
    const env = { PATH, TMPDIR: folder, GAMEDAY_DOCKER: join(folder, 'no-engine') };
    await work((...args) => cli(args, folder, env), folder);
  });
}

describe.concurrent('a machine without namespaces', () => {
  test('the flagship is inconclusive, and says what the machine lacks and how to get it', async () => {
    await onMachineWithout(async (gameday, folder) => {
      const flagship = ['run', '--rig', ...REHEARSAL, '--side-by-side'];
      const [told, screen] = await Promise.all([
        gameday(...flagship, '--json', '--out', join(folder, 'told')),
        gameday(...flagship, '--out', join(folder, 'shown')),
      ]);
      const document = documentIn(told.stdout);
      expect(told.code, told.stderr).toBe(11);
      expect(document).toMatchObject({
        ...{ outcome: 'inconclusive', reason: 'no-pid1-semantics', exitCode: 11, errors: [] },
        counts: { inconclusive: 1, passed: 1 },
      });
      const [before, after] = document.drills;
      expect(before).toMatchObject({
        ...{ outcome: 'inconclusive', reason: 'no-pid1-semantics', exitCode: 11 },
        control: { expected: 'failed lost', met: false, contradicted: false },
        rig: { executor: 'process', pid1: false },
      });
      expect(after).toMatchObject({ outcome: 'passed', reason: 'drained', exitCode: 0 });
      expect(before?.said).toContain(`this machine allows no PID namespaces: ${REFUSED}`);
      expect(before?.next).toContain('--cap-add SYS_ADMIN --security-opt apparmor=unconfined');
      expect(before?.next).toContain('--executor container');
      expect(before?.next).not.toMatch(/executor "?(?:process|namespace)/);

      expect(screen.code, screen.stderr).toBe(11);
      expect(screen.stdout).toContain('control not decided');
      expect(screen.stdout).toContain('Game day: inconclusive: no-pid1-semantics (exit code 11)');
      expect(screen.stdout + screen.stderr).not.toContain('control-not-met');
      expect(screen.stderr).toMatch(/NO REAL PID 1 HERE.*unshare failed: Operation not permitted/);
    });
  });

  test.each([
    ['namespace', /needs PID namespaces, and this machine allows no PID namespaces/, /process/],
    ['container', /needs a Docker-compatible engine.*start one/, /executor "(?:namespace|process)"/],
  ])('the executor %s says what is missing, and sends nobody in a circle', async (executor, says, not) => {
    await onMachineWithout(async (gameday, folder) => {
      const args = ['run', '--rig', ...REHEARSAL, '--executor', executor, '--json'];
      const { code, stdout } = await gameday(...args, '--out', join(folder, 'drills'));
      const [drill] = documentIn(stdout).drills;
      expect(code, stdout).toBe(4);
      expect(drill?.said).toMatch(says);
      expect(`${drill?.said ?? ''} ${drill?.next ?? ''}`).not.toMatch(not);
    });
  });
});
