import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment, exportsIn, ROOT, startCli } from '../support/cli.ts';
import type { Cli } from '../support/cli.ts';
import { textOf } from './pages.ts';

/** A folder in which the commands of a page are typed, with a `gameday` on the PATH. */
export interface Desk {
  readonly folder: string;
  /** Types one command; resolves with its exit code and what it printed. */
  type(command: string): Promise<{ readonly code: number | null; readonly printed: string }>;
  put(name: string, text: string): void;
  /** The environment of the commands to come. */
  use(more: Readonly<Record<string, string>>): void;
  environment(): Readonly<Record<string, string>>;
  clear(): void;
}

export function openDesk(): Desk {
  const folder = mkdtempSync(join(tmpdir(), 'gameday-docs-'));
  const bin = join(folder, '.bin');
  mkdirSync(bin);
  // On the PATH, and where npx looks first.
  const modules = join(folder, 'node_modules', '.bin');
  mkdirSync(modules, { recursive: true });
  for (const at of [bin, modules]) symlinkSync(join(ROOT, 'bin', 'run.js'), join(at, 'gameday'));
  cpSync(join(ROOT, 'scenarios'), join(folder, 'scenarios'), { recursive: true });
  let environment = cleanEnvironment({
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    GAMEDAY_STATE_DIR: join(folder, '.state'),
  });
  return {
    folder,
    type: async (command) => {
      const child = spawn('bash', ['-c', command], {
        cwd: folder,
        env: environment,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text));
      const code = await new Promise<number | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', resolve);
      });
      return { code, printed };
    },
    put: (name, text) => writeFileSync(join(folder, name), text),
    use: (more) => {
      environment = { ...environment, ...more };
    },
    environment: () => environment,
    clear: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The shipped drill that drains, as somebody would write it against services of their own. */
export function plainDrill(): string {
  return textOf('scenarios/exec-form.yaml').replace(/^rig: .*$/m, '');
}

/** A rig that stands in for the real services, reached through its public variables only. */
export async function rigUp(
  desk: Desk,
  file = 'scenarios/rigs/exec-form.yaml',
  env: Readonly<Record<string, string>> = {},
): Promise<{ close(): Promise<void> }> {
  const rig: Cli = startCli(['rig', 'up', file], desk.folder, env);
  await rig.said('GAMEDAY_RIG_CONTROL');
  desk.use(exportsIn(rig.stdout()));
  return {
    close: async () => {
      rig.child.kill('SIGINT');
      await rig.ended;
    },
  };
}
