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
  /** A stand-in that reports its stops, as agents from 3.138 on do; a real one is what it is. */
  readonly reportsStops?: boolean;
}

/** How the stand-in takes a stop: as agents before 3.138 do, or as those that report it. */
export type StandInMode = 'silent' | 'reporting';

/** By which variable a whole run picks the mode, where a rig file does not. */
const modeVariable = 'GAMEDAY_RIG_STAND_IN';

/** Takes the agent that was named, or the one on PATH, or the rig's own stand-in. */
export function findAgent(named: string | undefined, mode?: StandInMode): Agent {
  if (named !== undefined && !existsSync(named)) throw new RigFailure('bad-input', `no agent at ${named}`);
  const real = named ?? findOnPath('buildkite-agent');
  if (real !== undefined) return { kind: 'real', path: real, version: versionOf(real) };
  const path = fileURLToPath(new URL('./stand-in-agent/main.js', import.meta.url));
  const reportsStops = (mode ?? modeOfRun()) === 'reporting';
  return { kind: 'stand-in', path, version: reportsStops ? 'stand-in, reporting' : 'stand-in', reportsStops };
}

function modeOfRun(): StandInMode {
  const word = process.env[modeVariable] ?? '';
  if (word === '' || word === 'silent') return 'silent';
  if (word === 'reporting') return word;
  throw new RigFailure('bad-input', `${modeVariable} is silent or reporting, not "${word}"`);
}

function versionOf(path: string): string {
  const told = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 30_000 });
  if (told.status !== 0)
    throw new RigFailure('bad-input', `${path} --version does not work; is it a buildkite-agent?`);
  return /(\d+\.\d+\.\d+[^\s,]*)/.exec(told.stdout)?.[1] ?? told.stdout.trim().slice(0, 60);
}
