import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { cleanEnvironment, ROOT } from '../../support/cli.ts';
import type { Ended } from '../../support/cli.ts';

/** `gameday` as a shell types it. */
export const GAMEDAY = `"${process.execPath}" "${join(ROOT, 'bin', 'run.js')}"`;

/** Runs a script with bash; its code is the one of the first part of a pipe that fails. */
export async function bash(
  script: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const child = spawn('bash', ['-c', `set -o pipefail; ${script}`], {
    cwd,
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, stdout, stderr };
}

const isRoot = process.getuid?.() === 0;

/** Root reads and writes whatever it likes: without these rights it is held to the modes of files, like anybody. */
export const LIKE_ANYBODY = isRoot ? 'setpriv --bounding-set=-dac_override,-dac_read_search -- ' : '';

/** Runs a program with a disk of so many KiB at a folder, which nobody else sees. */
export function withDisk(folder: string, kib: number, program: string): string {
  const inside = `mount -t tmpfs -o size=${String(kib)}k,mode=700 tmpfs '${folder}' && exec ${program}`;
  const unshare = isRoot ? 'unshare --mount' : 'unshare --map-root-user --mount';
  return `${unshare} -- sh -c ${JSON.stringify(inside)}`;
}
