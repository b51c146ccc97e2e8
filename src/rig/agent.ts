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
  /** The manner of a stand-in; a real agent is what it is. */
  readonly manner?: StandInMode;
}

/**
 * How the stand-in takes a stop: as agents before 3.138 do, as those that report it, as v3.116.0, whose heartbeats end with
 * SIGTERM, or as version 4, which reports its stops and does not start with a flag that it no longer has (BK-47).
 */
export const standInModes = ['silent', 'reporting', 'stops-heartbeats', 'v4'] as const;
/** One of these manners. */
export type StandInMode = (typeof standInModes)[number];

/** By which variable a whole run picks the mode, where a rig file does not. */
const modeVariable = 'GAMEDAY_RIG_STAND_IN';

/** Takes the agent that was named, or the one on PATH, or the rig's own stand-in; a rig file that picks the stand-in's manner wants the stand-in. */
export function findAgent(named: string | undefined, mode?: StandInMode): Agent {
  if (named !== undefined && !existsSync(named)) throw new RigFailure('bad-input', `no agent at ${named}`);
  const real = named ?? (mode === undefined ? findOnPath('buildkite-agent') : undefined);
  if (real !== undefined) return { kind: 'real', path: real, version: versionOf(real) };
  const path = fileURLToPath(new URL('./stand-in-agent/main.js', import.meta.url));
  const manner = mode ?? modeOfRun();
  const version = manner === 'silent' ? 'stand-in' : `stand-in, ${manner}`;
  return { kind: 'stand-in', path, version, manner };
}

function modeOfRun(): StandInMode {
  const word = process.env[modeVariable] ?? '';
  if (word === '') return 'silent';
  const mode = standInModes.find((one) => one === word);
  if (mode !== undefined) return mode;
  throw new RigFailure('bad-input', `${modeVariable} is one of ${standInModes.join(', ')}, not "${word}"`);
}

function versionOf(path: string): string {
  const told = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 30_000 });
  if (told.status !== 0)
    throw new RigFailure('bad-input', `${path} --version does not work; is it a buildkite-agent?`);
  return /(\d+\.\d+\.\d+[^\s,]*)/.exec(told.stdout)?.[1] ?? told.stdout.trim().slice(0, 60);
}
