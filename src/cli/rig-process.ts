import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GamedayError } from '../model/errors.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Environment } from './output.ts';
import type { Runner } from './runner.ts';
import { settingsFromRig } from './settings.ts';
import type { Settings } from './settings.ts';
import { answerOf, writeSafely } from './exit-codes.ts';
import type { RunFlags } from './flags.ts';

/** A running rig: a process of its own, which ends with this one. */
export interface RigProcess {
  /** What reaches it: endpoints, credentials, facts. */
  readonly environment: Readonly<Record<string, string>>;
  /** Why it ended by itself, or null while it runs. */
  died(): string | null;
  /** Resolves when it and all its workers are gone. */
  stop(): Promise<void>;
  /** Resolves when it has ended, by itself or not. */
  readonly ended: Promise<void>;
}

type RigFlags = Pick<RunFlags, 'agent' | 'executor'>;

export interface RigStart extends RigFlags {
  readonly file: string;
  readonly environment: Environment;
}

/** A busy machine starts workers slowly; past this the rig is not coming. */
const START_WITHIN = 60_000;
/** It kills and clears up in well under this; past it the kernel does. */
const STOP_WITHIN = 10_000;
const TAIL = 4000;

/** What a rig needs of the user's environment; none of AWS_*, BUILDKITE_* or NODE_OPTIONS is among it. */
const PASSED =
  /^(PATH|HOME|TMPDIR|TMP|TEMP|LANG|LC_ALL|TZ|TERM|GAMEDAY_RIG_[A-Z_]+|GAMEDAY_DOCKER|DOCKER_[A-Z_]+|CONTAINER_HOST|XDG_RUNTIME_DIR)$/;

/** Starts the rig and waits until it is ready. Throws rig-failed, or bad-input where its file is wrong. */
export async function startRig(start: RigStart, signal: AbortSignal): Promise<RigProcess> {
  signal.throwIfAborted();
  const options = [
    ...(start.agent === undefined ? [] : ['--agent', start.agent]),
    ...(start.executor === undefined ? [] : ['--executor', start.executor]),
  ];
  const child = fork(fileURLToPath(new URL('../rig/main.js', import.meta.url)), [start.file, ...options], {
    env: Object.fromEntries(Object.entries(start.environment).filter(([name]) => PASSED.test(name))),
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // A session of its own: Ctrl-C at the terminal is for the runner, which then ends the rig in order.
    detached: true,
  });
  const tail = tailOf(child, start.environment['GAMEDAY_RIG_VERBOSE'] === '1');
  let gone: string | null = null;
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      gone = error.message;
      resolve();
    });
    child.once('exit', (code, by) => {
      gone = `it ended with ${by ?? `exit code ${String(code)}`}${tail() === '' ? '' : `: ${tail()}`}`;
      resolve();
    });
  });
  const rig = { died: () => gone, stop: () => stop(child, ended, () => gone !== null), ended };
  try {
    return { ...rig, environment: await ready(child, ended, rig.died, signal) };
  } catch (error) {
    await rig.stop();
    throw error;
  }
}

function tailOf(child: ChildProcess, verbose: boolean): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-TAIL);
    if (verbose) writeSafely(process.stderr, chunk);
  });
  return () => text.trim().replaceAll(/\s*\n\s*/g, ' | ');
}

async function ready(
  child: ChildProcess,
  ended: Promise<void>,
  died: () => string | null,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(START_WITHIN)]);
  const message = await new Promise<unknown>((resolve) => {
    child.once('message', resolve);
    void ended.then(() => {
      // What it said last may still be in the channel.
      if (child.connected) child.once('disconnect', () => setImmediate(resolve, null));
      else setImmediate(resolve, null);
    });
    limit.addEventListener('abort', () => resolve(null), { once: true });
  });
  signal.throwIfAborted();
  const { environment, error, kind } = (message ?? {}) as Readonly<Record<string, unknown>>;
  if (isTextMap(environment)) return environment;
  const bad = kind === 'bad-input';
  const why =
    typeof error === 'string' ? error : (died() ?? `it was not ready within ${START_WITHIN / 1000} s`);
  throw new GamedayError(bad ? 'bad-input' : 'rig-failed', bad ? why : `the rig did not start: ${why}`);
}

function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((item) => typeof item === 'string')
  );
}

async function stop(child: ChildProcess, ended: Promise<void>, isGone: () => boolean): Promise<void> {
  // The closed channel says it already; while it is still being loaded it hears the signal alone.
  if (child.connected) child.disconnect();
  if (!isGone()) child.kill('SIGTERM');
  const timer = setTimeout(() => {
    if (!isGone()) child.kill('SIGKILL');
  }, STOP_WITHIN);
  await ended;
  clearTimeout(timer);
}

/** Keeps a rig running and prints how it is reached; it ends with a signal, and with it every worker. */
export async function rigUp(file: string, flags: RigFlags, runner: Runner): Promise<void> {
  const { stderr } = runner.output;
  const controller = new AbortController();
  const wanted = new Promise<void>((resolve) => {
    const end = (): void => {
      controller.abort();
      resolve();
    };
    // Kept for good: a second Ctrl-C must not leave workers behind.
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
    process.on('SIGHUP', end);
  });
  const { environment } = runner;
  const rig = await startUnlessStopped({ ...flags, file, environment }, controller.signal);
  // A signal came while it started: that is how it ends.
  if (rig === null) return runner.finish(answerOf('clean', {}));
  // Printed as they are: whoever evaluates these lines needs the rig's own tokens, and they open nothing else.
  for (const [name, value] of Object.entries(rig.environment))
    process.stdout.write(`export ${name}=${quoted(value)}\n`);
  stderr.write('The rig runs. Evaluate these lines in another shell; Ctrl-C ends it.\n');
  await Promise.race([wanted, rig.ended]);
  const died = controller.signal.aborted ? null : rig.died();
  await rig.stop();
  if (died !== null) throw new GamedayError('rig-failed', `the rig ended by itself: ${died}`);
  runner.finish(answerOf('clean', {}));
}

async function startUnlessStopped(start: RigStart, signal: AbortSignal): Promise<RigProcess | null> {
  try {
    return await startRig(start, signal);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

/** For a POSIX shell. */
function quoted(value: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

/** A rig that this process started for one drill. */
export interface EmbeddedRig {
  readonly settings: Settings;
  /** Its tokens and keys. */
  readonly secrets: readonly string[];
  /** Why it ended by itself, or null. */
  died(): string | null;
  close(): Promise<void>;
}

/** Starts the rig that the scenario names, with a state directory of its own. */
export async function openRig(
  scenario: Scenario & { readonly rig: string },
  choice: Omit<RigStart, 'file'>,
  signal: AbortSignal,
): Promise<EmbeddedRig> {
  const rig = await startRig({ file: scenario.rig, ...choice }, signal);
  const stateDir = await mkdtemp(join(tmpdir(), 'gameday-state-'));
  const clear = (): void => rmSync(stateDir, { recursive: true, force: true });
  // A process that a signal ends at once closes nothing any more.
  process.once('exit', clear);
  const close = async (): Promise<void> => {
    await rig.stop();
    clear();
    process.off('exit', clear);
  };
  try {
    const settings = settingsFromRig(scenario, rig.environment, {
      stateDir,
      environment: choice.environment,
    });
    const keys = settings.credentials;
    const secrets = [settings.token, ...(keys === null ? [] : [keys.accessKeyId, keys.secretAccessKey])];
    return { settings, secrets, died: rig.died, close };
  } catch (error) {
    await close();
    throw error;
  }
}
