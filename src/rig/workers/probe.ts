import { spawn } from 'node:child_process';

import type { ProcessSpec } from './executor.ts';
import { sendSignal } from './procfs.ts';

/** What a command that did not end in time is said to have left with, as `timeout -s KILL` says it. */
const killedCode = 137;

/** Runs a short command beside a container's main process; whatever does not end in time is killed with all it started. */
export function runProbe(
  argv: readonly string[],
  spec: Pick<ProcessSpec, 'environment' | 'directory'>,
  timeoutMs: number,
  onPid: (pid: number, isOver: boolean) => void = () => undefined,
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(argv[0] ?? '', argv.slice(1), {
      cwd: spec.directory,
      env: spec.environment,
      detached: true,
      stdio: 'ignore',
    });
    const { pid } = child;
    if (pid !== undefined) onPid(pid, false);
    const timer = setTimeout(() => {
      if (pid !== undefined) sendSignal(-pid, 'SIGKILL');
    }, timeoutMs);
    const over = (code: number): void => {
      clearTimeout(timer);
      if (pid !== undefined) onPid(pid, true);
      resolve(code);
    };
    child.once('error', () => {
      over(127);
    });
    child.once('exit', (code) => {
      over(code ?? killedCode);
    });
  });
}
