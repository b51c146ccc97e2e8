import { spawn, spawnSync } from 'node:child_process';

import * as z from 'zod';

import { RigFailure } from '../failure.ts';
import type { ImageConfig } from './executor.ts';

/** What an engine answered to one call of its command line. */
export interface EngineAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A Docker-compatible engine, reached by its command line. */
export interface Engine {
  readonly cli: string;
  readonly version: string;
  /** The environment of its command line; it names the rig, whose janitor ends what a dead rig left running. */
  readonly environment: NodeJS.ProcessEnv;
  ask(args: readonly string[], timeoutMs?: number): Promise<EngineAnswer>;
  /** The configuration of an image that the engine has. */
  image(reference: string): ImageConfig | undefined;
}

/** The label by which a rig finds its containers again. */
export const rigLabel = 'gameday.rig';

/** By which the janitor finds calls that a rig left behind. */
export const rigVariable = 'GAMEDAY_RIG_FOLDER';

/** An engine that has just been started is slow. */
const patienceMs = 30_000;

const words = z
  .array(z.string())
  .nullish()
  .transform((given) => given ?? []);
const configShape = z.looseObject({ Entrypoint: words, Cmd: words });

/** The engine's command line: docker, or what GAMEDAY_DOCKER names. */
export function engineCommand(): string {
  const named = process.env['GAMEDAY_DOCKER'];
  return named === undefined || named === '' ? 'docker' : named;
}

/** Takes the engine that the command line reaches, and fails with a clear word where none answers. */
export function findEngine(rigFolder: string, hasNamespaces: boolean): Engine {
  const cli = engineCommand();
  const environment = { ...process.env, [rigVariable]: rigFolder };
  return {
    cli,
    version: versionOf(cli, hasNamespaces),
    environment,
    ask: (args, timeoutMs) => ask(cli, environment, args, timeoutMs),
    image: (reference) => imageOf(cli, reference),
  };
}

function versionOf(cli: string, hasNamespaces: boolean): string {
  const missing = (why: string): RigFailure => noEngine(why, hasNamespaces);
  const told = spawnSync(cli, ['version', '--format', '{{.Server.Version}}'], {
    encoding: 'utf8',
    timeout: patienceMs,
  });
  if (told.error && 'code' in told.error && told.error.code === 'ENOENT')
    throw missing(`there is no "${cli}" on PATH`);
  if (told.error) throw missing(`"${cli} version" does not work (${told.error.message})`);
  const said = told.stderr.trim().split('\n').at(-1) ?? '';
  if (told.status !== 0 || told.stdout.trim() === '')
    throw missing(`"${cli} version" found none${said === '' ? '' : ` (${said})`}`);
  return told.stdout.trim();
}

/** The executor "namespace" is named only where it would work: two hints must not send a person in a circle. */
function noEngine(why: string, hasNamespaces: boolean): RigFailure {
  const otherwise = hasNamespaces
    ? '; or use the executor "namespace", which this machine allows and which runs no images'
    : '';
  return new RigFailure(
    'rig-failed',
    `the executor "container" needs a Docker-compatible engine on this machine, and ${why}; ` +
      `start one, or let DOCKER_HOST or GAMEDAY_DOCKER (a command) name it${otherwise}`,
  );
}

function imageOf(cli: string, reference: string): ImageConfig | undefined {
  const told = spawnSync(cli, ['image', 'inspect', '--format', '{{json .Config}}', reference], {
    encoding: 'utf8',
    timeout: patienceMs,
  });
  if (told.status !== 0) return undefined;
  const { Entrypoint, Cmd } = configShape.parse(JSON.parse(told.stdout));
  return { entryPoint: Entrypoint, command: Cmd };
}

function ask(
  cli: string,
  env: NodeJS.ProcessEnv,
  args: readonly string[],
  timeoutMs?: number,
): Promise<EngineAnswer> {
  return new Promise((resolve) => {
    // Detached: a Ctrl-C in the rig's terminal must not cut a call short.
    const child = spawn(cli, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const settle = (code: number, more = ''): void => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr: stderr + more });
    };
    child.once('error', (error) => {
      settle(127, error.message);
    });
    child.once('close', (code) => {
      settle(code ?? 124);
    });
  });
}
