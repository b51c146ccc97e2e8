import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../support/cli.ts';

/** The program, or why there is none and what to do about it. */
type Asker = { readonly path: string } | { readonly path: null; readonly why: string };

const BUILD_WITHIN_MS = 300_000;

/** Builds the program that asks by Buildkite's library for Go; what Go keeps of it makes the next time quick. */
export function goBuildkite(): Asker {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'gameday', 'go-buildkite');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'asks');
  const made = spawnSync('go', ['build', '-o', path, '.'], {
    cwd: join(ROOT, 'test', 'long', 'support', 'go-buildkite'),
    env: { ...process.env, GOTOOLCHAIN: 'local', CGO_ENABLED: '0' },
    encoding: 'utf8',
    timeout: BUILD_WITHIN_MS,
  });
  const remedy = 'install Go 1.25 or later and let it reach its module proxy';
  if (made.error !== undefined) return { path: null, why: `go: ${made.error.message}; ${remedy}` };
  if (made.status !== 0)
    return { path: null, why: `${made.stderr.trim().split('\n').at(-1) ?? 'go build failed'}; ${remedy}` };
  return { path };
}
