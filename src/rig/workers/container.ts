import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

import { rigLabel, type Engine, type EngineAnswer } from './container-engine.ts';
import { killedForMemory } from './kernel-log.ts';
import type { ContainerProcess, Executor, Exit, ImageSpec, ProcessSpec, SignalName } from './executor.ts';
import { sharingNamespace } from './procfs.ts';

/** The kernel takes no longer ones, and a stop time-out of years is as good. */
const longestStopSeconds = 100_000_000;
/** What a container wrote last may still be on its way when it has ended. */
const lastWordsMs = 2000;

const outOfMemory = 'OutOfMemoryError: Container killed due to memory usage';

const stateShape = z.looseObject({
  Status: z.string(),
  Pid: z.number(),
  ExitCode: z.number(),
  OOMKilled: z.boolean().default(false),
  FinishedAt: z.string().default(''),
});
type EngineState = z.infer<typeof stateShape>;

/** The executor with real containers: each runs the task definition's own image, and ends when the rig does. */
export function createContainerExecutor(engine: Engine, rig: string): Executor {
  const label = `${rigLabel}=${rig}`;
  const starting = new Set<Promise<ContainerProcess>>();
  const running = new Set<ContainerProcess>();

  async function launch(spec: ProcessSpec): Promise<ContainerProcess> {
    const ran = await engine.ask(['run', '--detach', ...runArguments(spec, label)]);
    const id = ran.stdout.trim();
    if (ran.code !== 0 || id === '') return neverStarted(spec, ran);
    const { Pid = 0 } = (await stateOf(engine, id)) ?? {};
    const started = runningContainer(engine, { id, pid: Pid, exited: exitOf(engine, id, spec.outputFile) });
    running.add(started);
    void started.exited.then(() => running.delete(started));
    return started;
  }

  async function start(spec: ProcessSpec): Promise<ContainerProcess> {
    const starts = launch(spec);
    starting.add(starts);
    try {
      return await starts;
    } finally {
      starting.delete(starts);
    }
  }

  async function close(): Promise<void> {
    await Promise.allSettled(starting);
    const left = await labelled(engine, label);
    if (left.length > 0) await engine.ask(['rm', '--force', '--volumes', ...left]);
    await Promise.all([...running].map((each) => each.exited));
    const stubborn = await labelled(engine, label);
    if (stubborn.length > 0) throw new Error(`containers that could not be removed: ${stubborn.join(' ')}`);
  }

  return { kind: 'container', pid1: true, image: (reference) => engine.image(reference), start, close };
}

async function labelled(engine: Engine, label: string): Promise<readonly string[]> {
  const { stdout } = await engine.ask(['ps', '--all', '--quiet', '--no-trunc', '--filter', `label=${label}`]);
  return stdout.split('\n').filter((id) => id !== '');
}

function runArguments(spec: ProcessSpec, label: string): readonly string[] {
  const image = required(spec.image);
  const [program = '', ...rest] = spec.argv;
  return [
    ...['--pull', 'never', '--network', 'host', '--label', label],
    ...['--stop-timeout', String(Math.min(Math.ceil(image.stopTimeoutMs / 1000), longestStopSeconds))],
    ...(image.init ? ['--init'] : []),
    // As much swap as memory is no swap: on ECS a task has none.
    ...(image.memoryMiB === undefined ? [] : limited(`${image.memoryMiB}m`)),
    ...(spec.hostname === undefined ? [] : ['--hostname', spec.hostname]),
    ...(image.workingDirectory === undefined ? [] : ['--workdir', image.workingDirectory]),
    ...image.mounts.flatMap(({ from, to }) => ['--volume', `${from}:${to}:ro`]),
    ...environmentArguments(spec),
    ...['--entrypoint', program, image.reference, ...rest],
  ];
}

function limited(memory: string): readonly string[] {
  return ['--memory', memory, '--memory-swap', memory];
}

/** A file keeps the agent's token out of the machine's list of processes; a value of several lines fits into none. */
function environmentArguments(spec: ProcessSpec): readonly string[] {
  const isShort = ([, value]: readonly [string, string]): boolean => !/[\r\n]/.test(value);
  const entries = Object.entries(spec.environment);
  const file = join(spec.directory, 'environment');
  const lines = entries.filter(isShort).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  const long = entries.filter((entry) => !isShort(entry));
  return ['--env-file', file, ...long.flatMap(([name, value]) => ['--env', `${name}=${value}`])];
}

function required(image: ImageSpec | undefined): ImageSpec {
  if (image === undefined) throw new Error('a container cannot be run without an image');
  return image;
}

async function stateOf(engine: Engine, id: string): Promise<EngineState | undefined> {
  const { code, stdout } = await engine.ask(['inspect', '--format', '{{json .State}}', id]);
  return code === 0 ? stateShape.parse(JSON.parse(stdout)) : undefined;
}

/** The engine would not start it: a program that does not exist is 127, as in a shell. */
function neverStarted(spec: ProcessSpec, { code, stderr }: EngineAnswer): ContainerProcess {
  const said = stderr.trim().split('\n')[0] ?? '';
  appendFileSync(spec.outputFile, `${said}\n`, { mode: 0o600 });
  const exit = {
    code: code === 0 ? 125 : code,
    at: Date.now(),
    reason: `CannotStartContainerError: ${said}`,
  };
  return { pid: -1, exited: Promise.resolve(exit), signal: () => false, processes: () => [] };
}

/** Keeps what the container writes, waits for its end and removes it. */
async function exitOf(engine: Engine, id: string, outputFile: string): Promise<Exit> {
  const logs = followLogs(engine, id, outputFile);
  await engine.ask(['wait', id]);
  const [state] = await Promise.all([stateOf(engine, id), logs.end()]);
  await engine.ask(['rm', '--force', '--volumes', id]);
  const isKilled = state?.Status === 'exited' && state.ExitCode === 137 && !state.OOMKilled;
  return exitFrom(isKilled && (await killedForMemory(id)) ? { ...state, OOMKilled: true } : state);
}

/** Somebody who removed it killed it. */
function exitFrom(state: EngineState | undefined): Exit {
  const finished = Date.parse(state?.FinishedAt ?? '');
  const at = Number.isNaN(finished) ? Date.now() : Math.min(finished, Date.now());
  if (state?.Status !== 'exited') return { code: 137, at: Date.now() };
  return { code: state.ExitCode, at, ...(state.OOMKilled && { reason: outOfMemory }) };
}

function followLogs(engine: Engine, id: string, outputFile: string): { end(): Promise<void> } {
  const output = openSync(outputFile, 'a', 0o600);
  const child = spawn(engine.cli, ['logs', '--follow', id], {
    env: engine.environment,
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const gone = new Promise<void>((resolve) => {
    child.once('error', () => {
      resolve();
    });
    child.once('exit', () => {
      resolve();
    });
  });
  return {
    end: async () => {
      const timer = setTimeout(() => child.kill('SIGKILL'), lastWordsMs);
      await gone;
      clearTimeout(timer);
    },
  };
}

interface Started {
  readonly id: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
}

function runningContainer(engine: Engine, { id, pid, exited }: Started): ContainerProcess {
  let over = false;
  void exited.then(() => {
    over = true;
  });

  function signal(name: SignalName): boolean {
    if (over) return false;
    void engine.ask(['kill', '--signal', name, id]);
    return true;
  }

  /** The engine sends the image's STOPSIGNAL, and SIGKILL after the stop time-out that the container was made with. */
  function stop(): void {
    if (!over) void engine.ask(['stop', id]);
  }

  async function execute(argv: readonly string[], timeoutMs: number): Promise<number> {
    return over ? 126 : (await engine.ask(['exec', id, ...argv], timeoutMs)).code;
  }

  function processes(): readonly number[] {
    return over || pid <= 0 ? [] : sharingNamespace(pid);
  }

  return { pid, exited, signal, stop, execute, processes };
}
