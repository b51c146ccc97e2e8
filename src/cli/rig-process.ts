import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quoteForShell } from '../model/entities/command.ts';
import { GamedayError } from '../model/errors.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Environment } from './output.ts';
import type { Runner } from './runner.ts';
import { settingsFromRig } from './settings.ts';
import type { Settings } from './settings.ts';
import { answerOf, writeSafely } from './exit-codes.ts';
import type { RunFlags } from './flags.ts';

/** A running rig: its own process, which ends with this one. */
export interface RigProcess {
  /** What a client needs: endpoints, credentials, facts. */
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

/** Milliseconds; longer than a busy machine needs to start the rig. */
const START_WITHIN = 60_000;
/** Milliseconds; the rig needs far less to end its workers. After that it is killed. */
const STOP_WITHIN = 10_000;
const TAIL = 4000;

/** The variables that a rig gets from the user's environment; none of AWS_*, BUILDKITE_* or NODE_OPTIONS. */
const PASSED =
  /^(PATH|HOME|TMPDIR|TMP|TEMP|LANG|LC_ALL|TZ|TERM|GAMEDAY_RIG_[A-Z_]+|GAMEDAY_DOCKER|DOCKER_[A-Z_]+|CONTAINER_HOST|XDG_RUNTIME_DIR)$/;

/** Starts the rig and waits until it is ready. Throws rig-failed, or bad-input if its file is wrong. */
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
    // Its own session: Ctrl-C at the terminal goes to the runner only, which then ends the rig.
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
  const rig = { died: () => gone, stop: () => stopChild(child, ended, () => gone !== null), ended };
  try {
    return { ...rig, environment: await awaitReady(child, ended, rig.died, signal) };
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

async function awaitReady(
  child: ChildProcess,
  ended: Promise<void>,
  died: () => string | null,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(START_WITHIN)]);
  const message = await new Promise<unknown>((resolve) => {
    child.once('message', resolve);
    void ended.then(() => {
      // Its last message may still be in the channel.
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
    typeof error === 'string'
      ? error
      : (died() ?? `it was not ready in time; limit ${START_WITHIN / 1000} s`);
  throw new GamedayError(bad ? 'bad-input' : 'rig-failed', bad ? why : `the rig did not start: ${why}`);
}

function isTextMap(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((item) => typeof item === 'string')
  );
}

async function stopChild(child: ChildProcess, ended: Promise<void>, isGone: () => boolean): Promise<void> {
  // The closed channel ends the rig; the signal is for a rig that is still loading.
  if (child.connected) child.disconnect();
  if (!isGone()) child.kill('SIGTERM');
  const timer = setTimeout(() => {
    if (!isGone()) child.kill('SIGKILL');
  }, STOP_WITHIN);
  await ended;
  clearTimeout(timer);
}

/** Keeps a rig running and prints how to reach it; a signal ends it and every worker. */
export async function rigUp(file: string, flags: RigFlags, runner: Runner): Promise<void> {
  const { stderr } = runner.output;
  const controller = new AbortController();
  const wanted = new Promise<void>((resolve) => {
    const end = (): void => {
      controller.abort();
      resolve();
    };
    // The handler stays: a second Ctrl-C must not leave workers behind.
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
    process.on('SIGHUP', end);
  });
  const { environment } = runner;
  const rig = await startUnlessStopped({ ...flags, file, environment }, controller.signal);
  // A signal came during the start.
  if (rig === null) return runner.finish(answerOf('clean', {}));
  // Not redacted: the reader of these lines needs the rig's tokens, which open nothing else.
  for (const [name, value] of Object.entries(rig.environment))
    process.stdout.write(`export ${name}=${quoteForShell(value)}\n`);
  stderr.write('The rig runs. Evaluate these lines in another shell. Ctrl-C ends the rig.\n');
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

/** A rig that this process started for its drills. */
export interface EmbeddedRig {
  readonly settings: Settings;
  /** The settings of another scenario that is played on it. */
  settingsOf(scenario: Scenario): Settings;
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
  // On a signal the process may end at once, without closing the rig.
  process.once('exit', clear);
  const close = async (): Promise<void> => {
    await rig.stop();
    clear();
    process.off('exit', clear);
  };
  const settingsOf = (one: Scenario): Settings =>
    settingsFromRig(one, rig.environment, { stateDir, environment: choice.environment });
  try {
    const settings = settingsOf(scenario);
    const keys = settings.credentials;
    const secrets = [settings.token, ...(keys === null ? [] : [keys.accessKeyId, keys.secretAccessKey])];
    return { settings, settingsOf, secrets, died: rig.died, close };
  } catch (error) {
    await close();
    throw error;
  }
}
