import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GameDayDocument } from '../../src/verdict/result.ts';
import { cleanEnvironment, cli, ROOT } from '../support/cli.ts';
import { inFolder, surroundings } from './support/case.ts';
import { EXEC, taskDefinition } from './support/files.ts';

/** No engine is asked, whatever this machine has. */
const WITHOUT_ENGINE = { GAMEDAY_DOCKER: '/nonexistent/docker' };

async function put(folder: string, name: string, content: object | string): Promise<void> {
  await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
}

describe.concurrent('what runs here', () => {
  const HOSTILE = 'echo \u001b[2K\u202e\u009b1mharmless; touch it-ran';
  /** As YAML writes it between double quotes. */
  const ESCAPED = 'echo \\u001b[2K\\u202e\\u009b1mharmless; touch it-ran';

  test('is named with every control character escaped, and nothing runs where nobody can be asked', async () => {
    await inFolder(async (folder) => {
      await put(folder, 'td.json', taskDefinition({ argv: [...EXEC, '--tags', `a=${HOSTILE}`] }));
      await put(folder, 'pipeline.yml', `steps: [{ key: tests, command: "${ESCAPED}" }]`);
      const args = ['--task-definition', 'td.json', '--pipeline', 'pipeline.yml', '--job-length', '16s'];
      const environment = { ...surroundings(folder), ...WITHOUT_ENGINE };
      const plain = await cli(['rehearse', ...args], folder, environment);
      expect({ code: plain.code, stdout: plain.stdout }).toEqual({ code: 3, stdout: '' });
      expect(plain.stderr).toContain(
        'the commands above would run on this machine, and there is no terminal to ask for consent',
      );
      expect(plain.stderr).toContain('harmless; touch it-ran');
      // eslint's no-control-regex: built from numbers.
      for (const code of [0x1b, 0x202e, 0x9b]) expect(plain.stderr).not.toContain(String.fromCharCode(code));
      const json = await cli(['rehearse', '--json', ...args], folder, environment);
      expect(json.code).toBe(3);
      expect(GameDayDocument.parse(JSON.parse(json.stdout))).toMatchObject({
        outcome: 'refused',
        reason: 'confirm-needed',
        drills: [],
      });
      expect([existsSync(join(folder, 'it-ran')), existsSync(join(folder, '.gameday'))]).toEqual([
        false,
        false,
      ]);
    });
  });

  test.each([
    ['n', 3, 'the person who was asked did not say yes'],
    ['\u0003', 130, 'nothing was sent'],
  ])('is asked about on a terminal, and %j starts nothing', async (key, code, says) => {
    await inFolder(async (folder) => {
      await put(folder, 'td.json', taskDefinition({}));
      const asked = await onTerminal(['rehearse', '--task-definition', 'td.json'], folder, key);
      expect(asked.code, asked.shown).toBe(code);
      expect(asked.shown).toContain('This runs on this machine, with your rights');
      expect(asked.shown).toContain(says);
      expect(existsSync(join(folder, '.gameday'))).toBe(false);
    });
  });
});

/** Runs `gameday` on a terminal of its own and presses a key, and Return behind a letter, at the question. */
async function onTerminal(
  args: readonly string[],
  folder: string,
  key: string,
): Promise<{ readonly code: number | null; readonly shown: string }> {
  const command = [process.execPath, join(ROOT, 'bin/run.js'), ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: folder,
    env: cleanEnvironment({ ...surroundings(folder), ...WITHOUT_ENGINE, TERM: 'xterm' }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  let pressed = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    if (pressed || !shown.includes('Run it?')) return;
    pressed = true;
    child.stdin.write(key === '\u0003' ? key : `${key}\r`);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, shown };
}
