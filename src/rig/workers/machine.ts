import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import { RigFailure } from '../failure.ts';
import type { Executor } from './executor.ts';
import { createNamespaceExecutor, namespaceCommand, type NamespaceOptions } from './namespace.ts';
import { whyNoNamespaces } from './no-pid1.ts';
import { createProcessExecutor } from './process-group.ts';

/** What the machine can do for a rig's workers. */
export interface Machine {
  readonly namespaces: NamespaceOptions | undefined;
  /** What `sh -c CMD` does: dash's way keeps the shell as the parent, others replace themselves by CMD. */
  readonly shell: 'dash' | 'other';
  /** A dash under its own name, where `sh` is another shell. */
  readonly dash: string | undefined;
  readonly tini: string | undefined;
}

/** The first executable of that name on PATH. */
export function findOnPath(name: string, path: string = process.env['PATH'] ?? ''): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Tries everything out: versions and names say little about what a machine allows. */
export function probeMachine(): Machine {
  return {
    namespaces: probeNamespaces(),
    shell: shellForks() ? 'dash' : 'other',
    dash: findOnPath('dash'),
    tini: ['tini', 'tini-static', 'docker-init']
      .map((name) => findOnPath(name))
      .find((found) => found !== undefined),
  };
}

/** Other builds of dash may replace themselves, so the behaviour is asked for and not the name. */
function shellForks(): boolean {
  const told = spawnSync('sh', ['-c', "sh -c 'echo $PPID'"], { encoding: 'utf8' });
  return told.stdout?.trim() !== String(process.pid);
}

function probeNamespaces(): NamespaceOptions | undefined {
  if (process.platform !== 'linux') return undefined;
  const resetsSignals = spawnSync('env', ['--default-signal=INT,QUIT', 'true']).status === 0;
  return [false, true]
    .flatMap((userNamespace) =>
      [true, false].map((hostnames) => ({ userNamespace, resetsSignals, hostnames })),
    )
    .find((options) => namespaceWorks(options));
}

function namespaceWorks(options: NamespaceOptions): boolean {
  const name = options.hostnames ? 'gameday-rig.probe' : undefined;
  const test = `test $$ = 1 ${name === undefined ? '' : `&& test "$(uname -n)" = ${name} `}&& exit 7`;
  const [command = '', ...rest] = namespaceCommand(options, ['sh', '-c', test], name);
  return (
    spawnSync(command, rest, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'], timeout: 30_000 }).status === 7
  );
}

/** The executor that was asked for, or the best one that the machine has. */
export function chooseExecutor(machine: Machine, wanted: 'namespace' | 'process' | undefined): Executor {
  if (wanted === 'process') return createProcessExecutor();
  if (machine.namespaces !== undefined) return createNamespaceExecutor(machine.namespaces);
  if (wanted === undefined) return createProcessExecutor();
  const { said, ways } = whyNoNamespaces();
  throw new RigFailure(
    'rig-failed',
    `the executor "namespace" needs PID namespaces, and ${said}; to have them, ${ways.join('; or ')}`,
  );
}
