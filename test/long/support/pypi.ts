import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder with the programs, or why there is none and what to do about it. */
export type Programs = { readonly bin: string } | { readonly bin: null; readonly why: string };

const INSTALL_WITHIN_MS = 300_000;

/** Programs of packages of PyPI in the user's cache; where they are not there yet, pip puts them there. */
export function programsOfPyPi(
  name: string,
  packages: readonly string[],
  programs: readonly string[],
): Programs {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'gameday', name);
  const bin = join(folder, 'bin');
  if (programs.every((program) => fails(join(bin, program), ['--version']) === null)) return { bin };
  const failure =
    fails('python3', ['-m', 'venv', '--clear', folder]) ??
    fails(join(bin, 'python'), [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      ...packages,
    ]);
  if (failure === null) return { bin };
  const remedy = 'install python3 with its venv module (Debian: python3-venv) and let pip reach PyPI';
  return { bin: null, why: `${failure}; ${remedy}` };
}

/** What a program that failed said last; null where it did its work. */
function fails(program: string, args: readonly string[]): string | null {
  const ran = spawnSync(program, args, { encoding: 'utf8', timeout: INSTALL_WITHIN_MS });
  if (ran.error !== undefined) return `${program}: ${ran.error.message}`;
  if (ran.status === 0) return null;
  return `${program} ${args.join(' ')}: ${ran.stderr.trim().split('\n').at(-1) ?? ''}`;
}
