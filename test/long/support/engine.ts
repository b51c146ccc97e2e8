import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cleanEnvironment } from '../../support/cli.ts';

const run = promisify(execFile);
const MAKE = fileURLToPath(new URL('../../../scripts/make-image.sh', import.meta.url));
const DOCKER = process.env['GAMEDAY_DOCKER'] ?? 'docker';

/** How the engine of this machine is reached. */
export const engineEnvironment: Readonly<Record<string, string>> = Object.fromEntries(
  ['DOCKER_HOST', 'DOCKER_CONFIG', 'GAMEDAY_DOCKER'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

/** Asks the engine, and gives what it wrote; throws where it fails. */
export async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await run(DOCKER, args, { env: cleanEnvironment(engineEnvironment) });
  return stdout.trim();
}

/** The engine's version, or null where none answers. */
export async function engineVersion(): Promise<string | null> {
  return docker('version', '--format', '{{.Server.Version}}').catch(() => null);
}

/** Makes an image of what is on this machine and of further programs; `changes` are instructions of a Dockerfile. */
export async function makeImage(
  tag: string,
  shell: string,
  agent: string,
  changes: readonly string[],
  programs: readonly string[] = [],
): Promise<void> {
  const own = { GAMEDAY_REAL_AGENT: agent, PROGRAMS: programs.join(' ') };
  const env = cleanEnvironment({ ...engineEnvironment, ...own });
  await run(MAKE, [tag, shell, ...changes], { env });
}

/** Ids of the containers of rigs whose folder lies in this one. */
export async function containersOf(folder: string): Promise<readonly string[]> {
  const listed = await docker('ps', '--all', '--format', '{{.ID}} {{.Label "gameday.rig"}}');
  return listed
    .split('\n')
    .filter((line) => line.includes(` ${folder}/`))
    .map((line) => line.split(' ')[0] ?? '');
}
