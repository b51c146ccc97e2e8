import { parseArgs } from 'node:util';

import { messageOf, RigFailure } from './failure.ts';
import { readRigFile } from './file.ts';
import { startRig, type Rig, type RigChoices } from './rig.ts';
import type { Executor } from './workers/executor.ts';

const exitCodes = { 'bad-input': 2, 'rig-failed': 4 } as const;

/** Tells the parent; a rig that was started by hand tells its output. */
async function tell(message: unknown): Promise<void> {
  if (process.send === undefined) {
    process.stdout.write(`${JSON.stringify(message)}\n`);
    return;
  }
  await new Promise<void>((resolve) => {
    process.send?.(message, undefined, undefined, () => {
      resolve();
    });
  });
}

function isExecutor(name: string): name is Executor['kind'] {
  return name === 'namespace' || name === 'process' || name === 'container';
}

function readArguments(): { readonly path: string; readonly choices: RigChoices } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { agent: { type: 'string' }, executor: { type: 'string' } },
    });
    const [path, ...rest] = positionals;
    if (path === undefined || rest.length > 0)
      throw new Error('usage: main.js RIGFILE [--agent PATH] [--executor NAME]');
    const { executor, agent } = values;
    if (executor !== undefined && !isExecutor(executor)) {
      throw new Error(`--executor is namespace, process or container, not ${executor}`);
    }
    return { path, choices: { agent, executor, verbose: process.env['GAMEDAY_RIG_VERBOSE'] === '1' } };
  } catch (error) {
    throw new RigFailure('bad-input', messageOf(error));
  }
}

/** Workers are processes that get POSIX signals and exit by them: on Windows every signal ends a process at once. */
function refuseWindows(): void {
  if (process.platform !== 'win32') return;
  throw new RigFailure(
    'rig-failed',
    'Windows has no signals that a worker could hear: run the rig under WSL 2, on another machine, or in a Linux container',
  );
}

/** Resolves when the rig is no longer wanted. */
function unwanted(): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort();
  };
  process.once('disconnect', abort);
  // The parent may have gone while this program was still being loaded: then nobody hears of it any more.
  if (process.send !== undefined && !process.connected) abort();
  // Kept for good: a second Ctrl-C must not cut the clean-up short.
  process.on('SIGINT', abort);
  process.on('SIGTERM', abort);
  process.on('SIGHUP', abort);
  return controller.signal;
}

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

/** Both halves mark what the file's author has to fix in the same way. */
function kindOf(error: unknown): RigFailure['kind'] {
  return error instanceof Error && 'kind' in error && error.kind === 'bad-input' ? 'bad-input' : 'rig-failed';
}

async function main(): Promise<number> {
  const signal = unwanted();
  let rig: Rig | undefined;
  try {
    refuseWindows();
    const { path, choices } = readArguments();
    rig = await startRig(readRigFile(path), choices, signal);
    if (!signal.aborted) await tell({ environment: rig.environment });
    // A rig that was started by hand has no channel to hold it.
    const hold = setInterval(() => undefined, 60_000);
    await ended(signal);
    clearInterval(hold);
    return 0;
  } catch (error) {
    const kind = kindOf(error);
    if (!signal.aborted) await tell({ error: messageOf(error).replaceAll('\n', ' '), kind });
    return exitCodes[kind];
  } finally {
    await rig?.close();
  }
}

process.exitCode = await main();
if (process.connected) process.disconnect();
