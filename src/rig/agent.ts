import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { RigFailure } from './failure.ts';
import { findOnPath } from './workers/machine.ts';

/** The agent that the rig's workers run. */
export interface Agent {
  readonly kind: 'real' | 'stand-in';
  readonly path: string;
  readonly version: string;
}

/** Takes the agent that was named, or the one on PATH, or the rig's own stand-in. */
export function findAgent(named: string | undefined): Agent {
  if (named !== undefined && !existsSync(named)) throw new RigFailure('bad-input', `no agent at ${named}`);
  const real = named ?? findOnPath('buildkite-agent');
  if (real !== undefined) return { kind: 'real', path: real, version: versionOf(real) };
  const path = fileURLToPath(new URL('./stand-in-agent/main.js', import.meta.url));
  return { kind: 'stand-in', path, version: 'stand-in' };
}

function versionOf(path: string): string {
  const told = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 30_000 });
  if (told.status !== 0)
    throw new RigFailure('bad-input', `${path} --version does not work; is it a buildkite-agent?`);
  return /(\d+\.\d+\.\d+[^\s,]*)/.exec(told.stdout)?.[1] ?? told.stdout.trim().slice(0, 60);
}
