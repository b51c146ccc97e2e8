import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder with the program `aws`, or why there is none and what to do about it. */
type AwsCli = { readonly bin: string } | { readonly bin: null; readonly why: string };

const INSTALL_WITHIN_MS = 300_000;

/** The AWS CLI of the user's cache; where it is not there yet, pip puts it there. */
export function awsCli(): AwsCli {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'gameday', 'awscli');
  const bin = join(folder, 'bin');
  if (fails(join(bin, 'aws'), ['--version']) === null) return { bin };
  const failure =
    fails('python3', ['-m', 'venv', '--clear', folder]) ??
    fails(join(bin, 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'awscli']);
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
