import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { GamedayError } from '../model/errors.ts';
import type { Json, JsonObject } from '../preflight/json.ts';
import { isObject } from '../preflight/json.ts';
import { readBaseName } from '../worker/start.ts';
import type { RehearseFlags } from './options.ts';
import type { Machine } from './definition.ts';
import type { Environment } from '../cli/output.ts';

/** The choices of the command line; undefined leaves a choice to the machine. */
export type Wanted = Pick<RehearseFlags, 'executor' | 'image' | 'agent' | 'programs' | 'dockerfile'>;

/** How workers are run on this machine, and why. */
export interface Chosen {
  /** The rig's executor; undefined lets the rig choose between a namespace and a process group. */
  readonly executor: Wanted['executor'];
  readonly machine: Machine;
  /** The folder of `--programs`, as an absolute path. */
  readonly programs: string | null;
  /** Why no image is run, if the user did not ask for that. */
  readonly why: string | null;
  /** The configuration of an image, if images are run. */
  readonly configOf: (reference: string) => JsonObject | null;
}

/** Chooses the executor: images if an engine has the agent's, else local programs. Throws bad-input for a conflict. */
export function chooseMachine(wanted: Wanted, image: string | null, environment: Environment): Chosen {
  const { executor, agent } = wanted;
  const programs = programsIn(wanted.programs);
  if (wanted.image !== undefined && agent !== undefined)
    throw makeBadInput(
      '--image contains an agent of its own, but --agent names another one',
      'Give one of them.',
    );
  if (wanted.image !== undefined && executor !== undefined && executor !== 'container')
    throw makeBadInput(
      `--image is run by the executor container, not by ${executor}`,
      'Remove one of the two flags.',
    );
  const asked = executor === 'container' || wanted.image !== undefined;
  if (asked && wanted.dockerfile !== undefined)
    throw makeBadInput(
      '--dockerfile says what an image starts, but the image itself is to be run',
      'Remove --dockerfile, or --image and --executor container.',
    );
  const without = (why: string | null): Chosen => {
    const machine = makeThisMachine(programs, environment);
    return { executor, machine, programs, why, configOf: () => null };
  };
  if (!asked && executor !== undefined) return without(null);
  if (!asked && agent !== undefined) return without('--agent names an agent of this machine');
  if (wanted.dockerfile !== undefined) return without('--dockerfile says what it starts');
  const engine = engineOf(environment);
  if (typeof engine === 'string') {
    if (!asked) return without(engine);
    throw makeBadInput(
      `the executor container needs a Docker-compatible engine: ${engine}`,
      'Start one, name it with DOCKER_HOST or GAMEDAY_DOCKER (a command), or remove --image and --executor container.',
    );
  }
  const reference = wanted.image ?? image ?? '';
  if (!asked && engine(reference) === null) return without(`the engine has no image "${reference}"`);
  return {
    executor: 'container',
    programs,
    why: null,
    configOf: engine,
    machine: {
      images: true,
      hasImage: (name) => engine(name) !== null,
      hasProgram: () => true,
      isLent: () => false,
      image: wanted.image ?? null,
    },
  };
}

function makeThisMachine(programs: string | null, environment: Environment): Machine {
  const path = environment['PATH'] ?? '';
  const isLent = (word: string): boolean =>
    programs !== null && isExecutable(join(programs, readBaseName(word)));
  return {
    images: false,
    hasImage: () => false,
    isLent,
    hasProgram: (word) =>
      isLent(word) ||
      (word.includes('/')
        ? isExecutable(word)
        : path.split(delimiter).some((folder) => folder !== '' && isExecutable(join(folder, word)))),
    image: null,
  };
}

function programsIn(folder: string | undefined): string | null {
  if (folder === undefined) return null;
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return resolve(folder);
  throw makeBadInput(
    `--programs: ${folder} is not a folder`,
    'Name a folder that contains programs of the images.',
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Milliseconds; an engine that was just started is slow. */
const PATIENCE = 30_000;

/** Looks up an image's configuration in the engine, or says why there is no engine. */
function engineOf(environment: Environment): ((reference: string) => JsonObject | null) | string {
  const named = environment['GAMEDAY_DOCKER'] ?? '';
  const command = named === '' ? 'docker' : named;
  const ask = (args: readonly string[]) =>
    spawnSync(command, args, { encoding: 'utf8', timeout: PATIENCE, env: { ...environment } });
  const { error, status, stdout } = ask(['version', '--format', '{{.Server.Version}}']);
  if (error !== undefined)
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? `there is no "${command}" on PATH`
      : `"${command} version" does not work: ${error.message}`;
  if (status !== 0 || stdout.trim() === '') return `"${command} version" reaches no engine`;
  const known = new Map<string, JsonObject | null>();
  return (reference) => {
    const found = known.get(reference);
    if (found !== undefined) return found;
    const told =
      reference === '' ? null : ask(['image', 'inspect', '--format', '{{json .Config}}', reference]);
    const config: Json = told?.status === 0 ? (JSON.parse(told.stdout) as Json) : null;
    known.set(reference, isObject(config) ? config : null);
    return known.get(reference) ?? null;
  };
}

function makeBadInput(message: string, next: string): GamedayError {
  return new GamedayError('bad-input', message, { next });
}
